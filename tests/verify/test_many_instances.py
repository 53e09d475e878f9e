"""As many instances as a mapped task may have fit the data of its execution, however they end."""

import json
import re
from dataclasses import replace

import pytest
from mapped import mapped_glue, xcom
from workflows import GLUE, glue, python, workflow

from converter.asl.budget import LIMITS
from converter.asl.options import Options
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.workflow import Task, TriggerRule

APART = replace(LIMITS, instances=0)
#: Ids that Airflow allows.
SHORT, LONG = "m", "m" * 120
#: As long as a job's error may be, outside of ASCII.
CAUSE = "Fehler für das Datum ☂ " * 40


def played(flow, ends, *, items, limits=LIMITS, run=None):
    """The execution of a DAG whose task ``a`` returns these items, or so many. ``ends`` gives a try's end."""
    items = [{"n": n} for n in range(items)] if isinstance(items, int) else items

    def work(call):
        if call.state_name == "a":
            return TaskResult(1, {"Payload": {"done": True, "return_value": items}})
        return ends(call)

    found = convert(flow, Options(resumable=False), limits=limits)
    backend = SimulatedBackend(work)
    return run_virtual(parse_definition(found.machine.definition), run or {"run_id": "r"}, backend)


def records(execution):
    """The data of a run, whether it has succeeded or not."""
    if execution.status == "SUCCEEDED":
        return json.loads(execution.output)
    assert execution.error == "DagRunFailed", (execution.error, execution.cause)
    end = next(event for event in execution.history if event.type == "FailStateEntered")
    return json.loads(end.details["input"])


def most_of(flow, limits):
    found = convert(flow, Options(resumable=False), limits=limits)
    told = [re.search(r"more than (\d+) instances", item.problem) for item in found.diagnostics]
    return next((int(one[1]) for one in told if one), 1024)


def fails(call):
    return TaskResult(1, error="Glue.ConcurrentRunsExceededException", cause=CAUSE)


def returns_much(call):
    """A run's id could not be longer."""
    return TaskResult(1, {"Id": "j" * 255})


@pytest.mark.full
@pytest.mark.parametrize(
    ("name", "limits", "ends"),
    [(LONG, APART, fails), (LONG, APART, returns_much), (LONG, LIMITS, fails), (SHORT, LIMITS, returns_much)],
)
def test_all_that_a_task_may_have_fit_whatever_they_push_or_fail_with(name, limits, ends):
    flow = workflow(python("a"), mapped_glue(name, "a", over=xcom("a")), glue("end", name))
    most = most_of(flow, limits)
    assert most == 1024 if name == SHORT else 700 < most < 1024
    # The list itself has ten bytes for each item.
    most = most * 14 // 15
    record = records(played(flow, ends, items=most, limits=limits))[name]
    assert record["state"] == ("failed" if ends is fails else "success")
    assert len(record["instances"]) == most


def test_one_more_is_one_too_many_and_says_so():
    flow = workflow(python("a"), mapped_glue("m", "a", over=xcom("a")), glue("end", "m"))
    record = records(played(flow, returns_much, items=1025))["m"]
    assert (record["state"], record["error"]) == ("failed", "TooManyInstances")
    assert record["cause"] == "1 of 1 instances failed: there are more instances"


@pytest.mark.parametrize(("size", "state"), [(100_000, "success"), (170_000, "failed")])
def test_what_each_instance_apart_is_told_of_the_run_has_to_fit_its_input(size, state):
    """With 80,000 bytes of conf, and a list that itself is within its task's room."""
    flow = workflow(python("a"), mapped_glue("m", "a", over=xcom("a")), end())
    run = {"run_id": "r", "conf": {"text": "x" * 90_000}}
    found = records(played(flow, returns_much, items=[{"n": "y" * size}], limits=APART, run=run))
    assert {task: record["state"] for task, record in found.items()} == {
        "a": "success", "m": state, "end": "success",
    }  # fmt: skip
    if state == "failed":
        assert found["m"]["error"] == "XComTooLarge"
        assert found["m"]["cause"].startswith("what each instance is given, with conf and params, has 26")


def end():
    return Task(
        "end", GLUE, arguments={"job_name": "end"}, upstream=("m",), trigger_rule=TriggerRule.ALL_DONE
    )
