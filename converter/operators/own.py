"""Operators of the author's own: run by the function that runs the DAG's Python tasks.

Their class is in the DAG file or in a module beside it, and derives from BaseOperator or BaseSensorOperator.
What they do is in their ``execute`` or ``poke``, which the function calls as Airflow's worker does.
"""

from __future__ import annotations

from pathlib import Path

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.python import function_step, look_with_function, reads_of
from converter.operators.step import Step
from converter.task_runtime.callables import defines_method
from converter.workflow import Opaque, Task

#: What Airflow itself is, as opposed to what somebody derives from it.
_OF_AIRFLOW = "airflow."
_BASES = ("BaseOperator", "BaseSensorOperator")
_SENSOR = "BaseSensorOperator"


def is_own(task: Task) -> bool:
    """Whether a task's class is the author's, and derives from no operator that does something by itself."""
    classes = (task.operator, *task.bases)
    authors = [name for name in classes if not name.startswith(_OF_AIRFLOW)]
    of_airflow = {name.rpartition(".")[2] for name in classes if name.startswith(_OF_AIRFLOW)}
    if task.operator not in authors or not of_airflow <= set(_BASES):
        return False
    method = "poke" if _SENSOR in of_airflow else "execute"
    return any(defines_method(name, method, Path(task.location.file)) for name in authors)


def own_operator(args: Arguments) -> Step:
    """Return the step of an operator of the author's own."""
    task = args.task
    name = task.operator.rpartition(".")[2]
    function = Opaque("class", task.operator)
    reads, facts = reads_of(args, tuple(task.arguments), (), function)
    args.report(
        d.OWN_OPERATOR,
        f"{name}, an operator of your own, runs in the DAG's Lambda function, with the function's role",
        "allow what it calls by the stack's parameter TaskPolicyArns; or convert it in a file of --operators",
    )
    if any(base.endswith(f".{_SENSOR}") for base in task.bases):
        step = look_with_function(args, reads, facts)
    else:
        step = function_step(args, name, reads, facts)
    args.set_aside(*args.left())
    return step
