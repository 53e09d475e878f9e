"""Mapped tasks in machines, on the virtual clock: what instances are given, and what becomes of them."""

import asyncio
import json
from dataclasses import replace

import pytest
from mapped import days, listed, mapped, mapped_glue, xcom, zipped
from workflows import glue, machine_of, nested, python, workflow

from converter.asl.instances import most_instances
from converter.asl.options import Failures, Options
from converter.engine import SimulatedBackend, TaskFailure, TaskResult, parse_definition, run_virtual
from converter.operators import steps_of
from converter.pipeline import convert
from converter.workflow import Retries, TriggerRule

RUN = {"conf": {}, "run_id": "r", "logical_date": "2026-01-01T00:00:00+00:00"}


class Aws:
    """Tasks that take a second and do what ``script`` says for a state, or for an instance by its --day."""

    def __init__(self, script=None):
        self.script = script or {}
        self.calls = []
        self.running = self.most_at_once = 0

    async def run(self, call, submitted):
        given = call.arguments.get("Arguments", {})
        self.calls.append((call.state_name, given, call.retry_count))
        day = given.get("--day") if isinstance(given, dict) else None
        this = self.script.get(day, self.script.get(call.state_name, 1))
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        await asyncio.sleep(this if isinstance(this, (int, float)) else 1)
        self.running -= 1
        if isinstance(this, str):
            raise TaskFailure(this, f"because of {day or call.state_name}")
        if "lambda" in call.resource:
            return {"Payload": {"return_value": this["returns"] if isinstance(this, dict) else None}}
        return {"Id": f"run of {day}", "ExecutionArn": "arn", "Status": "SUCCEEDED"}


def play(*tasks, script=None, options=None):
    """Return the records, the execution and what was called."""
    aws = Aws(script)
    definition = machine_of(workflow(*tasks), options or Options(resumable=False)).definition
    execution = run_virtual(parse_definition(definition), RUN, aws)
    if execution.status == "SUCCEEDED":
        return json.loads(execution.output), execution, aws
    entered = [event for event in execution.history if event.type == "FailStateEntered"]
    return json.loads(entered[-1].details["input"]) if entered else None, execution, aws


def states(records):
    return {task: record["state"] for task, record in records.items()}


def test_each_item_is_an_instance_and_what_they_return_is_kept_in_order():
    records, _, aws = play(mapped_glue("m", over=days("a", "b", "c")), script={"a": 3})
    assert [given["--day"] for _, given, _ in aws.calls] == ["a", "b", "c"]
    assert [instance["output"] for instance in records["m"]["instances"]] == [
        "run of a",
        "run of b",
        "run of c",
    ]
    assert records["m"]["state"] == "success"
    assert records["m"]["at"] == max(instance["at"] for instance in records["m"]["instances"])


@pytest.mark.parametrize("items", [(True, 1), (0, False), ([True], [1]), ({"n": [True]}, {"n": [1]})])
def test_true_is_not_1(items):
    given = []

    def start(call):
        given.append(call.arguments["Input"]["item"])
        return TaskResult(1, {"ExecutionArn": "arn"})

    task = mapped(nested("m"), state_machine_input=listed(*({"item": item} for item in items)))
    run_virtual(parse_definition(machine_of(workflow(task)).definition), RUN, SimulatedBackend(start))
    assert json.dumps(given) == json.dumps(items)


def test_an_instance_that_fails_stops_no_other_and_what_is_behind_does_not_run():
    records, execution, aws = play(
        mapped_glue("m", over=days("a", "b", "c")), nested("n", "m"), script={"a": "Boom", "c": 9}
    )
    assert len(aws.calls) == 3
    assert [instance["state"] for instance in records["m"]["instances"]] == ["failed", "success", "success"]
    assert states(records) == {"m": "failed", "n": "upstream_failed"}
    assert records["m"]["error"] == "Boom"
    assert records["m"]["cause"] == "1 of 3 instances failed: because of a"
    # Airflow decides it when the first instance fails.
    assert records["n"]["at"] == pytest.approx(records["m"]["instances"][0]["at"], abs=0.1)
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")


