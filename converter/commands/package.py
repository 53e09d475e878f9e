"""``dag2sfn package``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter.cli_support import Format, print_json, reports_problems
from converter.commands.parameters import OutputFormat
from converter.report import console


@reports_problems()
def package(
    bundle: Annotated[Path, typer.Argument(help="A bundle: the folder that `convert` wrote for one DAG.")],
    format: OutputFormat = Format.TEXT,
) -> None:
    """Install what a DAG's Python tasks import into its bundle, for Lambda (needs pip and an index).

    Example: `dag2sfn package build/python_etl`
    """
    from converter.packaging.packages import install_packages

    packaged = install_packages(bundle, on_progress=console.print_progress)
    if format is Format.JSON:
        names = list(packaged.requirements)
        print_json({"bundle": str(bundle), "requirements": names, "bytes": packaged.size})
    elif packaged.requirements:
        typer.echo(f"{bundle}: {', '.join(packaged.requirements)} ({packaged.size / 2**20:.1f} MB in all)")
    else:
        typer.echo(f"{bundle}: its Python tasks need no packages")
