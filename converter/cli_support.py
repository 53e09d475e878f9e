"""What the commands share: problems become messages and exit codes, runs are followed, arguments read.

Exit codes: 0 done; 1 the DAG has problems, or the run failed; 2 usage, or what is needed cannot be read,
written or reached; 130 interrupted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.report import console, run_view, streams
from converter.report.documents import diagnostics_json

if TYPE_CHECKING:
    from converter.executions import RunResult

_Returned = TypeVar("_Returned")
#: AWS documentation, "Resource types defined by AWS Step Functions". Others, of EXPRESS machines and Map
#: Runs, have no history to be read back.
_EXECUTION_ARN = re.compile(r"arn:aws[\w-]*:states:(?P<region>[\w-]+):\d{12}:execution:[^:]+:[^:]+")


class Format(str, Enum):
    """How a command prints its result."""

    TEXT = "text"
    JSON = "json"


def print_json(document: Any) -> None:
    """Print the one document of a command, on stdout. Raises Dag2SfnError (D305) for too deep a plan."""
    typer.echo(json_text(document))


def json_text(document: Any) -> str:
    """Return the text of a command's document. Raises Dag2SfnError (D305) for too deep a plan."""
    try:
        return json.dumps(document, indent=2)
    except RecursionError:
        problem = "the plan has too many levels for JSON"
        raise Dag2SfnError(Diagnostic(d.TOO_LARGE, problem, "split the DAG in two")) from None


def reports_problems(
    *, in_array: bool = False, **nothing: Any
) -> Callable[[Callable[..., _Returned]], Callable[..., _Returned]]:
    """Turn a problem that the user can mend into its message and exit code.

    The JSON document is then ``{"diagnostics": […]}``, together with ``nothing``: members that are there in
    any case, as they look without a result. ``in_array``: it is ``[]``, if it does not go to a file.
    """

    def decorate(command: Callable[..., _Returned]) -> Callable[..., _Returned]:
        @wraps(command)
        def run(*args: Any, **kwargs: Any) -> _Returned:
            try:
                return command(*args, **kwargs)
            except Dag2SfnError as error:
                console.print_diagnostics(error.diagnostics)
                if kwargs.get("format") == Format.JSON:  # of whichever enumeration
                    if not in_array:
                        print_json({**nothing, "diagnostics": diagnostics_json(error.diagnostics)})
                    elif not kwargs.get("out"):
                        print_json([])
                raise typer.Exit(error.exit_code) from None

        return run

    return decorate


def talks_to_aws(command: Callable[..., _Returned]) -> Callable[..., _Returned]:
    """Put what boto3 raises into words, and report that."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> _Returned:
        from converter.deployment import aws_troubles_explained

        with aws_troubles_explained():
            return command(*args, **kwargs)

    return reports_problems()(run)


def session(region: str | None) -> Any:
    """Return a boto3 session; without a region, that of the user's AWS configuration."""
    import boto3

    return boto3.Session(region_name=region)


def step_functions(region: str | None, execution_arn: str = "") -> Any:
    """Return a client for Step Functions; without a region, for that of the execution."""
    return session(region or region_of(execution_arn)).client("stepfunctions")


def region_of(execution_arn: str) -> str | None:
    """Return the region of an execution's ARN; None for anything else."""
    arn = _EXECUTION_ARN.fullmatch(execution_arn)
    return arn["region"] if arn else None


def checked_execution_arn(text: str) -> str:
    """Return an argument that is an execution's ARN. Raises typer.BadParameter for anything else."""
    if not _EXECUTION_ARN.fullmatch(text):
        form = "arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME"
        raise typer.BadParameter(
            f"{text!r} is not the ARN of an execution, as `dag2sfn run` prints it: {form}"
        )
    return text


def checked_optional_execution_arn(text: str | None) -> str | None:
    """Return an option that is an execution's ARN, if it is given. Raises typer.BadParameter otherwise."""
    return None if text is None else checked_execution_arn(text)


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object that an option gives. Raises typer.BadParameter for anything else."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="--conf") from None
    if not isinstance(value, dict):
        raise typer.BadParameter('not a JSON object: write {"name": "value"}', param_hint="--conf")
    return value


def follow(client: Any, arn: str, interval: float, format: Format) -> None:
    """Show a run until it ends, and its result; Ctrl-C ends the showing, not the run."""
    from converter import executions

    try:
        result = run_view.show_live(executions.follow(client, arn, interval=interval))
    except KeyboardInterrupt:
        console.print_progress(
            f"Still running. Follow: dag2sfn show {arn} --wait; end it: dag2sfn stop {arn}"
        )
        raise typer.Exit(130) from None  # as shells report a program that SIGINT has ended
    finish(result, format, shown=True)


def finish(result: RunResult, format: Format, *, shown: bool = False) -> None:
    """Print a run's result and end with the exit code that it deserves.

    A result that was ``shown`` already is not printed again below itself.
    """
    if format is Format.JSON:
        print_json(result.to_json())
    elif not (shown and streams.one_terminal_shows_both()):
        run_view.print_run(result)
    if result.status not in ("SUCCEEDED", "RUNNING"):
        raise typer.Exit(1)
