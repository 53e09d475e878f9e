"""Who does what for the pollers of a machine: which states run an awaited task, which tell how it ended."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from converter.checks.graphs import reachable
from converter.checks.machine import Block, MachineTree, Path, State
from converter.checks.poller_loops import Poller, task_run_by, tasks_in_keys, waits_for_record
from converter.checks.shapes import object_of

_WRITES_RECORDS = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?dynamodb:(put|update)Item")


@dataclass(frozen=True)
class Cast:
    """Task → the states that run it (``runners``), and that write its outcome record (``tellers``)."""

    runners: Mapping[str, Sequence[State]]
    tellers: Mapping[str, Sequence[State]]

    def siblings_that_run(self, task: str, poller: Poller) -> list[State]:
        """Return the states that run a task in branches beside a poller's own."""
        return [state for state in self.runners.get(task, ()) if _are_siblings(state.path, poller.ask.path)]

    def may_miss(self, task: str) -> bool:
        """Return whether the execution goes on if the task does not succeed: pollers may hear of it."""
        runners = self.runners.get(task, ())
        if any("Catch" in state.content for state in runners):
            return True
        return any(
            _may_come_first(teller, runner) for teller in self.tellers.get(task, ()) for runner in runners
        )

    def is_told(self, task: str, runner: State, *, success: bool) -> bool:
        """Return whether ways lead to a teller: from the task's success, or from all of its caught errors."""
        tellers = set(self.tellers.get(task, ()))
        tellers.update(around for teller in tuple(tellers) for around in _around(teller))
        if success:
            return _leads_to(tellers, runner)
        handlers = (runner.block.states.get(str(entry.get("Next"))) for _, entry in runner.catchers)
        return all(
            _is_reached(tellers, [handler], runner.block) for handler in handlers if handler is not None
        )


def cast_of(machine: MachineTree) -> Cast:
    """Return who does what in a machine."""
    runners: dict[str, list[State]] = defaultdict(list)
    tellers: dict[str, list[State]] = defaultdict(list)
    for state in machine.states:
        if own := task_run_by(state):
            runners[own].append(state)
        for task in _told_by(state):
            tellers[task].append(state)
    return Cast(runners, tellers)


def _told_by(state: State) -> list[str]:
    """Return the task whose outcome record a state writes, if it does."""
    if state.type != "Task" or not _WRITES_RECORDS.fullmatch(state.text("Resource")):
        return []
    if waits_for_record(state):
        return []
    arguments = object_of(state.arguments)
    return tasks_in_keys(object_of(arguments.get("Item") or arguments.get("Key")).get("id"))


def _are_siblings(one: Path, other: Path) -> bool:
    """Return whether two states are in different branches of one Parallel."""
    common = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return common > 0 and one[common - 1] == other[common - 1] == "Branches"


def _may_come_first(teller: State, runner: State) -> bool:
    """Return whether a way leads to ``teller`` on which ``runner`` has not succeeded."""
    around = runner
    while around.block is not teller.block:
        if around.block.owner is None:
            return True
        if any(state.ends_block for state in _reached_without(around) - {around}):
            return True  # the block may end without it
        around = around.block.owner
    return teller in _reached_without(around)


def _reached_without(state: State) -> set[State]:
    """Return the states of a block that are reached without the success of one of them."""
    start = state.block.start

    def onwards(other: State) -> tuple[State, ...]:
        if other is not state:
            return other.successors
        handlers = {str(entry.get("Next")) for _, entry in state.catchers}
        return tuple(successor for successor in state.successors if successor.name in handlers)

    return reachable([start] if start else [], onwards)


def _around(state: State) -> Iterator[State]:
    """Yield the states that hold a state in one of their blocks."""
    while (owner := state.block.owner) is not None:
        yield owner
        state = owner


def _leads_to(goals: set[State], state: State) -> bool:
    """Return whether one of ``goals`` may be reached once a state has succeeded."""
    targets = [target for name, target in state.targets if not name.startswith("Catch")]
    nexts = [state.block.states[target] for target in targets if target in state.block.states]
    return _is_reached(goals, nexts, state.block, may_end=state.ends_block)


def _is_reached(goals: set[State], starts: Sequence[State], block: Block, *, may_end: bool = False) -> bool:
    """Return whether one of ``goals`` is reached from states of a block, in it or behind it."""
    found = reachable(starts, lambda state: state.successors)
    if not goals.isdisjoint(found):
        return True
    may_end = may_end or any(state.ends_block for state in found)
    return may_end and block.owner is not None and _leads_to(goals, block.owner)
