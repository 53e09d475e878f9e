"""All checks of one definition, in the order in which their findings are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from converter.checks.calls import check_calls
from converter.checks.findings import Finding
from converter.checks.flow import check_flow, check_names
from converter.checks.handlers import check_handlers
from converter.checks.limits import check_history, check_sizes
from converter.checks.machine import Children, MachineTree, read_machine
from converter.checks.pollers import check_pollers
from converter.checks.schema import check_fields
from converter.checks.scopes import check_expressions, check_variables
from converter.diagnostics import Diagnostic
from converter.workflow import Location

#: How a definition's file is called in a bundle.
DEFINITION = "definition.asl.json"

_CHECKS: tuple[Callable[[MachineTree], Iterator[Finding]], ...] = (
    check_fields,
    check_names,
    check_flow,
    check_handlers,
    check_variables,
    check_expressions,
    check_calls,
    check_sizes,
    check_history,
)


def problems_of(
    definition: Mapping[str, Any], children: Children = MappingProxyType({})
) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a definition, given as the JSON object that it is.

    ``children`` are the child machines that it starts, and that they start. The diagnostics' place is the
    file of a definition in its bundle, as a whole; their text names the state.
    """
    place = Location(DEFINITION)
    alone = [read_machine(item) for item in (definition, *children.values())]
    found = [item for machine in alone for item in findings_of(machine)]
    if children:
        found += findings_of_all(definition, children)
    return tuple(Diagnostic(item.code, item.problem, item.remedy, place) for item in found)


def findings_of(machine: MachineTree) -> list[Finding]:
    """Return everything that is wrong with a definition by itself.

    Pollers of one of several machines wait for tasks of others, see :func:`findings_of_all`.
    """
    found = [finding for check in _CHECKS for finding in check(machine)]
    return found if machine.is_one_of_several else [*found, *check_pollers(machine)]


def findings_of_all(definition: Mapping[str, Any], children: Children) -> list[Finding]:
    """Return what is wrong between a machine and its children: with pollers, and what they wait for.

    In the path of a finding, ``"child"`` and its number stand before its place in that child's definition.
    """
    return list(check_pollers(read_machine(definition, children)))
