"""Refused tasks in a machine that is to have them all the same."""

import pytest
from mapped import grouped, listed, mapped
from scripted_runs import records_of
from workflows import glue, workflow

from converter.asl.options import Options
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.workflow import Task, TriggerRule


def records(*tasks):
    found = convert(workflow(*tasks), Options(allow_unsupported=True))
    aws = SimulatedBackend(lambda call: TaskResult(1, {"Id": "jr"}))
    return records_of(run_virtual(parse_definition(found.machine.definition), {"run_id": "r"}, aws))


def failed(record):
    return record["state"], record["error"]


def test_a_mapped_task_fails_as_one():
    found = records(mapped(Task("s", "no.Such"), x=listed(1, 2, 3)), glue("b", "s"))
    assert failed(found["s"]) == ("failed", "NotConverted")
    assert "instances" not in found["s"]
    assert found["b"]["state"] == "upstream_failed"


@pytest.mark.parametrize("beside", [True, False])
def test_a_task_of_a_mapped_group_fails_in_each_instance(beside):
    """Whether it is alone there or not."""
    over = {"x": listed(1, 2, 3)}
    tasks = [grouped(glue("a"), **over), grouped(Task("s", "no.Such", upstream=("a",)), **over)]
    tasks = tasks if beside else [grouped(Task("s", "no.Such"), **over)]
    found = records(*tasks, glue("b", "s", trigger_rule=TriggerRule.ALL_DONE))
    assert [failed(one) for one in found["s"]["instances"]] == [("failed", "NotConverted")] * 3
    assert {one["cause"] for one in found["s"]["instances"]} == {"D201: task 's': Such is not converted"}
    assert found["b"]["state"] == "success"
