"""``dag2sfn deploy`` and ``undeploy``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter import cli_support
from converter.cli_support import Format, print_json, talks_to_aws
from converter.commands.parameters import OutputFormat, Region
from converter.report import console


@talks_to_aws
def deploy(
    bundle: Annotated[Path, typer.Argument(help="A bundle: the folder that `convert` wrote for one DAG.")],
    bucket: Annotated[
        str | None, typer.Option(help="Bucket for the artifacts [default: dag2sfn-ACCOUNT-REGION, created].")
    ] = None,
    region: Region = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Deploy a bundle as one CloudFormation stack.

    Example: `dag2sfn deploy build/partial_fan_in`
    """
    from converter import deployment

    session = cli_support.session(region)
    deployed = deployment.deploy(bundle, session, bucket=bucket, on_progress=console.print_progress)
    if format is Format.JSON:
        print_json(deployed.to_json())
    else:
        typer.echo(deployed.state_machine_arn)


@talks_to_aws
def undeploy(
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    region: Region = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Delete the stack of a DAG: machine, poller function, roles, logs.

    Example: `dag2sfn undeploy partial_fan_in`
    """
    from converter import deployment

    session = cli_support.session(region)
    deleted = deployment.undeploy(dag_id, session, on_progress=console.print_progress)
    if not deleted:
        console.print_progress(f"{dag_id} is not deployed in {session.region_name}: nothing to delete")
    if format is Format.JSON:
        print_json({"dag_id": dag_id, "deleted": deleted})
