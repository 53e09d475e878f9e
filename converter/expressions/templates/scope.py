"""What a translation is given (the scope), what it finds out, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from converter.workflow import PREFIX, Value


@dataclass(frozen=True)
class Scope:
    """Where a template stands.

    ``tasks`` are the DAG's tasks whose XComs can be read: all but this one; those in ``mapped`` have
    instances, those in ``grouped`` because they are of a mapped group. Those in ``peers`` are of the same
    mapped group, with instances of the same indexes. Those in ``multiple_outputs`` push one XCom for each
    key. ``map_index`` is that of the instance that the template belongs to, as JSONata; None if its task is
    not mapped. ``params`` are the defaults of the DAG's params, updated with the task's own; an Opaque is a
    param without a default. ``variables`` holds Airflow Variables (text, as Airflow stores them) and
    ``connections`` the fields of connections, both by id; None means that none are known.
    ``variables_of_run``: each run reads Variables when it begins, and those values count. ``native`` is
    ``render_template_as_native_obj``; ``user_defined`` names the DAG's own filters and macros.
    ``of_airflow_2``: the file is for Airflow 2, whose context has more names, and whose ``xcom_pull`` looks
    at all tasks; ``before`` gives those before this one, in the order of the file. ``prefix`` begins the
    names of machines.
    """

    dag_id: str
    task_id: str
    tasks: frozenset[str] = frozenset()
    mapped: frozenset[str] = frozenset()
    peers: frozenset[str] = frozenset()
    grouped: frozenset[str] = frozenset()
    map_index: str | None = None
    multiple_outputs: frozenset[str] = frozenset()
    params: Mapping[str, Value] = field(default_factory=dict)
    variables: Mapping[str, str] | None = None
    variables_of_run: bool = False
    connections: Mapping[str, Mapping[str, Value]] | None = None
    native: bool = False
    user_defined: frozenset[str] = frozenset()
    timezone: str = "UTC"
    prefix: str = PREFIX
    of_airflow_2: bool = False
    before: Callable[[], tuple[str, ...]] = field(default=tuple, compare=False)


@dataclass(frozen=True)
class Problem:
    """Why a template is not translated: the text, the line in it (from 1), and what to write instead."""

    template: str
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what


class Refusal(Exception):
    """A part of a template cannot be translated. Caught where templates are taken apart."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass
class Findings:
    """What is noticed while one value is translated."""

    scope: Scope
    reads: dict[str, None] = field(default_factory=dict)
    deployed: dict[str, str] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)
    uses_dates: bool = False
    reads_of_any: bool = False
    problems: list[Problem] = field(default_factory=list)
    _names: int = 0

    def of_native(self) -> Findings:
        """Return the same, for a template that gives what it evaluates to. What it finds is found here."""
        return replace(self, scope=replace(self.scope, native=True))

    def begin_text(self) -> None:
        """Begin another text: its names do not depend on the texts before it."""
        self._names = 0

    def fresh_name(self) -> str:
        """Return the name of a JSONata variable that nothing else in the value uses."""
        self._names += 1
        return f"$v{self._names}"
