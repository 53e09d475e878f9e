"""``dag2sfn plan``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from converter import diagnostics as d
from converter.asl.options import Options, OptionsOfDags
from converter.cli_support import json_text, reports_problems
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    with_configuration,
)
from converter.commands.inputs import expected_durations, with_files
from converter.commands.parameters import (
    AllowNetwork,
    DagIds,
    DagPath,
    DurationsFile,
    PollInterval,
    TimeLimit,
    VariablesFile,
)
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.planning import Strategy
from converter.report import console, streams
from converter.report.plan_document import plan_document
from converter.report.plan_mermaid import plan_mermaid
from converter.report.plan_text import UNBOUNDED, plan_text
from converter.report.plan_view import PlanView
from converter.workflow import Location, Workflow

if TYPE_CHECKING:
    from converter.planning.durations import ExpectedDurations


class PlanFormat(str, Enum):
    """In which form plans are shown."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    SVG = "svg"


def _svg(view: PlanView) -> str:
    from converter.report.plan_svg import plan_svg  # its XML brings a client of HTTP along

    return plan_svg(view)


#: Forms that show one DAG each, with what makes them and the ending of their files.
_DRAWINGS: Mapping[PlanFormat, tuple[Callable[[PlanView], str], str]] = {
    PlanFormat.MERMAID: (plan_mermaid, ".mmd"),
    PlanFormat.SVG: (_svg, ".svg"),
}


@reports_problems(in_array=True)
@with_configuration
def plan(
    path: DagPath,
    *,
    dag_id: DagIds = None,
    format: Annotated[
        PlanFormat, typer.Option("--format", help="A tree to read, JSON for programs, or a drawing.")
    ] = PlanFormat.TEXT,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="File to write. For drawings of several DAGs, a folder."),
    ] = None,
    durations: DurationsFile = None,
    strategy: Annotated[
        Strategy, typer.Option(help="`exact`, or for comparison a `barrier` between layers.")
    ] = Strategy.EXACT,
    poll_interval: PollInterval = 30,
    variables: VariablesFile = None,
    allow_network: AllowNetwork = False,
    timeout: TimeLimit = 60,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
) -> None:
    """Show what would run side by side, what in sequence, and where a branch polls for a sibling's task.

    In the tree, downward is later, and each branch begins with a `├─`. With `--durations`, the last line says
    how long the DAG would take by its exact plan, with a barrier between layers, and at the very least.

    Example: `dag2sfn plan dags/partial_fan_in.py`
    """
    from converter import loading

    options = Options(strategy=strategy, poll_interval=poll_interval)
    options, values = with_files(options, operators=None, variables=variables, connections=None)
    read = partial(
        loading.load_readable,
        path,
        dag_ids=dag_id or (),
        timeout=timeout,
        variables=values,
        allow_network=allow_network,
        jobs=loading.jobs_for(path, None),
    )
    views, unreadable = _views(read, expected_durations(durations), config.options(options))
    if format in _DRAWINGS:
        _show_drawings(views, format, out)
    elif out:
        _write({out: _document(views, format)})
    elif format is PlanFormat.JSON:
        typer.echo(_document(views, format))
    else:
        console.print_plans(views)
    if unreadable:
        raise typer.Exit(2)


def _views(
    read: Callable[[], tuple[Sequence[Workflow], Sequence[Diagnostic]]],
    expected: ExpectedDurations,
    options: OptionsOfDags,
) -> tuple[list[PlanView], Sequence[Diagnostic]]:
    """Return the plans of all DAGs and what could not be read; show progress while somebody waits."""
    with Progress(console=streams.err(), transient=True, disable=not sys.stderr.isatty()) as progress:
        reading = progress.add_task("Reading DAG files", total=None)
        workflows, unreadable = read()
        progress.remove_task(reading)
        if not workflows:
            raise Dag2SfnError(*unreadable)
        views = [
            _view(workflow, expected.of(workflow.dag_id), options.of(workflow.dag_id))
            for workflow in progress.track(workflows, description="Planning")
        ]
    console.print_diagnostics([*unreadable, *expected.strangers(workflows)])
    return views, unreadable


def _view(workflow: Workflow, durations: Mapping[str, float], options: Options) -> PlanView:
    from converter.planning import plan_by, plan_workflow
    from converter.planning.makespan import compare

    exact = plan_workflow(workflow, durations)
    shown = exact if options.strategy is Strategy.EXACT else plan_by(workflow, options.strategy)
    edges = tuple((up, task.task_id) for task in workflow.tasks for up in dict.fromkeys(task.upstream))
    makespans = compare(workflow, exact, durations, options.poll_interval)
    return PlanView(workflow.dag_id, shown, edges, makespans)


def _document(views: Sequence[PlanView], format: PlanFormat) -> str:
    """Return all plans in one text, for a file or a program."""
    if format is PlanFormat.JSON:
        return json_text([plan_document(view) for view in views])
    return "\n\n".join(plan_text(view, UNBOUNDED).plain for view in views)


def _show_drawings(views: Sequence[PlanView], format: PlanFormat, out: Path | None) -> None:
    """Print the drawing of one DAG, or write one to a file, or all of them to a folder."""
    draw, ending = _DRAWINGS[format]
    if out is None:
        if len(views) > 1:
            raise typer.BadParameter(
                f"{len(views)} DAGs are {len(views)} drawings: give a folder, or choose one with --dag-id",
                param_hint="--out",
            )
        typer.echo(draw(views[0]), nl=False)
    elif len(views) > 1 or out.is_dir():
        _write({out / f"{view.dag_id}{ending}": draw(view) for view in views})
    else:
        _write({out: draw(views[0])})


def _write(texts: Mapping[Path, str]) -> None:
    """Write files, and the folder that they are in. Raises Dag2SfnError (D313)."""
    for file, text in texts.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
        except OSError as error:
            problem = f"the plan cannot be written: {error.strerror}"
            raise Dag2SfnError(
                Diagnostic(d.PLAN_NOT_WRITTEN, problem, "give another --out", Location(file.as_posix()))
            ) from None
    written = next(iter(texts)) if len(texts) == 1 else f"{len(texts)} files in {next(iter(texts)).parent}"
    console.print_progress(f"written: {written}")
