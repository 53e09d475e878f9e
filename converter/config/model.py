"""What a configuration says. None means: it says nothing about it, and the next wider level decides.

The levels, the nearest first: an awaited task, its DAG, the whole file. An environment, which a command is
told by name, replaces what the file says for all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from converter import diagnostics as d
from converter.asl.options import (
    Correlation,
    Failures,
    LongFunctions,
    Pairs,
    PollerStyle,
    VariablesFrom,
    Xcom,
)
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.planning import Strategy
from converter.workflow import Location

#: What says where Airflow is.
_AIRFLOW = frozenset({"airflow", "mwaa"})
_Level = TypeVar("_Level", bound="Poll | Choices")


def _over(near: _Level, far: Any) -> _Level:
    """Return ``near``, with what ``far`` says where it says nothing itself."""
    found: dict[str, Any] = {}
    for item in dataclasses.fields(far):
        mine, its = getattr(near, item.name), getattr(far, item.name)
        found[item.name] = _over(mine, its) if isinstance(mine, Poll) else its if mine is None else mine
    return replace(near, **found)


@dataclass(frozen=True)
class Poll:
    """How pollers ask: every ``interval`` seconds, until ``deadline`` seconds after the execution's start."""

    interval: int | None = None
    deadline: int | None = None
    style: PollerStyle | None = None


@dataclass(frozen=True)
class Choices:
    """What may be chosen for all DAGs, and for one of them."""

    poll: Poll = Poll()
    failures: Failures | None = None
    xcom: Xcom | None = None
    pairs: Pairs | None = None
    long_functions: LongFunctions | None = None
    variables_from: VariablesFrom | None = None
    strategy: Strategy | None = None
    resume: bool | None = None
    correlation: Correlation | None = None


@dataclass(frozen=True)
class TaskConfig:
    """What is chosen for the pollers that wait for a task."""

    poll: Poll = Poll()
    correlation: Correlation | None = None


@dataclass(frozen=True)
class Shadow:
    """Each run of Airflow's starts its counterpart, which has the overrides of this environment.

    ``may_run_twice``: it may be started although nothing is overridden for the DAG.
    """

    environment: str = "shadow"
    may_run_twice: bool = False


@dataclass(frozen=True)
class DagConfig(Choices):
    """What is set for a DAG. ``parameters`` are values of its stack's; ``shadow`` is None where it is off."""

    tasks: Mapping[str, TaskConfig] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    shadow: Shadow | None = None


@dataclass(frozen=True)
class TaskOverrides:
    """What a task has in an environment.

    ``arguments`` replace those of its operator, mappings key by key. Those that begin with ``--`` are
    arguments of the Glue job that it starts.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a team deploys. ``variables`` and ``connections`` are files as Airflow exports them.

    ``prefix`` begins the names of stacks and machines. ``parameters`` are values of the parameters of all
    stacks that have them. ``airflow`` and ``mwaa`` say where Airflow is: its address, or its environment.
    """

    account: str | None = None
    region: str | None = None
    prefix: str | None = None
    bucket: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    variables: Path | None = None
    connections: Path | None = None
    airflow: str | None = None
    mwaa: str | None = None


@dataclass(frozen=True)
class Environment(Place):
    """What differs in an environment.

    ``jobs``: name of a Glue job → the one that is started in its place. ``tasks``: DAG → task → overrides.
    """

    jobs: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, Mapping[str, TaskOverrides]] = field(default_factory=dict)

    def overrides(self, dag_id: str) -> Mapping[str, TaskOverrides]:
        """Return what tasks of a DAG have here."""
        return self.tasks.get(dag_id, {})


@dataclass(frozen=True)
class Config(Place, Choices):
    """A configuration; without a file, an empty one.

    ``environment`` is the one in force, whose values are already those of the configuration. ``lines`` says
    where in the file a value stands: the keys that lead to it → line.
    """

    file: Path | None = None
    source_airflow: str | None = None
    airflow_config: Path | None = None
    operators: Path | None = None
    durations: Path | None = None
    dags: Mapping[str, DagConfig] = field(default_factory=dict)
    environments: Mapping[str, Environment] = field(default_factory=dict)
    environment: str | None = None
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def place_of(self, *keys: str) -> Location | None:
        """Return where in the file a value stands; None without a file."""
        return Location(self.file.as_posix(), self.lines.get(keys, 0)) if self.file else None

    def dag(self, dag_id: str) -> DagConfig:
        """Return what holds for a DAG: what is set for it, and else for all."""
        found = _over(self.dags.get(dag_id, DagConfig()), Choices(**_fields_of(Choices, self)))
        return replace(found, parameters={**self.parameters, **found.parameters})

    def in_environment(self, name: str | None) -> Config:
        """Return the configuration with what an environment says instead; with None, as it is.

        Raises Dag2SfnError (D433) if there is no such environment.
        """
        if name is None:
            return self
        if name not in self.environments:
            raise Dag2SfnError(self._unknown(name))
        place = _fields_of(Place, self.environments[name])
        said = {key: value for key, value in place.items() if value is not None and key != "parameters"}
        if said.keys() & _AIRFLOW:  # two ways to name one
            said |= {key: place[key] for key in _AIRFLOW}
        parameters = {**self.parameters, **place["parameters"]}
        return replace(self, **said, parameters=parameters, environment=name)

    @property
    def overrides(self) -> Environment:
        """Return the environment in force: what it overrides in DAGs. Without one, nothing."""
        return self.environments[self.environment] if self.environment else Environment()

    def _unknown(self, name: str) -> Diagnostic:
        if self.file is None:
            remedy = "write a dag2sfn.yaml (`dag2sfn init`), or name one with --config"
            return Diagnostic(d.UNKNOWN_ENVIRONMENT, f"there is no configuration, and no '{name}'", remedy)
        known = ", ".join(self.environments) or "none"
        problem, remedy = f"there is no environment '{name}'", f"it has {known}"
        return Diagnostic(d.UNKNOWN_ENVIRONMENT, problem, remedy, self.place_of("environments"))


def _fields_of(kind: type[Any], value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(kind)}
