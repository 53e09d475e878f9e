"""Parallel: branches side by side; the first that fails ends the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from converter.engine.branch import Branch
from converter.engine.data import Data
from converter.engine.definition import ParallelState, States
from converter.engine.failures import StateFailure, data_limit_exceeded
from converter.engine.handling import run_with_handlers
from converter.engine.lines import Lines
from converter.engine.visit import Visit

RunStates = Callable[[Branch, States, Data], Coroutine[Any, Any, Data]]
"""Runs states to their end in a branch, from an input to an output."""


async def run_parallel(visit: Visit, state: ParallelState, run_states: RunStates) -> tuple[str | None, Data]:
    """Run all branches with the same input; the result is the list of their outputs, in their order."""

    def give_up() -> None:
        visit.branch.record("ParallelStateFailed")

    async def attempt() -> Data:
        return await _run_branches(visit, state, run_states)

    return await run_with_handlers(visit, state, attempt, give_up)


async def _run_branches(visit: Visit, state: ParallelState, run_states: RunStates) -> Data:
    arguments = visit.input if state.arguments is None else Data(visit.evaluate(state.arguments))
    if arguments.too_large:
        raise data_limit_exceeded(state.name, fatal=True)
    started = visit.branch.record("ParallelStateStarted")
    outputs: dict[Branch, Data] = {}
    with Lines(visit) as lines:
        branches = [Branch(visit.runtime, started, visit.branch.variables) for _ in state.branches]
        for branch, states in zip(branches, state.branches, strict=True):
            lines.start(branch, run_states(branch, states, arguments))
        while lines:
            branch, end = await lines.next_end()
            if isinstance(end, StateFailure):
                branch.abort_failed_task()
                visit.branch.last_event = branch.last_event
                raise end
            outputs[branch] = end
            visit.branch.last_event = branch.last_event
    result = Data([outputs[branch].value for branch in branches])
    if result.too_large:
        raise data_limit_exceeded(state.name, fatal=True)
    # The exit shares the predecessor of ParallelStateSucceeded (recorded).
    visit.exit_link = visit.branch.last_event
    visit.branch.record("ParallelStateSucceeded")
    return result
