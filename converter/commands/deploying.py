"""``dag2sfn deploy``, ``status``, ``rollback`` and ``undeploy``."""

from __future__ import annotations

import dataclasses
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from converter.cli_support import Format, print_json, talks_to_aws
from converter.commands.configuration import (
    NO_SETTINGS,
    ConfigFile,
    EnvironmentName,
    Settings,
    with_configuration,
)
from converter.commands.parameters import OutputFormat, Region
from converter.report import console, streams


class Missing(str, Enum):
    """What to do about jobs that the machine starts and that do not exist."""

    REFUSE = "refuse"
    ALLOW = "allow"


@talks_to_aws
@with_configuration
def deploy(
    bundle: Annotated[Path, typer.Argument(help="A bundle: the folder that `convert` wrote for one DAG.")],
    *,
    bucket: Annotated[
        str | None, typer.Option(help="Bucket for the artifacts [default: dag2sfn-ACCOUNT-REGION, created].")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE: a parameter of the template, kept from then on; repeatable."),
    ] = None,
    missing: Annotated[
        Missing, typer.Option(help="Whether to go on if a Glue job or machine that it starts is not there.")
    ] = Missing.ALLOW,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask; without a terminal it never asks.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Deploy a bundle as one CloudFormation stack: show what changes, publish a version, put it in force.

    Examples: `dag2sfn deploy build/partial_fan_in`, `dag2sfn deploy build/etl --dry-run`,
    `dag2sfn deploy build/etl --yes --set LogRetentionDays=30`
    """
    from converter import deployment

    settings = _settings(bundle, setting or [], config)
    session = config.session(region)
    if dry_run:
        preview = deployment.preview_of(bundle, session, bucket=bucket, settings=settings)
        if format is Format.JSON:
            print_json(preview.to_json())
        else:
            for line in preview.lines():
                typer.echo(line)
        return
    try:
        deployed = deployment.deploy(
            bundle,
            session,
            bucket=bucket,
            settings=settings,
            look_for_what_it_calls=missing is Missing.REFUSE,
            confirm=_shown_and_wanted(ask=not yes and sys.stdin.isatty()),
            on_progress=console.print_progress,
        )
    except deployment.Declined:
        console.print_progress("nothing was changed")
        raise typer.Exit(1) from None
    if format is Format.JSON:
        print_json(deployed.to_json())
    else:
        typer.echo(deployed.state_machine_arn)


def _settings(bundle: Path, given: list[str], config: Settings) -> dict[str, str]:
    """Return the values of parameters of the configuration and, before them, of ``--set``.

    Raises typer.BadParameter for a ``--set`` that the template does not have, Dag2SfnError for a bundle that
    is none (D401) or is of another environment (D436).
    """
    from converter.packaging import default_settings, read_manifest

    manifest = read_manifest(bundle)
    config.refuse_other_prefix(manifest.dag_id, manifest.machine_name)
    known = default_settings(
        manifest.machine_name, manifest.functions, xcom_in_s3=manifest.xcom_in_s3
    ) | dict.fromkeys(manifest.values, "")
    settings, strange = config.parameters(manifest.dag_id, known)
    console.print_diagnostics(strange)
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or name not in known:
            raise typer.BadParameter(
                f"{text!r}: write NAME=VALUE, NAME one of {', '.join(known)}", param_hint="--set"
            )
        settings[name] = value
    return settings


def _shown_and_wanted(*, ask: bool) -> Any:
    def confirm(preview: Any) -> bool:
        for line in preview.lines():
            console.print_progress(line)
        if preview.is_empty:
            console.print_progress("the stack is as the bundle says")
        return not ask or typer.confirm("Deploy this?", err=True)

    return confirm


@talks_to_aws
@with_configuration
def status(
    folder: Annotated[
        Path, typer.Argument(help="The folder that `convert` wrote bundles to, or one bundle.")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 unless file, bundle and stack of each DAG agree.")
    ] = False,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Say for each DAG whether its file has changed, whether it is deployed as converted, and its schedule.

    Only the DAG file itself is looked at, not the modules that it imports: these are part of the code that is
    compared with what is deployed once the DAG is converted again.

    Examples: `dag2sfn status build`, `dag2sfn status build --check --format json`
    """
    from converter import deployment

    with streams.progress("Looking at bundles") as on_read:
        found = deployment.statuses(folder, config.session(region), on_read)
    if format is Format.JSON:
        print_json([one.to_json() for one in found])
    else:
        for one in found:
            typer.echo(one.line())
        if not found:
            console.print_progress(f"{folder} holds no bundle, and none is deployed")
    if check and not all(one.is_in_step for one in found):
        raise typer.Exit(1)


@talks_to_aws
@with_configuration
def rollback(
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Put the version before the one in force back in force; runs that are under way stay on theirs.

    Example: `dag2sfn rollback partial_fan_in`
    """
    from converter import deployment

    back = deployment.rollback(dag_id, config.session(region), prefix=config.prefix)
    if format is Format.JSON:
        print_json(dataclasses.asdict(back))
    else:
        typer.echo(f"{dag_id}: version {back.to_version} is in force, instead of {back.from_version}")


@talks_to_aws
@with_configuration
def undeploy(
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    stop: Annotated[
        bool, typer.Option("--stop", help="Delete it although executions run; that ends them.")
    ] = False,
    region: Region = None,
    config: ConfigFile = NO_SETTINGS,
    environment: EnvironmentName = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Delete the stack of a DAG: machine, functions, roles, logs. Refused while executions run.

    Examples: `dag2sfn undeploy partial_fan_in`, `dag2sfn undeploy partial_fan_in --stop`
    """
    from converter import deployment

    session = config.session(region)
    deleted = deployment.undeploy(
        dag_id, session, stop=stop, prefix=config.prefix, on_progress=console.print_progress
    )
    if not deleted:
        console.print_progress(f"{dag_id} is not deployed in {session.region_name}: nothing to delete")
    if format is Format.JSON:
        print_json({"dag_id": dag_id, "deleted": deleted})
