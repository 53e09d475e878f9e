"""The loop that runs states one after another, and the table of what runs each type."""

from __future__ import annotations

from typing import Any

from converter.engine.branch import Branch
from converter.engine.data import Data
from converter.engine.definition import (
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    States,
    SucceedState,
    TaskState,
    WaitState,
)
from converter.engine.map_state import run_map
from converter.engine.parallel_state import run_parallel
from converter.engine.plain_states import run_choice, run_fail, run_pass, run_succeed, run_wait
from converter.engine.task_state import run_task
from converter.engine.visit import Visit


async def run_states(branch: Branch, states: States, input_data: Data) -> Data:
    """Run states in a branch, from the one to start at to an end, and return the output.

    Raises ``StateFailure`` where a state fails and nothing catches it.
    """
    name: str | None = states.start_at
    data = input_data
    while name is not None:
        # Lines of control take turns state by state, and a loop without a wait stays interruptible.
        await branch.runtime.sleep(0)
        state = states.states[name]
        name, data = await _run_state(Visit(branch, state, data))
    return data


async def _run_state(visit: Visit) -> tuple[str | None, Data]:
    state: Any = visit.state
    if isinstance(state, ParallelState):
        return await run_parallel(visit, state, run_states)
    if isinstance(state, MapState):
        return await run_map(visit, state, run_states)
    result: tuple[str | None, Data] = await _RUNNERS[type(state)](visit, state)
    return result


_RUNNERS: dict[type[Any], Any] = {
    PassState: run_pass,
    SucceedState: run_succeed,
    FailState: run_fail,
    WaitState: run_wait,
    ChoiceState: run_choice,
    TaskState: run_task,
}
