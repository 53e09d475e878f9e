"""``ti`` and ``dag_run``, as far as the run's input can tell what they say."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .exceptions import NotInLambdaError
from .inert import inert
from .references import RETURN_KEY
from .values import as_json

_NOT_SET = object()


@dataclass
class DagRun:
    """The run. ``conf`` is what it was started with."""

    dag_id: str
    run_id: str
    conf: dict[str, Any]
    logical_date: Any = None
    data_interval_start: Any = None
    data_interval_end: Any = None
    partition_key: str | None = None
    partition_date: Any = None
    state: str = "running"

    @property
    def execution_date(self) -> Any:
        """The logical date, by its name of Airflow 2."""
        return self.logical_date

    @property
    def run_type(self) -> str:
        """How the run came to be, as its id says: ``manual``, ``scheduled``, …"""
        prefix, separator, _ = self.run_id.partition("__")
        return prefix if separator else "manual"

    @property
    def external_trigger(self) -> bool:
        """Whether it was not the schedule that started the run (Airflow 2)."""
        return self.run_type != "scheduled"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"airflow.models.DagRun.{name}")


@dataclass
class TaskInstance:
    """One try of the task. ``received`` has the XComs of other tasks, ``pushed`` the keys of its own.

    ``instances`` has those of mapped tasks, for each instance. ``ends`` says when tasks ended: then a pull
    that names no task finds the latest XCom of any, as in Airflow 2, and else the task's own.
    """

    task: Any
    dag_run: DagRun
    try_number: int
    map_index: int
    received: Mapping[str, Mapping[str, Any]]
    known_task_ids: frozenset[str]
    instances: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    ends: Mapping[str, float] | None = None
    pushed: dict[str, Any] = field(default_factory=dict)
    start_date: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    context: dict[str, Any] = field(default_factory=dict)
    state: str = "running"

    @property
    def log(self) -> logging.Logger:
        """The task's log."""
        return logging.getLogger("airflow.task")

    @property
    def task_id(self) -> str:
        """The task's id."""
        return str(self.task.task_id)

    @property
    def dag_id(self) -> str:
        """The DAG's id."""
        return self.dag_run.dag_id

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.dag_run.run_id

    @property
    def execution_date(self) -> Any:
        """The run's logical date, by its name of Airflow 2."""
        return self.dag_run.logical_date

    def is_peer(self, task_id: str) -> bool:
        """Whether a task is of the same mapped group: each of their instances meets that of its own index."""
        group = getattr(self.task, "mapped_group", None)
        other = self.task.dag.task_dict.get(task_id) if group is not None else None
        return other is not None and getattr(other, "mapped_group", None) == group

    def get_template_context(self) -> dict[str, Any]:
        """Return the context of the task."""
        return self.context

    def get_dagrun(self) -> DagRun:
        """Return the run."""
        return self.dag_run

    def xcom_push(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        """Push an XCom. Raises TypeError or ValueError for what is no JSON."""
        self.pushed[key] = as_json(value, f"XCom '{key}'")

    def xcom_pull(
        self,
        task_ids: str | Iterable[str] | None = None,
        dag_id: str | None = None,
        key: str = RETURN_KEY,
        include_prior_dates: bool = False,
        *,
        map_indexes: Any = _NOT_SET,
        default: Any = None,
        run_id: str | None = None,
        **session: Any,
    ) -> Any:
        """Return an XCom of a task, or a list of one for each task, or instance, that is asked for.

        As in Airflow, without ``map_indexes`` a mapped task counts as many; one alone is returned by itself.
        Raises NotInLambdaError for what the machine has not passed on: other runs, other DAGs, and tasks
        of which it could not be seen that this one reads them.
        """
        if dag_id not in (None, self.dag_id) or run_id not in (None, self.run_id) or include_prior_dates:
            raise NotInLambdaError("xcom_pull: the machine has only the XComs of its own run")
        if task_ids is None and self.ends is not None and key not in self.pushed:
            task_ids = self._latest_to_push(key)
        single = task_ids is None or isinstance(task_ids, str)
        wanted = [task_ids or self.task_id] if single else list(task_ids or ())
        if map_indexes is not _NOT_SET:
            indexes = list(map_indexes) if isinstance(map_indexes, Iterable) else [map_indexes]
            # Airflow gives the default only to one who says which map indexes are wanted.
            found = [self._pulled_of(str(task), key, index, default) for task in wanted for index in indexes]
            return found[0] if single and not isinstance(map_indexes, Iterable) else found
        found = []
        for task_id in wanted:
            if task_id != self.task_id and self.is_peer(str(task_id)):
                raise NotInLambdaError(
                    f"xcom_pull: Airflow gives what all instances of '{task_id}' have pushed by then; write "
                    f"ti.xcom_pull(task_ids={task_id!r}, map_indexes=ti.map_index), or take it as an argument"
                )
            if task_id in self.instances:
                found += self.pushed_by_instances(str(task_id), key) or [None]
            else:
                found.append(self._pulled(str(task_id), key, None))
        return found[0] if single and len(found) == 1 else found

    def _latest_to_push(self, key: str) -> str | None:
        """Return the task that ended last of those that have pushed an XCom; None for none."""
        having = [task for task, pushed in self.received.items() if pushed.get(key) is not None]
        having += [task for task in self.instances if self.pushed_by_instances(task, key)]
        return max(having, key=lambda task: (self.ends or {}).get(task, 0), default=None)

    def pushed_by_instances(self, task_id: str, key: str) -> list[Any]:
        """Return what the instances of a mapped task have pushed, in their order: None is nothing."""
        if task_id not in self.instances:
            self._pulled(task_id, key, None)  # says why it is not there
        pushed = [xcoms.get(key) for xcoms in self.instances.get(task_id, ())]
        return [value for value in pushed if value is not None]

    def _pulled_of(self, task_id: str, key: str, index: int | None, default: Any) -> Any:
        """Return what one instance has pushed; a task that is not mapped has the index -1, or None."""
        is_own = task_id == self.task_id and index in (None, -1, self.map_index)
        if index == self.map_index and self.is_peer(task_id):
            return self._pulled(task_id, key, default)
        if is_own or (task_id not in self.instances and index in (None, -1)):
            return self._pulled(task_id, key, default)
        instances = self.instances.get(task_id, ())
        value = instances[index].get(key) if index is not None and 0 <= index < len(instances) else None
        return default if value is None else value

    def _pulled(self, task_id: str, key: str, default: Any) -> Any:
        if task_id == self.task_id:
            value = self.pushed.get(key)
        elif task_id in self.received:
            value = self.received[task_id].get(key)
        elif task_id in self.known_task_ids:
            raise NotInLambdaError(
                f"xcom_pull: the machine does not pass the XComs of '{task_id}' to '{self.task_id}', because "
                "the callable does not name it; write its id as a literal: "
                f"ti.xcom_pull(task_ids={task_id!r})"
            )
        else:
            value = None  # as in Airflow: a task that does not exist has pushed nothing
        return default if value is None else value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return inert(f"airflow.models.TaskInstance.{name}")
