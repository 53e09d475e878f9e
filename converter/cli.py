"""The command line: arguments in, the other rooms' functions called, results out. No logic.

Exit codes: 0 done; 1 the DAG has problems, or the run failed; 2 usage or unreadable input. Results go to
stdout, and with ``--format json`` nothing else does; messages and progress go to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from converter import __version__
from converter.asl.options import Correlate, Failures, Options
from converter.diagnostics import Dag2SfnError
from converter.report import console

_Returned = TypeVar("_Returned")

app = typer.Typer(
    name="dag2sfn",
    help="Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
local = typer.Typer(help="AWS on this machine, for trying things out.", no_args_is_help=True)
app.add_typer(local, name="local")


class Format(str, Enum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"


DagPath = Annotated[Path, typer.Argument(help="A DAG file, or a folder of DAG files.", exists=True)]
DagIds = Annotated[list[str] | None, typer.Option("--dag-id", help="Only this DAG; may be repeated.")]
TimeLimit = Annotated[
    float, typer.Option("--timeout", help="Seconds that one DAG file may take to load.", min=1)
]
OutputFormat = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region; default: your AWS configuration's.")
]


def main() -> None:
    """Run the command line (the ``dag2sfn`` command)."""
    app()


def _reports_problems(command: Callable[..., _Returned]) -> Callable[..., _Returned]:
    """Turn a problem that the user can mend into its message and exit code."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> _Returned:
        try:
            return command(*args, **kwargs)
        except Dag2SfnError as error:
            console.print_diagnostics(error.diagnostics)
            raise typer.Exit(error.exit_code) from None

    return run


def _talks_to_aws(command: Callable[..., _Returned]) -> Callable[..., _Returned]:
    """Put what boto3 raises into words, and report that."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> _Returned:
        from converter.deployment import aws_troubles_explained

        with aws_troubles_explained():
            return command(*args, **kwargs)

    return _reports_problems(run)


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back."""
    if version:
        typer.echo(f"dag2sfn {__version__}")
        raise typer.Exit


@app.command()
@_reports_problems
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
        int, typer.Option(help="Seconds to which `--correlate window` rounds the start down.", min=0)
    ] = 0,
    poll_interval: Annotated[int, typer.Option(help="Seconds between two polls.", min=1)] = 30,
    await_deadline: Annotated[
        int | None,
        typer.Option(
            help="Seconds after the start at which pollers give up [default: dagrun_timeout, or 24 h].",
            min=1,
        ),
    ] = None,
    timeout: TimeLimit = 60,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Convert DAG files to bundles that can be deployed.

    Example: `dag2sfn convert dags/partial_fan_in.py -o build`
    """
    from converter import loading, pipeline

    workflows = loading.load(path, dag_ids=dag_id or (), timeout=timeout)
    options = Options(failures, correlate, window, poll_interval, await_deadline)
    results = []
    for conversion, written in pipeline.convert_all(workflows, options, out):
        console.print_conversion(conversion, written)
        results.append(
            {"dag_id": conversion.workflow.dag_id, "bundle": written.as_posix() if written else None}
        )
    if format is Format.JSON:
        typer.echo(json.dumps(results, indent=2))
    if any(result["bundle"] is None for result in results):
        raise typer.Exit(1)


@app.command()
@_reports_problems
def plan(path: DagPath, dag_id: DagIds = None, timeout: TimeLimit = 60) -> None:
    """Show what would run side by side, what in sequence, and where a branch polls for a sibling's task.

    Example: `dag2sfn plan dags/partial_fan_in.py`
    """
    from converter import loading, planning

    for workflow in loading.load(path, dag_ids=dag_id or (), timeout=timeout):
        console.print_plan(workflow.dag_id, planning.plan_workflow(workflow))


@app.command()
@_talks_to_aws
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

    deployed = deployment.deploy(bundle, _session(region), bucket=bucket, on_progress=console.print_progress)
    if format is Format.JSON:
        typer.echo(json.dumps(deployed.to_json(), indent=2))
    else:
        typer.echo(deployed.state_machine_arn)


@app.command()
@_talks_to_aws
def undeploy(dag_id: str, region: Region = None) -> None:
    """Delete the stack of a DAG: machine, poller function, roles, logs.

    Example: `dag2sfn undeploy partial_fan_in`
    """
    from converter import deployment

    if not deployment.undeploy(dag_id, _session(region), on_progress=console.print_progress):
        console.print_progress(f"{dag_id} is not deployed")


@app.command()
@_talks_to_aws
def run(
    dag_id: Annotated[str, typer.Argument(help="The id of a deployed DAG.")],
    conf: Annotated[str, typer.Option(help="The run's conf, a JSON object.")] = "{}",
    run_id: Annotated[str | None, typer.Option(help="Airflow's run id [default: manual__NOW].")] = None,
    logical_date: Annotated[
        datetime | None, typer.Option(help="The run's logical date [default: none].")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks at the run.", min=0.1)] = 2.0,
    region: Region = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Start a deployed DAG; with `--wait`, show each task's outcome while it runs.

    Example: `dag2sfn run partial_fan_in --conf '{"day": "2026-01-01"}' --wait`
    """
    from converter import executions

    client = _step_functions(region)
    arn = executions.start(client, dag_id, conf=_json_object(conf), run_id=run_id, logical_date=logical_date)
    if wait:
        _follow(client, arn, interval, format)
    elif format is Format.JSON:
        typer.echo(json.dumps({"execution_arn": arn}))
    else:
        typer.echo(arn)


