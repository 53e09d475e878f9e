"""``dag2sfn assess``."""

from __future__ import annotations

from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converter import all_cores
from converter.asl.options import Failures, LongFunctions, Options, PollerStyle, VariablesFrom
from converter.cli_support import json_text, reports_problems
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
    PollInterval,
    SourceAirflow,
    TimeLimit,
    VariablesFile,
    VariablesSource,
)
from converter.report import console, streams

if TYPE_CHECKING:
    from converter.assessment import Assessment


class AssessmentFormat(str, Enum):
    """How an assessment is shown."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@reports_problems(dags=[])
@with_configuration
def assess(
    path: DagPath,
    *,
    format: Annotated[
        AssessmentFormat, typer.Option("--format", help="Text, JSON for programs, or a page.")
    ] = AssessmentFormat.TEXT,
    dag_id: DagIds = None,
    failures: Annotated[Failures, typer.Option(help="As for `convert`.")] = Failures.AIRFLOW,
    poller_style: Annotated[PollerStyle, typer.Option(help="As for `convert`.")] = PollerStyle.LOOP,
    poll_interval: PollInterval = 30,
    long_functions: Annotated[LongFunctions, typer.Option(help="As for `convert`.")] = LongFunctions.REFUSE,
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
) -> None:
    """Say what would become of a folder of DAGs, and write nothing.

    What share of DAGs and tasks converts; what stands in the way, and which DAGs it alone keeps from
    converting; which DAGs start, await or feed each other; what a run costs in state transitions; which
    stand-ins the files needed. The exit code is 0 if all DAGs convert, 1 if some do not, 2 if something
    cannot be read.

    Examples: `dag2sfn assess dags`; `dag2sfn assess dags --format html > assessment.html`
    """
    from converter import loading

    options = Options(
        failures,
        poll_interval=poll_interval,
        poller_style=poller_style,
        variables_from=variables_from,
        long_functions=long_functions,
    )
    options, values = with_files(options, operators=operators, variables=variables, connections=connections)
    timetables = loading.told_timetables(source_airflow, airflow_config)
    expected = expected_durations(durations)
    processes = loading.jobs_for(path, jobs)
    console.print_diagnostics(loading.notes_on(path))
    with streams.progress("Assessing DAG files") as on_read:
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
        # It takes its time, in which Airflow starts.
        from converter.assessment import Assessment, assess_one

        work = partial(assess_one, config.options(options), expected)
        modules = ("converter.assessment", "converter.rehearsal")
        found = Assessment.of(all_cores.each(work, config.applied(items), jobs=processes, modules=modules))
    console.print_diagnostics(found.unreadable)
    typer.echo(_shown(found, path, format), nl=False)
    raise typer.Exit(found.exit_code)


def _shown(found: Assessment, path: Path, format: AssessmentFormat) -> str:
    from converter.report.assessment_page import assessment_page
    from converter.report.assessment_text import assessment_text

    if format is AssessmentFormat.JSON:
        return json_text(found.to_json()) + "\n"
    if format is AssessmentFormat.HTML:
        return assessment_page(path.as_posix(), found)
    return assessment_text(found)