def test_a_mapped_task_at_the_end_of_a_run_decides_it():
    _, execution, _ = play(mapped_glue("m", over=days("a", "b")), script={"b": "Boom"})
    assert execution.status == "FAILED"


def test_no_items_skip_the_task_and_what_is_behind_it():
    records, execution, aws = play(
        python("a"), mapped_glue("m", "a", over=xcom("a")), nested("n", "m"), script={"a": {"returns": []}}
    )
    assert states(records) == {"a": "success", "m": "skipped", "n": "skipped"}
    assert "instances" not in records["m"]
    assert (execution.status, len(aws.calls)) == ("SUCCEEDED", 1)


def test_what_a_task_returns_is_expanded_item_by_item():
    returned = [{"--day": "a"}, {"--day": "b", "--more": "x"}]
    records, _, aws = play(
        python("a"), mapped_glue("m", "a", over=xcom("a")), script={"a": {"returns": returned}}
    )
    assert [given for _, given, _ in aws.calls[1:]] == returned
    assert len(records["m"]["instances"]) == 2


def test_a_single_item_is_a_single_instance():
    records, _, aws = play(
        python("a"),
        mapped_glue("m", "a", over=xcom("a")),
        script={"a": {"returns": [{"--day": "a"}]}},
    )
    assert aws.calls[1][1] == {"--day": "a"}
    assert len(records["m"]["instances"]) == 1


def test_several_mapped_stages_over_one_list_and_a_task_over_what_instances_return():
    """What instances return is as long as what was pushed: None is nothing."""
    first = mapped(python("first", "a"), x=xcom("a"))
    second = mapped_glue("second", "first", over=zipped(xcom("first")))
    records, _, _ = play(
        python("a"),
        first,
        second,
        script={"a": {"returns": [1, 2, 3]}, "first: instance": {"returns": "x"}},
    )
    assert len(records["first"]["instances"]) == len(records["second"]["instances"]) == 3
    records, _, _ = play(python("a"), first, second, script={"a": {"returns": [1, 2]}, "first: instance": 1})
    assert states(records) == {"a": "success", "first": "success", "second": "skipped"}


def test_each_instance_has_its_own_retries():
    retried = mapped_glue("m", over=days("a", "b"), retries=Retries(2, 5))
    _, _, aws = play(retried, script={"b": "Boom"})
    assert sorted((given["--day"], number) for _, given, number in aws.calls) == [
        ("a", 0),
        ("b", 0),
        ("b", 1),
        ("b", 2),
    ]


@pytest.mark.parametrize(
    ("rule", "failing", "state"),
    [
        (TriggerRule.ALL_SUCCESS, "", "success"),
        (TriggerRule.ONE_FAILED, "ab", "success"),
        (TriggerRule.ONE_FAILED, "", "skipped"),
        (TriggerRule.ONE_SUCCESS, "ab", "success"),
        (TriggerRule.ONE_SUCCESS, "abc", "upstream_failed"),
        (TriggerRule.ALL_FAILED, "abc", "success"),
        (TriggerRule.ALL_FAILED, "ab", "skipped"),
        (TriggerRule.NONE_FAILED, "a", "upstream_failed"),
        (TriggerRule.ALL_DONE, "abc", "success"),
        (TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, "abc", "upstream_failed"),
        (TriggerRule.ALL_DONE_MIN_ONE_SUCCESS, "ab", "success"),
        (TriggerRule.NONE_SKIPPED, "abc", "success"),
    ],
)
def test_rules_count_the_instances(rule, failing, state):
    records, _, _ = play(
        mapped_glue("m", over=days("a", "b", "c")),
        glue("behind", "m", trigger_rule=rule),
        script=dict.fromkeys(failing, "Boom"),
    )
    assert records["behind"]["state"] == state


