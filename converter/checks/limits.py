"""The limits of Step Functions: sizes, and the events of an execution's history.

Sources: service quotas of Step Functions (1 MB for a definition, 256 KiB for a payload, 25,000 events), and
which events each type of state records (API reference, HistoryEvent).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converter import diagnostics as d
from converter.checks.findings import Finding, about_block, about_state
from converter.checks.machine import Block, MachineTree, State
from converter.checks.poller_loops import CannotTell, Poller, is_refused_until, pollers_of
from converter.checks.shapes import object_of
from converter.checks.waits import retries_of_wait
from converter.json_text import compact_json

DEFINITION_BYTES = 1_048_576
PAYLOAD_BYTES = 262_144
HISTORY_EVENTS = 25_000

#: Events of one visit, without what happens inside. Task: entered, scheduled, started, succeeded, exited.
_EVENTS = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Task": 5, "Parallel": 4, "Map": 4}
#: A job that is waited for, or a token, is also submitted.
_SUBMITTED = (".sync", ".sync:2", ".waitForTaskToken")
_DEFAULT_ATTEMPTS = 3


def check_sizes(machine: MachineTree) -> Iterator[Finding]:
    """Find a definition (D541) and payloads (D542) that are too large as they stand."""
    size = _bytes(machine.content)
    if size > DEFINITION_BYTES:
        problem = f"the definition has {size:,} bytes, {DEFINITION_BYTES:,} are allowed"
        yield about_block(d.DEFINITION_TOO_LARGE, machine.root, problem, "split the machine")
    if size <= PAYLOAD_BYTES:
        return  # and so is every payload
    for state in machine.states:
        for name in ("Arguments", "Parameters", "Output", "Result", "Assign", "ItemSelector", "Items"):
            size = _bytes(state.content[name]) if name in state.content else 0
            if size > PAYLOAD_BYTES:
                problem = f"'{name}' has {size:,} bytes, {PAYLOAD_BYTES:,} are allowed"
                yield about_state(
                    d.PAYLOAD_TOO_LARGE, state, problem, "keep it in S3 and hand on where it is"
                )


def check_history(machine: MachineTree) -> Iterator[Finding]:
    """Find a history that may become too long (D543)."""
    pollers = {poller.states: poller for poller in pollers_of(machine)}
    for block in filter(_has_limited_history, machine.blocks):
        events = 2 + most_events(block, pollers)  # the execution itself starts and ends
        if events >= HISTORY_EVENTS:
            inside = [poller for poller in pollers.values() if _is_inside(poller.ask, block)]
            waiting = sum(map(_waiting_events, inside))
            share = f", {waiting:,} of them by pollers ({len(inside)}) that wait" if waiting else ""
            problem = f"an execution may have {events:,} events{share}, and {HISTORY_EVENTS:,} end it"
            remedy = "let pollers ask less often or give up earlier, lower retries, or split the machine"
            yield about_block(d.HISTORY_TOO_LONG, block, problem, remedy)


def _bytes(value: Any) -> int:
    return len(compact_json(value))


def _has_limited_history(block: Block) -> bool:
    """Return whether a block has executions with a limited history of their own: Express ones have none."""
    config = object_of(block.content.get("ProcessorConfig"))
    return block.owner is None or (block.is_apart and config.get("ExecutionType") != "EXPRESS")


def _is_inside(state: State, block: Block) -> bool:
    return state.path[: len(block.path)] == block.path


# --- events ------------------------------------------------------------------------------------------------


def most_events(block: Block, pollers: Mapping[tuple[State, ...], Poller]) -> int:
    """Return the most events on a way through a block; a loop that is no poller counts once."""
    most: dict[State, int] = {}
    for loop in block.loops:
        events, onwards = 0, []
        for state in loop:
            events += _state_events(state, pollers)
            # What a loop leads to has been counted before.
            onwards += [most[after] for after in state.successors if after in most]
        events += max(onwards, default=0)
        if loop in pollers:
            events += _waiting_events(pollers[loop])
        most.update(dict.fromkeys(loop, events))
    return most.get(block.start, 0) if block.start else 0


def _waiting_events(poller: Poller) -> int:
    """Return the events of a poller's questions after the first, if it waits until its deadline."""
    if poller.retries_until_ready:
        return 0  # its further questions are retries, which are counted with its state
    once = sum(_EVENTS.get(state.type, 0) for state in poller.states)
    try:
        # One without pause or deadline is found by ``pollers``; how many events it has, nobody can say.
        return (poller.questions - 1) * once if poller.pause(0) and poller.deadline is not None else 0
    except CannotTell:
        return 0  # so is one that cannot be evaluated


def _state_events(state: State, pollers: Mapping[tuple[State, ...], Poller]) -> int:
    """Return the events of one visit to a state, with every retry that it allows."""
    events = _EVENTS.get(state.type, 0)
    submitted = 1 if "Resource" in state.content and state.text("Resource").endswith(_SUBMITTED) else 0
    inside = sum([most_events(block, pollers) for block in state.blocks if not block.is_apart])
    if not state.retriers:
        return events + submitted + inside
    # A new try of a Task: scheduled, started, failed. Of a Parallel or Map: all that is inside.
    again = 3 + submitted if state.type == "Task" else 2 + inside
    return events + submitted + inside + _attempts(state) * again


def _attempts(state: State) -> int:
    retriers = [retrier for _, retrier in state.retriers]
    waits = retries_of_wait(state)
    if waits is not None:
        retriers = [retrier for retrier in retriers if not is_refused_until(retrier)]
    attempts = [retrier.get("MaxAttempts", _DEFAULT_ATTEMPTS) for retrier in retriers]
    return sum([number for number in attempts if isinstance(number, int)]) + (waits or 0)
