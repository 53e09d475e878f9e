"""What there is to say about a mapped task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.operators.python import TASK_FUNCTION
from converter.operators.step import Step
from converter.workflow import Task, TriggerRule

_MAY_BE_TOO_EARLY = frozenset(
    {TriggerRule.ALWAYS, TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED, TriggerRule.ONE_DONE}
)


def mapping_problems(task: Task, step: Step) -> Iterator[Diagnostic]:
    """Yield what cannot be mapped, and how limits on instances are held. ``step`` is that of an instance."""
    if not task.is_mapped:
        return
    if step.orders_skips is not None:
        problem = "a branch or short-circuit that is mapped is not converted"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, "branch in a task that is not mapped")
    if task.trigger_rule in _MAY_BE_TOO_EARLY and task.expansion and task.expansion.task_ids():
        rule = task.trigger_rule.value
        problem = f"its rule '{rule}' may let it run before there is all that it is expanded over"
        remedy = "write another rule, such as all_done; Airflow gives such a task up as upstream_failed"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
    if task.is_setup or task.is_teardown:
        problem = "a setup or teardown that is mapped is not converted"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, "do it all in one task")
    if "max_active_tis_per_dag" in task.settings:
        problem = "max_active_tis_per_dag is held within each execution, not over all of them"
        remedy = "write max_active_runs=1 if the limit has to hold for all runs together"
        yield task_diagnostic(d.INSTANCES_WITHIN_A_RUN, task, problem, remedy)


def expansion_problems(task: Task, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield what is expanded over although it may be no list."""
    step = steps.get(task.task_id)
    if step is None or step.instances is None:
        return
    for name in step.instances.over:
        other = steps.get(name)
        if other is None or other.instances or other.arguments.get("FunctionName") == TASK_FUNCTION:
            continue
        problem = f"it is expanded over what '{name}' returns: if that is no list, it is skipped"
        yield task_diagnostic(d.ANY_LIST, task, problem, "expand over what a Python task returns")
