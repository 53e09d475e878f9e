"""Which downstream tasks a branch does not follow (Airflow's SkipMixin.skip_all_except)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .exceptions import AirflowException


@dataclass(frozen=True)
class Structure:
    """The DAG's shape, as the converter knows it: for each task the tasks directly downstream.

    ``groups`` are the tasks with which each task group begins; ``expanded_over`` those, not mapped
    themselves, that mapped tasks are expanded over.
    """

    downstream: Mapping[str, tuple[str, ...]]
    teardowns: frozenset[str]
    groups: Mapping[str, tuple[str, ...]]
    expanded_over: frozenset[str] = frozenset()

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Structure":
        """Return the structure that ``dag.json`` describes."""
        tasks = described["tasks"]
        return cls(
            {name: tuple(task["downstream"]) for name, task in tasks.items()},
            frozenset(name for name, task in tasks.items() if task.get("teardown")),
            {name: tuple(roots) for name, roots in described["task_groups"].items()},
            frozenset(name for name, task in tasks.items() if task.get("expanded_over")),
        )

    @property
    def task_ids(self) -> frozenset[str]:
        """All tasks of the DAG."""
        return frozenset(self.downstream)

    def behind(self, task_id: str) -> set[str]:
        """Return all tasks that lie downstream of a task."""
        found: set[str] = set()
        waiting = list(self.downstream[task_id])
        while waiting:
            task = waiting.pop()
            if task not in found:
                found.add(task)
                waiting += self.downstream[task]
        return found


def not_followed(structure: Structure, task_id: str, chosen: Any) -> list[str]:
    """Return the direct downstream tasks that are to be skipped.

    ``chosen`` is what the callable returned: None, an id of a task or task group, or several. What lies
    behind a chosen task is followed as well. Raises AirflowException for anything else.
    """
    followed = set(_chosen_tasks(structure, chosen))
    unknown = followed - structure.task_ids
    if unknown:
        raise AirflowException(
            "'branch_task_ids' must contain only valid task_ids. "
            f"Invalid tasks found: {', '.join(map(repr, sorted(unknown)))}."
        )
    for task in tuple(followed):
        followed |= structure.behind(task)
    return [task for task in structure.downstream[task_id] if task not in followed]


def _chosen_tasks(structure: Structure, chosen: Any) -> Iterable[str]:
    if chosen is None:
        return
    several = isinstance(chosen, Iterable) and not isinstance(chosen, str)
    for choice in chosen if several else [chosen]:
        if not isinstance(choice, str):
            raise AirflowException(
                "'branch_task_ids' must be either None, a task ID, or an Iterable of IDs, "
                f"but got {type(choice).__name__!r}."
            )
        yield from structure.groups.get(choice, (choice,))


def has_something_to_skip(structure: Structure, task_id: str, *, whatever_lies_behind: bool) -> bool:
    """Whether a short-circuit stops anything: teardown tasks run in any case."""
    tasks = structure.behind(task_id) if whatever_lies_behind else set(structure.downstream[task_id])
    return bool(tasks - structure.teardowns)
