"""The command line: arguments in, the other rooms' functions called, results out. No logic.

Exit codes: 0 done; 1 the DAG has problems, or the run failed; 2 usage, or what is needed cannot be read,
written or reached; 130 interrupted. Results go to stdout, and with ``--format json`` nothing else does;
messages and progress go to stderr.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from converter import __version__, cli_support
from converter import diagnostics as d
from converter.asl.options import Correlate, Failures, Options
from converter.cli_support import Format, print_json, reports_problems, talks_to_aws
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.report import console
from converter.report.documents import ConversionDocument, plan_json

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

DagPath = Annotated[Path, typer.Argument(help="A DAG file, or a folder of DAG files.")]
DagIds = Annotated[list[str] | None, typer.Option("--dag-id", help="Only this DAG; may be repeated.")]
TimeLimit = Annotated[
    float, typer.Option("--timeout", help="Seconds that one DAG file may take to load.", min=1)
]
OutputFormat = Annotated[Format, typer.Option("--format", help="Text for people, JSON for programs.")]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region; default: your AWS configuration's.")
]
ExecutionArn = Annotated[
    str,
    typer.Argument(
        help="An execution's ARN, as `run` prints it.", callback=cli_support.checked_execution_arn
    ),
]
RegionOfExecution = Annotated[str | None, typer.Option("--region", help="AWS region; default: the ARN's.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run to its end; Ctrl-C does not stop it.")]
Interval = Annotated[float, typer.Option(help="Seconds between two looks at the run.", min=0.1)]


def main() -> None:
    """Run the command line (the ``dag2sfn`` command)."""
    app()


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back."""
    if version:
        typer.echo(f"dag2sfn {__version__}")
        raise typer.Exit


@app.command()
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
    from converter import loading

    if window is not None and correlate is not Correlate.WINDOW:
        raise typer.BadParameter("it needs --correlate window", param_hint="--window")
    options = Options(failures, correlate, window or 0, poll_interval, await_deadline)
    workflows = loading.load(path, dag_ids=dag_id or (), timeout=timeout)
    document = ConversionDocument()
    for conversion, written in cli_support.convert_all(workflows, options, out):
        console.print_conversion(conversion, written)
        document.add(conversion.workflow.dag_id, written, conversion.diagnostics)
    if format is Format.JSON:
        print_json(document.to_json())
    raise typer.Exit(document.exit_code)


@app.command()
@reports_problems(dags=[])
def plan(
    path: DagPath, dag_id: DagIds = None, timeout: TimeLimit = 60, format: OutputFormat = Format.TEXT
) -> None:
    """Show what would run side by side, what in sequence, and where a branch polls for a sibling's task.

    Example: `dag2sfn plan dags/partial_fan_in.py`
    """
    from converter import loading, planning

    workflows = loading.load(path, dag_ids=dag_id or (), timeout=timeout)
    plans = [(workflow.dag_id, planning.plan_workflow(workflow)) for workflow in workflows]
    if format is Format.JSON:
        dags = [{"dag_id": name, "plan": plan_json(tree)} for name, tree in plans]
        print_json({"dags": dags, "diagnostics": []})
    else:
        for name, tree in plans:
            console.print_plan(name, tree)


@app.command()
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


@app.command()
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


@app.command()
@talks_to_aws
def run(
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
        datetime | None, typer.Option(help="The run's logical date [default: none].")
    ] = None,
    wait: Wait = False,
    interval: Interval = 2.0,
    region: Region = None,
    format: OutputFormat = Format.TEXT,
) -> None:
    """Start a deployed DAG; with `--wait`, show each task's outcome while it runs.

    Example: `dag2sfn run partial_fan_in --conf '{"day": "2026-01-01"}' --wait`
    """
    from converter import executions

    client = cli_support.step_functions(region)
    arn = executions.start(
        client,
        dag_id,
        conf=cli_support.json_object(conf),
        run_id=run_id,
        logical_date=logical_date,
        on_progress=console.print_progress,
    )
    if wait:
        console.print_progress(arn)
        cli_support.follow(client, arn, interval, format)
    elif format is Format.JSON:
        print_json({"execution_arn": arn})
    else:
        typer.echo(arn)


@app.command()
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


@app.command()
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


@local.command()
@reports_problems()
def start(
    port: Annotated[
        int, typer.Option(help="Port on the loopback interface; 0 takes a free one.", min=0, max=65535)
    ] = 4566,
) -> None:
    """Start the local AWS and keep it running until Ctrl-C.

    Example: `dag2sfn local start --port 4566`
    """
    try:
        from converter.local import serve
    except ModuleNotFoundError as error:
        problem, remedy = (
            f"the local AWS cannot be imported: {error.msg}",
            "pip install '.[local]'",
        )
        raise Dag2SfnError(Diagnostic(d.LOCAL_NOT_INSTALLED, problem, remedy)) from None
    try:
        serve(port)
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}", param_hint="--port") from None


if __name__ == "__main__":
    main()
