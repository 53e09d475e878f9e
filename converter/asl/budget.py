"""Holds a machine against the limits of Step Functions, and finds the pace at which its pollers fit.

Limits (AWS documentation, "Step Functions service quotas"): 25,000 events in an execution's history, 1 MB
for a definition, 256 KiB for the data of a state.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from converter import diagnostics as d
from converter.asl.awaiting import NOT_READY, Pace
from converter.asl.instances import MOST_EVENTS, most_instances
from converter.asl.map_runs import EVENTS_OF_MAP, is_distributed
from converter.asl.outcome_table import REFUSED
from converter.asl.records import failure_bytes, short_record_bytes
from converter.diagnostics import Diagnostic, about_dag
from converter.operators.parts import Poll
from converter.operators.room import LEAST_BYTES, MOST_BYTES
from converter.operators.step import Step
from converter.planning import Node, Parallel, Plan
from converter.planning import Sequence as PlannedSequence
from converter.workflow import Task, Workflow

EVENT_LIMIT = 25_000
DEFINITION_LIMIT = 1_048_576
DATA_LIMIT = 262_144
#: Parallels inside each other. No limit of AWS is known; deeper definitions are hardly readable, and JSON
#: parsers have limits of their own.
DEPTH_LIMIT = 100
#: An execution lasts at most a year, in seconds.
LONGEST_EXECUTION = 365 * 86_400
#: Wait, Task (entered, scheduled, started, succeeded, exited) and Choice.
EVENTS_PER_POLL = 9
_EVENTS_OF_A_CALL = 5
_EVENTS_OF_A_CHOICE = 2
#: A Task that is tried again: scheduled, started, failed.
EVENTS_PER_RETRY = 3
#: What pollers may plan with: a fifth of the history is held back for status calls that are tried again.
POLLERS_SHARE = 0.8
#: Where pollers cannot keep one interval until the deadline, how fast the interval may grow with the age of
#: the execution, slowest first. At 0.02 a task behind an Await starts at most 2 % later.
GROWTHS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)

_EVENTS = {"Pass": 2, "Choice": 2, "Wait": 2, "Succeed": 2, "Fail": 1, "Parallel": 4, "Map": 4}
#: In JSON, a character takes up to six bytes. This is what no machine may exceed, whatever it meets; where a
#: task measures what is there (``rooms``), only the causes that are still to come are estimated.
_BYTES_PER_CHARACTER = 6


@dataclass(frozen=True)
class Limits:
    """What one machine may be: bytes of its definition and of its records, events, depth.

    ``instances`` are the events that inline instances of mapped tasks may have in it, and
    ``instance_records`` the bytes that the records of all instances may have, beside those of tasks.
    """

    definition: int = DEFINITION_LIMIT
    data: int = DATA_LIMIT
    events: int = EVENT_LIMIT
    depth: int = DEPTH_LIMIT
    instances: int = MOST_EVENTS
    instance_records: int = MOST_BYTES


LIMITS = Limits()


def states_of(block: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and state of every state of a definition, branches included, but not those of instances."""
    for name, state in block["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from states_of(branch)


def every_state_of(block: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield name and state of every state of a definition, also of those of instances."""
    for name, state in block["States"].items():
        yield name, state
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from every_state_of(inner)


def worst_case_events(definition: Mapping[str, Any]) -> int:
    """Return the events of an execution that enters every state once, with every retry.

    That is more than any execution has, as no execution takes both exits of a Choice. Polls after a
    poller's first come on top, in loops or as retries; so do those of a task's own polls, and the
    instances of mapped tasks.
    """
    return 2 + _block_events(definition)


def polls_until_deadline(pace: Pace) -> int:
    """Return how often a poller asks at most: from the start on, in no time, once past the deadline."""
    return _polls(pace.interval, pace.deadline, pace.growth)


@lru_cache(maxsize=4096)
def _polls(interval: int, deadline: int, growth: float) -> int:
    if not growth:
        return math.ceil(deadline / interval) + 1
    polls, age = 1, 0
    while age < deadline:
        polls += 1
        age += max(interval, math.floor(age * growth))
    return polls


@dataclass(frozen=True)
class TaskPolls:
    """The polls of a task's own: every ``interval`` seconds for ``longest`` at most, in each of ``tries``."""

    interval: int
    longest: int
    tries: int
    each: int = EVENTS_PER_POLL

    def events(self, growth: float) -> int:
        """Return the events of all polls after the first of each try, at this growth of the interval."""
        return self.tries * (_polls(self.interval, self.longest, growth) - 1) * self.each


def task_polls_of(
    workflow: Workflow, steps: Mapping[str, Step], tasks: Iterable[str] | None = None
) -> tuple[TaskPolls, ...]:
    """Return all polls of these tasks' own, of all tasks if none are named; not those of distributed ones."""
    polling = [
        (task_id, part)
        for task_id in (steps if tasks is None else tasks)
        if not is_apart(steps[task_id])
        for part in steps[task_id].parts
        if isinstance(part, Poll)
    ]
    most = most_instances(steps, workflow.by_id) if polling else {}
    found = [
        (_task_polls(workflow, workflow.task(task_id), part), most.get(task_id, 1))
        for task_id, part in polling
    ]
    return tuple(replace(polls, tries=polls.tries * instances) for polls, instances in found)


def polls_apart(
    workflow: Workflow, steps: Mapping[str, Step], tasks: Iterable[str] | None = None
) -> tuple[TaskPolls, ...]:
    """Return the polls of one instance of each of these tasks that are distributed."""
    return tuple(
        polls
        for task_id in (steps if tasks is None else tasks)
        if is_apart(steps[task_id])
        for polls in polls_of_one(workflow, steps[task_id])
    )


def polls_of_one(workflow: Workflow, step: Step) -> tuple[TaskPolls, ...]:
    """Return the polls of a task, or of one instance of it."""
    task = workflow.task(step.task_id)
    return tuple(_task_polls(workflow, task, part) for part in step.parts if isinstance(part, Poll))


def is_apart(step: Step) -> bool:
    """Whether the instances of a task have histories of their own."""
    return step.instances is not None and step.instances.distributed


def _task_polls(workflow: Workflow, task: Task, poll: Poll) -> TaskPolls:
    bounds = [float(LONGEST_EXECUTION), workflow.dagrun_timeout]
    bounds.append(poll.limit.seconds if poll.limit else None)
    bounds.append(None if poll.unhurried else task.execution_timeout)
    interval = max(1, math.ceil(poll.interval))
    # The last pause may begin just before the limit is passed.
    longest = math.ceil(min(bound for bound in bounds if bound is not None)) + interval
    tries = 1 + max(0, task.retries.count)
    if poll.backoff:  # pauses of half the interval, the interval, twice that, …
        interval = min(longest, math.ceil(poll.backoff.longest or longest / 30))
    questions = sum(1 for call in poll.also if call.when)
    more = _EVENTS_OF_A_CALL * len(poll.also) + _EVENTS_OF_A_CHOICE * questions
    return TaskPolls(interval, longest, tries, EVENTS_PER_POLL + more)


def waiting_events(definition: Mapping[str, Any], intervals: Iterable[int], pace: Pace) -> int:
    """Return the events of all polls of a machine's pollers, if each waits until its deadline.

    ``intervals`` are those of the pollers, in seconds, in place of that of ``pace``.
    """
    retrying = _waits_in_turn(definition)
    looping = Counter(intervals) - Counter(interval for _, interval in retrying)
    return sum(
        count * polls_until_deadline(replace(pace, interval=interval)) * EVENTS_PER_POLL
        for interval, count in looping.items()
    ) + sum(retrying_events(count, replace(pace, interval=interval)) for count, interval in retrying)


def retrying_events(count: int, pace: Pace) -> int:
    """Return the events of a poller that waits by the retries of ``count`` Tasks, one after another."""
    return pace.retries_in_turn(count) * EVENTS_PER_RETRY + EVENTS_PER_POLL


def _waits_in_turn(definition: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return, for each poller that waits by retries, how many Tasks do so one after another, how often."""
    waits, intervals = {}, {}
    for name, state in states_of(definition):
        for retrier in filter(_waits, state.get("Retry", ())):
            waits[name], intervals[name] = state["Next"], int(retrier["IntervalSeconds"])
    found = []
    for first in waits.keys() - set(waits.values()):
        count, name = 1, waits[first]
        while name in waits:
            count, name = count + 1, waits[name]
        found.append((count, intervals[first]))
    return found


def fitting_pace(
    definition: Mapping[str, Any],
    intervals: Sequence[int],
    wanted: Pace,
    *,
    besides: int = 0,
    task_polls: Sequence[TaskPolls] = (),
    apart: Sequence[TaskPolls] = (),
    limit: int = EVENT_LIMIT,
) -> Pace | None:
    """Return the pace at which all polls fit until their deadlines, None if there is none.

    ``intervals`` are those of its pollers. They are kept if they fit; otherwise they grow with the time
    waited. ``besides`` are events of loops that are neither pollers nor ``task_polls``; those ``apart`` have
    a history of their own, each.
    """
    left = POLLERS_SHARE * (limit - worst_case_events(definition) - besides)
    for growth in (0.0, *GROWTHS):
        pace = replace(wanted, growth=growth)
        waiting = waiting_events(definition, intervals, pace)
        waiting += sum(polls.events(growth) for polls in task_polls)
        if waiting <= left and all(polls.events(growth) <= POLLERS_SHARE * limit for polls in apart):
            return pace
    return None


def depth(plan: Plan) -> int:
    """Return how many Parallels stand inside each other at most."""
    deepest = 0
    pending: list[tuple[Node, int]] = [(plan, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(node, (Parallel, PlannedSequence)):
            pending += [(child, level + isinstance(node, Parallel)) for child in node.children]
    return deepest


def event_problems(
    workflow: Workflow, definition: Mapping[str, Any], *, besides: int = 0, limit: int = EVENT_LIMIT
) -> list[Diagnostic]:
    """Return a refusal if the tasks alone, with all their retries, may fill the history.

    ``besides`` are events of loops that are no pollers.
    """
    worst = worst_case_events(definition) + besides
    if worst < limit:
        return []
    problem = f"with all retries an execution may have {worst:,} events, {limit:,} are allowed"
    return [about_dag(workflow, d.TOO_MANY_EVENTS, problem, "lower the number of retries, or split the DAG")]


def size_problems(workflow: Workflow, text: str, data: int, limits: Limits = LIMITS) -> list[Diagnostic]:
    """Return a diagnostic for each limit on size that a machine may exceed.

    ``text`` is its definition, ``data`` how many bytes records may have.
    """
    found = []
    size = len(text.encode())
    if size > limits.definition:
        found.append(f"the definition has {size:,} bytes, {limits.definition:,} are allowed")
    if data > limits.data:
        found.append(f"the records of tasks may have {data:,} bytes, {limits.data:,} are allowed")
    return [about_dag(workflow, d.TOO_LARGE, problem, "split the DAG in two") for problem in found]


def record_bytes(task_id: str, task_count: int) -> int:
    """Return the bytes that the record of a task may take. A DAG of many tasks keeps less of each error.

    What it pushes are ids and ARNs, or it is told its room.
    """
    return short_record_bytes(task_id) + max(LEAST_BYTES, failure_bytes(task_count, _BYTES_PER_CHARACTER))


def _block_events(block: Mapping[str, Any]) -> int:
    return sum(map(state_events, block["States"].values()))


def state_events(state: Mapping[str, Any]) -> int:
    """Return the events of one visit to a state with all its retries, and of what is inside it."""
    kind = state["Type"]
    if kind not in ("Parallel", "Task"):
        return EVENTS_OF_MAP if is_distributed(state) else _EVENTS[kind]
    retriers = [retrier for retrier in state.get("Retry", ()) if not _waits(retrier)]
    retries = sum([int(retrier.get("MaxAttempts", 3)) for retrier in retriers])
    if kind == "Parallel":
        inside = sum(map(_block_events, state["Branches"]))
        return _EVENTS["Parallel"] + inside + retries * (1 + inside)  # a try begins with an event
    # A job that is waited for has a TaskSubmitted event, too, in every try.
    submitted = 1 if ".sync" in state["Resource"] else 0
    return 5 + submitted + retries * (EVENTS_PER_RETRY + submitted)


def _waits(retrier: Mapping[str, Any]) -> bool:
    """Return whether a retrier is how a poller waits."""
    errors = retrier["ErrorEquals"]
    return (NOT_READY in errors or REFUSED in errors) and bool(retrier["MaxAttempts"])
