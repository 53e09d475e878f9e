"""Holds a played machine against what Airflow does in the same scenario.

A machine may be later than Airflow (behind a poller, or because it looks once where Airflow looks at each
change), and a delay may change what comes first. So there are two runs of Airflow to compare with: one that
is never late, and one whose scheduler begins each task when the machine did. Whatever neither explains, and
no declared approximation covers, is a divergence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from converter import diagnostics as d
from converter.asl.awaiting import Pace
from converter.asl.groups import fetch_needed_records, first_tasks, units_of
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.planning import Parallel, Plan, Sequence
from converter.planning.plan import walk
from converter.verify import airflow_run
from converter.verify.playing import POLL_SECONDS, Played
from converter.verify.scenarios import Scenario
from converter.workflow import Outcome, Workflow

#: The engine's clock ticks in milliseconds.
_TICK = 0.002


@dataclass(frozen=True)
class Divergence:
    """A difference that nothing explains. ``task`` is empty where it is the run's own outcome."""

    seed: int
    task: str
    expected: str
    actual: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """Return the divergence as it stands in the JSON document."""
        return {
            "seed": self.seed,
            "task": self.task,
            "expected": self.expected,
            "actual": self.actual,
            "why": self.why,
        }


@dataclass(frozen=True)
class Findings:
    """What the comparison of one scenario has found: divergences, and approximations by code."""

    divergences: tuple[Divergence, ...] = ()
    approximations: Mapping[Code, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Judge:
    """Compares runs of one converted workflow. ``codes`` are the approximations that its report declares,
    ``pace`` is that of its pollers.
    """

    workflow: Workflow
    plan: Plan
    rules: Rules
    codes: frozenset[Code]
    pace: Pace | None

    def compare(self, scenario: Scenario, played: Played) -> Findings:
        """Return what differs between the played machine and Airflow."""
        prompt = airflow_run.simulate(self.workflow, scenario.script)
        late = airflow_run.simulate(self.workflow, scenario.script, not_before=played.started)
        found: Counter[Code] = Counter()
        if self._differs(prompt, played):
            if self._overtaken(late, prompt):
                found[d.SKIP_OVERTAKES] += 1
                return Findings((), found)
            if d.ARRIVAL_ORDER not in self.codes or self._differs(late, played):
                return Findings(tuple(self._divergences(scenario, late, played)), found)
            found[d.ARRIVAL_ORDER] += 1
        divergences = []
        for task, delay in self._delays(scenario, late, played):
            code = self._reason_of_delay(task, played.started[task], delay)
            if code is None:
                expected = f"starts at {played.started[task] - delay:.3f} s"
                actual = f"{played.started[task]:.3f} s"
                divergences.append(Divergence(scenario.seed, task, expected, actual, "starts late"))
            else:
                found[code] += 1
        divergences += self._early(scenario, late, played)
        return Findings(tuple(divergences), found)

    # --- outcomes ---------------------------------------------------------------------------------------

    def _differs(self, airflow: airflow_run.Trace, played: Played) -> bool:
        return airflow.outcome is not played.outcome or any(
            _outcome(result) != played.outcomes[task] or result.tries != played.tries.get(task, 0)
            for task, result in airflow.tasks.items()
        )

    def _overtaken(self, *traces: airflow_run.Trace) -> bool:
        """Whether Airflow has taken back a task that had begun, or given the run up for stuck."""
        if d.SKIP_OVERTAKES not in self.codes:
            return False
        return any(
            trace.cause is airflow_run.Cause.DEADLOCK
            or any(result.tries and result.outcome is Outcome.SKIPPED for result in trace.tasks.values())
            or self._unordered_skip(trace)
            for trace in traces
        )

    def _unordered_skip(self, trace: airflow_run.Trace) -> bool:
        """Whether somebody was skipped by a task that the machine cannot ask."""
        return any(
            result.outcome is Outcome.SKIPPED and self.rules.questions[task].unordered
            for task, result in trace.tasks.items()
        )

    def _divergences(
        self, scenario: Scenario, airflow: airflow_run.Trace, played: Played
    ) -> Iterator[Divergence]:
        seed = scenario.seed
        for task, result in airflow.tasks.items():
            expected, actual = _outcome(result), played.outcomes[task]
            if expected != actual:
                yield Divergence(seed, task, expected, actual, "outcome")
            elif result.tries != played.tries.get(task, 0):
                yield Divergence(
                    seed, task, f"{result.tries} tries", f"{played.tries.get(task, 0)} tries", "tries"
                )
        if airflow.outcome is not played.outcome:
            why = f"the run's outcome ({played.error})" if played.error else "the run's outcome"
            yield Divergence(seed, "", airflow.outcome.value, played.outcome.value, why)

    # --- times ------------------------------------------------------------------------------------------

    def _delays(
        self, scenario: Scenario, late: airflow_run.Trace, played: Played
    ) -> Iterator[tuple[str, float]]:
        """Yield by how many seconds a task starts later than in Airflow, given when the others did."""
        for task, started in played.started.items():
            held = {other: moment for other, moment in played.started.items() if other != task}
            ready = self._ready(task, late, started, held, scenario)
            if ready is not None and started > ready + _TICK:
                yield task, started - ready

    def _ready(
        self,
        task: str,
        late: airflow_run.Trace,
        started: float,
        held: Mapping[str, float],
        scenario: Scenario,
    ) -> float | None:
        """Return when Airflow would have begun a task, None if it never began it."""
        ends = [late.tasks[up].decided for up in self.rules.relations.firing[task]]
        known = [end for end in ends if end is not None]
        if len(known) == len(ends) and started <= max(known, default=0.0) + _TICK:
            return started  # right behind the last that it waits for: nothing can be earlier
        return airflow_run.simulate(self.workflow, scenario.script, not_before=held).tasks[task].started

    def _reason_of_delay(self, task: str, started: float, delay: float) -> Code | None:
        if task in self._behind_awaits and self.pace:
            interval = self.pace.longest_pause(started)
            if delay <= interval + 2 * POLL_SECONDS + _TICK:
                return d.POLLING_DELAY
        if d.EARLY_DECISION in self.codes and self.rules.starts_late(self.rules.relations.tasks[task]):
            return d.EARLY_DECISION
        return None

    def _early(self, scenario: Scenario, late: airflow_run.Trace, played: Played) -> Iterator[Divergence]:
        """Yield each task that has begun before something that it waits for was decided."""
        for task, started in played.started.items():
            for up in self.rules.relations.firing[task]:
                decided = late.tasks[up].decided
                if decided is not None and started < decided - _TICK:
                    expected = f"not before {decided:.3f} s, when {up} is decided"
                    yield Divergence(scenario.seed, task, expected, f"{started:.3f} s", "starts early")

    @cached_property
    def _behind_awaits(self) -> frozenset[str]:
        """The tasks that a poller may hold up: those with which an awaiting part of the plan begins."""
        found: set[str] = set()
        for node in walk(fetch_needed_records(self.plan, self.rules)):
            for unit in units_of(node) if isinstance(node, (Sequence, Parallel)) else ():
                if unit.awaited:
                    found.update(first_tasks(unit.item))
        return frozenset(found)


def _outcome(result: airflow_run.TaskResult) -> str:
    return result.outcome.value if result.outcome else Outcome.SKIPPED.value
