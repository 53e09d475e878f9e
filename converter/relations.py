"""Who depends on whom in a DAG: what the planner and the machine derive from its edges and rules.

A task *fires* once its rule is satisfied. Its firing upstream tasks are those that have to be decided before
it may run; that is what a plan has to order, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from graphlib import TopologicalSorter

from converter.derived import derived
from converter.workflow import Task, TriggerRule, Workflow

#: Rules that let a task run while other upstream tasks still run.
ANY_OF_RULES = frozenset({TriggerRule.ONE_SUCCESS, TriggerRule.ONE_FAILED, TriggerRule.ONE_DONE})


class Relations:
    """The relations of one workflow's tasks, by task id. All are worked out when they are first asked for."""

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.tasks: Mapping[str, Task] = {task.task_id: task for task in workflow.tasks}

    @cached_property
    def upstream_first(self) -> tuple[Task, ...]:
        """All tasks, each behind its upstream tasks."""
        order = TopologicalSorter(self.upstream).static_order()
        return tuple(self.tasks[name] for name in order)

    @cached_property
    def upstream(self) -> Mapping[str, tuple[str, ...]]:
        """The direct upstream tasks of each task."""
        return {name: task.upstream for name, task in self.tasks.items()}

    @cached_property
    def downstream(self) -> Mapping[str, tuple[str, ...]]:
        """The direct downstream tasks of each task, in the order of the file."""
        found: dict[str, list[str]] = {name: [] for name in self.tasks}
        for task in self.workflow.tasks:
            for up in task.upstream:
                found[up].append(task.task_id)
        return {name: tuple(downstream) for name, downstream in found.items()}

    def descendants(self, task_id: str) -> frozenset[str]:
        """Return all tasks behind this one."""
        return _reachable([task_id], self.downstream)

    def ancestors(self, task_id: str) -> frozenset[str]:
        """Return all tasks before this one."""
        return _reachable([task_id], self.upstream)

    def waits_for_any(self, task: Task) -> bool:
        """Whether the task may run while some of its upstream tasks still do.

        Not in a mapped group, where an instance has no branch of its own, nor behind one, which ends as a
        whole: such a task waits for all.
        """
        if task.trigger_rule not in ANY_OF_RULES or len(task.upstream) < 2:
            return False
        return not any(one.mapped_group for one in (task, *(self.tasks[up] for up in task.upstream)))

    @cached_property
    def indirect_setups(self) -> Mapping[str, tuple[str, ...]]:
        """The setups further upstream that have to succeed before a task may run, whatever its rule.

        A setup counts for a task while what it has set up is still there: it has no teardown, or one behind
        the task. Teardowns themselves, and ``always``, ask for none.
        (airflow._shared.dagnode.node, GenericDAGNode.get_upstreams_only_setups)
        """
        found: dict[str, list[str]] = {name: [] for name in self.tasks}
        for setup in self.workflow.tasks:
            if not setup.is_setup:
                continue
            behind = self.descendants(setup.task_id)
            teardowns = [down for down in self.downstream[setup.task_id] if self.tasks[down].is_teardown]
            served = behind
            if teardowns:
                served = behind & frozenset().union(*(self.ancestors(down) for down in teardowns))
            for name in served:
                task = self.tasks[name]
                if not (
                    setup.task_id in task.upstream
                    or task.is_teardown
                    or task.trigger_rule is TriggerRule.ALWAYS
                ):
                    found[name].append(setup.task_id)
        return {name: tuple(setups) for name, setups in found.items()}

    @cached_property
    def teardown_scope(self) -> Mapping[str, tuple[str, ...]]:
        """What lies between each teardown and its direct setups: it has to have ended, too.

        (airflow.ti_deps.deps.trigger_rule_dep, _evaluate_teardown_scope)
        """
        found = {}
        for task in self.workflow.tasks:
            if task.is_teardown:
                setups = [up for up in task.upstream if self.tasks[up].is_setup]
                behind = frozenset().union(*(self.descendants(setup) for setup in setups))
                between = (behind & self.ancestors(task.task_id)) - {*task.upstream}
                found[task.task_id] = tuple(name for name in self.tasks if name in between)
        return found

    @cached_property
    def firing(self) -> Mapping[str, tuple[str, ...]]:
        """The tasks that have to be decided before each task may run.

        For a task that waits for any of its upstream tasks, these are the tasks before all of them.
        """
        found: dict[str, tuple[str, ...]] = {}
        for task in self.upstream_first:
            name = task.task_id
            if task.trigger_rule is TriggerRule.ALWAYS:
                found[name] = ()
            elif self.waits_for_any(task):
                found[name] = self._before_all(task.upstream, found)
            else:
                more = (*self.indirect_setups[name], *self.teardown_scope.get(name, ()))
                found[name] = tuple(dict.fromkeys((*task.upstream, *more)))
        return {name: found[name] for name in self.tasks}

    def _before_all(
        self, task_ids: tuple[str, ...], firing: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Return the last of the tasks that are decided before all of these."""
        before = [_reachable([name], firing) for name in task_ids]
        shared = before[0].intersection(*before[1:])
        covered = _reachable(shared, firing)
        return tuple(name for name in self.tasks if name in shared and name not in covered)

    @cached_property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """For each task that waits for any of its upstream tasks: these, and setups that may not be ready."""
        found = {}
        for task in self.workflow.tasks:
            if self.waits_for_any(task):
                decided = _reachable([task.task_id], self.firing)
                setups = (s for s in self.indirect_setups[task.task_id] if s not in decided)
                found[task.task_id] = (*task.upstream, *setups)
        return found

    def decided_before(self, task_id: str) -> frozenset[str]:
        """Return all tasks that are certainly decided when this one may run."""
        return _reachable([task_id], self.firing)

    @cached_property
    def deciding(self) -> tuple[str, ...]:
        """The tasks whose outcomes are the run's: the leaves, as if there were no ignorable teardowns.

        A teardown is ignorable unless it has ``on_failure_fail_dagrun``. A DAG of nothing else has its plain
        leaves. (airflow.models.dagrun, DagRun._tis_for_dagrun_state)
        """
        ignorable = {
            task.task_id
            for task in self.workflow.tasks
            if task.is_teardown and not task.settings.get("on_failure_fail_dagrun")
        }
        effective = tuple(
            name
            for name in self.tasks
            if name not in ignorable and ignorable.issuperset(self.downstream[name])
        )
        return effective or self.workflow.leaves()


@derived
def relations_of(workflow: Workflow) -> Relations:
    """Return the relations of a workflow's tasks: the same ones for all who ask."""
    return Relations(workflow)


def _reachable(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return what can be reached from the starts; these themselves only if there is a way back to them."""
    found: set[str] = set()
    pending: list[str] = [end for start in starts for end in edges[start]]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending.extend(edges[name])
    return frozenset(found)
