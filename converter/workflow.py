"""The converter's own model of one DAG. It knows neither Airflow nor AWS.

``loading`` makes a :class:`Workflow` from a DAG file; ``planning`` and ``asl`` read it. Everything is a
frozen value that survives a round trip through JSON (``workflow_to_json`` / ``workflow_from_json``),
because DAG files are loaded in another process.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from typing import Any, TypeAlias

from converter.expansion import Expansion, expansion_from_json
from converter.shadow_mark import ShadowMark

#: A JSON value, or an :class:`Opaque` anywhere inside one.
Value: TypeAlias = Any


#: What the names of stacks and machines begin with, where nobody wants another beginning.
PREFIX = "dag2sfn-"
#: The kind of the Opaque that stands for an argument of a mapped task group; its text is the argument's name.
GROUP_ARGUMENT = "argument of a mapped task group"


class TriggerRule(str, Enum):
    """Airflow's 13 trigger rules (airflow.task.trigger_rule.TriggerRule, Airflow 3.3)."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ALL_SKIPPED = "all_skipped"
    ALWAYS = "always"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_SKIPPED = "none_skipped"
    ONE_DONE = "one_done"
    ONE_FAILED = "one_failed"
    ONE_SUCCESS = "one_success"


class Outcome(str, Enum):
    """A task's final Airflow state."""

    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"


@dataclass(frozen=True, order=True)
class Location:
    """A place in a DAG file. ``line`` counts from 1; 0 means the file as a whole."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Opaque:
    """A Python object of the DAG file that has no JSON form: a callable, a hook, a custom class.

    ``kind`` is its type's dotted name; ``text`` is a short description for messages.
    """

    kind: str
    text: str


#: The kind of an Opaque that the file makes anew whenever it is imported: of the time, or by chance. Its text
#: is what it was.
MOMENTARY = "made anew at each import"

#: The kind of an Opaque that names a place in Airflow's home, which its text calls ``$AIRFLOW_HOME``.
HOME_PATH = "path in Airflow's home"
#: The kind of an Opaque that is a template's file, by its name, which is not there.
MISSING_FILE = "file that is not found"

#: The kind of an Opaque whose text is a template that gives a list, and not the text of one: the file splits
#: a value that is not known where it is read (``os.environ["SUBNETS"].split(",")``).
LIST_TEMPLATE = "template of a list"


#: Types of values that are their own JSON form; most values are of these.
_SCALARS = frozenset({str, bool, int, float, type(None)})


def atoms(value: Value) -> Iterator[Value]:
    """Yield what a value consists of: whatever in it is neither a list nor a mapping, keys left out."""
    if type(value) not in _SCALARS and isinstance(value, (dict, list, tuple, Mapping)):
        for item in value if isinstance(value, (list, tuple)) else value.values():
            yield from atoms(item)
    else:
        yield value


def texts_in(value: Value, *, of_objects: bool = False) -> Iterator[str]:
    """Yield the texts in a value; with ``of_objects``, those that stand for Python objects, too."""
    for item in atoms(value):
        if isinstance(item, str):
            yield item
        elif of_objects and isinstance(item, Opaque):
            yield item.text


@dataclass(frozen=True)
class Retries:
    """How often and when a failed task is tried again. All durations in seconds.

    ``backoff`` is the factor between two delays; 1.0 means a constant delay (in Airflow: no exponential
    backoff), and then ``max_delay`` has no effect, as in Airflow.
    """

    count: int = 0
    delay: float = 300.0
    backoff: float = 1.0
    max_delay: float | None = None


@dataclass(frozen=True)
class Task:
    """One task.

    ``operator`` is the dotted name of its class and ``bases`` those of its base classes, nearest first,
    so that a subclass is recognised and named; ``overrides`` are the methods of its bases that a class of the
    author's defines anew. ``arguments`` are the operator's own arguments as the
    author passed them (with what the file changed afterwards); ``settings`` are the arguments that every
    operator has (pool, callbacks, email, …), where the author passed them and no field here holds them.
    ``expansion`` is that of the task itself, or of the mapped task group that it belongs to, whose id is then
    in ``mapped_group``.
    """

    task_id: str
    operator: str
    bases: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    arguments: Mapping[str, Value] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)
    template_fields: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    trigger_rule: TriggerRule = TriggerRule.ALL_SUCCESS
    retries: Retries = Retries()
    execution_timeout: float | None = None
    is_setup: bool = False
    is_teardown: bool = False
    is_mapped: bool = False
    expansion: Expansion | None = None
    mapped_group: str = ""
    location: Location = Location("")

    @property
    def index_key(self) -> str:
        """What an instance finds its map index under, in its data: its task's id, or a name of its group's.

        No task id has a blank.
        """
        return f"group {self.mapped_group}" if self.mapped_group else self.task_id


@dataclass(frozen=True)
class Schedule:
    """When Airflow starts runs: the timetable's class, and its expression (cron, seconds, …) if any.

    ``expressions`` are those of a timetable that has several; ``length`` is the seconds before a run for
    which it stands, where the timetable says it and not the schedule; None if it is no number of seconds.
    ``assumed``: the DAG gives a plain cron string or time span, and nobody has said what these mean where it
    runs, so that the timetable is the one that this Airflow makes of it.
    """

    timetable: str
    expression: str | None = None
    timezone: str | None = None
    assumed: bool = False
    expressions: tuple[str, ...] = ()
    length: float | None = 0.0

    @property
    def by_intervals(self) -> bool:
        """Whether a run stands for the interval before it: its logical date is where the interval begins."""
        return self.timetable in ("CronDataIntervalTimetable", "DeltaDataIntervalTimetable")


class StandInKind(str, Enum):
    """What kind of thing had to be stood in for, so that today's Airflow could read a DAG file."""

    MOVED = "moved"  # a class or function that has another name today
    REMOVED = "removed"  # something that is gone; the stand-in does what it did
    RENAMED_ARGUMENT = "renamed_argument"  # an argument, or a value of one, that is called otherwise today
    IDLE_ARGUMENT = "idle_argument"  # an argument that has no effect any more
    FOREIGN_ARGUMENT = "foreign_argument"  # an argument that the class does not take; kept in the task
    INTERVALS = "intervals"  # a schedule in the words of Airflow 2, in which it meant intervals
    NO_SCHEDULE = "no_schedule"  # a DAG without a schedule in a file of Airflow 2, where it ran every day
    MISSING_MODULE = "missing_module"  # a module, or a name in one, that is not installed
    UNMAPPED_OPERATOR = "unmapped_operator"  # an operator that is not installed; class and arguments are kept
    VARIABLE = "variable"  # a Variable without a value: a placeholder was taken
    VARIABLE_DEFAULT = "variable_default"  # a Variable without a value: its default was taken
    PLACE = "place"  # a path on Airflow's machines: what the file reads there was found elsewhere
    ENVIRONMENT = "environment"  # an environment variable that is not set: a placeholder was taken
    CONNECTION = "connection"  # a Connection: a placeholder was taken
    CALL = "call"  # a call of boto3 or a hook, which was not made
    UNKNOWN_DECIDES = "unknown_decides"  # something unknown decided what the DAG looks like
    LEFT_OUT = "left_out"  # an unknown setting that changes neither which tasks there are nor what they do
    STATEMENT_FAILED = "statement_failed"  # a statement that fails here; what it would give is unknown
    REFUSED_TASK = "refused_task"  # a task that today's Airflow does not take; class and arguments are kept
    NAMED_AFTER_UNKNOWN = "named_after_unknown"  # an id that is made from something unknown


