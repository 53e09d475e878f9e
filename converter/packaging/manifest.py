"""``bundle.json``: what a Bundle is, so that it can be deployed without its DAG file and without Airflow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from converter import __version__
from converter import diagnostics as d
from converter.asl.budget import every_state_of
from converter.asl.machine import Machine
from converter.asl.options import Options
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag
from converter.identity import machine_name, stack_name
from converter.packaging.template import functions_of, given_at_deployment, substitutions
from converter.workflow import Location, Workflow, to_json

FORMAT = 1
MANIFEST = "bundle.json"
DEFINITION = "definition.asl.json"
#: The definition of the outer machine, in the bundle of a DAG with teardowns.
OUTER_DEFINITION = "outer.asl.json"
TEMPLATE = "template.yaml"
FUNCTIONS = "functions"
#: The folder with the definitions of child machines, where a DAG is too large for one machine.
CHILDREN = "children"
#: The report of the conversion; of a DAG that was not converted there is nothing else to deploy from.
REPORT = "conversion.json"


@dataclass(frozen=True)
class ManifestTask:
    """A task, and the name of the state that runs it. ``operator`` is the dotted name of its class."""

    task_id: str
    operator: str
    state: str


@dataclass(frozen=True)
class Manifest:
    """What a Bundle is.

    ``options`` are those of the conversion, as JSON; ``functions`` are the folders below ``functions/``;
    ``substitutions`` are the names that the template fills into the definition. ``schedule`` says when
    Airflow starts runs, and what dates these have; None without a schedule. ``values`` are the parameters of
    the stack that the deployment has to give, with what they stand for.
    """

    dag_id: str
    machine_name: str
    stack_name: str
    converter_version: str
    source: Location
    source_sha256: str
    options: Mapping[str, Any]
    tasks: tuple[ManifestTask, ...]
    functions: tuple[str, ...]
    substitutions: tuple[str, ...]
    schedule: Mapping[str, Any] | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def xcom_in_s3(self) -> bool:
        """Whether the function that runs tasks keeps large XComs in a bucket."""
        return "tasks" in self.functions and self.options.get("xcom") == "s3"

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as it stands in ``bundle.json``."""
        return {
            "format": FORMAT,
            "dag_id": self.dag_id,
            "machine_name": self.machine_name,
            "stack_name": self.stack_name,
            "converter_version": self.converter_version,
            "source": {
                "file": self.source.file,
                "line": self.source.line,
                "sha256": self.source_sha256,
            },
            "options": dict(self.options),
            "tasks": [dict(vars(task)) for task in self.tasks],
            "functions": list(self.functions),
            "substitutions": list(self.substitutions),
            "schedule": self.schedule,
            **({"values": dict(self.values)} if self.values else {}),
        }


def manifest_of(workflow: Workflow, machine: Machine, options: Options) -> Manifest:
    """Return the manifest of a conversion."""
    states = _states_by_task(machine)
    functions = functions_of(workflow, machine)
    return Manifest(
        dag_id=workflow.dag_id,
        machine_name=machine_name(workflow.dag_id, workflow.prefix),
        stack_name=stack_name(workflow.dag_id, workflow.prefix),
        converter_version=__version__,
        source=workflow.location,
        source_sha256=workflow.source_hash,
        # Variables may be secrets, and most of them are not of this DAG.
        options=to_json(replace(options, variables=None, connections=None)),
        tasks=tuple(
            ManifestTask(task.task_id, task.operator, states[task.task_id]) for task in workflow.tasks
        ),
        functions=functions,
        substitutions=substitutions(workflow, machine, functions),
        schedule=_schedule_of(workflow),
        values=given_at_deployment(workflow, machine, functions),
    )


def _schedule_of(workflow: Workflow) -> Mapping[str, Any] | None:
    """Return when Airflow starts runs; ``by_intervals``: a logical date is where an interval begins."""
    schedule = workflow.schedule
    if schedule is None or workflow.shadow is not None:
        return None
    catchup = bool(workflow.settings.get("catchup"))
    return {**to_json(schedule), "by_intervals": schedule.by_intervals, "catchup": catchup}


def read_manifest(directory: Path) -> Manifest:
    """Return the manifest of the Bundle in a folder. Raises Dag2SfnError (D401) if it holds none."""
    try:
        data = json.loads((directory / MANIFEST).read_text("utf-8"))
    except OSError:
        if os.path.isfile(directory / REPORT):  # false for a path that cannot be
            raise _not_a_bundle(directory, "has the report of a DAG that was not converted") from None
        raise _not_a_bundle(directory, f"has no {MANIFEST}") from None
    except ValueError:
        raise _not_a_bundle(directory, f"has a {MANIFEST} that is no JSON text") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _not_a_bundle(directory, f"has a {MANIFEST} of another format than {FORMAT}")
    try:
        return Manifest(
            **{name: data[name] for name in ("dag_id", "machine_name", "stack_name", "converter_version")},
            source=Location(data["source"]["file"], data["source"]["line"]),
            source_sha256=data["source"]["sha256"],
            options=data["options"],
            tasks=tuple(ManifestTask(**task) for task in data["tasks"]),
            functions=tuple(data["functions"]),
            substitutions=tuple(data["substitutions"]),
            schedule=data.get("schedule"),
            values=data.get("values") or {},
        )
    except (KeyError, TypeError):
        raise _not_a_bundle(directory, f"has an incomplete {MANIFEST}") from None


def left_behind(directory: Path, workflow: Workflow) -> tuple[Diagnostic, ...]:
    """Return a warning (D412) if the folder of a DAG that was not converted holds an earlier Bundle."""
    try:
        earlier = read_manifest(directory)
    except Dag2SfnError:
        return ()
    problem = (
        f"the bundle in {directory} is from an earlier conversion of {earlier.source.file}, "
        "and deploying it deploys the DAG as it was then"
    )
    remedy = "convert the DAG again once it is mended, or remove the folder"
    return (about_dag(workflow, d.BUNDLE_LEFT_BEHIND, problem, remedy),)


def _states_by_task(machine: Machine) -> dict[str, str]:
    """Return task id → state name: a task's state is known by its comment, as its name may be shortened.

    The comment is ``task <id>: <operator>…``; an id has no colon, and no other state's comment begins so.
    """
    comments = {
        state.get("Comment", ""): name
        for one in machine.machines
        for name, state in every_state_of(one.definition)
    }
    return {
        comment.removeprefix("task ").partition(": ")[0]: name
        for comment, name in comments.items()
        if comment.startswith("task ")
    }


def _not_a_bundle(directory: Path, why: str) -> Dag2SfnError:
    return Dag2SfnError(
        Diagnostic(
            d.NOT_A_BUNDLE,
            f"{directory} is no bundle: it {why}",
            "give the folder that `dag2sfn convert` wrote for a DAG",
        )
    )
