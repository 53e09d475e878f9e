"""What parts of a plan weigh in a machine, before it is written: an estimate, to cut plans by.

The states of tasks are written for it; what surrounds them was measured on machines of many kinds. Whether
the machines fit is found out once they are written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from converter.asl.awaiting import Pace
from converter.asl.budget import (
    EVENTS_PER_POLL,
    POLLERS_SHARE,
    Limits,
    polls_until_deadline,
    record_bytes,
    retrying_events,
    state_events,
    task_polls_of,
)
from converter.asl.children import Child
from converter.asl.instances import events_of_instances
from converter.asl.looks import Looks
from converter.asl.names import Names
from converter.asl.options import Options, PollerStyle
from converter.asl.records import short_record_bytes
from converter.asl.rules import Rules
from converter.asl.tasks import Surroundings, state_for
from converter.operators.step import Step as StepOfTask
from converter.planning import Await, Node, Parallel, Plan, Sequence, Step, task_ids
from converter.workflow import Workflow

#: The states around a task (was it done before? publish its end; ready?), a loop, a Parallel, a child.
_AROUND_TASK, _PUBLISHING, _LOOP, _PARALLEL, _CHILD = 900, 1_400, 2_600, 600, 1_800
#: Events besides those of the task's own state; publishing is tried six times, on either way.
_EVENTS_AROUND_TASK, _EVENTS_PUBLISHING, _EVENTS_LOOP, _EVENTS_PARALLEL, _EVENTS_CHILD = 6, 46, 25, 8, 32
#: Of the Parallels that may be inside each other, how many a child has: what reads it recurses.
_DEPTH_SHARE = 0.4
#: What a child says of failures that nobody looks at.
_FAILURES = 5_000


@dataclass(frozen=True)
class Weight:
    """Bytes of a definition, events of a history, bytes of records, Parallels inside each other.

    ``events`` are what they leave to pollers: the more a machine's tasks have, the fewer polls fit.
    """

    definition: float = 0
    events: float = 0
    data: float = 0
    depth: int = 0

    def __add__(self, other: Weight) -> Weight:
        """Return the weight of two neighbours together."""
        return Weight(
            self.definition + other.definition,
            self.events + other.events,
            self.data + other.data,
            max(self.depth, other.depth),
        )

    def share_of(self, limit: Weight) -> float:
        """Return how much of a machine is used: of that which is used most."""
        return max(
            self.definition / limit.definition,
            self.events / limit.events,
            self.data / limit.data,
            self.depth / limit.depth,
        )


@dataclass(frozen=True)
class Cut:
    """How a plan is cut: into machines of at most this weight, with pollers that ask at this slowest pace."""

    limit: Weight
    slowest: Pace


def limit_of(limits: Limits, share: float) -> Weight:
    """Return what a machine may weigh by the estimate, to be below a share of the limits."""
    return Weight(
        limits.definition * share,
        limits.events * POLLERS_SHARE * share,
        limits.data * share,
        max(1, round(limits.depth * _DEPTH_SHARE)),
    )


class WeightOf:
    """What the nodes of a plan weigh."""

    def __init__(
        self,
        workflow: Workflow,
        plan: Plan,
        steps: Mapping[str, StepOfTask],
        rules: Rules,
        options: Options,
        pace: Pace,
        awaited: frozenset[str],
    ) -> None:
        """``pace`` is the slowest at which pollers may ask."""
        self._workflow = workflow
        self._tasks = {task.task_id: task for task in workflow.tasks}
        self._steps, self._rules, self._options, self._awaited = steps, rules, options, awaited
        self._growth = pace.growth
        self._pace = pace
        self._looks = Looks(plan, rules)

    def node(self, node: Node) -> Weight:
        """Return the weight of a Step or an Await."""
        if isinstance(node, Await):
            return self._loop(node)
        return self._task(node.task_id) if isinstance(node, Step) else Weight()

    def inside(self, node: Sequence | Parallel, children: Weight) -> Weight:
        """Return the weight of a node whose children have this weight."""
        if isinstance(node, Sequence):
            return children
        around = Weight(_PARALLEL, _EVENTS_PARALLEL * POLLERS_SHARE)
        return Weight(**{**vars(children + around), "depth": children.depth + 1})

    def child(self, child: Child) -> Weight:
        """Return the weight of a child in the machine around it."""
        full = set(child.with_output)
        data = sum(
            record_bytes(task, len(self._tasks)) if task in full else short_record_bytes(task)
            for task in (*child.returns, *child.learned)
        )
        names = sum(len(task) * 2 + 24 for task in (*child.returns, *child.learned))
        return Weight(_CHILD + names, _EVENTS_CHILD * POLLERS_SHARE, data + _FAILURES)

    def looked_at_outside(self, node: Node) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return whose records tasks behind a node need: own tasks, others, and of whom also outputs."""
        tasks = task_ids(node)
        inside = set(tasks)
        own = tuple(task for task in tasks if not self._looks.later[task] <= inside)
        learned: dict[str, None] = {}
        readers = [task for task in own if not self._looks.readers[task] <= inside]
        for learning in _awaits_of_sequence(node):
            for task in learning.task_ids:
                lookers = self._looks.after(learning, task)
                if lookers <= inside or task in inside:
                    continue
                learned[task] = None
                if any(task in self._rules.reads[looker] for looker in lookers - inside):
                    readers.append(task)
        return own, tuple(learned), tuple(dict.fromkeys(readers))

    def _task(self, task_id: str) -> Weight:
        step, awaited = self._steps[task_id], task_id in self._awaited
        task = self._tasks[task_id]
        reads = self._rules.reads[task_id]
        where = Surroundings(self._options, Names(), awaited=awaited, has_records=True, reads=reads)
        state = state_for(step, task, where)
        definition = len(json.dumps(state)) + _AROUND_TASK + _PUBLISHING * awaited
        events = state_events(state) + _EVENTS_AROUND_TASK + _EVENTS_PUBLISHING * awaited
        polling = sum(
            polls.events(self._growth) for polls in task_polls_of(self._workflow, self._steps, [task_id])
        )
        polling += events_of_instances(self._workflow, self._steps, [task_id])
        data = record_bytes(task_id, len(self._tasks))
        return Weight(definition, events * POLLERS_SHARE + polling, data)

    def _loop(self, node: Await) -> Weight:
        names = sum(len(task) * 4 + 80 for task in node.task_ids)
        retries = self._options.style_for(node.task_ids) is PollerStyle.RETRY
        interval = self._options.interval_for(node.task_ids, self._pace.interval)
        pace = replace(self._pace, interval=interval)
        waiting = (
            retrying_events(len(node.task_ids), pace)
            if retries
            else polls_until_deadline(pace) * EVENTS_PER_POLL
        )
        data = sum(record_bytes(task, len(self._tasks)) for task in node.task_ids)
        return Weight(_LOOP + names, _EVENTS_LOOP * POLLERS_SHARE + waiting, data)


def _awaits_of_sequence(node: Node) -> Iterator[Await]:
    """Yield the Awaits of which the states behind a node learn: those of its own Sequence."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Await):
            yield current
        elif isinstance(current, (Sequence, Child)):
            pending.extend(current.children)
