"""Names and ways: every state has a name of its own, can be reached, and leads to an end."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from converter import diagnostics as d
from converter.checks.findings import Finding, about_block, about_state
from converter.checks.graphs import reachable
from converter.checks.machine import Block, MachineTree, State

#: Service quotas of Step Functions: the length of a state's name.
LONGEST_NAME = 80


def check_names(machine: MachineTree) -> Iterator[Finding]:
    """Find names that are no names (D503), and names that two states have (D504)."""
    owners: dict[str, State] = {}
    for state in machine.states:
        if not state.name.isascii() or not state.name.isprintable():
            problem = "the name is not plain ASCII, which some tools and log queries do not bear"
            yield about_state(d.BAD_STATE_NAME, state, problem, "use ASCII letters")
        if not 1 <= len(state.name) <= LONGEST_NAME:
            problem = f"the name has {len(state.name)} characters, 1 to {LONGEST_NAME} are allowed"
            yield about_state(d.BAD_STATE_NAME, state, problem, "give another name")
        if state.name in owners:
            problem = "another state, in another branch or around this one, has the same name"
            yield about_state(
                d.DUPLICATE_STATE_NAME, state, problem, "names are unique in the whole machine: rename one"
            )
        owners.setdefault(state.name, state)


def check_flow(machine: MachineTree) -> Iterator[Finding]:
    """Find targets that are missing (D505), states without a way to them (D506) or out of them (D507).

    Also Choices without a Default (D508): if no rule applies, the execution fails with an error that
    nothing catches.
    """
    for block in machine.blocks:
        yield from _target_findings(block, machine)
        yield from _way_findings(block)
        for state in block.states.values():
            if state.type == "Choice" and "Default" not in state.content:
                problem = "there is no 'Default', so the execution fails if no rule applies"
                yield about_state(d.NO_DEFAULT, state, problem, "add 'Default'")


def _target_findings(block: Block, machine: MachineTree) -> Iterator[Finding]:
    start = block.content.get("StartAt")
    if isinstance(start, str) and start not in block.states:
        yield about_block(d.NO_SUCH_STATE, block, f"'StartAt' names '{start}', {_elsewhere(start, machine)}")
    for state in block.states.values():
        for field, target in state.targets:
            if target not in block.states:
                problem = f"'{field}' names '{target}', {_elsewhere(target, machine)}"
                yield about_state(d.NO_SUCH_STATE, state, problem, "name a state of the same 'States' block")


def _elsewhere(name: str, machine: MachineTree) -> str:
    if any(state.name == name for state in machine.states):
        return "which is a state of another block, and no transition leads from one into another"
    return "which is no state"


def _way_findings(block: Block) -> Iterator[Finding]:
    entered = reachable([block.start] if block.start else [], attrgetter("successors"))
    ending = _ending(block)
    if len(entered) == len(ending) == len(block.states):
        return
    for state in block.states.values():
        if state not in entered:
            if block.start is not None:
                yield about_state(
                    d.UNREACHABLE_STATE, state, "no way leads to it", "remove it, or lead to it"
                )
        elif state not in ending:
            problem = "no way leads from it to an end of its block"
            yield about_state(d.ENDLESS_PATH, state, problem, "lead out of the circle")


def _ending(block: Block) -> set[State]:
    """Return the states from which a way leads to an end of their block."""
    found: set[State] = set()
    for loop in block.loops:  # each before those that lead to it
        for state in loop:
            # A state without a way on at all has been found to lack fields, or targets.
            if state.ends_block or not state.successors or not found.isdisjoint(state.successors):
                found.update(loop)
                break
    return found
