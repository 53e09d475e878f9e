"""JSONata expressions: they parse, and use only names that there are where they stand.

Sources: Step Functions Developer Guide, "Transforming data with JSONata" (the members of ``$states``),
"Passing data between states with variables", "Accessing execution data from the Context object".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, TypeAlias

from converter import diagnostics as d
from converter.checks.findings import Finding, about_state
from converter.checks.jsonata_text import FUNCTIONS, References, SyntaxProblem, references
from converter.checks.machine import Block, MachineTree, State, is_expression

_ENTERING = frozenset({"input", "context"})
_WITH_RESULT = _ENTERING | {"result"}
_WITH_ERROR = _ENTERING | {"errorOutput"}
#: Types of states that have a result.
_WORKING = ("Task", "Parallel", "Map")
#: Fields that are evaluated, besides those of leaving.
_EVALUATED = (
    "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials", "Seconds", "Timestamp", "Error",
    "Cause", "Items", "ItemSelector", "MaxConcurrency", "ToleratedFailureCount",
    "ToleratedFailurePercentage", "ItemReader", "ItemBatcher", "ResultWriter",
)  # fmt: skip
_LEAVING = ("Assign", "Output")
_CHOOSING = ("Condition", *_LEAVING)
_CONTEXT = frozenset({"Execution", "State", "StateMachine", "Task", "Map"})
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


#: An expression: its field, its text with the ``{% %}``, the members of ``$states`` that there are.
Expression: TypeAlias = "tuple[str, str, frozenset[str]]"


@dataclass(frozen=True)
class Place:
    """Where an expression stands: its field, and the members of ``$states`` that there are."""

    state: State
    field: str
    members: frozenset[str]


def check_expressions(machine: MachineTree) -> Iterator[Finding]:
    """Find expressions that do not parse (D511) or use what is not there (D512, D513)."""
    known = variables_before(machine)
    for state in machine.states:
        if state.is_jsonata:
            for expression in expressions_of(state):
                yield from _expression_findings(state, expression, known[state])


def check_variables(machine: MachineTree) -> Iterator[Finding]:
    """Find variables that must not be assigned where they are (D514)."""
    if machine.assigning:
        yield from _assignment_findings(machine.root, frozenset())


def expressions_of(state: State) -> list[Expression]:
    """Return every expression of a JSONata state."""
    members = _WITH_RESULT if state.type in _WORKING else _ENTERING
    found: list[Expression] = []
    _note_fields(state.content, _EVALUATED, _ENTERING, "", found)
    _note_fields(state.content, _LEAVING, members, "", found)
    for index, rule in state.rules:
        _note_fields(rule, _CHOOSING, _ENTERING, f"Choices[{index}].", found)
    for index, catcher in state.catchers:
        _note_fields(catcher, _LEAVING, _WITH_ERROR, f"Catch[{index}].", found)
    return found


def _note_fields(
    content: Mapping[str, Any],
    fields: Sequence[str],
    members: frozenset[str],
    where: str,
    found: list[Expression],
) -> None:
    """Put the expressions in some fields of an object behind those that have been found."""
    for name in fields:
        if name in content:
            _note_value(where + name, content[name], members, found)


def _note_value(field: str, value: Any, members: frozenset[str], found: list[Expression]) -> None:
    if isinstance(value, str):
        if is_expression(value):
            found.append((field, value, members))
    elif isinstance(value, dict):
        for name, item in value.items():
            _note_value(f"{field}.{name}", item, members, found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _note_value(f"{field}[{index}]", item, members, found)


def _expression_findings(
    state: State, expression: Expression, variables: frozenset[str]
) -> Sequence[Finding]:
    field, text, members = expression
    try:
        used = _used_by(text)
    except SyntaxProblem as problem:
        problem_text = f"'{field}' is no JSONata expression: {problem}"
        return [about_state(d.BAD_EXPRESSION, state, problem_text, "correct it")]
    unknown, astray = used.unknown - variables, _astray(used.states, members)
    if not (unknown or used.loose or astray):
        return ()
    place = Place(state, field, members)
    return [*_name_findings(place, used, variables), *_states_findings(place, astray)]


@lru_cache(maxsize=4096)
def _used_by(expression: str) -> References:
    return references(expression[2:-2].strip())


@lru_cache(maxsize=1024)
def _astray(paths: frozenset[tuple[str, ...]], members: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """Return the paths into ``$states`` to what there is not, or only where there is a token."""
    always = _CONTEXT - {"Task"}
    return tuple(
        path
        for path in sorted(paths)
        if path
        and (path[0] not in members or (path[0] == "context" and len(path) > 1 and path[1] not in always))
    )


def _name_findings(place: Place, used: References, variables: frozenset[str]) -> Iterator[Finding]:
    for name in sorted(used.unknown - variables):
        if name == "eval":
            what, remedy = "$eval, which Step Functions does not have", "use $parse for JSON text"
        elif name in used.called:
            what = f"${name}, which is no function"
            remedy = _did_you_mean(name, FUNCTIONS | variables, "use a function of JSONata")
        else:
            what = f"${name}, to which nothing before it assigns a value"
            remedy = _did_you_mean(
                name, variables | {"states"}, "assign it before, in the same block or outside"
            )
        yield about_state(d.UNKNOWN_NAME, place.state, f"'{place.field}' uses {what}", remedy)
    for name in sorted(used.loose):
        problem = f"'{place.field}' uses {name} on its own, and there is no context item to look into"
        yield about_state(d.UNKNOWN_NAME, place.state, problem, "begin with $states.input or a variable")


def _states_findings(place: Place, astray: Sequence[tuple[str, ...]]) -> Iterator[Finding]:
    for member, *inner in astray:
        if member not in _WITH_RESULT | _WITH_ERROR:
            problem = f"'{place.field}' uses $states.{member}, which there is not"
            yield about_state(
                d.UNKNOWN_NAME,
                place.state,
                problem,
                _did_you_mean(member, place.members, "use $states.input"),
            )
        elif member not in place.members:
            yield _out_of_place(place, member)
        elif inner[0] not in _CONTEXT:
            problem = f"'{place.field}' uses $states.context.{inner[0]}, which there is not"
            yield about_state(
                d.UNKNOWN_NAME, place.state, problem, f"the context has {', '.join(sorted(_CONTEXT))}"
            )
        elif not _has_token(place.state):
            problem = f"'{place.field}' uses $states.context.Task, which only a Task with a token has"
            yield about_state(
                d.NAME_OUT_OF_PLACE, place.state, problem, "use a resource that ends in .waitForTaskToken"
            )


def _out_of_place(place: Place, member: str) -> Finding:
    where = {
        "result": "in Output and Assign of a Task, Parallel or Map",
        "errorOutput": "in Output and Assign of a catcher",
    }[member]
    problem = f"'{place.field}' uses $states.{member}, which there is only {where}"
    return about_state(d.NAME_OUT_OF_PLACE, place.state, problem, "use $states.input, or move the expression")


def _has_token(state: State) -> bool:
    return state.text("Resource").endswith(".waitForTaskToken")


def _did_you_mean(name: str, known: frozenset[str] | set[str], otherwise: str) -> str:
    similar = get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{similar[0]}'?" if similar else otherwise


# --- variables ---------------------------------------------------------------------------------------------


def variables_before(machine: MachineTree) -> Mapping[State, frozenset[str]]:
    """Return the variables that may have a value when a state is entered: on some way, one was assigned."""
    known: dict[State, frozenset[str]] = dict.fromkeys(machine.states, frozenset())
    if machine.assigning:  # which is not how dag2sfn's own machines are
        _flow_through(machine.root, frozenset(), known)
    return known


def _flow_through(block: Block, outside: frozenset[str], known: dict[State, frozenset[str]]) -> None:
    assigned = {state: frozenset(state.assigned) for state in block.states.values()}
    known.update(dict.fromkeys(assigned, outside))
    pending = [state for state, names in assigned.items() if names]
    while pending:
        state = pending.pop()
        after = known[state] | assigned[state]
        for successor in state.successors:
            if not after <= known[successor]:
                known[successor] |= after
                pending.append(successor)
    for state in assigned:
        for inner in state.blocks:
            _flow_through(inner, frozenset() if inner.is_apart else known[state], known)


def _assignment_findings(block: Block, outer: frozenset[str]) -> Iterator[Finding]:
    assigned = {name for state in block.states.values() for name in state.assigned}
    for state in block.states.values():
        for name in state.assigned:
            if not _VARIABLE.fullmatch(name) or name == "states":
                problem = f"'{name}' is no name of a variable"
                yield about_state(d.BAD_VARIABLE, state, problem, "use letters, digits and underscores")
            elif name in outer:
                problem = f"it assigns '{name}', which a block around it assigns too"
                yield about_state(
                    d.BAD_VARIABLE, state, problem, "hand the value out by Output, or rename the variable"
                )
        for inner in state.blocks:
            yield from _assignment_findings(inner, frozenset() if inner.is_apart else outer | assigned)
