"""What AWS refuses in a definition that the engine would run.

States that no way leads to, a machine without an end, and expressions that read what there is none of. The
texts were measured on AWS by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converter.engine.jsonata_fields import is_expression
from converter.engine.jsonata_language import JsonataSyntaxError, compile_expression
from converter.engine.jsonata_references import reads_error_output, reads_whole_context, top_level_names

_Machine = Mapping[str, Any]
Block = tuple[str, _Machine]
"""States side by side, with their place: the machine's, a branch's or an item processor's."""


def problems_of_ways(definition: _Machine) -> Iterator[str]:
    """Yield a problem for each state that no way leads to, else one if the machine has no end."""
    found = [problem for place, block in _blocks("", definition) for problem in _not_reached(place, block)]
    yield from found
    states = _states(definition)
    if not found and states and not any(_is_terminal(state) for state in states.values()):
        yield "MISSING_END_STATE: Workflow has no terminal state"


def _blocks(place: str, block: _Machine) -> Iterator[Block]:
    yield place, block
    for name, state in _states(block).items():
        branches = state.get("Branches")
        inner = [
            (f"Branches[{index}]", branch)
            for index, branch in enumerate(branches if isinstance(branches, list) else [])
        ]
        inner += [(field, state.get(field)) for field in ("ItemProcessor", "Iterator")]
        for field, content in inner:
            if isinstance(content, Mapping):
                yield from _blocks(f"{place}/States/{name}/{field}", content)


def _states(block: _Machine) -> dict[str, _Machine]:
    states = block.get("States")
    items = states.items() if isinstance(states, Mapping) else ()
    return {name: state for name, state in items if isinstance(state, Mapping)}


def _not_reached(place: str, block: _Machine) -> Iterator[str]:
    states = _states(block)
    reached: set[str] = set()
    ahead = [block.get("StartAt")]
    while ahead:
        name = ahead.pop()
        if isinstance(name, str) and name in states and name not in reached:
            reached.add(name)
            ahead += _targets(states[name])
    for name in states:
        if name not in reached:
            yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {place}/States/{name}'


def _targets(state: _Machine) -> list[Any]:
    entries = [entry for field in ("Choices", "Catch") for entry in _objects(state.get(field))]
    return [state.get("Next"), state.get("Default"), *(entry.get("Next") for entry in entries)]


def _objects(value: Any) -> list[_Machine]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _is_terminal(state: _Machine) -> bool:
    return state.get("End") is True or state.get("Type") in ("Succeed", "Fail")


def problems_of_references(definition: _Machine) -> Iterator[str]:
    """Yield a problem for each expression that reads what there is none of."""
    language = definition.get("QueryLanguage", "JSONPath")
    for place, block in _blocks("", definition):
        for name, state in _states(block).items():
            if state.get("QueryLanguage", language) == "JSONata":
                yield from _of_state(f"{place}/States/{name}", state)


def _of_state(place: str, state: _Machine) -> Iterator[str]:
    for path, text in _expressions(place, state):
        for reference in _foreign(text, in_catcher="/Catch[" in path[len(place) :]):
            yield f"UNSUPPORTED_JSONATA_EXPRESSION: Reference to {reference} is not supported. at {path}"


def _expressions(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in ("Branches", "ItemProcessor", "Iterator"):
                yield from _expressions(f"{path}/{name}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _expressions(f"{path}[{index}]", item)
    elif is_expression(value):
        yield path, value[2:-2].strip()


def _foreign(text: str, *, in_catcher: bool) -> Iterator[str]:
    try:
        expression = compile_expression(text)
        found = [f"'{name}' at the top level" for name in top_level_names(expression)]
        if reads_whole_context(expression):
            found.append("'$$'")
        if reads_error_output(expression) and not in_catcher:
            found.append("'$states.errorOutput'")
    except (JsonataSyntaxError, RecursionError):
        return  # the engine tells, or will when it evaluates what is so deep
    yield from found
