"""Joined pairs in scenarios: as Airflow's two tasks, and a break of any of what makes them so is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from random_pairs import KINDS, random_dag_with_pairs
from verifying import OPTIONS, verifier_of
from workflows import empty, glue, workflow

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators import pair_reasons, pairs
from converter.operators.parts import Verdict
from converter.pipeline import convert
from converter.verify.verification import Verification, Verifier
from converter.workflow import Retries, TriggerRule, Workflow


def small(timeout: float = 600.5) -> Workflow:
    """Return a DAG with a pair whose submit and sensor are tried again, before and behind other tasks."""
    kind = KINDS["glue"]
    more = {"poke_interval": 10, "timeout": timeout}
    return workflow(
        empty("first"),
        kind.submit("start", "first", retries=Retries(2, 30.0)),
        kind.watch("ends", "start", more=more, retries=Retries(1, 60.0)),
        glue("on_failure", "ends", trigger_rule=TriggerRule.ONE_FAILED),
        glue("behind", "ends"),
    )


def played(flow: Workflow, scenarios: int) -> Verification:
    return verifier_of(flow).verify(range(scenarios))


@pytest.mark.parametrize("timeout", [600.5, 600])
def test_a_pair_is_airflows_two_tasks(timeout: float) -> None:
    found = played(small(timeout), 15)
    assert found.divergences == ()
    # In Airflow the sensor begins when the job has begun.
    assert found.approximations[d.JOINED_PAIR] > 5


@pytest.mark.full
def test_random_dags_with_pairs() -> None:
    joined = 0
    for seed in range(8):
        flow = random_dag_with_pairs(seed)
        conversion = convert(flow, OPTIONS)
        assert conversion.plan, seed
        assert conversion.machine, seed
        codes = frozenset(item.code for item in conversion.diagnostics)
        found = Verifier(flow, conversion.plan, conversion.machine, codes).verify(range(4))
        assert found.divergences == (), seed
        joined += sum(item.code is d.JOINED_PAIR for item in conversion.diagnostics)
    assert joined > 4


def _blind(when: str) -> Callable[[Verdict], Verdict]:
    return lambda verdict: replace(
        verdict, failures=tuple(replace(item, when=Expression(when)) for item in verdict.failures)
    )


def sensor_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pairs._sensor_step

    def broken(pair: Any) -> Any:
        step = made(pair)
        return replace(step, parts=(_blind("false")(step.parts[0]), *step.parts[1:]))

    monkeypatch.setattr(pairs, "_sensor_step", broken)


def submit_fails_with_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_SUBMISSION_FAILED", _blind("$job_error != null")(pairs._SUBMISSION_FAILED))


def refused_start_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_SUBMISSION_FAILED", _blind("false")(pairs._SUBMISSION_FAILED))


def sensor_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_reasons.Pair, "longest", property(lambda pair: None))


def timeout_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_reasons.Pair, "gives_up_with", property(lambda pair: "SomeTimeout"))


@pytest.mark.full
@pytest.mark.parametrize(
    "broken",
    [
        sensor_never_fails,
        submit_fails_with_its_job,
        refused_start_succeeds,
        sensor_waits_for_ever,
        timeout_is_tried_again,
    ],
)
def test_a_break_is_found(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    assert played(small(), 60).divergences


@pytest.mark.full
def test_what_keeps_pairs_apart_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pairs.reasons_against

    def but_for(text: str) -> Callable[..., Iterator[str]]:
        return lambda pair, relations: (why for why in whole(pair, relations) if text not in why)

    start = KINDS["glue"].submit("start")
    more = {"poke_interval": 10, "timeout": 600.5}
    rule = KINDS["glue"].watch("ends", "start", more=more, trigger_rule=TriggerRule.ALL_DONE)
    soft = KINDS["glue"].watch("ends", "start", more={**more, "soft_fail": True})
    for text, sensor in (("trigger rule", rule), ("soft_fail", soft)):
        flow = workflow(start, sensor, glue("behind", "ends"))
        assert played(flow, 25).divergences == ()
        with monkeypatch.context() as patched:
            patched.setattr(pairs, "reasons_against", but_for(text))
            assert played(flow, 25).divergences, text