@app.command()
@_talks_to_aws
def show(
    execution_arn: Annotated[str, typer.Argument(help="An execution's ARN, as `run` prints it.")],
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")] = False,
    interval: Annotated[float, typer.Option(help="Seconds between two looks at the run.", min=0.1)] = 2.0,
    region: Region = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Read a run back: each task's outcome, start, end, attempts and output.

    Example: `dag2sfn show arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__1`
    """
    from converter import executions

    client = _step_functions(region)
    if wait:
        _follow(client, execution_arn, interval, format)
    else:
        _finish(executions.read_back(client, execution_arn), format)


@app.command()
@_talks_to_aws
def stop(
    execution_arn: Annotated[str, typer.Argument(help="An execution's ARN.")],
    cause: Annotated[str, typer.Option(help="Why; kept with the execution.")] = "stopped with dag2sfn stop",
    region: Region = None,
) -> None:
    """Stop a running execution, and the jobs that its tasks wait for.

    Example: `dag2sfn stop arn:aws:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__1`
    """
    from converter import executions

    executions.stop(_step_functions(region), execution_arn, error="Stopped", cause=cause)


@local.command()
@_reports_problems
def start(
    port: Annotated[int, typer.Option(help="Port on the loopback interface; 0 takes a free one.")] = 4566,
) -> None:
    """Start the local AWS and keep it running until Ctrl-C.

    Example: `dag2sfn local start --port 4566`
    """
    from converter.local import serve

    try:
        serve(port)
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}", param_hint="--port") from None


def _step_functions(region: str | None) -> Any:
    return _session(region).client("stepfunctions")


def _session(region: str | None) -> Any:
    import boto3

    return boto3.Session(region_name=region)


def _follow(client: Any, arn: str, interval: float, format: Format) -> None:
    from converter import executions

    _finish(console.show_live(executions.follow(client, arn, interval=interval)), format, shown=True)


def _finish(result: Any, format: Format, *, shown: bool = False) -> None:
    """Print a run's result and end with the exit code that it deserves."""
    if format is Format.JSON:
        typer.echo(json.dumps(result.to_json(), indent=2))
    elif not (shown and sys.stderr.isatty()):
        console.print_run(result)
    if result.status not in ("SUCCEEDED", "RUNNING"):
        raise typer.Exit(1)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="--conf") from None
    if not isinstance(value, dict):
        raise typer.BadParameter('not a JSON object: write {"name": "value"}', param_hint="--conf")
    return value


if __name__ == "__main__":
    main()
