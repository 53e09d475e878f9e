"""Trigger rules: what may become of a task, which records decide it, and the JSONata that decides.

Airflow decides a task as soon as its rule allows (``airflow.ti_deps.deps.trigger_rule_dep``). A machine
decides it once all its upstream tasks are decided, and replays the order of arrival where that matters:
only ``all_success`` can go two ways, by whichever of a failure and a skip came first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from converter.asl import records
from converter.expressions.jsonata import Expression, literal, path
from converter.operators.step import Step
from converter.workflow import Outcome, Task, TriggerRule, Workflow

SUCCESS, FAILED = frozenset({Outcome.SUCCESS}), frozenset({Outcome.FAILED})
SKIPPED, UPSTREAM_FAILED = frozenset({Outcome.SKIPPED}), frozenset({Outcome.UPSTREAM_FAILED})
BAD = FAILED | UPSTREAM_FAILED
NONE: frozenset[Outcome] = frozenset()
NONE_DOOM: frozenset[str] = frozenset()

_IS_BAD = "[state in ['failed', 'upstream_failed']]"
_IS_SKIPPED = "[state = 'skipped']"
_IS_SUCCESS = "[state = 'success']"


@dataclass(frozen=True)
class Rules:
    """What the rules of a workflow's tasks mean for its machine.

    ``possible`` gives the outcomes that each task may have; ``needs`` the upstream tasks whose records decide
    it; ``doomed_by`` all tasks without whose success it cannot run, in an unbroken chain of all_success.
    """

    possible: Mapping[str, frozenset[Outcome]]
    needs: Mapping[str, tuple[str, ...]]
    doomed_by: Mapping[str, frozenset[str]]
    with_other_rules: frozenset[str]
    joins: frozenset[str]
    firing: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, workflow: Workflow, steps: Mapping[str, Step], *, failures_end_the_run: bool) -> Rules:
        """Analyse a workflow. ``failures_end_the_run``: with ``--failures stop`` no failure is ever seen."""
        possible: dict[str, frozenset[Outcome]] = {}
        needs: dict[str, tuple[str, ...]] = {}
        doomed_by: dict[str, frozenset[str]] = {}
        for task in _upstream_first(workflow):
            name, upstream = task.task_id, task.upstream
            may_run, otherwise = _possible_decisions(task, [possible[up] for up in upstream])
            can_fail = steps[name].can_fail and not failures_end_the_run
            possible[name] = (
                otherwise | (SUCCESS if may_run else NONE) | (FAILED if may_run and can_fail else NONE)
            )
            doomed_by[name] = NONE_DOOM
            if task.trigger_rule is TriggerRule.ALL_SUCCESS:
                implied = NONE_DOOM.union(*(doomed_by[up] for up in upstream))
                doomed_by[name] = implied.union(upstream)
                needs[name] = tuple(up for up in upstream if up not in implied)
            elif task.trigger_rule in (TriggerRule.ALL_DONE, TriggerRule.ALWAYS):
                needs[name] = ()
            else:
                needs[name] = upstream
        others = (task for task in workflow.tasks if task.trigger_rule is not TriggerRule.ALL_SUCCESS)
        joins = (task.task_id for task in workflow.tasks if len(task.upstream) > 1)
        firing = {task.task_id: task.firing_upstream for task in workflow.tasks}
        with_other_rules = frozenset(task.task_id for task in others)
        return cls(possible, needs, doomed_by, with_other_rules, frozenset(joins), firing)

    @property
    def only_all_success(self) -> bool:
        """Whether every task runs if and only if all its upstream tasks succeed."""
        return not self.with_other_rules

    def is_all_success(self, task_id: str) -> bool:
        """Whether this is the task's rule."""
        return task_id not in self.with_other_rules

    def starts_late(self, task: Task) -> bool:
        """Whether the task may start later than in Airflow.

        In Airflow an upstream task that does not run is decided by the first failure or skip among its own
        upstream tasks, and this task may then start, while in the machine the others are waited for.
        """
        if self.is_all_success(task.task_id) or task.trigger_rule is TriggerRule.ALWAYS:
            return False
        return any(self.may_not_run(up) and up in self.joins for up in task.upstream)

    def waits_for(self, task_id: str) -> tuple[str, ...]:
        """Return the upstream tasks that the task itself has to see decided.

        An all_success task is decided with the first of them that does not succeed. Any other has to wait
        for all, also for those that something before it waits for: that may have been passed over.
        """
        return self.needs[task_id] if self.is_all_success(task_id) else self.firing[task_id]

    def may_not_succeed(self, *task_ids: str) -> bool:
        """Whether any of the tasks may end other than in success."""
        return any(self.possible[task] != SUCCESS for task in task_ids)

    def may_not_run(self, task_id: str) -> bool:
        """Whether the task may be decided without running."""
        return bool(self.possible[task_id] & (SKIPPED | UPSTREAM_FAILED))

    def may_fail(self, *task_ids: str) -> bool:
        """Whether any of the tasks may be failed or upstream_failed."""
        return any(self.possible[task] & BAD for task in task_ids)

    def may_be_skipped(self, *task_ids: str) -> bool:
        """Whether any of the tasks may be skipped."""
        return any(Outcome.SKIPPED in self.possible[task] for task in task_ids)


