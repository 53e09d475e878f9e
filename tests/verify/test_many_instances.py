"""As many instances as a mapped task may have fit the data of its execution, however they end."""

import json
import re
from dataclasses import replace

import pytest
from mapped import days, grouped, listed, mapped, mapped_glue, xcom
from scripted_runs import records_of
from workflows import GLUE, glue, python, reader, workflow

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


def played(flow, ends, *, items=0, limits=LIMITS, run=None):
    """The execution of a DAG whose task ``a`` returns these items, or so many. ``ends`` gives a try's end."""
    items = [{"n": n} for n in range(items)] if isinstance(items, int) else items

    def work(call):
        if call.state_name == "a":
            return TaskResult(1, {"Payload": {"done": True, "return_value": items}})
        return ends(call)

    found = convert(flow, Options(resumable=False), limits=limits)
    backend = SimulatedBackend(work)
    return run_virtual(parse_definition(found.machine.definition), run or {"run_id": "r"}, backend)


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
    record = records_of(played(flow, ends, items=most, limits=limits))[name]
    assert record["state"] == ("failed" if ends is fails else "success")
    assert len(record["instances"]) == most


#: 45 records have 200 characters of a cause each, and 600 bytes for them.
COUNT, OF_CAUSE = 45, 200


@pytest.mark.parametrize("expanded", [mapped, grouped])
@pytest.mark.parametrize(
    ("error", "cause", "kept"),
    [
        ("Boom", "no luck", ("Boom", "no luck")),
        ("E" * 120, "x" * 300, ("E" * 50, "x" * OF_CAUSE)),
        ("É" * 120, "😀" * 300, ("É" * 12, "😀" * 150)),
        ("Boom", "\x01\n" * 150, ("Boom", " " * OF_CAUSE)),
        ("Boom", '"' * 300, ("Boom", '"' * OF_CAUSE)),
    ],
    ids=["short", "long", "wide", "control characters", "quotes"],
)
def test_of_a_failure_an_instance_keeps_what_there_is_room_for(expanded, error, cause, kept):
    task = expanded(reader(Task("m", ""), []), x=listed(*range(COUNT)))
    found = played(workflow(task, glue("end", "m")), lambda call: TaskResult(1, error=error, cause=cause))
    instances = records_of(found)["m"]["instances"]
    assert {(one["error"], one["cause"]) for one in instances} == {kept}
    assert max(size_of(one) for one in instances) <= 110 + 3 * OF_CAUSE


def size_of(value):
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def test_what_the_dags_own_code_says_is_no_want_of_room():
    flow = workflow(python("a"), mapped(reader(Task("m", "", upstream=("a",)), []), x=xcom("a")))
    said = '{"errorMessage": "TooManyInstances: of mine", "errorType": "ValueError"}'
    found = played(flow, lambda call: TaskResult(1, error="ValueError", cause=said), items=1)
    (instance,) = records_of(found)["m"]["instances"]
    assert (instance["error"], instance["cause"]) == ("ValueError", said[:24])


@pytest.mark.full
@pytest.mark.parametrize(("length", "error"), [(67, None), (255, "XComTooLarge")])
def test_ids_of_several_lists_beside_a_value_that_takes_all_that_is_left(length, error):
    """An id of Glue's has 67 characters. Longer ones fail their tasks then, not the execution."""
    tasks = [
        reader(Task("big", ""), []),
        mapped_glue("n", "big", over=days(*map(str, range(240)))),
        mapped_glue("m", "n", over=days(*map(str, range(200)))),
        reader(Task("end", "", upstream=("m",)), ["n", "m", "big"]),
    ]

    def ends(call):
        if "Payload" not in call.arguments:
            return TaskResult(1, {"Id": "j" * length})
        return TaskResult(1, {"Payload": {"return_value": "x" * (call.arguments["Payload"]["room"] - 10)}})

    found = records_of(played(workflow(*tasks), ends))
    assert found["n"].get("error") == error
    assert found["end"]["state"] == ("upstream_failed" if error else "success")


def test_one_more_is_one_too_many_and_says_so():
    flow = workflow(python("a"), mapped_glue("m", "a", over=xcom("a")), glue("end", "m"))
    record = records_of(played(flow, returns_much, items=1025))["m"]
    assert (record["state"], record["error"]) == ("failed", "TooManyInstances")
    assert record["cause"] == "1 of 1 instances failed: there are more instances"


@pytest.mark.parametrize(("size", "state"), [(100_000, "success"), (170_000, "failed")])
def test_what_each_instance_apart_is_told_of_the_run_has_to_fit_its_input(size, state):
    """With 80,000 bytes of conf, and a list that itself is within its task's room."""
    flow = workflow(python("a"), mapped_glue("m", "a", over=xcom("a")), end())
    run = {"run_id": "r", "conf": {"text": "x" * 90_000}}
    found = records_of(played(flow, returns_much, items=[{"n": "y" * size}], limits=APART, run=run))
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
