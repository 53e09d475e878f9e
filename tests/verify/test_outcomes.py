"""Emitted machines, run on the virtual clock, against what Airflow does with the same DAG.

The expectation is worked out from the rules for all_success alone (AIRFLOW: a task is decided as soon as
one upstream task is failed or upstream_failed, and runs when all have succeeded); it shares nothing with
the planner or the emitter.
"""

import asyncio
import random
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_runs import records_of
from workflows import PARTIAL_FAN_IN, empty, glue, machine_of, nested, partial_fan_in, workflow

from converter.asl.options import Failures, Options
from converter.engine import TaskFailure, parse_definition, run_virtual
from converter.planning import awaits, plan_workflow
from converter.verify import SimulatedAws, Try
from converter.workflow import Retries

pytestmark = pytest.mark.usefixtures("each_poller_style")

POLL_INTERVAL = 5
POLL_SECONDS = 0.2
INPUT = {"conf": {"day": "2026-01-01"}}


@dataclass
class Expected:
    state: str
    start: float | None
    end: float
    latest: float  # of all failures before it


def airflow(upstream, script):
    """Return task → its outcome and times, if polls took no time."""
    result = {}
    for task, ups in upstream.items():
        before = [result[up] for up in ups]
        bad = [up.end for up in before if up.state != "success"]
        latest = max((up.latest for up in before if up.state != "success"), default=0.0)
        if bad:
            result[task] = Expected("upstream_failed", None, min(bad), latest)
        else:
            start = max((up.end for up in before), default=0.0)
            this = script.get(task, [Try(0)])[0]
            end = start + this.seconds
            result[task] = Expected("failed" if this.error else "success", start, end, end)
    return result


def starts_and_ends(aws):
    start, end = {}, {}
    for moment, what, task in aws.timeline:
        (start if what == "start" else end)[task] = moment
    return start, end


def definition_of(flow, options=None):
    options = options or Options(poll_interval=POLL_INTERVAL)
    return parse_definition(machine_of(flow, options).definition)


def play(flow, script, *, options=None, definition=None):
    aws = SimulatedAws(script, poll_seconds=POLL_SECONDS)
    return run_virtual(definition or definition_of(flow, options), INPUT, aws), aws


def check(flow, script, definition=None):
    """Run the flow and compare every outcome, time and order with Airflow's."""
    upstream = {task.task_id: task.upstream for task in flow.tasks}
    expected = airflow(upstream, script)
    execution, aws = play(flow, script, definition=definition)
    found = records_of(execution)
    assert {task: record["state"] for task, record in found.items()} == {
        task: result.state for task, result in expected.items()
    }
    failed = any(result.state != "success" for result in expected.values())
    assert execution.status == ("FAILED" if failed else "SUCCEEDED")
    start, end = starts_and_ends(aws)
    for task, ups in upstream.items():
        for up in ups:
            if task in start and up in end:
                assert start[task] >= end[up], f"{task} started before {up} had ended"
    # Each Await on the way to a task may add an interval and a status call, and nothing else does.
    slack = len(awaits(plan_workflow(flow))) * (POLL_INTERVAL + POLL_SECONDS) + 1e-6
    for task, moment in start.items():
        assert expected[task].start - 1e-6 <= moment <= expected[task].start + slack
    for task, record in found.items():
        if record["state"] == "upstream_failed":
            decided = record["at"] / 1000 - aws.start.timestamp()
            # Where a native upstream task fails, a machine does not ask whether an awaited one failed
            # earlier: the decision lies between the first and the last failure (to the millisecond).
            assert expected[task].end - 0.002 <= decided <= expected[task].latest + slack + 0.002


@st.composite
def scenarios(draw):
    count = draw(st.integers(1, 9))
    tasks, script = [], {}
    for number in range(count):
        task_id = f"t{number}"
        upstream = [f"t{up}" for up in range(number) if draw(st.booleans())]
        make = draw(st.sampled_from([glue, glue, nested, empty]))
        tasks.append(make(task_id, *upstream))
        if make is not empty:
            fails = draw(st.integers(0, 5)) == 0
            seconds = draw(st.integers(0, 40)) + number / 64  # ties would make the order arbitrary
            script[task_id] = [Try(seconds, "Boom" if fails else None)]
    return workflow(*tasks), script


@pytest.mark.parametrize("examples", [40, pytest.param(300, marks=pytest.mark.full)])
def test_a_machine_ends_as_airflow_would(examples):
    @settings(max_examples=examples, deadline=None)
    @given(scenarios())
    def ends_as_airflow_would(scenario):
        check(*scenario)

    ends_as_airflow_would()


