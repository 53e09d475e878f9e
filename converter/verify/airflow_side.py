"""Airflow's side of a scenario: the runs that a played machine is held against.

A machine may be later than Airflow: behind a poller, or because it looks once where Airflow looks at each
change; and a delay may change what comes first. Nor can a skip catch a task up in a machine. So besides the
run as Airflow makes it there are others: with each task begun when the machine began it (*late*), and with
skips that never come too late (*spared*).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from converter import diagnostics as d
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.verify import airflow_run, pairs
from converter.verify.playing import Played
from converter.verify.scenarios import Scenario
from converter.workflow import Task, Workflow

#: By how much a try that was broken off would have been longer at least, in seconds.
_A_MOMENT = 0.001


def as_declared(workflow: Workflow, codes: frozenset[Code], *, failures_end_the_run: bool) -> Workflow:
    """Return the workflow that a machine means to run: with whole seconds, where its conversion says so, and
    ended by the first failure, where that was asked for.
    """
    settings = {**workflow.settings, "fail_fast": True} if failures_end_the_run else workflow.settings
    if d.STOPS_INSTANCES in codes:
        settings = {**settings, airflow_run.STOPS_INSTANCES: True}
    tasks = workflow.tasks
    if d.RETRY_ROUNDED in codes:
        tasks = tuple(map(_with_whole_seconds, tasks))
    return replace(workflow, tasks=tasks, settings=settings)


def _with_whole_seconds(task: Task) -> Task:
    retries, limit = task.retries, task.execution_timeout
    return replace(
        task,
        execution_timeout=None if limit is None else float(max(1, math.ceil(limit))),
        retries=replace(
            retries, delay=float(max(1, math.ceil(retries.delay))), backoff=max(1.0, retries.backoff)
        ),
    )


@dataclass(frozen=True)
class AirflowSide:
    """One scenario as Airflow runs it. ``gave_up`` are the tasks that the machine failed at the deadline of
    their pollers, with the times: they fail here too, then, whatever is before them. ``shortfall`` is by how
    much, in seconds, the machine's waits for retries were too short for Airflow, which waits whole seconds
    where a backoff gives a fraction. ``joined`` are sensors that begin in the machine when the job of their
    submit has ended, and in Airflow when it has begun: a machine does not say when that would be. ``rank`` is
    in what order tries end that end in one moment.
    """

    workflow: Workflow
    script: airflow_run.Script
    gave_up: Mapping[str, float]
    unheard: Mapping[str, tuple[str, ...]]
    shortfall: float
    joined: frozenset[str] = frozenset()
    rank: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        workflow: Workflow,
        rules: Rules,
        scenario: Scenario,
        played: Played,
        gave_up: Collection[str] = (),
        growth: float = 0.0,
    ) -> AirflowSide:
        """Return what Airflow runs where the machine ``played``.

        ``gave_up`` are the tasks that failed with their pollers, ``growth`` by how much of the time waited
        polls become rarer.
        """
        seen = {**scenario.script, **dict(_as_seen(workflow, scenario, played, growth))}
        seen |= dict(pairs.as_seen(scenario.pairs, seen, played.tries))
        with_waits, shortfall = _with_waits(workflow, seen, played)
        script = {
            **with_waits,
            **{task: (airflow_run.Try(0.001, airflow_run.End.FAILED_FOR_GOOD),) for task in gave_up},
        }
        unheard = {task: question.unordered for task, question in rules.questions.items()}
        given_up = {task: played.decided[task] for task in gave_up}
        rank = dict(_ranks(workflow, script, played))
        return cls(workflow, script, given_up, unheard, shortfall, frozenset(scenario.pairs), rank)

    def run(self, held: Mapping[str, float] | None = None, *, spared: bool = False) -> airflow_run.Trace:
        """Return a run in which tasks begin no earlier than ``held`` says (task → seconds), see above."""
        told = {task: start for task, start in (held or {}).items() if task not in self.joined}
        return airflow_run.simulate(
            self.workflow,
            self.script,
            not_before={**self.gave_up, **told},
            unheard=self.unheard if spared else None,
            unconditional=self.gave_up,
            rank=self.rank,
        )

    def empty(self, played: Played) -> Mapping[str, float]:
        """Return the mapped tasks that are expanded over nothing, and when the machine decided them."""
        return {task: at for task, at in played.decided.items() if not self.script.get(task, True)}


def waits(tries: tuple[tuple[float, float], ...]) -> list[float]:
    """Return how long the machine has waited between the tries of a task, in seconds."""
    return [following[0] - this[1] for this, following in pairwise(tries)]


def _as_seen(
    workflow: Workflow, scenario: Scenario, played: Played, growth: float
) -> Iterator[tuple[str, tuple[airflow_run.Try, ...]]]:
    """Yield the tries of tasks that poll, as long as the machine's: its looks come at times of their own.

    Not more than an interval apart, that is, with what calls take and what rounding to seconds makes. Of a
    try that the end of the run broke off it is known only that it took longer: each look a little.
    """
    retries = {task.task_id: task.retries.count for task in workflow.tasks}
    for task, interval in scenario.looks.items():
        tries = list(scenario.script[task])
        made = played.tries.get(task, ())
        tries += [tries[-1]] * (len(made) - len(tries))
        for number, (start, end) in enumerate(made):
            length = end - start
            broken_off = played.cut_short and end >= played.ended and task not in played.decided
            if broken_off and not played.timed_out and _fails_for_good(tries[number], retries[task] - number):
                broken_off = False  # it is what ended the run
            slack = interval + growth * length + 2
            longer = length - tries[number].seconds
            looks = tries[number].seconds / interval if interval else 0
            if broken_off and 0 <= longer <= min(slack, looks + growth * length + 2):
                tries[number] = replace(tries[number], seconds=round(length + _A_MOMENT, 6))
            elif length > 0 and not broken_off and abs(longer) <= slack:
                tries[number] = replace(tries[number], seconds=round(length, 6))
        yield task, tuple(tries)


def _ranks(workflow: Workflow, script: airflow_run.Script, played: Played) -> Iterator[tuple[str, int]]:
    """Yield which tries came before, and after, the failure that ended the run in the moment in which they
    ended: which comes first is open, and the machine tells what it has seen.
    """
    for task in workflow.tasks:
        name, made = task.task_id, played.tries.get(task.task_id, ())
        if not (played.cut_short and made and made[-1][1] >= played.ended):
            continue
        last = script[name][min(len(made), len(script[name])) - 1]
        if name in played.not_evaluated or _fails_for_good(last, task.retries.count + 1 - len(made)):
            continue
        yield name, -1 if name in played.decided else 1


def _fails_for_good(this: airflow_run.Try, retries_left: int) -> bool:
    if this.end is airflow_run.End.FAILED:
        return retries_left <= 0
    return this.end is airflow_run.End.FAILED_FOR_GOOD


def _with_waits(
    workflow: Workflow, script: airflow_run.Script, played: Played
) -> tuple[airflow_run.Script, float]:
    """Return the script with the machine's waits before its retries, and by how much they were too short."""
    found: dict[str, tuple[airflow_run.Try, ...]] = {}
    shortfall = 0.0
    for task in workflow.tasks:
        if not script[task.task_id]:
            found[task.task_id] = ()  # a mapped task without items
            continue
        tries = list(script[task.task_id])
        seen = waits(played.tries.get(task.task_id, ()))
        tries += [tries[-1]] * (len(seen) + 1 - len(tries))
        for number, wait in enumerate(seen):
            shortest, longest = airflow_run.retry_band(task.retries, number + 1)
            tries[number] = replace(tries[number], wait=min(max(shortest, wait), longest))
            shortfall += max(0.0, shortest - wait)
        found[task.task_id] = tuple(tries)
    return found, shortfall