@pytest.mark.parametrize(
    ("script", "state"),
    [({"a": "Boom"}, "upstream_failed"), ({"a": "AirflowSkipException"}, "skipped")],
)
def test_without_what_it_is_expanded_over_a_task_does_not_run_whatever_its_rule(script, state):
    records, _, _ = play(
        python("a"),
        mapped_glue("m", "a", over=xcom("a"), trigger_rule=TriggerRule.ALL_DONE),
        script=script,
    )
    assert records["m"]["state"] == state
    assert "instances" not in records["m"]


def test_a_task_that_instances_failed_before_is_expanded_over_the_others():
    records, _, _ = play(
        mapped(python("first"), x=listed(1, 2)),
        mapped_glue("m", "first", over=xcom("first"), trigger_rule=TriggerRule.ALL_DONE),
        script={"first: instance": "Boom"},
    )
    assert states(records) == {"first": "failed", "m": "skipped"}


def test_max_active_tis_bounds_how_many_run_at_once():
    task = mapped_glue("m", over=days(*"abcdefgh"), settings={"max_active_tis_per_dagrun": 3})
    _, _, aws = play(task)
    assert aws.most_at_once == 3


def test_with_failures_stop_the_first_instance_that_fails_ends_the_execution():
    _, execution, _ = play(
        mapped_glue("m", over=days("a", "b")),
        script={"a": "Boom", "b": 100},
        options=Options(resumable=False, failures=Failures.STOP),
    )
    assert (execution.status, execution.error) == ("FAILED", "Boom")


def test_a_sibling_branch_learns_how_all_instances_ended():
    tasks = (
        mapped_glue("m", over=days("a", "b")),
        glue("g"),
        glue("h"),
        nested("left", "m", "g"),
        nested("right", "g", "h"),
        nested("last", "m", "h"),
    )
    machine = machine_of(workflow(*tasks), Options(resumable=False))
    assert "m" in machine.awaited
    text = json.dumps(machine.definition)
    assert "m: publish outcome" in text


def test_more_instances_than_fit_fail_the_task_with_a_clear_cause():
    limit = most_instances(*_steps(python("a"), mapped_glue("m", "a", over=xcom("a"), retries=Retries(9, 1))))
    assert 100 < limit["m"] < 1024
    records, execution, aws = play(
        python("a"),
        mapped_glue("m", "a", over=xcom("a"), retries=Retries(9, 1)),
        script={"a": {"returns": [{}] * (limit["m"] + 1)}},
    )
    assert len(aws.calls) == 1
    assert records["m"]["state"] == "failed"
    causes = [(event.details or {}).get("cause") or "" for event in execution.history]
    assert any("there are more instances than an execution has room for" in cause for cause in causes)


def _steps(*tasks):
    return steps_of(workflow(*tasks))[0], {task.task_id: task for task in tasks}


@pytest.mark.parametrize(
    ("group", "length", "refused"), [("", 3000, False), ("", 10_001, True), ("g", 3000, True)]
)
def test_a_list_of_the_file_that_is_too_long_is_refused(group, length, refused):
    task = mapped_glue("m", over=days(*map(str, range(length))))
    conversion = convert(workflow(replace(task, mapped_group=group)), Options())
    assert ("D284" in {problem.code.id for problem in conversion.diagnostics}) is refused
    assert conversion.refused is refused


def test_resuming_runs_only_the_instances_that_have_not_succeeded():
    task = mapped_glue("m", over=days("a", "b", "c"))
    definition = machine_of(workflow(task, nested("n", "m")), Options()).definition
    done = [{"state": "success", "at": 1, "output": day} for day in "abc"]
    done[1] = {"state": "failed", "at": 1}
    aws = Aws()
    execution = run_virtual(
        parse_definition(definition), {**RUN, "resumed": {}, "resumed_instances": {"m": done}}, aws
    )
    assert [given.get("--day") for name, given, _ in aws.calls if name == "m: instance"] == ["b"]
    outputs = [instance["output"] for instance in json.loads(execution.output)["m"]["instances"]]
    assert outputs == ["a", "run of b", "c"]
