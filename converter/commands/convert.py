"""``dag2sfn convert``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from converter.asl.options import (
    Correlate,
    Failures,
    LongFunctions,
    Options,
    Pairs,
    PollerStyle,
    VariablesFrom,
    Xcom,
)
from converter.cli_support import Format, print_json, reports_problems
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    with_configuration,
)
from converter.commands.inputs import expected_durations, with_files
from converter.commands.parameters import (
    AirflowConfig,
    AllowNetwork,
    ConnectionsFile,
    DagIds,
    DagPath,
    DurationsFile,
    Jobs,
    OperatorsFile,
    OutputFormat,
    PollInterval,
    SourceAirflow,
    TimeLimit,
    VariablesFile,
    VariablesSource,
)
from converter.diagnostics import Diagnostic
from converter.planning import Strategy
from converter.report import console, streams
from converter.report.documents import ConversionDocument
from converter.workflow import Workflow


def styles_by_task(texts: Iterable[str]) -> dict[str, PollerStyle]:
    """Return the styles that ``TASK=STYLE`` texts give. Raises typer.BadParameter for anything else."""
    found: dict[str, PollerStyle] = {}
    for text in texts:
        task, _, style = text.rpartition("=")
        if not task or style not in {known.value for known in PollerStyle}:
            raise typer.BadParameter(
                f"{text!r} is not TASK=STYLE, as in glue3=retry", param_hint="--poller-style-for"
            )
        found[task] = PollerStyle(style)
    return found


@reports_problems(dags=[])
@with_configuration
def convert(
    path: DagPath,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="Folder for the bundles, one folder a DAG [default: build, or build/ENVIRONMENT].",
        ),
    ] = None,
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
    strategy: Annotated[
        Strategy,
        typer.Option(help="How DAGs are planned: `exact`, or without pollers: a `barrier` between layers."),
    ] = Strategy.EXACT,
    poller_style: Annotated[
        PollerStyle,
        typer.Option(
            help="How pollers wait: a `loop` of three states, or the `retry` of one, at a third of the cost."
        ),
    ] = PollerStyle.LOOP,
    poller_style_for: Annotated[
        list[str] | None,
        typer.Option(metavar="TASK=STYLE", help="Another style of the pollers that wait for this task."),
    ] = None,
    poll_interval: PollInterval = 30,
    await_deadline: Annotated[
        int | None,
        typer.Option(
            help="Seconds after the start at which pollers give up [default: dagrun_timeout, or 24 h "
            "and the timeouts of sensors].",
            min=1,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            help="Whether `run --resume` can go on from a failed execution; costs one state for each task."
        ),
    ] = True,
    companion: Annotated[
        bool,
        typer.Option(
            "--companion",
            help="Add a DAG file for Airflow, DAG_ID__step_functions.py, that runs the machine.",
        ),
    ] = False,
    xcom: Annotated[
        Xcom,
        typer.Option(
            help="Where large XComs of Python tasks are: in the `state` data, 256 KiB in all, or in `s3`."
        ),
    ] = Xcom.STATE,
    pairs: Annotated[
        Pairs,
        typer.Option(
            help="A submit and its sensor: one call that waits (`sync`) where outcomes stay, or `poll`s."
        ),
    ] = Pairs.SYNC,
    long_functions: Annotated[
        LongFunctions,
        typer.Option(
            help="Python and Bash tasks with more than 15 minutes (Lambda's): `refuse`, or `cap` it."
        ),
    ] = LongFunctions.REFUSE,
    allow_unsupported: Annotated[
        bool,
        typer.Option(
            "--allow-unsupported",
            help="Convert a DAG although tasks of it are refused: these then fail, with the reason.",
        ),
    ] = False,
    jobs: Jobs = None,
    durations: DurationsFile = None,
    variables: VariablesFile = None,
    variables_from: VariablesSource = VariablesFrom.CONVERSION,
    connections: ConnectionsFile = None,
    source_airflow: SourceAirflow = None,
    airflow_config: AirflowConfig = None,
    operators: OperatorsFile = None,
    allow_network: AllowNetwork = False,
    timeout: TimeLimit = 60,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Convert DAG files to bundles that can be deployed.

    Each DAG gets a folder; of one that is refused, it holds the report alone. For a folder of DAG files there
    is `index.html`, which leads to all reports. Large folders are converted on all cores.

    Examples: `dag2sfn convert dags/partial_fan_in.py -o build`; `dag2sfn convert dags -o build`
    """
    from converter import folder, loading

    if window is not None and correlate is not Correlate.WINDOW:
        raise typer.BadParameter("it needs --correlate window", param_hint="--window")
    options = Options(failures, correlate, window or 0, poll_interval, await_deadline, resume)
    styles = styles_by_task(poller_style_for or ())
    options = replace(options, poller_style=poller_style, poller_styles=styles, xcom=xcom, strategy=strategy)
    options = replace(options, allow_unsupported=allow_unsupported, companion=companion, pairs=pairs)
    options = replace(options, long_functions=long_functions)
    options = replace(options, variables_from=variables_from)
    options, values = with_files(options, operators=operators, variables=variables, connections=connections)
    timetables = loading.told_timetables(source_airflow, airflow_config)
    expected = expected_durations(durations)
    processes = loading.jobs_for(path, jobs)
    console.print_diagnostics(loading.notes_on(path))
    document, unreadable = ConversionDocument(), []
    seen: list[Workflow] = []
    out = out or Path("build", *([environment] if environment else []))
    jobs_by_dag: dict[str, frozenset[str]] = {}
    with streams.progress("Converting DAG files") as on_read:
        items = loading.load_each(
            path,
            dag_ids=dag_id or (),
            timeout=timeout,
            variables=values,
            allow_network=allow_network,
            jobs=processes,
            timetables=timetables,
            on_read=on_read,
        )
        for item in folder.convert_each(
            config.applied(config.noting(_kept(items, seen if durations else None), jobs_by_dag)),
            config.options(options),
            out,
            durations=expected,
            jobs=processes,
            index=path.as_posix() if path.is_dir() else "",
        ):
            if isinstance(item, Diagnostic):
                console.print_diagnostics([item])
                unreadable.append(item)
            else:
                console.print_converted(item)
                document.add(item.dag_id, item.bundle, item.diagnostics, item.report)
    strangers = list(expected.strangers(seen))
    if path.is_dir() and not dag_id:
        strangers += config.strange_names(jobs_by_dag)
    console.print_diagnostics(strangers)
    document.diagnostics[:0] = [*unreadable, *strangers]
    if format is Format.JSON:
        print_json(document.to_json())
    raise typer.Exit(2 if unreadable else document.exit_code)


def _kept(
    items: Iterable[Workflow | Diagnostic], seen: list[Workflow] | None
) -> Iterator[Workflow | Diagnostic]:
    """Pass the items on, and keep the workflows if somebody wants to see them all."""
    for item in items:
        if seen is not None and isinstance(item, Workflow):
            seen.append(item)
        yield item
