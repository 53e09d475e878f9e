"""Verifies a converted workflow: plays many scenarios and sums up what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from converter.asl.groups import fetch_needed_records
from converter.asl.machine import Machine
from converter.diagnostics import Code
from converter.planning import Plan
from converter.verify.airflow_run import Trace, expanded
from converter.verify.airflow_side import as_declared
from converter.verify.comparing import Divergence, Findings, Judge
from converter.verify.data.judging import DataJudge
from converter.verify.instances import Lengths, names_of, plan_of_instances, rules_of_instances
from converter.verify.pairs import joined
from converter.verify.playing import Played, Player
from converter.verify.scenarios import Scenario, scenario_of
from converter.workflow import Workflow


@dataclass(frozen=True)
class Verification:
    """What the scenarios of one DAG have shown.

    ``calls`` is of how many calls the arguments were compared.
    """

    dag_id: str
    scenarios: int
    divergences: tuple[Divergence, ...] = ()
    approximations: Mapping[Code, int] = field(default_factory=dict)
    calls: int = 0

    def __add__(self, other: Verification) -> Verification:
        """Return what two sets of scenarios of the same DAG have shown together."""
        return Verification(
            self.dag_id,
            self.scenarios + other.scenarios,
            self.divergences + other.divergences,
            Counter(self.approximations) + Counter(other.approximations),
            self.calls + other.calls,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the result as it stands in the JSON document."""
        counts = sorted((code.id, count) for code, count in self.approximations.items())
        return {
            "dag_id": self.dag_id,
            "scenarios": self.scenarios,
            "divergences": [divergence.to_json() for divergence in self.divergences],
            "approximations": dict(counts),
        }


@dataclass(frozen=True)
class Replay:
    """One scenario, played again for somebody to look at: what chance decided, and both sides of it."""

    dag_id: str
    scenario: Scenario
    airflow: Trace
    machine: Played
    findings: Findings


@dataclass(frozen=True)
class Verifier:
    """Plays scenarios of one converted workflow. It can be sent to another process.

    ``codes`` are the diagnostics of the conversion: a difference that one of them declares is counted under
    it, any other is a divergence. ``variables`` are the Variables known at conversion.
    """

    workflow: Workflow
    plan: Plan
    machine: Machine
    codes: frozenset[Code]
    variables: Mapping[str, str] | None = None

    def verify(self, seeds: Iterable[int]) -> Verification:
        """Play the scenarios of these seeds and return what they have shown."""
        result = Verification(self.workflow.dag_id, 0)
        for findings in self._findings(seeds):
            found = Verification(
                self.workflow.dag_id, 1, findings.divergences, findings.approximations, findings.calls
            )
            result += found
        return result

    def replay(self, seed: int) -> Replay:
        """Play one scenario and return all there is to see in it."""
        scenario, played, findings = self._play(seed)
        airflow = self.judge_of(scenario).airflow_side(scenario, played).run()
        return Replay(self.workflow.dag_id, scenario, airflow, played, findings)

    def _findings(self, seeds: Iterable[int]) -> Iterator[Findings]:
        for seed in seeds:
            yield self._play(seed)[2]

    def _play(self, seed: int) -> tuple[Scenario, Played, Findings]:
        """Return a scenario as Airflow's workers have it, what the machine did in it, and what differs."""
        scenario = scenario_of(self._meant, self.machine.steps, seed)
        played = self._player.play(scenario)
        received = self._data_judge.compare(scenario, played)
        scenario = received.heeded(scenario)
        findings = self.judge_of(scenario).compare(scenario, played)
        wrong = tuple(Divergence(seed, *item) for item in received.wrong)
        counts = Counter(findings.approximations) + Counter(received.approximations)
        return scenario, played, Findings(findings.divergences + wrong, counts, received.compared)

    @cached_property
    def _data_judge(self) -> DataJudge:
        return DataJudge(self._meant, self.machine.steps, self.judge.rules, self.variables)

    def judge_of(self, scenario: Scenario) -> Judge:
        """Return what holds the machine's run in a scenario against Airflow's, instance by instance."""
        if not scenario.lengths:
            return self.judge
        known = self._judges.setdefault(tuple(scenario.lengths.items()), [])
        if not known:
            known.append(self._judge_of_instances(scenario.lengths))
        return known[0]

    def _judge_of_instances(self, lengths: Lengths) -> Judge:
        stops = self.machine.failures_end_the_run
        plan = plan_of_instances(fetch_needed_records(self.plan, self.judge.rules), lengths)
        rules = rules_of_instances(
            self.workflow, plan, self.machine.steps, lengths, failures_end_the_run=stops
        )
        return replace(
            self.judge,
            workflow=expanded(self._meant, lengths),
            plan=plan,
            rules=rules,
            rounded=frozenset(names_of(sorted(self.judge.rounded), lengths)),
        )

    @cached_property
    def _judges(self) -> dict[tuple[tuple[str, int], ...], list[Judge]]:
        return {}

    @cached_property
    def _meant(self) -> Workflow:
        stops = self.machine.failures_end_the_run
        return as_declared(self.workflow, self.codes, failures_end_the_run=stops)

    @cached_property
    def _player(self) -> Player:
        return Player(self.workflow, self.machine, self.variables)

    @cached_property
    def judge(self) -> Judge:
        """What holds the machine's runs against Airflow's."""
        both = zip(self.workflow.tasks, self._meant.tasks, strict=True)
        rounded = frozenset(task.task_id for task, meant in both if task != meant)
        pairs = joined(self.machine.steps)
        rules, pace = self.machine.rules, self.machine.pace
        return Judge(self._meant, self.plan, rules, self.codes, pace, rounded, pairs)


def verify(
    workflow: Workflow, plan: Plan, machine: Machine, codes: frozenset[Code], seeds: Iterable[int]
) -> Verification:
    """Play the scenarios of these seeds and return what they have shown, see :class:`Verifier`."""
    return Verifier(workflow, plan, machine, codes).verify(seeds)
