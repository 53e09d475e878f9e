"""What commands are told in files before they read DAG files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter.asl.options import Options

if TYPE_CHECKING:
    from converter.planning.durations import ExpectedDurations


def with_files(
    options: Options, *, operators: Path | None, variables: Path | None, connections: Path | None
) -> tuple[Options, Mapping[str, Any]]:
    """Return the options with what these files hold, and the Variables' values, for reading DAG files.

    The conversions in ``operators`` are there from now on. Raises Dag2SfnError for a file of no use.
    """
    from converter.loading.connections import read_connections
    from converter.loading.variables import as_text, read_variables

    options = replace(options, operators=operators)
    if operators:
        # Without them, that is imported while Airflow starts.
        from converter.operators.extending import load_operators

        load_operators(operators)
    values = read_variables(variables) if variables else {}
    if variables:
        options = replace(options, variables={name: as_text(value) for name, value in values.items()})
    if connections:
        options = replace(options, connections=read_connections(connections))
    return options, values


def expected_durations(file: Path | None) -> ExpectedDurations:
    """Return what tasks are expected to take. Raises Dag2SfnError for a file that cannot be used."""
    from converter.planning.durations import NO_DURATIONS
    from converter.planning.durations_file import read_durations

    return read_durations(file) if file else NO_DURATIONS
