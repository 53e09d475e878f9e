"""Fields: known, of the right type, and there where they must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from converter import diagnostics as d
from converter.checks import field_tables as tables
from converter.checks.findings import Finding, about_block, about_state
from converter.checks.machine import Block, MachineTree, State
from converter.checks.shapes import list_of
from converter.diagnostics import Code

#: A complaint and what to do about it.
Complaint = tuple[str, str]


def field_complaints(
    content: Mapping[str, Any], fields: tables.Fields, where: str = "", required: tuple[str, ...] = ()
) -> list[Complaint]:
    """Return what is wrong with the fields of one object; ``where`` is put before the fields' names."""
    found = []
    for name, value in content.items():
        kind = fields.get(name)
        if kind is None:
            similar = get_close_matches(name, fields, n=1)
            remedy = f"write '{similar[0]}'" if similar else "remove it"
            found.append((f"there is no field '{where}{name}'", remedy))
        elif not kind.accepts(value):
            found.append((f"the field '{where}{name}' is not {kind.name}", "correct its value"))
    for name in required:
        if name not in content:
            found.append((f"the field '{where}{name}' is missing", "add it"))
    return found


def check_fields(machine: MachineTree) -> Iterator[Finding]:
    """Find unknown, missing and wrong fields (D502)."""
    for block in machine.blocks:
        fields = _block_fields(block)
        for complaint in field_complaints(block.content, fields, required=("StartAt", "States")):
            yield about_block(d.BAD_FIELD, block, *complaint)
    outer_language = machine.content.get("QueryLanguage", "JSONPath")
    for state in machine.states:
        for complaint in _state_complaints(state, str(outer_language)):
            yield about_state(d.BAD_FIELD, state, *complaint)


def entry_findings(
    code: Code, state: State, group: str, fields: tables.Fields, required: tuple[str, ...]
) -> Iterator[Finding]:
    """Find unknown, missing and wrong fields in the entries of Retry, Catch or Choices."""
    for index, entry in enumerate(list_of(state.content.get(group))):
        if not isinstance(entry, dict):
            yield about_state(code, state, f"'{group}[{index}]' is not an object", "correct its value")
            continue
        for complaint in field_complaints(entry, fields, f"{group}[{index}].", required):
            yield about_state(code, state, *complaint)


def _block_fields(block: Block) -> tables.Fields:
    if block.owner is None:
        return tables.MACHINE
    return tables.BRANCH if block.owner.type == "Parallel" else tables.PROCESSOR


def _state_complaints(state: State, outer_language: str) -> Iterator[Complaint]:
    if state.language not in tables.STATE_FIELDS:
        yield f"there is no query language '{state.language}'", "write JSONata or JSONPath"
        return
    if outer_language == "JSONata" and not state.is_jsonata:
        yield "a state of a JSONata machine cannot use JSONPath", "remove 'QueryLanguage'"
    by_type = tables.STATE_FIELDS[state.language]
    if state.type not in by_type:
        named = f"'{state.type}'" if state.type else "no type"
        yield f"{named} is no type of state", f"write one of {', '.join(by_type)}"
        return
    yield from field_complaints(
        state.content, by_type[state.type], required=tables.REQUIRED.get(state.type, ())
    )
    yield from _choosing_complaints(state)
    if state.type == "Map":
        yield from _map_complaints(state)
    if state.is_jsonata and state.type == "Choice":
        for index, rule in state.rules:
            where = f"Choices[{index}]."
            yield from field_complaints(rule, tables.CHOICE_RULE, where, ("Condition", "Next"))


def _choosing_complaints(state: State) -> Iterator[Complaint]:
    """Yield what is wrong where exactly one of several fields must be there."""
    if state.type in tables.GOING_ON and ("Next" in state.content) == (state.content.get("End") is True):
        yield "exactly one of 'Next' and 'End' must say how it goes on", "give one of them"
    alternatives = tables.ONE_OF.get(state.type, ())
    given = [name for name in alternatives if name in state.content]
    if alternatives and len(given) != 1:
        known = [name for name in alternatives if name in tables.STATE_FIELDS[state.language][state.type]]
        yield f"{len(given)} of the fields {', '.join(known)} are given", "give exactly one of them"
    timeout, heartbeat = state.content.get("TimeoutSeconds"), state.content.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        yield "'HeartbeatSeconds' is not smaller than 'TimeoutSeconds'", "give a smaller one"


def _map_complaints(state: State) -> Iterator[Complaint]:
    for block in state.blocks:
        config = block.content.get("ProcessorConfig")
        if isinstance(config, dict):
            yield from field_complaints(config, tables.PROCESSOR_CONFIG, "ProcessorConfig.")
    if not any(block.is_apart for block in state.blocks):
        for name in tables.ONLY_DISTRIBUTED:
            if name in state.content:
                yield f"the field '{name}' needs a distributed Map", "set ProcessorConfig.Mode to DISTRIBUTED"