@dataclass(frozen=True)
class StandIn:
    """Something in a DAG file that a stand-in took the place of, and where it came first.

    ``name`` is what the file says; ``detail`` is what to write today, or what was taken instead.
    """

    kind: StandInKind
    name: str
    detail: str
    location: Location


@dataclass(frozen=True)
class Workflow:
    """One DAG: tasks in the order of the file, dependencies (``Task.upstream``), schedule, parameters.

    ``settings`` holds the DAG's other arguments where they differ from Airflow's defaults.
    ``dagrun_timeout`` is in seconds. ``source_hash`` is the SHA-256 (hex) of the DAG file. ``task_groups``
    gives the tasks with which each task group begins (a branch may choose a group). ``stand_ins`` are those
    that its whole file needed in order to be read. ``timezone`` is the DAG's own, by its IANA name;
    ``scheduled_on`` names the assets that start it. With ``shadow``, its machine is to run beside Airflow,
    whose runs start it, and has no schedule of its own. ``prefix`` begins the names of its stack, of its
    machines, and of those of DAGs that it starts. ``pins`` are the versions that its environment requires of
    packages, by their normalized names.
    """

    dag_id: str
    tasks: tuple[Task, ...]
    location: Location
    schedule: Schedule | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    dagrun_timeout: float | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    source_hash: str = ""
    airflow_version: str = ""
    task_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stand_ins: tuple[StandIn, ...] = ()
    timezone: str = "UTC"
    scheduled_on: tuple[str, ...] = ()
    shadow: ShadowMark | None = None
    prefix: str = PREFIX
    pins: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, Task]:
        """The tasks by their ids."""
        return {task.task_id: task for task in self.tasks}

    def task(self, task_id: str) -> Task:
        """Return the task of this id. Raises KeyError."""
        return self.by_id[task_id]

    @property
    def max_active_runs(self) -> int | None:
        """How many runs may be active at once, None if the author has not given a number of at least 1."""
        limit = self.settings.get("max_active_runs")
        return limit if type(limit) is int and limit > 0 else None

    @cached_property
    def mapped_groups(self) -> Mapping[str, tuple[str, ...]]:
        """The tasks of each mapped task group."""
        found: dict[str, tuple[str, ...]] = {}
        for task in self.tasks:
            if task.mapped_group:
                found[task.mapped_group] = (*found.get(task.mapped_group, ()), task.task_id)
        return found

    def leaves(self) -> tuple[str, ...]:
        """Return the ids of the tasks that nothing depends on: they decide the state of the run."""
        depended_on = {upstream for task in self.tasks for upstream in task.upstream}
        return tuple(task.task_id for task in self.tasks if task.task_id not in depended_on)


