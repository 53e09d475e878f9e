"""Verifies a converted workflow: plays many scenarios and sums up what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from converter.asl.machine import Machine
from converter.asl.rules import Rules
from converter.diagnostics import Code
from converter.planning import Plan
from converter.verify.comparing import Divergence, Findings, Judge
from converter.verify.playing import Player
from converter.verify.scenarios import scenario_of
from converter.workflow import Workflow


@dataclass(frozen=True)
class Verification:
    """What the scenarios of one DAG have shown."""

    dag_id: str
    scenarios: int
    divergences: tuple[Divergence, ...] = ()
    approximations: Mapping[Code, int] = field(default_factory=dict)

    def __add__(self, other: Verification) -> Verification:
        """Return what two sets of scenarios of the same DAG have shown together."""
        return Verification(
            self.dag_id,
            self.scenarios + other.scenarios,
            self.divergences + other.divergences,
            Counter(self.approximations) + Counter(other.approximations),
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


def verify(
    workflow: Workflow, plan: Plan, machine: Machine, codes: frozenset[Code], seeds: Iterable[int]
) -> Verification:
    """Play the scenarios of these seeds and return what they have shown.

    ``codes`` are the diagnostics of the conversion: a difference that one of them declares is counted under
    it, any other is a divergence.
    """
    result = Verification(workflow.dag_id, 0)
    for findings in _findings(workflow, plan, machine, codes, seeds):
        result += Verification(workflow.dag_id, 1, findings.divergences, findings.approximations)
    return result


def _findings(
    workflow: Workflow, plan: Plan, machine: Machine, codes: frozenset[Code], seeds: Iterable[int]
) -> Iterator[Findings]:
    rules = Rules.of(workflow, machine.steps, failures_end_the_run=machine.failures_end_the_run)
    judge = Judge(workflow, plan, rules, codes, machine.pace)
    player = Player(workflow, machine)
    for seed in seeds:
        scenario = scenario_of(workflow, machine.steps, seed)
        yield judge.compare(scenario, player.play(scenario))