@pytest.mark.parametrize("runs", [30, pytest.param(1000, marks=pytest.mark.full)])
def test_random_runs_of_the_example_violate_no_order(runs):
    rng = random.Random(20260101)
    flow = partial_fan_in()
    definition = definition_of(flow)
    for _ in range(runs):
        script = {
            task: [Try(rng.uniform(0.5, 120), "States.TaskFailed" if rng.random() < 0.15 else None)]
            for task in PARTIAL_FAN_IN
        }
        check(flow, script, definition)


def test_a_failing_shared_job_fails_both_reports_and_stops_the_poller():
    script = {task: [Try(seconds)] for task, seconds in [("glue1", 2), ("glue2", 3)]}
    script |= {"glue3": [Try(12, "States.TaskFailed")], "report_a": [Try(1)], "report_b": [Try(1)]}
    execution, aws = play(partial_fan_in(), script)
    states = {task: record["state"] for task, record in records_of(execution).items()}
    assert states == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "failed",
        "report_a": "upstream_failed",
        "report_b": "upstream_failed",
    }
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert execution.cause == "failed: glue3 (States.TaskFailed); upstream_failed: report_a, report_b"
    assert execution.history[-1].timestamp.timestamp() - aws.start.timestamp() < 12 + 5 + 1


@pytest.mark.parametrize("error", ["Glue.EntityNotFoundException", "Glue.AccessDeniedException"])
def test_an_awaited_job_that_never_starts_does_not_hang_the_branch(error):
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(0, error, starts=False)]}
    execution, aws = play(partial_fan_in(), script)
    assert records_of(execution)["report_b"]["state"] == "upstream_failed"
    assert aws.polls == 1


def test_a_job_throttled_for_good_does_not_hang_the_branch():
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN}
    script["glue3"] = [Try(0, "Glue.AWSGlueException", starts=False)]
    execution, _ = play(partial_fan_in(), script)
    assert records_of(execution)["glue3"]["error"] == "Glue.AWSGlueException"
    assert records_of(execution)["report_b"]["state"] == "upstream_failed"


def test_an_await_whose_awaited_task_is_upstream_failed_ends():
    flow = workflow(
        glue("first"),
        glue("a", "first"),
        glue("b"),
        nested("x", "a"),
        nested("y", "a", "b"),
        glue("c", "first"),
    )
    script = {task.task_id: [Try(1)] for task in flow.tasks} | {"first": [Try(3, "Boom")]}
    execution, _ = play(flow, script)
    assert records_of(execution)["y"]["state"] == "upstream_failed"


def test_a_failed_try_that_is_retried_is_not_taken_for_the_end():
    flow = partial_fan_in()
    tasks = [
        glue("glue3", retries=Retries(2, delay=20)) if task.task_id == "glue3" else task
        for task in flow.tasks
    ]
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(10, "Boom"), Try(10)]}
    execution, aws = play(workflow(*tasks), script)
    assert execution.status == "SUCCEEDED"
    start, _ = starts_and_ends(aws)
    assert 40 <= start["report_b"] <= 40 + POLL_INTERVAL + POLL_SECONDS


def test_a_poller_gives_up_at_its_deadline_and_its_task_fails():
    options = Options(poll_interval=POLL_INTERVAL, await_deadline=60)
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(500)]}
    execution, aws = play(partial_fan_in(), script, options=options)
    record = records_of(execution)["report_b"]
    assert (record["state"], record["error"]) == ("failed", "AwaitDeadlineExceeded")
    assert aws.polls == pytest.approx(60 / (POLL_INTERVAL + POLL_SECONDS), abs=2)
    assert records_of(execution)["report_a"]["state"] == "success"


def test_a_poller_without_permission_fails_its_task_and_nothing_else():
    class Denied(SimulatedAws):
        async def _poll(self, call):
            raise TaskFailure("ClientError", "not authorized to perform: glue:GetJobRuns")

    aws = Denied({task: [Try(1)] for task in PARTIAL_FAN_IN})
    execution = run_virtual(parse_definition(machine_of(partial_fan_in()).definition), INPUT, aws)
    records = records_of(execution)
    assert (records["report_b"]["state"], records["report_b"]["error"]) == ("failed", "ClientError")
    assert records["report_a"]["state"] == "success"


def test_two_tasks_that_use_one_job_are_not_confused():
    flow = workflow(
        glue("glue1"),
        glue("glue2", job="shared"),
        glue("glue3", job="shared"),
        nested("report_a", "glue1", "glue3"),
        nested("report_b", "glue2", "glue3"),
    )
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(50)]}
    _, aws = play(flow, script)
    start, _ = starts_and_ends(aws)
    assert start["report_b"] >= 50


