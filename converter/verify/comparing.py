"""Holds a played machine against what Airflow does in the same scenario.

Whatever no run of Airflow explains (``airflow_side``), and no declared approximation covers, is a divergence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from converter import diagnostics as d
from converter.asl.awaiting import Pace
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.planning import Plan
from converter.verify import airflow_run
from converter.verify.airflow_side import AirflowSide
from converter.verify.playing import Played
from converter.verify.scenarios import Scenario
from converter.verify.timing import TICK, Timing, Untimely, wrong_waits
from converter.workflow import Outcome, Workflow

#: The approximations by which a task begins later than in Airflow.
_DELAYS = {d.POLLING_DELAY, d.EARLY_DECISION, d.TEARDOWNS_LAST, d.IN_LAYERS, d.WAITS_FOR_GROUP}


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
        return asdict(self)


@dataclass(frozen=True)
class Findings:
    """What the comparison of one scenario has found: divergences, and approximations by code.

    ``calls`` is of how many calls the arguments were compared.
    """

    divergences: tuple[Divergence, ...] = ()
    approximations: Mapping[Code, int] = field(default_factory=dict)
    calls: int = 0


@dataclass(frozen=True)
class _Reading:
    """A run of Airflow whose outcomes are the machine's, and the approximations that lead to it."""

    trace: airflow_run.Trace
    spared: bool
    late: bool
    codes: Counter[Code]


