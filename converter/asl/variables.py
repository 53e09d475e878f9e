"""Airflow's Variables, read from SSM Parameter Store when a machine begins.

The states that read them come before all others of a machine whose own tasks have templates with Variables.
What they read is in a workflow variable, so that all blocks inside see it, and state data stays as it is. A
child machine, or an outer one, reads those of its own tasks itself: Airflow, too, reads them only when a task
begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from converter.asl import awaiting, records
from converter.asl.names import Names
from converter.expressions.jsonata import Expression, literal
from converter.expressions.variables import ALL_VARIABLES
from converter.operators import room
from converter.operators.step import Step
from converter.task_runtime.dag2sfn_tasks.parameter_store import VARIABLES_PREFIX

READ = "run: read Variables"
#: How many parameters one call gives (AWS Systems Manager API, GetParameters).
_AT_ONCE = 10
#: What is kept of each Variable that cannot be read, with its name.
_ERROR_BYTES = 500
_TOO_LARGE = "Variables are too large: "


def with_variables(block: Mapping[str, Any], steps: Iterable[Step], names: Names) -> dict[str, Any]:
    """Return the outermost block of a machine that runs these steps: it reads their Variables first."""
    wanted = sorted({name for step in steps for name in step.variables})
    if not wanted:
        return dict(block)
    parts = [wanted[first : first + _AT_ONCE] for first in range(0, len(wanted), _AT_ONCE)]
    called = [names.unique(READ) for _ in parts]
    following = [*called[1:], block["StartAt"]]
    reading = zip(called, _states(parts, following), strict=True)
    return {"StartAt": called[0], "States": {**dict(reading), **block["States"]}}


def _states(parts: Sequence[Sequence[str]], following: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the states: each adds to what those before it have read."""
    so_far = "{}"
    # Of those that do not fit, the reason is kept.
    most = room.MOST_BYTES - _ERROR_BYTES * sum(map(len, parts))
    for part, after in zip(parts, following, strict=True):
        # A parameter that is not there is left out of the answer.
        found = f"$states.result.Parameters.{{$substring(Name, {len(VARIABLES_PREFIX)}): Value}}"
        all_of_them = f"$merge([{so_far}, {found}])"
        says = f"{literal(_TOO_LARGE)} & 'together they have more than ' & {most} & ' bytes'"
        read = f"($all := {all_of_them}; {room.size('$all')} > {most} ? $error({says}) : $all)"
        trouble = literal({name: Expression("$trouble") for name in part})
        error = "$states.errorOutput"
        # What the expression says stands behind the expression itself.
        said = literal(_TOO_LARGE)
        cause = f"$contains({error}.Cause, {said}) ? {said} & $split({error}.Cause, {said})[-1]"
        text = f"$substring({cause} : {error}.Error & ': ' & {error}.Cause, 0, 200)"
        untold = f"($trouble := {{'error': {text}}}; $merge([{so_far}, {trouble}]))"
        yield {
            "Type": "Task",
            "Comment": "Airflow's Variables, as of now",
            "Resource": "arn:aws:states:::aws-sdk:ssm:getParameters",
            "Arguments": {"Names": [VARIABLES_PREFIX + name for name in part], "WithDecryption": True},
            "Retry": [awaiting.SERVICE_RETRIER],
            # It is the tasks that need them which fail.
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {ALL_VARIABLES: str(Expression(untold))},
                    "Output": str(Expression(records.INPUT)),
                    "Next": after,
                }
            ],
            "Assign": {ALL_VARIABLES: str(Expression(read))},
            "Output": str(Expression(records.INPUT)),
            "Next": after,
        }
        so_far = f"${ALL_VARIABLES}"
