"""``dag2sfn run``, ``show`` and ``stop``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from converter import cli_support
from converter.cli_support import Format, print_json, talks_to_aws
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    with_configuration,
)
from converter.commands.parameters import (
    ExecutionArn,
    Interval,
    OutputFormat,
    Region,
    RegionOfExecution,
    Wait,
)
from converter.identity import machine_name
from converter.report import console


@talks_to_aws
@with_configuration
def run(  # noqa: PLR0917 - the command line gives them by name
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    conf: Annotated[str, typer.Option(help="The run's conf, a JSON object.")] = "{}",
    run_id: Annotated[
        str | None,
        typer.Option(
            help="Airflow's run id [default: manual__NOW]. The execution is named after it; of an id that "
            "was used before, the next is named ID-2, then ID-3. While a run of the same id and conf goes "
            "on, no other is started."
        ),
    ] = None,
    logical_date: Annotated[
        datetime | None,
        typer.Option(
            help="The run's logical date [default: none, as in a manual run of Airflow 3; "
            "what uses ds fails then]."
        ),
    ] = None,
    latest_until: Annotated[
        datetime | None,
        typer.Option(
            help="What a LatestOnlyOperator asks: until when this run is the latest, in UTC. From then on it "
            "has what is behind it skipped [default: never, as in a manual run of Airflow's]."
        ),
    ] = None,
    partition_key: Annotated[
        str | None,
        typer.Option(help="The partition that the run is about, as `dag_run.partition_key` [default: none]."),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            help="ARN of a failed execution of this DAG: what has succeeded in it is not run again. "
            "Conf, run id and dates are its own.",
            callback=cli_support.checked_optional_execution_arn,
        ),
    ] = None,
    wait: Wait = False,
    interval: Interval = 2.0,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Start a deployed DAG; with `--wait`, show each task's outcome while it runs.

    Examples:

    `dag2sfn run partial_fan_in --conf '{"day": "2026-01-01"}' --wait`

    `dag2sfn run partial_fan_in --resume
    arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-partial_fan_in:manual__1`
    """
    from converter import executions

    client = config.step_functions(region, resume or "")
    if resume:
        if conf != "{}" or run_id or logical_date or latest_until or partition_key is not None:
            raise typer.BadParameter(
                "conf, run id and dates are those of the execution", param_hint="--resume"
            )
        if f":{machine_name(dag_id, config.prefix)}:" not in resume:
            raise typer.BadParameter(f"it is no execution of the DAG {dag_id!r}", param_hint="--resume")
        resumed = executions.resume(client, resume, on_progress=console.print_progress)
        console.print_progress(
            f"{len(resumed.passed_by)} tasks are passed by, {len(resumed.run_again)} run again"
        )
        arn = resumed.execution_arn
    else:
        arn = executions.start(
            client,
            dag_id,
            conf=cli_support.json_object(conf),
            run_id=run_id,
            logical_date=logical_date,
            latest_until=latest_until,
            prefix=config.prefix,
            partition_key=partition_key,
            on_progress=console.print_progress,
        )
    if wait:
        console.print_progress(arn)
        cli_support.follow(client, arn, interval, format)
    elif format is Format.JSON:
        print_json({"execution_arn": arn})
    else:
        typer.echo(arn)


@talks_to_aws
def show(
    execution_arn: ExecutionArn,
    wait: Wait = False,
    interval: Interval = 2.0,
    region: RegionOfExecution = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Read a run back: each task's outcome, start, end, attempts and output.

    Example: `dag2sfn show arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__1`
    """
    from converter import executions

    client = cli_support.step_functions(region, execution_arn)
    if wait:
        cli_support.follow(client, execution_arn, interval, format)
    else:
        cli_support.finish(executions.read_back(client, execution_arn), format)


@talks_to_aws
def stop(
    execution_arn: ExecutionArn,
    cause: Annotated[str, typer.Option(help="Why; kept with the execution.")] = "stopped with dag2sfn stop",
    region: RegionOfExecution = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Stop a running execution, and the jobs that its tasks wait for.

    Example: `dag2sfn stop arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__1`
    """
    from converter import executions

    client = cli_support.step_functions(region, execution_arn)
    found = executions.stop(client, execution_arn, error="Stopped", cause=cause)
    stopped = found == "RUNNING"
    console.print_progress(
        f"stopped {execution_arn}" if stopped else f"nothing to stop: {execution_arn} has ended as {found}"
    )
    if format is Format.JSON:
        print_json({"execution_arn": execution_arn, "stopped": stopped})
