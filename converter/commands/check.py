"""``dag2sfn check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter.cli_support import Format, print_json
from converter.commands.parameters import OutputFormat
from converter.diagnostics import Dag2SfnError, refuses
from converter.report import console
from converter.report.documents import diagnostics_json


def check(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Bundles, folders of bundles, or files with definitions.", metavar="PATH"),
    ],
    format: OutputFormat = Format.TEXT,
) -> None:
    """Check definitions and bundles before they are deployed, without AWS.

    Fields, names, transitions, expressions, service calls and their arguments, pollers, limits; in bundles
    also substitutions and permissions. Exits 1 if a machine would not work, 2 if something cannot be read.

    Example: `dag2sfn check build`
    """
    from converter import checks

    reports = [checks.inspect(path) for path in paths]
    checked = [file for report in reports for file in report.checked]
    diagnostics = [item for report in reports for item in report.diagnostics]
    console.print_diagnostics(diagnostics)
    if format is Format.JSON:
        files = [file.as_posix() for file in checked]
        print_json({"checked": files, "diagnostics": diagnostics_json(diagnostics)})
    else:
        typer.echo(f"{len(checked)} checked, problems found: {len(diagnostics)}")
    error = Dag2SfnError(*diagnostics)
    if error.exit_code == 2 or refuses(diagnostics):
        raise typer.Exit(error.exit_code)
