"""``dag2sfn local start``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter import diagnostics as d
from converter.cli_support import reports_problems
from converter.diagnostics import Dag2SfnError, Diagnostic


@reports_problems()
def start(
    port: Annotated[
        int, typer.Option(help="Port on the loopback interface; 0 takes a free one.", min=0, max=65535)
    ] = 4566,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", help="Folder that keeps everything, also through a kill; default: memory only."
        ),
    ] = None,
    enforce_iam: Annotated[
        bool,
        typer.Option("--enforce-iam", help="Refuse what the roles of machines and functions do not allow."),
    ] = False,
) -> None:
    """Start the local AWS and keep it running until Ctrl-C.

    Examples: `dag2sfn local start --port 4566 --state .local-aws`, `dag2sfn local start --enforce-iam`
    """
    try:
        from converter.local import StateUnusable, serve
    except ModuleNotFoundError as error:
        problem, remedy = (
            f"the local AWS cannot be imported: {error.msg}",
            "pip install '.[local]'",
        )
        raise Dag2SfnError(Diagnostic(d.LOCAL_NOT_INSTALLED, problem, remedy)) from None
    try:
        serve(port, state, enforce_iam=enforce_iam)
    except StateUnusable as error:
        raise typer.BadParameter(str(error), param_hint="--state") from None
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}", param_hint="--port") from None
