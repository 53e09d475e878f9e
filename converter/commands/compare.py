"""``dag2sfn compare``: an Airflow run beside an execution."""

from __future__ import annotations

import os
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter import cli_support
from converter.cli_support import print_json, talks_to_aws
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    with_configuration,
)
from converter.commands.parameters import AirflowUrl, Interval, MwaaName, Region, RulesFile
from converter.report import console

if TYPE_CHECKING:
    from converter.comparison.airflow_api import AirflowApi
    from converter.comparison.model import Comparison


class ComparisonFormat(str, Enum):
    """How the comparison is printed."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@talks_to_aws
@with_configuration
def compare(  # noqa: PLR0917 - the command line gives them by name
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG that Airflow has, too.")],
    conf: Annotated[str, typer.Option(help="Conf of the runs to start, a JSON object.")] = "{}",
    logical_date: Annotated[
        datetime | None, typer.Option(help="Logical date of the runs to start [default: none].")
    ] = None,
    run_id: Annotated[
        str | None,
        typer.Option(help="A run of Airflow's, finished or running, in place of starting both."),
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option(
            help="ARN of the execution [default: the latest that is named after the run].",
            callback=cli_support.checked_optional_execution_arn,
        ),
    ] = None,
    start_missing: Annotated[
        bool, typer.Option("--start-missing", help="Start the one of the two runs that there is not.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait for both runs to end.")] = True,
    rules: RulesFile = None,
    airflow: AirflowUrl = None,
    mwaa: MwaaName = None,
    interval: Interval = 2.0,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: Annotated[ComparisonFormat, typer.Option(help="How to print it.")] = ComparisonFormat.TEXT,
) -> None:
    """Compare a run of Airflow's with an execution, task by task; without either, start both.

    Outcomes, outputs, order and tries are judged; delays, durations, critical paths and cost are shown.
    Exit codes: 0 equal, 1 different or not comparable, 2 something cannot be read or reached.

    Examples:

    `dag2sfn compare etl --conf '{"day": "2026-01-01"}' --airflow http://localhost:8080`

    `dag2sfn compare etl --run-id manual__2026-01-01T00:00:00+00:00 --format html > comparison.html`
    """
    from converter import comparison
    from converter.comparison import pairing

    if (run_id or execution) and (conf != "{}" or logical_date):
        raise typer.BadParameter("conf and date are those of the run", param_hint="--conf, --logical-date")
    given = cli_support.json_object(conf)
    allowed = comparison.read_rules(rules) if rules else comparison.NO_RULES
    api, client = airflow_api(airflow, mwaa, region), config.step_functions(region, execution or "")
    wanted = pairing.Wanted(dag_id, run_id, execution, given, logical_date, start_missing, config.prefix)
    found = pairing.find_or_start(wanted, api, client, console.print_progress)
    if wait:
        try:
            pairing.wait_for_both(found, api, client, console.print_progress, interval=interval)
        except KeyboardInterrupt:
            console.print_progress(
                f"Both runs go on. Compare them later: dag2sfn compare {dag_id} --run-id '{found.run_id}'"
            )
            raise typer.Exit(130) from None
    result = comparison.compare(*pairing.read_both(found, api, client), allowed)
    _print(result, format)
    if result.verdict is not comparison.Verdict.EQUAL:
        raise typer.Exit(1)


def _print(result: Comparison, format: ComparisonFormat) -> None:
    from converter.comparison import documents
    from converter.comparison.page import page

    if format is ComparisonFormat.JSON:
        print_json(documents.to_json(result))
    elif format is ComparisonFormat.HTML:
        typer.echo(page(result), nl=False)
    else:
        for line in documents.lines(result):
            typer.echo(line)


def airflow_api(url: str | None, environment: str | None, region: str | None) -> AirflowApi:
    """Return the API of the Airflow that the user names. Raises typer.BadParameter if none is named."""
    from botocore.config import Config

    from converter.comparison.airflow_api import AirflowApi, HttpTransport, MwaaTransport

    if environment:
        # It limits the rate of calls, at one that it does not tell.
        patient = Config(retries={"mode": "adaptive", "max_attempts": 10})
        client: Any = cli_support.session(region).client("mwaa", config=patient)
        return AirflowApi(MwaaTransport(client, environment), console.print_progress)
    if not url:
        raise typer.BadParameter(
            "say where Airflow is: --airflow http://localhost:8080, or --mwaa ENVIRONMENT",
            param_hint="--airflow",
        )
    login = {
        name: os.environ.get(f"DAG2SFN_AIRFLOW_{name.upper()}") for name in ("token", "user", "password")
    }
    return AirflowApi(HttpTransport(url, **login), console.print_progress)
