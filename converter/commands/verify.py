"""``dag2sfn verify``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from converter.asl.options import (
    Correlate,
    Failures,
    LongFunctions,
    Options,
    OptionsOfDags,
    Pairs,
    PollerStyle,
    VariablesFrom,
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
    OperatorsFile,
    OutputFormat,
    PollInterval,
    SourceAirflow,
    TimeLimit,
    VariablesFile,
    VariablesSource,
)
from converter.diagnostics import Diagnostic, refuses
from converter.planning import Strategy
from converter.report import console, streams
from converter.workflow import Workflow

if TYPE_CHECKING:
    from converter.pipeline import Conversion
    from converter.verify.verification import Verification, Verifier


@reports_problems(in_array=True)
@with_configuration
def verify(
    path: DagPath,
    *,
    dag_id: DagIds = None,
    scenarios: Annotated[int, typer.Option(help="How many scenarios to play of each DAG.", min=1)] = 100,
    seed: Annotated[
        int, typer.Option(help="The first scenario; 0 is the one in which everything succeeds.", min=0)
    ] = 0,
    jobs: Annotated[
        int | None, typer.Option(help="Processes that play [default: one for each core].", min=1)
    ] = None,
    failures: Annotated[
        Failures, typer.Option(help="As for `convert`; `stop` is held against Airflow's fail_fast.")
    ] = Failures.AIRFLOW,
    correlate: Annotated[Correlate, typer.Option(help="As for `convert`.")] = Correlate.ARGUMENT,
    window: Annotated[int | None, typer.Option(help="As for `convert`.", min=0)] = None,
    strategy: Annotated[Strategy, typer.Option(help="As for `convert`.")] = Strategy.EXACT,
    poller_style: Annotated[PollerStyle, typer.Option(help="As for `convert`.")] = PollerStyle.LOOP,
    poll_interval: PollInterval = 30,
    await_deadline: Annotated[int | None, typer.Option(help="As for `convert`.", min=1)] = None,
    pairs: Annotated[Pairs, typer.Option(help="As for `convert`.")] = Pairs.SYNC,
    long_functions: Annotated[LongFunctions, typer.Option(help="As for `convert`.")] = LongFunctions.REFUSE,
    resume: Annotated[bool, typer.Option(help="As for `convert`.")] = True,
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
    """Prove that the converted DAGs do what Airflow does: play random runs of both, and compare.

    A scenario is what chance decides: how long each try takes, which fail or skip, what branches choose. The
    machine runs on a virtual clock, against a simulated AWS. Compared are every task's outcome, tries and
    start, and the run's outcome. What the conversion declares as approximated is counted by its code;
    anything else is a divergence, and the exit code 1. With `--scenarios 1`, the timelines of both are shown.

    Examples: `dag2sfn verify dags` plays 100 scenarios of each DAG;
    `dag2sfn verify dags/etl.py --dag-id etl --seed 17 --scenarios 1` shows one of them, task by task.
    """
    from converter import loading

    if window is not None and correlate is not Correlate.WINDOW:
        raise typer.BadParameter("it needs --correlate window", param_hint="--window")
    options = Options(failures, correlate, window or 0, poll_interval, await_deadline, resume)
    options = replace(options, poller_style=poller_style, strategy=strategy, pairs=pairs)
    options = replace(options, long_functions=long_functions)
    options = replace(options, variables_from=variables_from)
    try:
        options, values = with_files(
            options, operators=operators, variables=variables, connections=connections
        )
        timetables = loading.told_timetables(source_airflow, airflow_config)
        with _progress() as progress:
            progress.add_task("Reading DAG files", total=None)
            workflows, unreadable = loading.load_readable(
                path,
                dag_ids=dag_id or (),
                timeout=timeout,
                variables=values,
                allow_network=allow_network,
                jobs=loading.jobs_for(path, jobs),
                timetables=timetables,
            )
        as_configured = list(config.applied(workflows))
        flows = [item for item in as_configured if isinstance(item, Workflow)]
        mistaken = [*unreadable, *(item for item in as_configured if isinstance(item, Diagnostic))]
        console.print_diagnostics(mistaken)
        conversions = _conversions(flows, config.options(options), durations)
        verifications = _verifications(conversions, range(seed, seed + scenarios), jobs)
        if format is Format.JSON:
            print_json([item.to_json() for item in verifications])
        else:
            _print(conversions, verifications, path, seed if scenarios == 1 else None)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None  # as shells report a program that SIGINT has ended
    refused = any(conversion.refused for conversion in conversions)
    if mistaken or refused or any(item.divergences for item in verifications):
        raise typer.Exit(2 if mistaken else 1)


def _conversions(
    workflows: Sequence[Workflow], options: OptionsOfDags, durations: Path | None
) -> list[Conversion]:
    """Return what became of each DAG; say what stands in the way of those that are refused."""
    from converter import pipeline

    expected = expected_durations(durations)
    console.print_diagnostics(expected.strangers(workflows))
    conversions = []
    for workflow in workflows:
        conversion = pipeline.convert(
            workflow, options.of(workflow.dag_id), durations=expected.of(workflow.dag_id)
        )
        console.print_diagnostics(item for item in conversion.diagnostics if refuses([item]))
        conversions.append(conversion)
    return conversions


def _verifications(conversions: Iterable[Conversion], seeds: range, jobs: int | None) -> list[Verification]:
    """Return what the scenarios of each DAG have shown; of a refused one none is played."""
    from converter.verify.all_cores import verify_all
    from converter.verify.verification import Verification

    verifiers = {item.workflow.dag_id: found for item in conversions if (found := _verifier(item))}
    with _progress() as progress:
        playing = progress.add_task("Playing scenarios", total=len(verifiers) * len(seeds))
        played = verify_all(
            list(verifiers.values()),
            seeds,
            jobs=jobs or os.cpu_count() or 1,
            on_played=lambda count: progress.advance(playing, count),
        )
    shown = {item.dag_id: item for item in played}
    dag_ids = [item.workflow.dag_id for item in conversions]
    return [shown.get(dag_id) or Verification(dag_id, 0) for dag_id in dag_ids]


def _verifier(conversion: Conversion) -> Verifier | None:
    from converter.verify.verification import Verifier

    if conversion.plan is None or conversion.machine is None:
        return None
    codes = frozenset(item.code for item in conversion.diagnostics)
    return Verifier(
        conversion.workflow, conversion.plan, conversion.machine, codes, conversion.options.variables
    )


def _print(
    conversions: Iterable[Conversion],
    verifications: Sequence[Verification],
    path: Path,
    replayed_seed: int | None,
) -> None:
    """Print the sums, and before them the timelines of a single scenario."""
    from converter.report.verification import print_replay, print_verifications
    from converter.verify.replays import replay_rows

    for conversion in conversions if replayed_seed is not None else ():
        if replayed_seed is not None and (verifier := _verifier(conversion)):
            replay = verifier.replay(replayed_seed)
            rows = replay_rows(replay.scenario, replay.airflow, replay.machine, replay.findings.divergences)
            print_replay(replay.dag_id, replayed_seed, rows)
            typer.echo()
    print_verifications(verifications, path)


def _progress() -> Progress:
    return Progress(console=streams.err(), transient=True, disable=not sys.stderr.isatty())
