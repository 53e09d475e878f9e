"""What there is to say about a mapped task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.operators.python import TASK_FUNCTION, calls_function
from converter.operators.step import Step
from converter.workflow import Task, TriggerRule, Workflow

_MAY_BE_TOO_EARLY = frozenset(
    {TriggerRule.ALWAYS, TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED, TriggerRule.ONE_DONE}
)
_ASKED_FOR_ALL_INSTANCES = frozenset(
    {TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS, TriggerRule.ALL_DONE_MIN_ONE_SUCCESS}
)


def mapping_problems(task: Task, step: Step, workflow: Workflow) -> Iterator[Diagnostic]:
    """Yield what cannot be mapped, and how limits on instances are held. ``step`` is that of an instance."""
    if not task.is_mapped:
        return
    if step.orders_skips is not None:
        yield from _skips(task, step, workflow)
    names = task.expansion.names if task.expansion else None
    if names is not None and not calls_function(step):
        problem = f"its arguments {', '.join(names)} are those that are written where its dicts are returned"
        remedy = "nothing to do if they always are these, without templates in them"
        yield task_diagnostic(d.ROWS_AS_WRITTEN, task, problem, remedy)
    if task.trigger_rule in _MAY_BE_TOO_EARLY and task.expansion and task.expansion.task_ids():
        rule = task.trigger_rule.value
        problem = f"its rule '{rule}' may let it run before there is all that it is expanded over"
        remedy = "write another rule, such as all_done; Airflow gives such a task up as upstream_failed"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
    elif task.mapped_group and task.expansion and task.expansion.task_ids():
        yield from _held_by_its_group(task, workflow)
    if task.mapped_group and (task.is_teardown or task.is_setup):
        what = "a teardown in a mapped group" if task.is_teardown else "a setup in a mapped group"
        yield task_diagnostic(d.MAPPED_TASK, task, f"{what} is not converted", "do it all in one task")
    elif task.is_teardown and (source := _ties_with_setups(task, workflow)):
        problem = (
            f"where '{source}' is skipped after all else, and no setup has succeeded, Airflow makes it"
            " skipped or upstream_failed, by the order of a set"
        )
        remedy = "expand it over what its setup returns, or over a list of the file"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
    if task.mapped_group and step.instances and step.instances.at_once:
        problem = f"its limit on instances holds for all of the group '{task.mapped_group}'"
        remedy = "map the task by itself if only its own instances are to wait for each other"
        yield task_diagnostic(d.LIMITS_ITS_GROUP, task, problem, remedy)
    if "max_active_tis_per_dag" in task.settings:
        problem = "max_active_tis_per_dag is held within each execution, not over all of them"
        remedy = "write max_active_runs=1 if the limit has to hold for all runs together"
        yield task_diagnostic(d.INSTANCES_WITHIN_A_RUN, task, problem, remedy)


def _ties_with_setups(task: Task, workflow: Workflow) -> str | None:
    """Return a task that a teardown is expanded over, and whose skip may come with the decision of its rule.

    The rule may find at that moment that no setup has succeeded: two conditions decide, in no order. Where
    the teardown is expanded over each setup, a setup has decided before; but a mapped one does not so.
    (airflow.ti_deps.deps.mapped_task_upstream_dep, and the set of deps in SerializedBaseOperator)
    """
    sources = task.expansion.task_ids() if task.expansion else ()
    setups = {up for up in task.upstream if workflow.by_id[up].is_setup}
    others = [source for source in sources if {source} != setups]
    decided = all(setup in sources and not workflow.by_id[setup].is_mapped for setup in setups)
    return None if decided or not others else others[0]


def _skips(task: Task, step: Step, workflow: Workflow) -> Iterator[Diagnostic]:
    """Yield what becomes of the skips that instances of a branch or a short-circuit order.

    Only what is right behind them looks for the orders, and each instance of it for those under its own
    index: a task that is not mapped finds none. (airflow.ti_deps.deps.not_previously_skipped_dep)
    """
    behind = [other for other in workflow.tasks if task.task_id in other.upstream]
    mapped = [other.task_id for other in behind if other.is_mapped]
    if step.does_nothing:
        problem = f"a {step.operator} that is mapped is not converted"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, "do not map it")
    elif mapped and task.mapped_group:
        problem = (
            f"it is a branch or short-circuit in a mapped group, right before '{mapped[0]}': Airflow 3.2 and"
            " 3.3 skip nothing there (apache/airflow issue 67265), other versions the tasks of its index"
        )
        remedy = f"raise AirflowSkipException in '{mapped[0]}' where it is not to run"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
    elif mapped:
        problem = (
            f"each of its instances may skip the one of '{mapped[0]}' that has its index; the instances of a"
            " task in the machine begin together or not at all"
        )
        remedy = f"raise AirflowSkipException in '{mapped[0]}' where it is not to run"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)
    elif behind:
        problem = f"its instances skip nothing, as in Airflow, because '{behind[0].task_id}' is not mapped"
        remedy = "choose in a task that is not mapped, behind this one, if something is to be skipped"
        yield task_diagnostic(d.SKIPS_NOTHING, task, problem, remedy)


def _held_by_its_group(task: Task, workflow: Workflow) -> Iterator[Diagnostic]:
    """Yield what Airflow does with a task of a group before the group is expanded.

    Its rule is asked once for all of its instances, without those of the tasks before it or with all of them.
    (airflow.ti_deps.deps.trigger_rule_dep, _get_relevant_upstream_map_indexes)
    """
    inside = [up for up in task.upstream if workflow.by_id[up].mapped_group == task.mapped_group]
    if inside and task.trigger_rule in _ASKED_FOR_ALL_INSTANCES:
        rule = task.trigger_rule.value
        problem = f"Airflow asks its rule '{rule}' for all instances at once, until '{inside[0]}' is expanded"
        remedy = "write another rule, such as all_success or none_failed, or expand over a list of the file"
        yield task_diagnostic(d.MAPPED_TASK, task, problem, remedy)


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