def test_with_failures_stop_the_first_failure_ends_the_execution():
    options = Options(failures=Failures.STOP, poll_interval=POLL_INTERVAL)
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN}
    script |= {"glue2": [Try(50)], "glue3": [Try(12, "Boom")]}
    execution, aws = play(partial_fan_in(), script, options=options)
    assert (execution.status, execution.error) == ("FAILED", "Boom")
    assert starts_and_ends(aws)[1]["glue2"] == 12


def test_with_failures_stop_success_takes_fewer_states():
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(12)]}
    plain, _ = play(partial_fan_in(), script, options=Options(failures=Failures.STOP, poll_interval=5))
    full, _ = play(partial_fan_in(), script)

    def entered(execution):
        return sum(event.type.endswith("StateEntered") for event in execution.history)

    # Airflow's semantics add: is report_a ready, did the run succeed, and the end of the run.
    assert entered(full) == entered(plain) + 3


def test_a_chain_that_fails_records_everything_behind_it():
    flow = workflow(glue("a"), glue("b", "a"), glue("c", "b"), empty("d", "c"))
    script = {"a": [Try(1)], "b": [Try(2, "Boom")], "c": [Try(1)]}
    execution, _ = play(flow, script)
    states = {task: record["state"] for task, record in records_of(execution).items()}
    assert states == {"a": "success", "b": "failed", "c": "upstream_failed", "d": "upstream_failed"}
    assert records_of(execution)["d"]["at"] == pytest.approx(records_of(execution)["b"]["at"], abs=0.5)


def test_a_chain_that_succeeds_takes_one_state_for_each_task_and_one_that_asks_whether_it_is_done():
    flow = workflow(glue("a"), glue("b", "a"), glue("c", "b"))
    script = {task: [Try(1)] for task in "abc"}
    execution, _ = play(flow, script, options=Options(resumable=False))
    assert sum(event.type.endswith("StateEntered") for event in execution.history) == 3
    execution, _ = play(flow, script)
    # Nothing is behind the last one, so that it is never passed by.
    assert sum(event.type.endswith("StateEntered") for event in execution.history) == 5


def test_a_run_that_takes_longer_than_dagrun_timeout_times_out():
    execution, _ = play(partial_fan_in(dagrun_timeout=30), {task: [Try(100)] for task in PARTIAL_FAN_IN})
    assert execution.status == "TIMED_OUT"


def test_an_hour_of_waiting_takes_no_time_and_always_the_same_steps():
    script = {task: [Try(60)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(3600)]}
    every_minute = Options(poll_interval=60)
    first, _ = play(partial_fan_in(), script, options=every_minute)
    second, _ = play(partial_fan_in(), script, options=every_minute)
    assert [event.to_api() for event in first.history] == [event.to_api() for event in second.history]


def test_trouble_of_the_lambda_service_delays_a_poller_and_no_more():
    class Troubled(SimulatedAws):
        async def _poll(self, call):
            if self.now().timestamp() - self.start.timestamp() < 1200:
                raise TaskFailure("Lambda.TooManyRequestsException", "Rate Exceeded.")
            return await super()._poll(call)

    for options in (Options(poll_interval=30), Options(poll_interval=30, failures=Failures.STOP)):
        aws = Troubled({task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(60)]})
        machine = machine_of(partial_fan_in(), options)
        execution = run_virtual(parse_definition(machine.definition), INPUT, aws)
        assert execution.status == "SUCCEEDED"
        assert 1200 <= starts_and_ends(aws)[0]["report_b"] <= 1260


def test_branches_agree_on_a_job_whose_end_is_noticed_too_late():
    """The job succeeds in time, Step Functions hears of it late, and the task fails by its timeout."""

    class LateNotice(SimulatedAws):
        async def _glue_run(self, call, this, submitted):
            result = await super()._glue_run(call, this, submitted)
            await asyncio.sleep(60 if call.state_name == "glue3" else 0)
            return result

    flow = partial_fan_in()
    limited = [
        replace(task, execution_timeout=120) if task.task_id == "glue3" else task for task in flow.tasks
    ]
    aws = LateNotice({task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(100)]})
    machine = machine_of(workflow(*limited), Options(poll_interval=5))
    execution = run_virtual(parse_definition(machine.definition), INPUT, aws)
    states = {task: record["state"] for task, record in records_of(execution).items()}
    assert states["glue3"] == "failed"
    assert states["report_a"] == states["report_b"] == "upstream_failed"


def test_an_outcome_record_outlives_every_poller():
    flow = partial_fan_in(dagrun_timeout=30 * 86_400)
    aws = SimulatedAws({task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(5, "Boom")]})
    run_virtual(parse_definition(machine_of(flow).definition), INPUT, aws)
    (record,) = aws.table.items.values()
    assert int(record["expires"]["N"]) >= aws.start.timestamp() + 30 * 86_400
