"""``dag2sfn init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter import cli_support
from converter import diagnostics as d
from converter.cli_support import reports_problems
from converter.commands.parameters import Region, TimeLimit
from converter.config import FILE_NAME
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.report import console, streams
from converter.workflow import Location


@reports_problems()
def init(
    dags: Annotated[
        Path | None, typer.Argument(help="A DAG file or a folder: its DAGs get a place in the file.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")] = Path(FILE_NAME),
    region: Region = None,
    timeout: TimeLimit = 60,
) -> None:
    """Write a first `dag2sfn.yaml`, with all that may be set, commented; an existing one is left alone.

    The region is that of your AWS configuration. DAG files that cannot be read are named, and stop nothing.

    Examples: `dag2sfn init`, `dag2sfn init dags --region eu-west-1`
    """
    from converter import loading
    from converter.config.starting_file import starting_file

    if out.exists():
        raise Dag2SfnError(_refused(out, "there is one already", "edit it, or give another --out"))
    dag_ids: list[str] = []
    unreadable: list[Diagnostic] = []
    if dags is not None:
        jobs = loading.jobs_for(dags, None)
        with streams.progress("Reading DAG files") as on_read:
            for item in loading.load_each(dags, timeout=timeout, jobs=jobs, on_read=on_read):
                if isinstance(item, Diagnostic):
                    unreadable.append(item)
                else:
                    dag_ids.append(item.dag_id)
    console.print_diagnostics(unreadable)
    text = starting_file(region or cli_support.session(None).region_name, sorted(dag_ids))
    try:
        # "x": whoever has written it meanwhile keeps it.
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Dag2SfnError(_refused(out, f"it cannot be written: {error.strerror}", "")) from None
    console.print_progress(f"written: {out}")
    if unreadable:
        raise typer.Exit(2)


def _refused(out: Path, problem: str, remedy: str) -> Diagnostic:
    return Diagnostic(d.CONFIG_NOT_WRITTEN, problem, remedy, Location(out.as_posix()))
