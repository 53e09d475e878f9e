"""The workers: what the end of a try does to its own task and to others.

A worker reports to Airflow's execution API (airflow.api_fastapi.execution_api.routes.task_instances).
"""

from __future__ import annotations

from collections.abc import Collection

from converter.verify.airflow_run.board import Board
from converter.verify.airflow_run.mapping import FROM_THE_START, STOPS_INSTANCES, task_of
from converter.verify.airflow_run.script import Branch, End, ShortCircuit, retry_band
from converter.verify.airflow_run.trace import Phase, State
from converter.workflow import Outcome


def finish_try(board: Board, task_id: str) -> None:
    """Apply the end of a running task's current try, as the script has it."""
    del board.ends_at[task_id]
    end = board.current_try(task_id).end
    if isinstance(end, Branch) and not set(end.chosen) <= set(map(task_of, board.graph.tasks)):
        end = End.FAILED  # an unknown id is an ordinary error of the task: SkipMixin.skip_all_except
    if isinstance(end, (Branch, ShortCircuit)):
        _skip_downstream(board, task_id, end)
    elif end is End.FAILED and board.tries[task_id] <= board.graph.tasks[task_id].retries.count:
        _wait_for_retry(board, task_id)
    elif end in (End.FAILED, End.FAILED_FOR_GOOD):
        _fail(board, task_id)
    else:
        board.change({task_id: Outcome(end.value)})


def _skip_downstream(board: Board, task_id: str, end: Branch | ShortCircuit) -> None:
    """Skip what was not chosen, whatever its rule, and even over an upstream_failed; then succeed.

    What runs, or has run, is left alone here (``ti_skip_downstream``), but not for good: see
    :mod:`converter.verify.airflow_run.scheduler`.
    """
    orders = _not_chosen(board, task_id, end) if isinstance(end, Branch) else _cut_off(board, task_id, end)
    if task_id != task_of(task_id):
        board.tell_to_skip(_of_same_index(board, task_id, orders))
        board.change({task_id: Outcome.SUCCESS})
        return
    targets = {target for target in orders if board.hears(target, task_id)}
    board.tell_to_skip(targets & board.graph.downstream[task_id])
    untouchable = (Phase.RUNNING, Outcome.SUCCESS, Outcome.FAILED)
    # They are told by the task's id alone, which instances do not go by once there are any.
    skipped = {
        target
        for target in targets
        if board.states[target] not in untouchable and not _is_expanded(board, target)
    }
    board.change({**dict.fromkeys(skipped, Outcome.SKIPPED), task_id: Outcome.SUCCESS})


def _of_same_index(board: Board, task_id: str, orders: Collection[str]) -> frozenset[str]:
    """Return whom an instance of a mapped branch or short-circuit tells: of what is right behind, its index.

    Only these look for the XCom under its index. It is found by the instances of a task that is expanded over
    lists of the file; one that is expanded over an XCom, and then looks, is not modelled. Of a branch in a
    mapped group it is not found: that is no mapped operator by itself, and Airflow looks under no index.
    (``NotPreviouslySkippedDep``)
    """
    index = task_id.removeprefix(task_of(task_id))
    tasks = board.graph.tasks
    if tasks[task_id].mapped_group:
        return frozenset()
    return frozenset(
        name
        for name in board.graph.downstream[task_id].intersection(orders)
        if name == task_of(name) + index and tasks[name].settings.get(FROM_THE_START)
    )


def _is_expanded(board: Board, name: str) -> bool:
    """Whether it is an instance of a mapped task that has been expanded."""
    if name == task_of(name):
        return False
    settings = board.graph.tasks[name].settings
    return bool(settings.get(FROM_THE_START)) or any(
        tries for other, tries in board.tries.items() if task_of(other) == task_of(name)
    )


def _not_chosen(board: Board, task_id: str, branch: Branch) -> frozenset[str]:
    """Return the direct children that are neither chosen nor behind a chosen task.

    The chosen need not be children. (airflow.providers.standard.utils.skipmixin, SkipMixin.skip_all_except)
    """
    chosen = [name for name in board.graph.tasks if task_of(name) in branch.chosen]
    behind = map(board.graph.descendants, chosen)
    return board.graph.downstream[task_id].difference(chosen, *behind)


def _cut_off(board: Board, task_id: str, end: ShortCircuit) -> frozenset[str]:
    """Return all that lies behind, or the direct children where rules are respected; never a teardown.

    (airflow.providers.standard.operators.python, ShortCircuitOperator.execute)
    """
    graph = board.graph
    behind = graph.descendants(task_id) if end.ignores_rules else graph.downstream[task_id]
    return frozenset(other for other in behind if not graph.tasks[other].is_teardown)


def _wait_for_retry(board: Board, task_id: str) -> None:
    shortest, longest = retry_band(board.graph.tasks[task_id].retries, board.tries[task_id])
    wait = board.current_try(task_id).wait
    if wait is not None and not shortest <= wait <= longest:
        raise ValueError(
            f"{task_id}: waits {wait} s after try {board.tries[task_id]}, not {shortest} to {longest}"
        )
    board.change({task_id: Phase.UP_FOR_RETRY})
    board.retry_at[task_id] = board.now + (shortest if wait is None else wait)


def _fail(board: Board, task_id: str) -> None:
    """Fail for good. Under fail_fast that fails what runs and skips what waits, but never touches a teardown.

    (airflow.models.taskinstance, _stop_remaining_tasks. It overwrites other outcomes than success and failed
    as well; but where all rules are all_success, as fail_fast demands, the first failure finds only skips.)
    """
    stopped: dict[str, State] = {}
    settings = board.graph.workflow.settings
    if settings.get("fail_fast", False):
        spared = None if settings.get(STOPS_INSTANCES) else task_of(task_id)
        for other in board.unfinished():
            # Other instances of the same task go on.
            if not board.graph.tasks[other].is_teardown and task_of(other) != spared:
                running = board.states[other] is Phase.RUNNING
                stopped[other] = Outcome.FAILED if running else Outcome.SKIPPED
    board.change({**stopped, task_id: Outcome.FAILED})