#: Marks an Opaque; the author's own keys that begin with a dollar sign get another one.
_OPAQUE_KEY = "$opaque"


def _escaped(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _unescaped(key: str) -> str:
    return key[1:] if key.startswith("$") else key


def to_json(value: Any) -> Any:
    """Return a JSON form of a model object; :func:`workflow_from_json` is its inverse for a Workflow."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return value
    if kind is Opaque:
        return {_OPAQUE_KEY: [value.kind, value.text]}
    if names := _field_names(kind):
        return {
            name: item if type(item := getattr(value, name)) in _SCALARS else to_json(item) for name in names
        }
    if isinstance(value, (list, tuple)):
        return [item if type(item) in _SCALARS else to_json(item) for item in value]
    if isinstance(value, (dict, Mapping)):
        return {
            _escaped(str(key)): item if type(item) in _SCALARS else to_json(item)
            for key, item in value.items()
        }
    return value.value if isinstance(value, Enum) else value


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, none of any other class."""
    return tuple(item.name for item in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def workflow_from_json(data: Mapping[str, Any]) -> Workflow:
    """Return the Workflow that ``to_json`` wrote. Raises KeyError or TypeError on anything else."""
    fields = dict(data)
    fields["tasks"] = tuple(_task_from_json(task) for task in data["tasks"])
    fields["location"] = Location(**data["location"])
    fields["schedule"] = _schedule_from_json(data["schedule"]) if data["schedule"] else None
    for name in ("params", "settings"):
        fields[name] = _value_from_json(data[name])
    fields["task_groups"] = {name: tuple(roots) for name, roots in data["task_groups"].items()}
    fields["shadow"] = ShadowMark.from_json(data["shadow"]) if data["shadow"] else None
    fields["scheduled_on"] = tuple(data["scheduled_on"])
    fields["stand_ins"] = tuple(stand_in_from_json(item) for item in data["stand_ins"])
    return Workflow(**fields)


def _schedule_from_json(data: Mapping[str, Any]) -> Schedule:
    return Schedule(**{**data, "expressions": tuple(data["expressions"])})


def stand_in_from_json(data: Mapping[str, Any]) -> StandIn:
    """Return the StandIn that ``to_json`` wrote. Raises KeyError, TypeError, ValueError for anything else."""
    return StandIn(StandInKind(data["kind"]), data["name"], data["detail"], Location(**data["location"]))


def _task_from_json(data: Mapping[str, Any]) -> Task:
    fields = dict(data)
    for name in ("bases", "overrides", "template_fields", "upstream"):
        fields[name] = tuple(data[name])
    for name in ("arguments", "settings"):
        fields[name] = _value_from_json(data[name])
    fields["trigger_rule"] = TriggerRule(data["trigger_rule"])
    fields["retries"] = Retries(**data["retries"])
    if data["expansion"] is not None:
        fields["expansion"] = expansion_from_json(data["expansion"], _value_from_json)
    fields["location"] = Location(**data["location"])
    return Task(**fields)


def _value_from_json(value: Any) -> Value:
    if isinstance(value, dict):
        if len(value) == 1 and _OPAQUE_KEY in value:
            return Opaque(*value[_OPAQUE_KEY])
        return {
            _unescaped(key): item if type(item) in _SCALARS else _value_from_json(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [item if type(item) in _SCALARS else _value_from_json(item) for item in value]
    return value
