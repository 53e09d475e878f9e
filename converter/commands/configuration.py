"""Commands and ``dag2sfn.yaml``: an option that is not given has the value of the file.

The first that says something decides: the option on the command line, its environment variable, the file (the
task, the DAG, the environment, all), the option's default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from converter import cli_support
from converter import diagnostics as d
from converter.asl.options import Options, OptionsOfDags
from converter.config import (
    Config,
    configured,
    find_config,
    jobs_of,
    mistakes_about,
    options_of_dags,
    read_config,
    strange_names,
)
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import machine_name
from converter.workflow import PREFIX, Workflow

_Returned = TypeVar("_Returned")
#: Parameters of commands that are fields of Options under another name.
_FIELDS = {"resume": "resumable", "poller_style_for": "poller_styles"}
#: Which parameters the file has no say in, once the command line gives one of them.
_TOGETHER = ({"correlate", "window"}, {"airflow", "mwaa"}, {"source_airflow", "airflow_config"})


@dataclass(frozen=True)
class Settings:
    """A configuration, in its environment, and the parameters that the command line gave itself.

    Before it is read, it is the file that is named, with the ``context`` that knows what is given.
    """

    config: Config = field(default_factory=Config)
    given: frozenset[str] = frozenset()
    context: typer.Context | None = None

    @property
    def prefix(self) -> str:
        """What the names of stacks and machines begin with."""
        return self.config.prefix or PREFIX

    @property
    def environment_option(self) -> str:
        """How a command is told the environment in force, for messages; empty without one."""
        return f" --environment {self.config.environment}" if self.config.environment else ""

    def session(self, region: str | None) -> Any:
        """Return a boto3 session for the account that is configured.

        Raises Dag2SfnError (D435) if the credentials are of another one. Where none is named, none is asked.
        """
        session, wanted = cli_support.session(region), self.config.account
        if wanted:
            self.refuse_other_account(session.client("sts").get_caller_identity()["Account"])
        return session

    def step_functions(self, region: str | None, execution_arn: str = "") -> Any:
        """Return a client for Step Functions; an execution's region goes before that of the configuration.

        Raises Dag2SfnError (D435) as ``session``.
        """
        own = None if "region" in self.given else cli_support.region_of(execution_arn)
        return self.session(own or region).client("stepfunctions")

    def refuse_other_account(self, account: str) -> None:
        """Raise Dag2SfnError (D435) if an account is not the one that is configured."""
        if self.config.account and account != self.config.account:
            environment = self.config.environment
            keys = ("environments", environment, "account") if environment else ("account",)
            place = (
                self.config.place_of(*keys) if keys in self.config.lines else self.config.place_of("account")
            )
            problem = f"the account is {account}, and is to be {self.config.account}"
            remedy = "use credentials of that account, or another --environment"
            raise Dag2SfnError(Diagnostic(d.OTHER_ACCOUNT, problem, remedy, place))

    def refuse_other_prefix(self, dag_id: str, machine: str) -> None:
        """Raise Dag2SfnError (D436) if a bundle's machine has not the name that follows from the prefix."""
        if machine != machine_name(dag_id, self.prefix):
            problem = f"the bundle's machine is {machine}, and is to be {machine_name(dag_id, self.prefix)}"
            remedy = f"convert the DAG with{self.environment_option or 'out --environment'}"
            raise Dag2SfnError(Diagnostic(d.OTHER_PREFIX, problem, remedy, self.config.place_of(), dag_id))

    def parameters(self, dag_id: str, known: Collection[str]) -> tuple[dict[str, str], list[Diagnostic]]:
        """Return values of a stack's parameters, and a note for each that this DAG is given and has not.

        Those for all stacks are for the stacks that have them.
        """
        values = self.config.dag(dag_id).parameters
        own = self.config.dags[dag_id].parameters if dag_id in self.config.dags else {}
        strange = [
            Diagnostic(
                d.CONFIG_UNUSED,
                f"the stack of DAG '{dag_id}' has no parameter '{name}'",
                f"it has {', '.join(known)}",
                self.config.place_of("dags", dag_id, "parameters", name),
                dag_id,
            )
            for name in own
            if name not in known
        ]
        return {name: value for name, value in values.items() if name in known}, strange

    def options(self, options: Options) -> OptionsOfDags:
        """Return the options of each DAG; ``options`` are those for all."""
        return options_of_dags(self.config, options, {_FIELDS.get(name, name) for name in self.given})

    def applied(self, items: Iterable[Workflow | Diagnostic]) -> Iterator[Workflow | Diagnostic]:
        """Yield DAGs as they are in the environment; in place of one, what is said about it by mistake."""
        for item in items:
            mistakes = mistakes_about(item, self.config) if isinstance(item, Workflow) else []
            if mistakes:
                yield from mistakes
            else:
                yield configured(item, self.config) if isinstance(item, Workflow) else item

    def noting(
        self, items: Iterable[Workflow | Diagnostic], jobs: dict[str, frozenset[str]]
    ) -> Iterator[Any]:
        """Pass items on; note the ids of DAGs, and the Glue jobs that they name."""
        for item in items:
            if isinstance(item, Workflow):
                jobs[item.dag_id] = jobs_of(item)
            yield item

    def strange_names(self, jobs: dict[str, frozenset[str]]) -> list[Diagnostic]:
        """Return what the configuration names and a whole folder, of which these are the DAGs, has not."""
        return list(strange_names(jobs.items(), self.config))


