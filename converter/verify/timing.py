"""Whether the tasks of a played machine began when Airflow would have begun them, or why they did not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from converter import diagnostics as d
from converter.asl.awaiting import Pace
from converter.asl.groups import fetch_needed_records, first_tasks, units_of
from converter.asl.map_runs import AT_ONCE
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.operators.mapping import own_limit
from converter.planning import Parallel, Plan, Sequence, awaits, task_ids
from converter.planning.exactness import planned_before
from converter.planning.plan import walk
from converter.verify import airflow_run
from converter.verify.airflow_side import AirflowSide, waits
from converter.verify.playing import POLL_SECONDS, Played

#: The error of a task whose poller has passed its deadline.
_DEADLINE_ERROR = "AwaitDeadlineExceeded"
#: The engine's clock ticks in milliseconds.
TICK = 0.002


@dataclass(frozen=True)
class Untimely:
    """A task that began at ``started``, where Airflow would have begun it at ``expected``, in seconds."""

    task: str
    expected: float
    started: float


@dataclass(frozen=True)
class Timing:
    """What a conversion says about when its tasks begin. ``pace`` is that of its pollers, ``pairs`` gives the
    submit of each sensor that is joined with it.
    """

    plan: Plan
    rules: Rules
    codes: frozenset[Code]
    pace: Pace | None
    pairs: Mapping[str, str] = field(default_factory=dict)

    def untimely(self, airflow: AirflowSide, played: Played, *, spared: bool) -> Iterator[Untimely]:
        """Yield each task that began earlier or later than in Airflow, given when all others began."""
        late = airflow.run(played.started, spared=spared)
        for task, started in played.started.items():
            expected = self._just_behind(task, late, started)
            if expected is None:
                others = {other: moment for other, moment in played.started.items() if other != task}
                expected = airflow.run(others, spared=spared).tasks[task].started
            if expected is None or -TICK - airflow.shortfall <= started - expected <= TICK:
                continue
            untimely = Untimely(task, expected, started)
            if not self._is_held_by_own_limit(untimely, played):
                yield untimely

    def _is_held_by_own_limit(self, untimely: Untimely, played: Played) -> bool:
        """Whether an instance began as another one ended, as in Airflow, while as many were running as may.

        The instances of a mapped group are those of all its tasks.
        """
        tasks = self.rules.relations.tasks
        name, _, index = untimely.task.partition("[")
        group = tasks[untimely.task].mapped_group
        alike = [
            other
            for other, task in tasks.items()
            if airflow_run.task_of(other) == name or (group and task.mapped_group == group)
        ]
        limit = min((own for other in alike if (own := own_limit(tasks[other]))), default=None)
        if limit is None or not index or untimely.started < untimely.expected:
            return False
        spans: dict[str, tuple[float, float]] = {}
        for other in played.tries.keys() & set(alike):
            tries, place = played.tries[other], other.partition("[")[2]
            start, end = spans.get(place, (tries[0][0], tries[-1][1]))
            spans[place] = min(start, tries[0][0]), max(end, tries[-1][1])
        spans.pop(index, None)
        ends = [end for start, end in spans.values() if start < untimely.started <= end + TICK]
        return len(ends) >= limit and min(ends) <= untimely.started + TICK

    def too_early(self, played: Played) -> Iterator[Untimely]:
        """Yield each task that began before one that it waits for had ended."""
        for task, started in played.started.items():
            ends = (played.tries[up][-1][1] for up in self._waits_for(task) if up in played.tries)
            latest = max(ends, default=0.0)
            if started < latest - TICK:
                yield Untimely(task, latest, started)

    def never_begun(self, airflow: AirflowSide, played: Played, *, spared: bool) -> Mapping[str, Code]:
        """Return the tasks that the machine, cut short, has not begun, although Airflow has, each with why.

        They are those that would have begun a little later, but the run ended before.
        """
        found: dict[str, Code] = {}
        while played.cut_short:
            held = {**played.started, **dict.fromkeys(found, played.ended + 2 * TICK)}
            late = airflow.run(held, spared=spared)
            more = {
                task: code
                for task, result in late.tasks.items()
                if result.started is not None
                and task not in held
                and (code := self.reason_of_delay(Untimely(task, result.started, played.ended), played))
            }
            if not more:
                break
            found |= more
        return found

    def gave_up(self, played: Played) -> frozenset[str]:
        """Return the tasks that failed because their pollers passed the deadline, and rightly so: something
        that they wait for had not been decided a poll before, or the machine could not know of it yet.
        """
        if self.pace is None or d.AWAIT_DEADLINE not in self.codes:
            return frozenset()
        deadline = float(self.pace.deadline)
        in_time = deadline - self._interval(deadline)
        late = {task for task, error in played.errors.items() if error == _DEADLINE_ERROR}
        return frozenset(
            task
            for task in late - played.tries.keys()
            if played.decided[task] >= deadline
            and any(self._known(up, played) > in_time for up in self._awaited.get(task, ()))
        )

    def ends_while_polling(self, late: airflow_run.Trace, played: Played) -> bool:
        """Whether all that the machine had not decided when it ended was about to be seen by pollers."""
        undecided = [task for task in late.tasks if task not in played.decided and task not in played.tries]
        polls = [self._polls_before(task, played) for task in undecided]
        latest = late.ended + max(polls, default=0) * self._interval(played.ended)
        return d.POLLING_DELAY in self.codes and all(polls) and latest >= played.ended

    def reason_of_delay(self, untimely: Untimely, played: Played) -> Code | None:  # noqa: PLR0911
        """Return the declared approximation that covers this delay; None for one that began too early."""
        delay = untimely.started - untimely.expected
        if delay < 0:
            return None
        if d.IN_LAYERS in self.codes and untimely.started <= self.layers_ended(played)[untimely.task] + TICK:
            return d.IN_LAYERS
        if d.JOINED_PAIR in self.codes and untimely.task in self.pairs:
            # It begins when the job has ended, and so has the try that started it.
            job = played.tries[self.pairs[untimely.task]][-1][1]
            return d.JOINED_PAIR if abs(untimely.started - job) <= TICK else None
        polls = self._polls_before(untimely.task, played)
        if d.POLLING_DELAY in self.codes and delay <= polls * self._interval(untimely.started):
            return d.POLLING_DELAY
        if d.EARLY_DECISION in self.codes and self.rules.starts_late(
            self.rules.relations.tasks[untimely.task]
        ):
            latest = self._all_decided(untimely.task, played) + self._pollers * self._interval(
                untimely.started
            )
            if untimely.started <= latest + TICK:
                return d.EARLY_DECISION
        if d.WAITS_FOR_GROUP in self.codes and self._is_held_by_group(untimely, played):
            return d.WAITS_FOR_GROUP
        if d.TEARDOWNS_LAST in self.codes and self._is_next_teardown(untimely, played):
            return d.TEARDOWNS_LAST
        if d.AT_ONCE in self.codes and _follows_an_instance(untimely, played):
            return d.AT_ONCE
        return None

    def layers_ended(self, played: Played) -> dict[str, float]:
        """Return, of a plan by layers, when all tasks of the layers above had ended: task → seconds."""
        latest = 0.0
        found: dict[str, float] = {}
        for layer in map(task_ids, self.plan.children if isinstance(self.plan, Sequence) else (self.plan,)):
            found |= dict.fromkeys(layer, latest)
            latest = max([latest, *(played.tries[name][-1][1] for name in layer if name in played.tries)])
        return found

    def _is_next_teardown(self, untimely: Untimely, played: Played) -> bool:
        """Whether a teardown has begun as soon as the run, and the teardowns before it, had ended."""
        tasks = self.rules.relations.tasks
        if not tasks[untimely.task].is_teardown or untimely.started < played.ended:
            return False
        ends = (played.tries[task][-1][1] for task in played.tries if tasks[task].is_teardown)
        latest = max((end for end in ends if end <= untimely.started), default=played.ended)
        return untimely.started <= max(latest, played.ended) + TICK

    def _is_held_by_group(self, untimely: Untimely, played: Played) -> bool:
        """Whether a task has begun as soon as all had ended that the plan puts before it."""
        before = self._planned_before[untimely.task]
        ends = (
            played.tries[task][-1][1] if task in played.tries else played.decided.get(task, 0.0)
            for task in before
        )
        latest = max(ends, default=0.0) + self._pollers * self._interval(untimely.started)
        return untimely.started <= latest + TICK

    @cached_property
    def _planned_before(self) -> Mapping[str, frozenset[str]]:
        return planned_before(self._plan)

    def _waits_for(self, task: str) -> tuple[str, ...]:
        return self.rules.relations.firing[task]

    def _polls_before(self, task: str, played: Played) -> int:
        """Return by how many pollers, one after another, the task may be held up: its own, and those of tasks
        before it that did not run, which the machine knew only by polling.
        """
        idle = (up for up in self._looks_at(task) if up not in played.tries)
        before = max((self._polls_before(up, played) for up in idle), default=0)
        return before + (task in self._awaited)

    def _looks_at(self, task: str) -> tuple[str, ...]:
        """Return the tasks that it waits for, all of them or any of them."""
        return (*self._waits_for(task), *self.rules.relations.watched.get(task, ()))

    def _just_behind(self, task: str, late: airflow_run.Trace, started: float) -> float | None:
        """Return ``started`` if it is when the last of those that the task waits for was decided."""
        relations = self.rules.relations
        if relations.waits_for_any(relations.tasks[task]):
            return None
        ends = [late.tasks[up].decided for up in self._waits_for(task)]
        known = [end for end in ends if end is not None]
        if len(known) == len(ends) and abs(started - max(known, default=0.0)) <= TICK:
            return started
        return None

    def _known(self, task: str, played: Played) -> float:
        """Return when the machine has decided a task, at the latest: what is before it may have been late."""
        if task not in played.decided:
            return math.inf
        return max(played.decided[task], 0.0 if task in played.tries else self._all_decided(task, played))

    def _all_decided(self, task: str, played: Played) -> float:
        """Return when the machine knew all that the task, and those before it, wait for.

        Never, if the run was cut short while one of those was under way.
        """
        before: set[str] = set()
        pending = [task]
        while pending:
            name = pending.pop()
            found = {*self._looks_at(name)} - before
            before |= found
            pending += found
        begun = [name for name in before if name in played.tries]
        if played.cut_short and not all(name in played.decided for name in begun):
            return math.inf
        ends = [played.tries[name][-1][1] for name in begun]
        return max([*ends, *(played.decided[name] for name in before if name in played.decided)], default=0.0)

    def _interval(self, now: float) -> float:
        """Return the longest time from an awaited task's end to its being known, at this time of the run."""
        if self.pace is None:
            return 0.0
        return self.pace.longest_pause(now) + 2 * POLL_SECONDS + TICK

    @cached_property
    def _pollers(self) -> int:
        return len(awaits(self._plan))

    @cached_property
    def _plan(self) -> Plan:
        return fetch_needed_records(self.plan, self.rules)

    @cached_property
    def _awaited(self) -> Mapping[str, frozenset[str]]:
        """What the tasks wait for that a poller may hold up: those with which an awaiting part begins."""
        found: dict[str, frozenset[str]] = {}
        for node in walk(self._plan):
            for unit in units_of(node) if isinstance(node, (Sequence, Parallel)) else ():
                if unit.awaited:
                    for task in first_tasks(unit.item):
                        found[task] = found.get(task, frozenset()).union(unit.awaited)
        return found


@dataclass(frozen=True)
class WrongWait:
    """The machine waited ``seconds`` before this try of a task (the second is 2), Airflow within the band."""

    task: str
    number: int
    seconds: float
    band: tuple[float, float]


def _follows_an_instance(untimely: Untimely, played: Played) -> bool:
    """Whether an instance began as another one ended, while as many were running as may."""
    task = airflow_run.task_of(untimely.task)
    others = [
        tries
        for name, tries in played.tries.items()
        if airflow_run.task_of(name) == task and name != untimely.task
    ]
    ends = [tries[-1][1] for tries in others if tries[0][0] < untimely.started <= tries[-1][1] + TICK]
    return len(ends) >= AT_ONCE and min(ends) <= untimely.started + TICK


def wrong_waits(airflow: AirflowSide, played: Played) -> Iterator[WrongWait]:
    """Yield each wait for a retry that Airflow would not have made; it may be shorter by part of a second."""
    for task in airflow.workflow.tasks:
        for number, seconds in enumerate(waits(played.tries.get(task.task_id, ())), start=1):
            shortest, longest = airflow_run.retry_band(task.retries, number)
            if not shortest - 1 < seconds <= longest + TICK:
                yield WrongWait(task.task_id, number + 1, seconds, (shortest, longest))
