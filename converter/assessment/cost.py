"""What one run of a machine is charged for: state transitions, with and without those of its pollers.

A transition is the entering of a state, and each retry. Counted is the run in which everything succeeds at
its first try and nothing is waited for: each poller, and each task that polls for its own end, asks once.
What they ask more often comes on top, for as long as they wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from converter.asl.machine import Machine
from converter.asl.options import Options, PollerStyle
from converter.report.prices import TRANSITION

_LOOP_TRANSITIONS, _RETRY_TRANSITIONS = 3, 1


@dataclass(frozen=True)
class Cost:
    """Transitions of a run that waits for nothing, and those of an hour in which all its pollers wait.

    ``maps`` are the Map states, whose contents are counted for one item.
    """

    transitions: int
    polls_an_hour: float
    pollers: int
    maps: int = 0

    @property
    def dollars(self) -> float:
        """The price of a run that waits for nothing."""
        return self.transitions * TRANSITION

    @property
    def dollars_an_hour(self) -> float:
        """The price of an hour in which all pollers wait."""
        return self.polls_an_hour * TRANSITION


def cost_of(machine: Machine, options: Options) -> Cost:
    """Return what a run of the machine costs."""
    transitions = _transitions(machine.definition)
    if machine.outer is not None:
        transitions += _transitions(machine.outer)
    an_hour = 0.0
    if machine.pollers:
        retries = options.style_for(machine.awaited) is PollerStyle.RETRY
        each = _RETRY_TRANSITIONS if retries else _LOOP_TRANSITIONS
        an_hour = sum(each * 3600 / interval for one in machine.machines for interval in one.intervals)
    maps = sum(state["Type"] == "Map" for state in _all_states(machine.definition))
    return Cost(transitions, an_hour, machine.pollers, maps)


def _transitions(block: Mapping[str, Any]) -> int:
    """Return how many states of a block are entered where all succeeds, those of its branches included."""
    count, visited, name = 0, set[str](), block["StartAt"]
    while name is not None:
        visited.add(name)
        state = block["States"][name]
        count += 1 + sum(map(_transitions, _inner_blocks(state)))
        name = next((way for way in _ways_on(name, state) if way not in visited), None)
    return count


def _ways_on(name: str, state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the states that may follow, first the one that does where all goes well.

    The first rule of a Choice says that all is well; but where a task asks whether it was done before, a run
    that is no continuation takes the Default.
    """
    if state["Type"] != "Choice":
        if "Next" in state:
            yield state["Next"]
        return
    ways = [choice["Next"] for choice in state["Choices"]]
    default = [state["Default"]] if "Default" in state else []
    yield from (*default, *ways) if name.endswith("done before?") else (*ways, *default)


def _inner_blocks(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from state.get("Branches", ())
    if state["Type"] == "Map":
        yield state["ItemProcessor"]


def _all_states(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in block["States"].values():
        yield state
        for inner in _inner_blocks(state):
            yield from _all_states(inner)
