"""What the scheduler decides about one task: skips it was told of, its setups, its rule, its scope.

All of it is ``airflow.models.taskinstance``, ``TaskInstance.are_dependencies_met``, for the dependencies
``NotPreviouslySkippedDep``, ``TriggerRuleDep`` and ``MappedTaskUpstreamDep`` (airflow.ti_deps.deps).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from converter.verify.airflow_run.graph import Graph
from converter.verify.airflow_run.mapping import is_empty, task_of
from converter.verify.airflow_run.rules import Decision, Verdict, apply_rule, tally
from converter.workflow import Outcome, TriggerRule


def decide(
    graph: Graph, outcomes: Mapping[str, Outcome], task_id: str, without: Collection[str] = ()
) -> Decision:
    """Return what the task does, given the outcomes of the tasks that have finished.

    Its rule does not count the upstream tasks ``without``.

    This is ``TriggerRuleDep._evaluate_trigger_rule``; tasks that a branch has skipped are another matter, and
    so is what a mapped task is expanded over.
    """
    task = graph.tasks[task_id]
    if task.is_teardown:
        return _decide_teardown(graph, outcomes, task_id)
    by_rule = _decide_by_rule(graph, outcomes, task_id, without)
    if task.trigger_rule is TriggerRule.ALWAYS:
        return by_rule
    by_setups = _decide_by_setups(graph, outcomes, task_id)
    return by_setups if isinstance(by_setups, Outcome) or by_rule is Verdict.RUN else by_rule


def without_items(
    graph: Graph, outcomes: Mapping[str, Outcome], task_id: str, begun: Collection[str]
) -> Outcome | None:
    """Return what becomes of a mapped task because of what it is expanded over; None if nothing does.

    Instances of a mapped task that has been expanded, as those in ``begun`` have, do not count here; over a
    list of the file, a task is expanded from the start. (``MappedTaskUpstreamDep``)
    """
    over = graph.expanded_over[task_id]
    unexpanded = [
        outcomes.get(name)
        for name, from_the_start in over.items()
        if name == task_of(name) or not (from_the_start or name in begun)
    ]
    if Outcome.FAILED in unexpanded or Outcome.UPSTREAM_FAILED in unexpanded:
        return Outcome.UPSTREAM_FAILED
    return Outcome.SKIPPED if Outcome.SKIPPED in unexpanded else None


def has_all_items(graph: Graph, outcomes: Mapping[str, Outcome], task_id: str) -> bool:
    """Whether all that a mapped task is expanded over has finished."""
    return all(name in outcomes for name in graph.expanded_over[task_id])


def has_nothing_to_expand_over(graph: Graph, outcomes: Mapping[str, Outcome], task_id: str) -> bool:
    """Whether a mapped task finds no items: the instances that were to return them have not succeeded.

    (airflow.models.expandinput, ``_get_task_map_length``)
    """
    instances = [name for name in graph.expanded_over[task_id] if name != task_of(name)]
    returning = {task_of(name) for name in instances if outcomes.get(name) is Outcome.SUCCESS}
    silent = set(map(task_of, instances)) - returning
    return any(is_empty(source, silent) for source in graph.expansions[task_id])


def _decide_by_rule(
    graph: Graph, outcomes: Mapping[str, Outcome], task_id: str, without: Collection[str] = ()
) -> Decision:
    """Apply the task's own rule (``_evaluate_direct_relatives``)."""
    task = graph.tasks[task_id]
    counted = [up for up in task.upstream if up not in without]
    upstream = tally((outcomes.get(up), graph.tasks[up].is_setup) for up in counted)
    if without and not counted and task.trigger_rule is not TriggerRule.ALL_DONE_MIN_ONE_SUCCESS:
        return Verdict.RUN
    return apply_rule(task.trigger_rule, upstream)


def _decide_by_setups(graph: Graph, outcomes: Mapping[str, Outcome], task_id: str) -> Decision:
    """Hold the task until all its indirect setups succeed; the first that does not decides it.

    (``_evaluate_setup_constraint``)
    """
    setups = [outcomes.get(setup) for setup in graph.indirect_setups[task_id]]
    if Outcome.FAILED in setups or Outcome.UPSTREAM_FAILED in setups:
        return Outcome.UPSTREAM_FAILED
    if Outcome.SKIPPED in setups:
        return Outcome.SKIPPED
    return Verdict.WAIT if None in setups else Verdict.RUN


def _decide_teardown(graph: Graph, outcomes: Mapping[str, Outcome], task_id: str) -> Decision:
    """Hold a teardown that may run until all that its setups serve has finished; no setup holds it.

    (``_evaluate_teardown_scope``)
    """
    decision = _decide_by_rule(graph, outcomes, task_id)
    in_use = any(other not in outcomes for other in graph.teardown_scope[task_id])
    return Verdict.WAIT if decision is Verdict.RUN and in_use else decision