def _naming(given: str | Settings) -> Settings:
    return given if isinstance(given, Settings) else Settings(Config(file=Path(given)))


def _in_context(context: typer.Context, settings: Settings) -> Settings:
    return replace(settings, context=context)


NO_SETTINGS = Settings()
ConfigFile = Annotated[
    Settings,
    typer.Option(
        "--config",
        parser=_naming,
        callback=_in_context,
        metavar="FILE",
        show_default=False,
        help="Configuration [default: dag2sfn.yaml in this folder or the nearest above].",
    ),
]
EnvironmentName = Annotated[
    str | None, typer.Option("--environment", help="The environment of the configuration to work in.")
]


def with_configuration(command: Callable[..., _Returned]) -> Callable[..., _Returned]:
    """Read the configuration, and give its values to parameters that the command line does not give.

    The command has the parameters ``config`` and ``environment``. Raises Dag2SfnError (D431, D432, D433).
    """

    @wraps(command)
    def run(*, config: Settings, environment: str | None, **parameters: Any) -> _Returned:
        file = config.config.file or _nearest()
        found = (read_config(file) if file else Config()).in_environment(environment)
        given = frozenset(name for name in parameters if _is_given(config.context, name))
        stays = given.union(*(names for names in _TOGETHER if not names.isdisjoint(given)))
        filled = {
            name: value
            for name, value in _parameters_of(found).items()
            if name in parameters and name not in stays and value is not None
        }
        settings = Settings(found, given)
        return command(config=settings, environment=environment, **{**parameters, **filled})

    return run


def _nearest() -> Path | None:
    """Return the nearest configuration as seen from here: paths that it names go into bundles."""
    found = find_config(Path.cwd())
    return Path(os.path.relpath(found)) if found else None


def _is_given(context: typer.Context | None, name: str) -> bool:
    source = context.get_parameter_source(name) if context else None
    # By its name: Typer has a copy of Click of its own, or not.
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")


def _parameters_of(config: Config) -> dict[str, Any]:
    """Return what the configuration says for all DAGs, as parameters of commands."""
    by = config.correlation
    return {
        "region": config.region,
        "bucket": config.bucket,
        "variables": config.variables,
        "connections": config.connections,
        "airflow": config.airflow,
        "mwaa": config.mwaa,
        "source_airflow": config.source_airflow,
        "airflow_config": config.airflow_config,
        "operators": config.operators,
        "durations": config.durations,
        "failures": config.failures,
        "xcom": config.xcom,
        "pairs": config.pairs,
        "long_functions": config.long_functions,
        "variables_from": config.variables_from,
        "strategy": config.strategy,
        "resume": config.resume,
        "correlate": by and by.by,
        "window": (by.window or None) if by else None,
        "poll_interval": config.poll.interval,
        "await_deadline": config.poll.deadline,
        "poller_style": config.poll.style,
    }
