"""What all blocks of one machine share while it is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from converter.asl import awaiting, outcome_table, records
from converter.asl.children import Child
from converter.asl.instances import most_instances
from converter.asl.names import Names
from converter.asl.options import Failures, Options
from converter.asl.rooms import Rooms, Told
from converter.asl.rules import Rules
from converter.asl.tasks import seen_in_glue
from converter.expressions.jsonata import path
from converter.operators.step import GlueRun, Step
from converter.planning import Node, awaits, task_ids
from converter.workflow import Task, Workflow

#: Of an instance of a mapped group: the records of its tasks that an earlier execution has left.
EARLIER = "earlier"


@dataclass(frozen=True)
class Emission:
    """What all blocks of one machine share.

    ``noted`` are the tasks whose outcomes an outer machine may look at; ``earlier`` is where the records are
    of tasks that are passed by, as JSONata. ``children`` collects the child machines that are still to
    be written, each with the tasks whose records it gets, those known to have succeeded before it, and its
    rooms; ``asked`` collects whom pollers ask: the function, and the table by which actions. ``goes_on``:
    what has failed earlier is not tried again either.
    """

    workflow: Workflow
    steps: Mapping[str, Step]
    rules: Rules
    options: Options
    pace: awaiting.Pace
    awaited: frozenset[str]
    names: Names
    noted: frozenset[str] = frozenset()
    earlier: str = records.RESUMED
    children: list[tuple[Child, tuple[str, ...], frozenset[str], Told]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    goes_on: bool = False

    def inside_group(self, key: str) -> Emission:
        """Return what the states of a mapped group's instances share; ``key`` is where they find their index.

        What becomes of the group's tasks is told once all instances have ended.
        """
        nobody: frozenset[str] = frozenset()
        earlier = f"{records.INPUT}.{path(key, EARLIER)}"
        return replace(self, awaited=nobody, noted=nobody, earlier=earlier)

    def pace_for(self, awaited: Iterable[str]) -> awaiting.Pace:
        """Return how often a poller for these tasks asks: see ``Options.interval_for``."""
        return replace(self.pace, interval=self.options.interval_for(awaited, self.pace.interval))

    def task(self, task_id: str) -> Task:
        """Return a task of the workflow."""
        return self.workflow.by_id[task_id]

    @property
    def task_count(self) -> int:
        """How many tasks the machine runs."""
        return len(self.workflow.tasks)

    @cached_property
    def needs_table(self) -> bool:
        """Whether awaited tasks tell how they ended."""
        if not self.awaited:
            return False
        by_records = self.as_airflow or not all(self.glue_runs(self.awaited).values())
        return by_records or self.rules.may_not_succeed(*self.awaited)

    @cached_property
    def readers(self) -> Mapping[str, frozenset[str]]:
        """Task → the tasks that read what it has pushed."""
        found: dict[str, set[str]] = {}
        for name, step in self.steps.items():
            for read in step.reads:
                found.setdefault(read, set()).add(name)
        return {name: frozenset(readers) for name, readers in found.items()}

    @cached_property
    def rooms(self) -> Rooms:
        """How much the tasks may push."""
        return Rooms(self.workflow, self.steps, self.readers, self.noted)

    def publish_state(self, task_id: str, following: str) -> dict[str, Any]:
        """Return the state that tells who waits for a task how it ended, and what it pushed if it is read."""
        drops = self.rooms.may_push_much(task_id) and self.rooms.is_unread(task_id)
        return outcome_table.publish_state(task_id, following, self.pace, with_output=not drops)

    @cached_property
    def most_instances(self) -> Mapping[str, int]:
        """How many instances each mapped task may have."""
        return most_instances(self.steps, self.workflow.by_id)

    @cached_property
    def setups(self) -> frozenset[str]:
        """The setup tasks."""
        return frozenset(task.task_id for task in self.workflow.tasks if task.is_setup)

    @cached_property
    def has_readers(self) -> bool:
        """Whether arguments of some task refer to records of others."""
        return any(self.rules.reads.values())

    @property
    def as_airflow(self) -> bool:
        """Whether a failure is recorded (rather than ending the execution)."""
        return self.options.failures is Failures.AIRFLOW

    def glue_runs(self, awaited: Iterable[str]) -> dict[str, GlueRun | None]:
        """Return the Glue runs by which awaited tasks are seen to succeed, None where only records tell."""
        return {task: seen_in_glue(self.steps[task], self.task(task)) for task in awaited}

    def may_not_succeed(self, *nodes: Node) -> bool:
        """Whether anything below the nodes may end other than in success."""
        return any(
            (self.as_airflow and awaits(node)) or self.rules.may_not_succeed(*task_ids(node))
            for node in nodes
        )
