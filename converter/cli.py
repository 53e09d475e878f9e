"""The command line: which commands there are. What they do is in ``commands``.

Exit codes: 0 done; 1 the DAG has problems, or the run failed; 2 usage, or what is needed cannot be read,
written or reached; 130 interrupted. Results go to stdout, and with ``--format json`` nothing else does;
messages and progress go to stderr.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from converter import __version__

_STYLE: Mapping[str, Any] = {
    "no_args_is_help": True,
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": "markdown",
}
#: Each command: the module of ``converter.commands`` that has its function, in the order of ``--help``.
_MODULES = {
    "init": "init",
    "assess": "assess",
    "convert": "convert",
    "plan": "plan",
    "check": "check",
    "verify": "verify",
    "package": "package",
    "deploy": "deploying",
    "status": "deploying",
    "rollback": "deploying",
    "undeploy": "deploying",
    "schedule": "scheduling",
    "backfill": "scheduling",
    "run": "running",
    "show": "running",
    "stop": "running",
    "compare": "compare",
    "score": "scoring",
    "local": "local",
}


class _Commands(Mapping[str, Any]):
    """The commands by name, each imported when it is asked for: all of them take a fifth of a second."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            module = importlib.import_module(f"converter.commands.{_MODULES[name]}")
            self._known[name] = _local(module.start) if name == "local" else _command(name, module)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


def _command(name: str, module: Any) -> Any:
    alone = typer.Typer(**_STYLE)
    alone.command(name)(getattr(module, name))
    return typer.main.get_command(alone)


def _local(start: Any) -> Any:
    group = typer.Typer(name="local", help="AWS on this machine, for trying things out.", **_STYLE)
    group.command()(start)
    group.callback()(_nothing)  # or it would be a command itself
    return typer.main.get_command(group)


def _nothing() -> None:
    pass


class _Group(typer.core.TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": {}})
        self.commands = _Commands()  # type: ignore[assignment]  # it is only read


app = typer.Typer(
    name="dag2sfn",
    cls=_Group,
    help="Converts Airflow DAGs to AWS Step Functions, runs them, and reads the runs back.",
    **_STYLE,
)


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
