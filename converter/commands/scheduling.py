"""``dag2sfn schedule`` and ``backfill``."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated

import typer

from converter.cli_support import Format, print_json, talks_to_aws
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    with_configuration,
)
from converter.commands.parameters import Interval, OutputFormat, Region
from converter.report import console


class Switch(str, Enum):
    """What a schedule is to be."""

    ON = "on"
    OFF = "off"


@talks_to_aws
@with_configuration
def schedule(
    switch: Annotated[Switch, typer.Argument(help="`on` starts runs as the DAG's schedule says.")],
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Switch the schedule of a deployed DAG; it is off until then, and a new deployment leaves it as it is.

    Runs that were due while it was off are not started: `dag2sfn backfill` does that.

    Examples: `dag2sfn schedule on etl`, `dag2sfn schedule off etl`
    """
    from converter import deployment

    session = config.session(region)
    changed = deployment.switch_schedule(
        dag_id,
        session,
        on=switch is Switch.ON,
        prefix=config.prefix,
        on_progress=console.print_progress,
    )
    if format is Format.JSON:
        print_json({"dag_id": dag_id, "schedule": switch.value, "changed": changed})
    else:
        typer.echo(f"{dag_id}: the schedule is {switch.value}" + ("" if changed else ", as before"))


@talks_to_aws
@with_configuration
def backfill(
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    *,
    start: Annotated[datetime, typer.Option(help="The first logical date, in UTC.")],
    end: Annotated[datetime, typer.Option(help="The last logical date, in UTC, inclusive.")],
    parallel: Annotated[int, typer.Option(min=1, help="How many runs go on at once.")] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell the runs, and start none.")] = False,
    interval: Interval = 5.0,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Start the runs that a DAG's schedule has between two logical dates, and wait for their ends.

    A run that has an execution is not started again, however it ended (`dag2sfn run --resume` does that), so
    that an interrupted backfill goes on where it was when it is called again. Executions are known for 90
    days.

    Example: `dag2sfn backfill etl --start 2026-01-01 --end 2026-01-31 --parallel 4`
    """
    from converter import deployment, executions

    session = config.session(region)
    starter = deployment.starter_of(dag_id, session, prefix=config.prefix)
    first, last = (moment.replace(tzinfo=moment.tzinfo or timezone.utc) for moment in (start, end))
    runs = executions.runs_between(session.client("lambda"), starter.function_arn, first, last)
    if dry_run:
        names = [run["name"] for run in runs]
        if format is Format.JSON:
            print_json({"dag_id": dag_id, "executions": names})
        else:
            typer.echo(
                "\n".join(names)
                or "no run of the schedule has a logical date between these; none has one before start_date"
            )
        return
    done = executions.backfill(
        session.client("stepfunctions"),
        starter.state_machine_alias_arn,
        runs,
        parallel=parallel,
        interval=interval,
        on_progress=console.print_progress,
    )
    failed = [run for run in done if run.status != executions.SUCCEEDED]
    if format is Format.JSON:
        print_json({"dag_id": dag_id, "runs": [dataclasses.asdict(run) for run in done]})
    else:
        new = sum(run.is_new for run in done)
        typer.echo(f"{dag_id}: {len(done)} runs, {new} of them new, {len(failed)} not successful")
        for run in failed:
            typer.echo(f"  {run.logical_date}: {run.status} {run.execution_arn}")
    if failed:
        raise typer.Exit(1)