def _upstream_first(workflow: Workflow) -> list[Task]:
    tasks = {task.task_id: task for task in workflow.tasks}
    order = TopologicalSorter({name: task.upstream for name, task in tasks.items()}).static_order()
    return [tasks[name] for name in order]


def _possible_decisions(
    task: Task, upstream: Sequence[frozenset[Outcome]]
) -> tuple[bool, frozenset[Outcome]]:
    """Return whether the task may run, and what it may become without running."""

    def every_may(outcomes: frozenset[Outcome]) -> bool:
        return all(up & outcomes for up in upstream)

    def some_may(outcomes: frozenset[Outcome]) -> bool:
        return any(up & outcomes for up in upstream)

    if not upstream:
        return True, NONE
    # rule: may it run, may it be upstream_failed, may it be skipped
    may = {
        TriggerRule.ALL_SUCCESS: (every_may(SUCCESS), some_may(BAD), some_may(SKIPPED)),
        TriggerRule.NONE_FAILED: (every_may(SUCCESS | SKIPPED), some_may(BAD), False),
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: (
            every_may(SUCCESS | SKIPPED) and some_may(SUCCESS),
            some_may(BAD),
            every_may(SKIPPED),
        ),
        TriggerRule.NONE_SKIPPED: (every_may(SUCCESS | BAD), False, some_may(SKIPPED)),
        TriggerRule.ALL_FAILED: (every_may(BAD), False, some_may(SUCCESS | SKIPPED)),
        TriggerRule.ALL_SKIPPED: (every_may(SKIPPED), False, some_may(SUCCESS | BAD)),
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: (
            every_may(SUCCESS | BAD) and some_may(SUCCESS),
            every_may(BAD),
            some_may(SKIPPED),
        ),
        TriggerRule.ALL_DONE: (True, False, False),
        TriggerRule.ALWAYS: (True, False, False),
    }
    runs, bad, skipped = may[task.trigger_rule]
    return runs, (UPSTREAM_FAILED if bad else NONE) | (SKIPPED if skipped else NONE)


def records_of(task_ids: Sequence[str], data: str = records.INPUT) -> str:
    """Return an expression for the records of these tasks, as an array."""
    return "[" + ", ".join(f"{data}.{path(task)}" for task in task_ids) + "]"


