"""The scheduler: passes over a snapshot of the tasks' states, one after another until nothing changes.

One pass is ``SchedulerJobRunner._schedule_dag_run`` (airflow.jobs.scheduler_job_runner), which is mostly
``DagRun.update_state`` (airflow.models.dagrun).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from converter.verify.airflow_run.board import Board, RunEnd
from converter.verify.airflow_run.decisions import (
    decide,
    has_all_items,
    has_nothing_to_expand_over,
    without_items,
)
from converter.verify.airflow_run.mapping import PEERS, task_of
from converter.verify.airflow_run.rules import Decision, Verdict
from converter.verify.airflow_run.trace import Cause, Phase
from converter.workflow import Outcome


def schedule(board: Board) -> None:
    """Pass over the run until a pass changes nothing, or the run has ended."""
    while board.end is None and _changes_something(board):
        pass


def _changes_something(board: Board) -> bool:
    """Make one pass; return whether it changed a task.

    A task that waits for its retry is considered too, in every pass: if what it began upon has become a
    skip since, it ends without a further try. (Airflow asks all tasks in each pass; here those are left out
    whose answer is known.)
    """
    if _has_timed_out(board):
        _end_by_timeout(board)
        return True
    unfinished = board.unfinished()
    decisions: dict[str, Decision] = {}
    decided: dict[str, Outcome] = {}
    for task_id in unfinished:
        if board.states[task_id] is not Phase.RUNNING and task_id not in board.waiting:
            verdict = decisions[task_id] = _consider(board, task_id, decided)
            if isinstance(verdict, Outcome):
                decided[task_id] = verdict
            elif verdict is Verdict.WAIT and not board.graph.expanded_over[task_id]:
                board.waiting.add(task_id)
    may_run = [task_id for task_id, verdict in decisions.items() if verdict is Verdict.RUN]
    if board.unheard is not None:
        board.sure.update(task_id for task_id in may_run if task_id not in board.empty)
    ready = frozenset(task_id for task_id in may_run if board.retry_at.get(task_id, 0) <= board.now)
    board.begin_tries(ready, decided)
    if decided or ready:
        return True
    if not unfinished:
        _end(board, Cause.TASKS)
        return False
    return _look_for_deadlock(board, unfinished)


def _consider(board: Board, task_id: str, now: Mapping[str, Outcome]) -> Decision:
    """A skip that its parent has ordered comes first (``NotPreviouslySkippedDep``).

    What a mapped task is expanded over is looked up in the database, where the decisions of this pass
    (``now``) are already; for its rule the scheduler goes by what had finished before the pass.
    """
    if task_id in board.told_to_skip:
        return Outcome.SKIPPED
    return _by_rule(board, board.outcomes(), task_id, now)


def _by_rule(
    board: Board,
    outcomes: Mapping[str, Outcome],
    task_id: str,
    now: Mapping[str, Outcome] = MappingProxyType({}),
) -> Decision:
    if task_id in board.sure:
        return Verdict.RUN
    without = _not_counted_yet(board, task_id)
    decision = decide(board.graph, outcomes, task_id, without)
    if board.graph.expanded_over[task_id]:
        return _if_expanded(board, outcomes, task_id, now, decision)
    if decision is Verdict.RUN and board.has_no_items(task_id):
        return _without_instances(board, task_id)
    return decision


def _if_expanded(
    board: Board,
    outcomes: Mapping[str, Outcome],
    task_id: str,
    now: Mapping[str, Outcome],
    decision: Decision,
) -> Decision:
    """Return what becomes of a task that is expanded over others, of which its rule says ``decision``."""
    begun = [name for name, tries in board.tries.items() if tries]
    known = {**outcomes, **now}
    lacking = without_items(board.graph, known, task_id, begun)
    if lacking and decision is not Outcome.UPSTREAM_FAILED:
        return lacking
    if decision is not Verdict.RUN or task_id in begun:
        return decision
    if not has_all_items(board.graph, known, task_id):
        # It may run, and cannot be expanded: Airflow gives it up (``TaskMap.expand_mapped_task``).
        return Outcome.UPSTREAM_FAILED
    if board.has_no_items(task_id) or has_nothing_to_expand_over(board.graph, known, task_id):
        return _without_instances(board, task_id)
    board.expanded.add(task_of(task_id))
    return decide(board.graph, outcomes, task_id)


def _without_instances(board: Board, task_id: str) -> Decision:
    """Return what becomes of a task that may run and has no instances: it is skipped; held back, not yet."""
    board.empty.add(task_id)
    return Verdict.RUN if board.retry_at.get(task_id, 0) > board.now else Outcome.SKIPPED


def _not_counted_yet(board: Board, task_id: str) -> tuple[str, ...]:
    """Return the upstream tasks that do not count for a task of a mapped group until it is expanded.

    Its rule is then asked without the instances of its own group, of which none has its index (-1).
    (airflow.ti_deps.deps.trigger_rule_dep, _get_relevant_upstream_map_indexes)
    """
    peers: tuple[str, ...] = board.graph.tasks[task_id].settings.get(PEERS, ())
    if not board.graph.expanded_over[task_id] or task_of(task_id) in board.expanded:
        return ()
    return tuple(peer for peer in peers if task_of(peer) in board.expanded)


def _look_for_deadlock(board: Board, unfinished: tuple[str, ...]) -> bool:
    """Look for a task that may run, or runs, by its rule; without one, Airflow gives the run up as failed.

    It asks the tasks in their order, running ones and those that wait for a retry too, up to the first that
    may. Asking *decides* those that may not: a running task is ended as skipped when its branch has told it
    so, or when an upstream_failed that it began upon has become a skip. And a task that only its branch has
    ended still counts as stuck: a run can fail by this although nothing has failed. (If its rule and its
    branch both end it, Airflow counts it as stuck or not by the order of a Python set; here it is stuck.)

    (``DagRun._are_premature_tis`` and its caller, ``DagRun.update_state``)
    """
    outcomes = board.outcomes()
    verdicts: dict[str, Outcome] = {}
    by_rule = False
    for task_id in unfinished:
        rule_says = _by_rule(board, outcomes, task_id)
        told = task_id in board.told_to_skip
        if rule_says is Verdict.RUN and not told:
            board.change(verdicts)
            return bool(verdicts)
        if told:
            verdicts[task_id] = Outcome.SKIPPED
        elif isinstance(rule_says, Outcome):
            verdicts[task_id], by_rule = rule_says, True
    board.change(verdicts)
    _end(board, Cause.TASKS if by_rule and not board.unfinished() else Cause.DEADLOCK)
    return bool(verdicts)


def _end(board: Board, cause: Cause) -> None:
    """The run failed if one of the deciding tasks did; a deadlock is a failure by itself."""
    failures = (Outcome.FAILED, Outcome.UPSTREAM_FAILED)
    failed = any(board.states[task_id] in failures for task_id in board.graph.deciding)
    outcome = Outcome.FAILED if failed or cause is Cause.DEADLOCK else Outcome.SUCCESS
    board.end = RunEnd(outcome, board.now, cause)


def _has_timed_out(board: Board) -> bool:
    timeout = board.graph.workflow.dagrun_timeout
    return timeout is not None and board.now >= timeout


def _end_by_timeout(board: Board) -> None:
    """The run fails, and whatever is unfinished reads as skipped, running tasks and teardowns too."""
    board.change(dict.fromkeys(board.unfinished(), Outcome.SKIPPED))
    board.end = RunEnd(Outcome.FAILED, board.now, Cause.TIMEOUT)
