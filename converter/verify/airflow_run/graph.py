"""Who depends on whom in a DAG: relatives, the setups a task needs, the tasks that decide the run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from converter.expansion import Source
from converter.verify.airflow_run.mapping import EXPANDED_OVER, EXPANSION
from converter.workflow import Task, Workflow


@dataclass(frozen=True)
class Graph:
    """The relations of one Workflow's tasks, all by task id."""

    workflow: Workflow

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """Every task, in the order of the ids: so Airflow reads task instances from its database.

        (airflow.models.dagrun, DagRun.fetch_task_instances)
        """
        return {task.task_id: task for task in sorted(self.workflow.tasks, key=lambda task: task.task_id)}

    @cached_property
    def downstream(self) -> Mapping[str, frozenset[str]]:
        """The direct downstream tasks of each task."""
        found: dict[str, set[str]] = {task_id: set() for task_id in self.tasks}
        for task_id, task in self.tasks.items():
            for up in task.upstream:
                found[up].add(task_id)
        return {task_id: frozenset(others) for task_id, others in found.items()}

    def descendants(self, task_id: str) -> frozenset[str]:
        """Return all that lies behind a task."""
        return _reachable(task_id, self.downstream)

    def ancestors(self, task_id: str) -> frozenset[str]:
        """Return all that lies before a task."""
        return _reachable(task_id, {other: task.upstream for other, task in self.tasks.items()})

    @cached_property
    def indirect_setups(self) -> Mapping[str, frozenset[str]]:
        """The setups further upstream that must have succeeded before a task may run.

        A setup counts for a task while what it has set up is still there: it has no teardown, or one
        behind the task (airflow._shared.dagnode.node, GenericDAGNode.get_upstreams_only_setups).
        """
        found: dict[str, set[str]] = {task_id: set() for task_id in self.tasks}
        for setup in (task_id for task_id, task in self.tasks.items() if task.is_setup):
            served = self.descendants(setup)
            if teardowns := [other for other in self.downstream[setup] if self.tasks[other].is_teardown]:
                served &= frozenset().union(*map(self.ancestors, teardowns))
            for task_id in served - self.downstream[setup]:
                found[task_id].add(setup)
        return {task_id: frozenset(setups) for task_id, setups in found.items()}

    @cached_property
    def teardown_scope(self) -> Mapping[str, frozenset[str]]:
        """What lies between a teardown and its direct setups, its direct upstream tasks left out.

        (airflow.ti_deps.deps.trigger_rule_dep, _evaluate_teardown_scope)
        """
        found = {}
        for task_id, task in self.tasks.items():
            if task.is_teardown:
                setups = [up for up in task.upstream if self.tasks[up].is_setup]
                behind = frozenset().union(*map(self.descendants, setups))
                found[task_id] = (behind & self.ancestors(task_id)) - frozenset(task.upstream)
        return found

    @cached_property
    def observers(self) -> Mapping[str, frozenset[str]]:
        """The tasks that a task's outcome may decide about, but for what they are expanded over."""
        found = {task_id: set(others) for task_id, others in self.downstream.items()}
        for observed in (self.indirect_setups, self.teardown_scope):
            for task_id, others in observed.items():
                for other in others:
                    found[other].add(task_id)
        return {task_id: frozenset(others) for task_id, others in found.items()}

    @cached_property
    def expanded_over(self) -> Mapping[str, Mapping[str, bool]]:
        """What the task of an instance is expanded over, see :mod:`~converter.verify.airflow_run.mapping`."""
        return {task_id: task.settings.get(EXPANDED_OVER, {}) for task_id, task in self.tasks.items()}

    @cached_property
    def expansions(self) -> Mapping[str, tuple[Source, ...]]:
        """All that the task of an instance is expanded over, if tasks return any of it."""
        found = {task_id: task.settings.get(EXPANSION) for task_id, task in self.tasks.items()}
        return {task_id: expansion.sources if expansion else () for task_id, expansion in found.items()}

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The tasks whose outcomes are the run's: the leaves, as if there were no ignorable teardowns.

        A teardown is ignorable unless it has ``on_failure_fail_dagrun``. A DAG of nothing else has its
        plain leaves (airflow.models.dagrun, DagRun._tis_for_dagrun_state).
        """
        counted = {task_id for task_id, task in self.tasks.items() if not _is_ignorable(task)}
        effective = frozenset(task_id for task_id in counted if not self.downstream[task_id] & counted)
        return effective or frozenset(self.workflow.leaves())


def _is_ignorable(task: Task) -> bool:
    return task.is_teardown and not task.settings.get("on_failure_fail_dagrun", False)


def _reachable(start: str, edges: Mapping[str, Collection[str]]) -> frozenset[str]:
    found: set[str] = set()
    open_ends = set(edges[start])
    while open_ends:
        found |= open_ends
        open_ends = set[str]().union(*(edges[task_id] for task_id in open_ends)) - found
    return frozenset(found)
