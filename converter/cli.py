"""The command line: which commands there are. What they do is in ``commands``.

Exit codes: 0 done; 1 the DAG has problems, or the run failed; 2 usage, or what is needed cannot be read,
written or reached; 130 interrupted. Results go to stdout, and with ``--format json`` nothing else does;
messages and progress go to stderr.
"""

from __future__ import annotations

import gc
from typing import Annotated

import typer

from converter import __version__
from converter.commands import (
    assess,
    check,
    compare,
    convert,
    deploying,
    init,
    local,
    package,
    plan,
    running,
    scheduling,
    scoring,
    verify,
)

app = typer.Typer(
    name="dag2sfn",
    help="Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (
    init.init,
    assess.assess,
    convert.convert,
    plan.plan,
    check.check,
    verify.verify,
    package.package,
    deploying.deploy,
    deploying.status,
    deploying.rollback,
    deploying.undeploy,
    scheduling.schedule,
    scheduling.backfill,
    running.run,
    running.show,
    running.stop,
    compare.compare,
    scoring.score,
):
    app.command()(command)

local_app = typer.Typer(help="AWS on this machine, for trying things out.", no_args_is_help=True)
local_app.command()(local.start)
app.add_typer(local_app, name="local")


def main() -> None:
    """Run the command line (the ``dag2sfn`` command)."""
    try:
        app()
    finally:
        # Or Python, as it ends, looks for garbage in all that was imported: a tenth of a second and more.
        gc.freeze()


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back."""
    if version:
        typer.echo(f"dag2sfn {__version__}")
        raise typer.Exit


if __name__ == "__main__":
    main()
