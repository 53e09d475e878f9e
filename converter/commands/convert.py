"""``dag2sfn convert``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from converter import cli_support
from converter.asl.options import Correlate, Failures, Options, PollerStyle
from converter.cli_support import Format, print_json, reports_problems
from converter.commands.parameters import (
    AllowNetwork,
    DagIds,
    DagPath,
    DurationsFile,
    OutputFormat,
    PollInterval,
    TimeLimit,
    VariablesFile,
)
from converter.report import console
from converter.report.documents import ConversionDocument


@reports_problems(dags=[])
def convert(
    path: DagPath,
    *,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the bundles, one folder a DAG.")
    ] = Path("build"),
    dag_id: DagIds = None,
    failures: Annotated[
        Failures,
        typer.Option(
            help="`airflow`: siblings go on, downstream is upstream_failed. `stop`: the run ends at once."
        ),
    ] = Failures.AIRFLOW,
    correlate: Annotated[
        Correlate, typer.Option(help="How pollers know a Glue run: by an `argument`, or by a time `window`.")
    ] = Correlate.ARGUMENT,
    window: Annotated[
        int | None,
        typer.Option(
            help="Seconds to which `--correlate window` rounds the execution's start down "
            "[default: 0, the start itself].",
            min=0,
        ),
    ] = None,
    poller_style: Annotated[
        PollerStyle,
        typer.Option(
            help="How pollers wait: a `loop` of three states, or the `retry` of one, at a third of the cost."
        ),
    ] = PollerStyle.LOOP,
    poll_interval: PollInterval = 30,
    await_deadline: Annotated[
        int | None,
        typer.Option(
            help="Seconds after the start at which pollers give up [default: dagrun_timeout, or 24 h].",
            min=1,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            help="Whether `run --resume` can go on from a failed execution; costs one state for each task."
        ),
    ] = True,
    durations: DurationsFile = None,
    variables: VariablesFile = None,
    allow_network: AllowNetwork = False,
    timeout: TimeLimit = 60,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Convert DAG files to bundles that can be deployed.

    Example: `dag2sfn convert dags/partial_fan_in.py -o build`
    """
    from converter import loading
    from converter.loading.variables import as_text, read_variables
    from converter.planning.durations import NO_DURATIONS
    from converter.planning.durations_file import read_durations

    if window is not None and correlate is not Correlate.WINDOW:
        raise typer.BadParameter("it needs --correlate window", param_hint="--window")
    options = Options(failures, correlate, window or 0, poll_interval, await_deadline, resume)
    options = replace(options, poller_style=poller_style)
    values = read_variables(variables) if variables else {}
    if variables:
        options = replace(options, variables={name: as_text(value) for name, value in values.items()})
    expected = read_durations(durations) if durations else NO_DURATIONS
    workflows, unreadable = loading.load_readable(
        path, dag_ids=dag_id or (), timeout=timeout, variables=values, allow_network=allow_network
    )
    document = ConversionDocument(diagnostics=[*unreadable, *expected.strangers(workflows)])
    console.print_diagnostics(document.diagnostics)
    for conversion, written in cli_support.convert_all(workflows, options, out, durations=expected):
        console.print_conversion(conversion, written)
        console.print_worth(conversion, expected.of(conversion.workflow.dag_id))
        document.add(conversion.workflow.dag_id, written, conversion.diagnostics)
    if format is Format.JSON:
        print_json(document.to_json())
    raise typer.Exit(2 if unreadable else document.exit_code)