def runs(rule: TriggerRule, task_ids: Sequence[str]) -> Expression:
    """Return whether the rule lets its task run, once the upstream tasks ``task_ids`` are all decided."""
    upstream = records_of(task_ids)
    condition = {
        TriggerRule.ALL_SUCCESS: f"$count({upstream}{_IS_SUCCESS}) = {len(task_ids)}",
        TriggerRule.NONE_FAILED: f"$count({upstream}{_IS_BAD}) = 0",
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: (
            f"$count({upstream}{_IS_BAD}) = 0 and $count({upstream}{_IS_SUCCESS}) > 0"
        ),
        TriggerRule.NONE_SKIPPED: f"$count({upstream}{_IS_SKIPPED}) = 0",
        TriggerRule.ALL_FAILED: f"$count({upstream}{_IS_BAD}) = {len(task_ids)}",
        TriggerRule.ALL_SKIPPED: f"$count({upstream}{_IS_SKIPPED}) = {len(task_ids)}",
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: (
            f"$count({upstream}{_IS_SKIPPED}) = 0 and $count({upstream}{_IS_SUCCESS}) > 0"
        ),
    }[rule]
    return Expression(condition)


def not_run_record(rule: TriggerRule, task_ids: Sequence[str]) -> str:
    """Return the record, as JSONata, of a task that its rule does not let run."""
    first_bad, first_skip = f"$min($up{_IS_BAD}.at)", f"$min($up{_IS_SKIPPED}.at)"
    last = "$max($up.at)"
    some_bad, some_skipped = f"$count($up{_IS_BAD}) > 0", f"$count($up{_IS_SKIPPED}) > 0"
    state, at = {
        TriggerRule.ALL_SUCCESS: (_first_of_bad_and_skipped("$up"), f"$min($up{records.NOT_SUCCESSFUL}.at)"),
        TriggerRule.NONE_FAILED: ("'upstream_failed'", first_bad),
        TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS: (
            f"{some_bad} ? 'upstream_failed' : 'skipped'",
            f"{some_bad} ? {first_bad} : {last}",
        ),
        TriggerRule.NONE_SKIPPED: ("'skipped'", first_skip),
        TriggerRule.ALL_FAILED: ("'skipped'", "$min($up[state in ['success', 'skipped']].at)"),
        TriggerRule.ALL_SKIPPED: ("'skipped'", "$min($up[state != 'skipped'].at)"),
        TriggerRule.ALL_DONE_MIN_ONE_SUCCESS: (
            f"{some_skipped} ? 'skipped' : 'upstream_failed'",
            f"{some_skipped} ? {first_skip} : {last}",
        ),
    }[rule]
    return f"($up := {records_of(task_ids)}; {{'state': {state}, 'at': {at}}})"


def _first_of_bad_and_skipped(upstream: str) -> str:
    """Return what all_success makes of a failure and a skip: whichever came first, a failure at a tie."""
    bad, skipped = f"$min({upstream}{_IS_BAD}.at)", f"$min({upstream}{_IS_SKIPPED}.at)"
    return (
        f"$exists({upstream}{_IS_BAD}) and ($exists({upstream}{_IS_SKIPPED}) ? {bad} <= {skipped} : true)"
        " ? 'upstream_failed' : 'skipped'"
    )


def mark_not_run(task_ids: Sequence[str], *, data: str, decided_by: str, may_be_skipped: bool) -> Expression:
    """Return ``data`` with each task that has no record yet recorded as not run.

    They are all_success tasks behind the records ``decided_by`` (an array, or an object's members), of
    which the first that did not succeed decided them.
    """
    state = _first_of_bad_and_skipped("$by") if may_be_skipped else "'upstream_failed'"
    record = f"{{'state': {state}, 'at': $min($by{records.NOT_SUCCESSFUL}.at)}}"
    rest = f"$map({literal(list(task_ids))}, function($task) {{{{$task: $not_run}}}})"
    return Expression(f"($by := {decided_by}; $not_run := {record}; $merge([$merge({rest}), {data}]))")


def no_leaf_failed(leaves: Sequence[str]) -> Expression:
    """Return whether the run has succeeded: none of the tasks that nothing depends on has failed."""
    return Expression(f"$count({records_of(leaves)}{_IS_BAD}) = 0")
