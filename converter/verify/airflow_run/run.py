"""One run of a DAG on a virtual clock: tries end, the scheduler decides what follows, time passes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from converter.verify.airflow_run.board import Board
from converter.verify.airflow_run.graph import Graph
from converter.verify.airflow_run.scheduler import schedule
from converter.verify.airflow_run.script import Script
from converter.verify.airflow_run.trace import TaskResult, Trace
from converter.verify.airflow_run.workers import finish_try
from converter.workflow import Outcome, Workflow


def simulate(
    workflow: Workflow,
    script: Script,
    *,
    not_before: Mapping[str, float] | None = None,
    unheard: Mapping[str, Collection[str]] | None = None,
    unconditional: Collection[str] = (),
    rank: Mapping[str, int] | None = None,
) -> Trace:
    """Return what Airflow does with this DAG when its tasks take the times and the ends of the script.

    Only tries, and the waits between them, take time. Of what happens at the same moment, the ends of tries
    come first, by ``rank`` (0 for a task without) and task id, and then the scheduler. Raises KeyError for a
    task that comes to run and is not in the script, and ValueError for a wait outside its band.

    Three departures from Airflow show what difference they make. ``not_before`` holds back the first try of
    some tasks, or the skip of one without instances, until a time, in seconds since the run's start: so a run
    is seen in which the scheduler was late. With ``unheard``, a task that may begin runs to its end whatever
    is skipped from then on, also if it is held back; and no task is told to skip by those that ``unheard``
    lists for it. Tasks that are ``unconditional`` begin when they are no longer held back, whatever is before
    them and skips them.
    """
    board = Board(
        Graph(workflow),
        script,
        retry_at=dict(not_before or {}),
        unheard=unheard,
        sure=set(unconditional),
    )
    rank = rank or {}
    schedule(board)
    while (moment := board.next_moment()) is not None:
        board.now = moment
        for task_id in sorted(board.ends_at, key=lambda name: (rank.get(name, 0), name)):
            if board.ends_at.get(task_id) == moment:
                finish_try(board, task_id)
        schedule(board)
    if board.end is None:
        raise AssertionError("the scheduler left a run without an end and without anything to come")
    return Trace(tuple(board.changes), _results(board), board.end.outcome, board.end.at, board.end.cause)


def _results(board: Board) -> Mapping[str, TaskResult]:
    first: dict[str, float] = {}
    decided: dict[str, float] = {}
    for change in board.changes:
        first.setdefault(change.task_id, change.at)  # of a task that has run: the start of its first try
        if isinstance(change.state, Outcome):
            decided[change.task_id] = change.at
    outcomes = board.outcomes()
    return {
        task_id: TaskResult(
            outcome=outcomes.get(task_id),
            started=first[task_id] if board.tries[task_id] else None,
            decided=decided.get(task_id),
            tries=board.tries[task_id],
            interrupted=task_id in board.interrupted,
        )
        for task_id in board.graph.tasks
    }
