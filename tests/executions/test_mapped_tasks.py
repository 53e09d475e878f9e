"""Mapped tasks in what is read back: each instance by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mapped import days, mapped_glue
from scripted_runs import ARN, at, by_day, fails, succeeds
from workflows import glue

from converter.executions import read_back
from converter.executions.resuming import kept_instances, kept_records
from converter.workflow import Retries


@pytest.fixture
def three(converted: Any) -> Any:
    task = mapped_glue("m", over=days("a", "b", "c"), retries=Retries(1, 5))
    return converted(task, glue("behind", "m"))


def test_instances_are_told_apart(simulate: Any, three: Any) -> None:
    script = by_day(b=[fails(2), succeeds(3)], c=[fails(2), fails(4, "Boom", "for good")])
    result = read_back(simulate(three, script).client(), ARN).tasks["m"]
    assert [instance.state for instance in result.instances] == ["success", "success", "failed"]
    assert [instance.attempts for instance in result.instances] == [1, 2, 2]
    assert [instance.output for instance in result.instances] == ["jr_1", "jr_3", None]
    assert [instance.end for instance in result.instances] == [at(1), at(10), at(11)]
    assert (result.instances[2].error, result.instances[2].cause) == ("Boom", "for good")
    assert (result.state, result.output, result.attempts) == ("failed", ["jr_1", "jr_3"], 1)
    assert (result.start, result.end) == (at(0), at(11))
    assert result.error == "Boom"


def test_in_the_middle_some_run_and_some_have_ended(simulate: Any, three: Any) -> None:
    service = simulate(three, by_day(b=succeeds(60), c=fails(2)), until=5)
    result = read_back(service.client(), ARN)
    assert [instance.state for instance in result.tasks["m"].instances] == ["success", "running", "running"]
    assert (result.tasks["m"].state, result.tasks["behind"].state) == ("running", None)


def test_transitions_are_counted_as_aws_does(simulate: Any, three: Any) -> None:
    # The Map and the task behind it; in each instance its question and its task, and an end where it was
    # passed by; a retry of one; the questions of the other tasks.
    result = read_back(simulate(three, by_day(b=[fails(2), succeeds(3)])).client(), ARN)
    entered = 0
    for event in simulate(three, by_day(b=[fails(2), succeeds(3)])).events:
        entered += event["type"].endswith("StateEntered")
    assert result.transitions == entered + 1


def test_the_json_form_has_the_instances(simulate: Any, three: Any) -> None:
    found = json.loads(json.dumps(read_back(simulate(three, by_day()).client(), ARN).to_json()))
    assert [instance["output"] for instance in found["tasks"]["m"]["instances"]] == ["jr_1"] * 3
    assert "instances" not in found["tasks"]["behind"]


def test_instances_that_have_succeeded_are_kept_if_nothing_before_them_runs_again() -> None:
    instances = [{"state": "success"}, {"state": "failed"}]
    upstream = {"a": (), "m": ("a",), "n": ("m",)}
    records = {"a": {"state": "success"}, "m": {"state": "failed", "instances": instances}}
    kept = kept_records(records, upstream)
    assert kept_instances(records, upstream, kept) == {"m": instances}
    records["a"] = {"state": "failed"}
    assert kept_instances(records, upstream, kept_records(records, upstream)) == {}
