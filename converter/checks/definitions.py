"""All checks of one definition, in the order in which their findings are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from converter.checks.calls import check_calls
from converter.checks.findings import Finding
from converter.checks.flow import check_flow, check_names
from converter.checks.handlers import check_handlers
from converter.checks.limits import check_history, check_sizes
from converter.checks.machine import MachineTree, read_machine
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
    check_pollers,
    check_sizes,
    check_history,
)


def problems_of(definition: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    """Return everything that is wrong with a definition, given as the JSON object that it is.

    The diagnostics' place is the file of a definition in its bundle, as a whole; their text names the state.
    """
    place = Location(DEFINITION)
    return tuple(
        Diagnostic(item.code, item.problem, item.remedy, place)
        for item in findings_of(read_machine(definition))
    )


def findings_of(machine: MachineTree) -> list[Finding]:
    """Return everything that is wrong with a definition."""
    return [finding for check in _CHECKS for finding in check(machine)]