@dataclass(frozen=True)
class Judge:
    """Compares runs of one converted workflow. ``codes`` are the approximations that its report declares,
    ``pace`` is that of its pollers. ``workflow`` is what the machine means to run (``as_declared``), and
    ``rounded`` are its tasks whose retries are not as in the DAG; ``pairs`` gives the submit of each sensor
    that is joined with it.
    """

    workflow: Workflow
    plan: Plan
    rules: Rules
    codes: frozenset[Code]
    pace: Pace | None
    rounded: frozenset[str] = frozenset()
    pairs: Mapping[str, str] = field(default_factory=dict)

    def compare(self, scenario: Scenario, played: Played) -> Findings:
        """Return what differs between the played machine and Airflow."""
        airflow = self.airflow_side(scenario, played)
        reading = self._reading(airflow, played)
        if reading is None:
            return Findings(tuple(self._nearest_differences(scenario.seed, airflow, played)))
        found = reading.codes + Counter(self._besides(airflow, reading.trace, played))
        divergences = list(self._untimely(scenario.seed, airflow, reading, played, found))
        divergences += _wrong_waits(scenario.seed, airflow, played)
        if reading.late:
            found += Counter(self._late_skips(airflow, played))
        if reading.late and not found.keys() & _DELAYS:
            # Nothing was late, so that nothing can have been swapped by it.
            divergences += self._differences(scenario.seed, airflow, airflow.run(), played)
        return Findings(tuple(divergences), found)

    def airflow_side(self, scenario: Scenario, played: Played) -> AirflowSide:
        """Return what Airflow runs in the scenario in which the machine ``played``."""
        growth = self.pace.growth if self.pace else 0.0
        workflow = self.workflow
        if self._teardowns_follow(played):
            workflow = replace(workflow, dagrun_timeout=None)  # it does not break them off
        return AirflowSide.of(workflow, self.rules, scenario, played, self._timing.gave_up(played), growth)

    def _teardowns_follow(self, played: Played) -> bool:
        """Whether the first failure has ended the run, and teardowns may have run after it."""
        return d.TEARDOWNS_LAST in self.codes and played.cut_short and not played.timed_out

    @cached_property
    def _timing(self) -> Timing:
        return Timing(self.plan, self.rules, self.codes, self.pace, self.pairs)

    # --- outcomes ---------------------------------------------------------------------------------------

    def _reading(self, airflow: AirflowSide, played: Played) -> _Reading | None:
        """Return the run of Airflow that ended as the machine did, and needs the least to explain it."""
        for reading in self._readings(airflow, played):
            if not self._differs(airflow, reading.trace, played):
                return reading
        return None

    def _readings(self, airflow: AirflowSide, played: Played) -> Iterator[_Reading]:
        """Yield the runs of Airflow that the declared approximations allow, the plain one first."""
        for held, why in self._held(airflow, played, spared=False):
            yield _Reading(airflow.run(held), False, bool(held), why)
        overtakes = d.SKIP_OVERTAKES in self.codes
        if not overtakes and d.ARRIVAL_ORDER not in self.codes:
            return
        for held, why in self._held(airflow, played, spared=True):
            # A task that is held back may have been ready before a skip: so it is in the machine.
            code = d.SKIP_OVERTAKES if overtakes else d.ARRIVAL_ORDER
            if overtakes or held:
                yield _Reading(airflow.run(held, spared=True), True, bool(held), why | Counter([code]))

    def _held(
        self, airflow: AirflowSide, played: Played, *, spared: bool
    ) -> Iterator[tuple[Mapping[str, float], Counter[Code]]]:
        """Yield what nothing begins earlier than (task → seconds), and what allows that."""
        yield {}, Counter()
        never_begun: Mapping[str, Code] = {}
        # Airflow's run may have waited longer for its retries.
        after_the_end = played.ended + 1 + airflow.shortfall
        if played.cut_short:
            never_begun = self._timing.never_begun(airflow, played, spared=spared)
            yield (
                {**played.started, **dict.fromkeys(never_begun, after_the_end)},
                Counter(never_begun.values()),
            )
        elif d.ARRIVAL_ORDER in self.codes:
            yield {**airflow.empty(played), **played.started}, Counter([d.ARRIVAL_ORDER])
        if d.IN_LAYERS in self.codes:
            # What a layer decides is known before the next begins.
            begins = {
                task: ended + airflow.shortfall + TICK
                for task, ended in self._timing.layers_ended(played).items()
            }
            held = {**begins, **played.started}
            yield {**held, **dict.fromkeys(never_begun, after_the_end)}, Counter([d.IN_LAYERS])

    def _differs(self, airflow: AirflowSide, trace: airflow_run.Trace, played: Played) -> bool:
        return any(True for _ in self._differences(0, airflow, trace, played))

    def _nearest_differences(self, seed: int, airflow: AirflowSide, played: Played) -> list[Divergence]:
        """Return the differences from Airflow's run or, if there are fewer, from that which begins late."""
        runs = (airflow.run(), airflow.run(played.started))
        return min((list(self._differences(seed, airflow, run, played)) for run in runs), key=len)

    def _differences(
        self, seed: int, airflow: AirflowSide, trace: airflow_run.Trace, played: Played
    ) -> Iterator[Divergence]:
        for task, result in trace.tasks.items():
            expected, actual = outcome_of(result), played.outcomes[task]
            tries = 0 if task in airflow.gave_up else result.tries
            made = len(played.tries.get(task, ()))
            if expected != actual and not self._is_unread(task, result, played):
                yield Divergence(seed, task, expected, actual, "outcome")
            elif tries != made:
                yield Divergence(seed, task, f"{tries} tries", f"{made} tries", "tries")
        if trace.outcome is not played.outcome and self._reason_of_end(trace, played) is None:
            why = f"the run's outcome ({played.error})" if played.error else "the run's outcome"
            yield Divergence(seed, "", trace.outcome.value, played.outcome.value, why)

    def _is_unread(self, task: str, result: airflow_run.TaskResult, played: Played) -> bool:
        """Whether the end of the execution came before the machine had decided the task (D602)."""
        if d.CUT_SHORT not in self.codes or not played.cut_short or task in played.decided:
            return False
        actual = played.outcomes[task]
        if actual == Outcome.FAILED.value:  # read as if the try had been broken off that was over already
            return result.outcome is Outcome.SKIPPED and not result.interrupted and result.tries > 0
        return actual == Outcome.SKIPPED.value and result.tries == 0

    def _reason_of_end(self, trace: airflow_run.Trace, played: Played) -> Code | None:
        """Return the approximation by which the execution failed where Airflow's run succeeds."""
        if played.timed_out:
            if d.IN_LAYERS in self.codes and played.ended >= trace.ended:
                return d.IN_LAYERS
            return d.POLLING_DELAY if self._timing.ends_while_polling(trace, played) else None
        failed = any(result.outcome is Outcome.FAILED for result in trace.tasks.values())
        declared = d.FAILS_WITH_THE_FIRST in self.codes and played.cut_short
        return d.FAILS_WITH_THE_FIRST if declared and failed else None

    def _besides(self, airflow: AirflowSide, trace: airflow_run.Trace, played: Played) -> Iterator[Code]:
        """Yield what is approximated in this run, apart from which run of Airflow it is."""
        if airflow.gave_up:
            yield d.AWAIT_DEADLINE
        if self._teardowns_follow(played) and trace.ended > (self.workflow.dagrun_timeout or math.inf):
            yield d.TEARDOWNS_LAST
        code = self._reason_of_end(trace, played)
        if trace.outcome is not played.outcome and code:
            yield code
        for task, result in trace.tasks.items():
            if outcome_of(result) != played.outcomes[task]:
                yield d.CUT_SHORT
        for task in self.rounded & played.tries.keys():
            if len(played.tries[task]) > 1:
                yield d.RETRY_ROUNDED

    # --- times ------------------------------------------------------------------------------------------

    def _untimely(
        self,
        seed: int,
        airflow: AirflowSide,
        reading: _Reading,
        played: Played,
        found: Counter[Code],
    ) -> Iterator[Divergence]:
        """Yield tasks that began too early or too late; count in ``found`` the delays that are declared."""
        late = airflow.run(played.started, spared=reading.spared)
        if played.cut_short or not self._differs(airflow, late, played):
            untimely = self._timing.untimely(airflow, played, spared=reading.spared)
        else:
            untimely = self._timing.too_early(played)  # no run of Airflow tells when each was to begin
        for item in untimely:
            code = self._timing.reason_of_delay(item, played)
            if code is None:
                why = "starts early" if item.started < item.expected else "starts late"
                expected = f"starts at {item.expected:.3f} s"
                yield Divergence(seed, item.task, expected, f"{item.started:.3f} s", why)
            else:
                found[code] += 1

    def _late_skips(self, airflow: AirflowSide, played: Played) -> Iterator[Code]:
        """Yield what delays the skips of mapped tasks without instances, where it is declared."""
        in_time = airflow.run().tasks
        for task, at in airflow.empty(played).items():
            expected = in_time[task].decided
            if expected is not None and at - expected > TICK:
                code = self._timing.reason_of_delay(Untimely(task, expected, at), played)
                if code:
                    yield code


def _wrong_waits(seed: int, airflow: AirflowSide, played: Played) -> Iterator[Divergence]:
    for wait in wrong_waits(airflow, played):
        shortest, longest = wait.band
        expected = f"{shortest:g} s" if shortest == longest else f"{shortest:g} to {longest:g} s"
        why = f"wait before try {wait.number}"
        yield Divergence(seed, wait.task, expected, f"{wait.seconds:.3f} s", why)


def outcome_of(result: airflow_run.TaskResult) -> str:
    """Return how a task's result reads; what Airflow left undecided, giving the run up, reads as skipped."""
    return result.outcome.value if result.outcome else Outcome.SKIPPED.value
