"""Variables of a machine and where they may be assigned.

An inner branch reads the variables of the states around it, and must not assign a name that any outer scope
assigns, wherever in that scope; siblings may use the same names. Source: "Passing data between states with
variables", Step Functions Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.engine.definition import (
    ChoiceState,
    MapState,
    ParallelState,
    RetriedState,
    State,
    States,
    Transition,
)
from converter.engine.problems import Problems

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


def check_assignments(states: States, problems: Problems) -> None:
    """Note every variable whose name is not allowed where it is assigned."""
    _check(states, frozenset(), problems)


def _check(states: States, outer: frozenset[str], problems: Problems) -> None:
    assigned = {name for state in states.states.values() for name in _assigned_by(state)}
    for state in states.states.values():
        for name in _assigned_by(state):
            if not _NAME.fullmatch(name) or name == "states":
                problems.invalid(
                    f"/States/{state.name}/Assign", f"'{name}' is not a valid name of a variable"
                )
            elif name in outer:
                problems.invalid(
                    f"/States/{state.name}/Assign", f"Variable '{name}' is assigned in an outer scope already"
                )
        # The executions of a distributed Map see no outer variables and may use their names.
        is_apart = isinstance(state, MapState) and state.distribution is not None
        for inner in inner_states(state):
            _check(inner, frozenset() if is_apart else outer | assigned, problems)


def _assigned_by(state: State) -> Iterator[str]:
    for transition in transitions_of(state):
        yield from transition.assign or ()


def transitions_of(state: State) -> Iterator[Transition]:
    """Yield every way in which a state can be left, its catchers included."""
    if isinstance(state, ChoiceState):
        yield from (rule.transition for rule in state.rules)
        if state.default is not None:
            yield state.default
        return
    transition = getattr(state, "transition", None)
    if transition is not None:
        yield transition
    if isinstance(state, RetriedState):
        yield from (catcher.transition for catcher in state.catchers)


def inner_states(state: State) -> tuple[States, ...]:
    """Return the branches of a Parallel, the processor of a Map, nothing for other states."""
    if isinstance(state, ParallelState):
        return state.branches
    return (state.processor,) if isinstance(state, MapState) else ()
