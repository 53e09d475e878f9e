"""Tasks of several states: calls, polls and waits, played on the virtual clock."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from scripted_runs import records_of
from workflows import empty, workflow

from converter.asl.awaiting import Pace
from converter.asl.budget import (
    EVENT_LIMIT,
    EVENTS_PER_POLL,
    POLLERS_SHARE,
    task_polls_of,
    worst_case_events,
)
from converter.asl.fitting import emit_fitting
from converter.asl.machine import emit
from converter.asl.options import Failures, Options
from converter.checks import problems_of
from converter.engine import TaskFailure, run_virtual
from converter.engine.simulation import DEFAULT_START
from converter.expressions.jsonata import Expression
from converter.operators.parts import (
    SKIP_ERROR,
    TRY_NUMBER,
    Backoff,
    Call,
    Caught,
    Ending,
    Failure,
    Limit,
    Poll,
    Until,
)
from converter.operators.step import Step
from converter.planning import plan_workflow
from converter.workflow import Retries, Task

START = Call(
    "start",
    "arn:aws:states:::aws-sdk:emr:addJobFlowSteps",
    {"JobFlowId": "j-1", "Steps": []},
    keeps={"job": Expression("$states.result.StepIds[0]")},
)
ASK = Call(
    "look",
    "arn:aws:states:::aws-sdk:s3:listObjectsV2",
    {"Bucket": "b", "Prefix": "k"},
    keeps={
        "found": Expression("$exists($states.result.Contents)"),
        "broken": Expression("$exists($states.result.Broken)"),
    },
)
TOO_LONG = Ending("AirflowSensorTimeout", "it took too long")
POLL = Poll(ASK, Expression("$found"), 60)
TASK = Task("s", "tests.Sensor", upstream=("a",))
NOT_YET: dict[str, Any] = {}
THERE = {"Contents": [{"Key": "k"}]}


def machine(*parts: Any, task: Task = TASK, failures: Failures = Failures.AIRFLOW, **fields: Any) -> Any:
    flow = workflow(empty("a"), task, empty("b", "s"))
    step = Step("s", "Sensor", parts=parts, **fields)
    steps = {"a": Step("a", "EmptyOperator"), "s": step, "b": Step("b", "EmptyOperator")}
    options = Options(resumable=False, failures=failures)
    return emit(flow, plan_workflow(flow), steps, options, Pace(30, 86_400))


class Aws:
    """Answers the calls of each state with what is listed for it, one after another, the last for ever.

    ``calls`` lists (seconds since the start, state, arguments).
    """

    def __init__(self, seconds: float = 0, **answers: list[Any]) -> None:
        self.answers = {f"s: {name}": list(values) for name, values in answers.items()}
        self.seconds = seconds
        self.calls: list[tuple[float, str, Any]] = []

    async def run(self, call: Any, submitted: Any) -> Any:
        import asyncio

        self.calls.append((asyncio.get_running_loop().time(), call.state_name, call.arguments))
        values = self.answers[call.state_name]
        answer = values.pop(0) if len(values) > 1 else values[0]
        await asyncio.sleep(self.seconds)
        if isinstance(answer, str):
            raise TaskFailure(answer, "scripted")
        return answer

    def times(self, name: str = "look") -> list[float]:
        return [round(time, 3) for time, state, _ in self.calls if state == f"s: {name}"]


def play(made: Any, aws: Aws) -> tuple[dict[str, Any], float]:
    """Return the records at the end of the run, and how long it took."""
    assert problems_of(made.definition) == ()
    execution = run_virtual(made.definition, {"run_id": "r"}, aws)
    seconds = (execution.history[-1].timestamp - DEFAULT_START).total_seconds()
    return records_of(execution), seconds


def test_a_poll_asks_at_once_and_then_at_its_interval_until_it_is_done() -> None:
    aws = Aws(look=[NOT_YET, NOT_YET, THERE])
    records, seconds = play(machine(POLL, output=Expression("$found")), aws)
    assert aws.times() == [0, 60, 120]
    assert seconds == 120
    assert records["s"] | {"at": 0} == {"state": "success", "at": 0, "output": True}
    assert records["b"]["state"] == "success"


def test_a_task_without_a_return_value_has_none() -> None:
    records, _ = play(machine(POLL), Aws(look=[THERE]))
    assert set(records["s"]) == {"state", "at"}


def test_a_first_call_hands_on_its_values_and_the_poll_may_pause_first() -> None:
    ask = replace(ASK, arguments={"Bucket": "b", "Prefix": Expression("$job")})
    aws = Aws(start=[{"StepIds": ["s-9"]}], look=[NOT_YET, THERE])
    poll = replace(POLL, ask=ask, pauses_first=True)
    records, _ = play(machine(START, poll, output=Expression("$job")), aws)
    assert aws.times() == [60, 120]
    assert [arguments["Prefix"] for _, state, arguments in aws.calls if state == "s: look"] == ["s-9"] * 2
    assert records["s"]["output"] == "s-9"


def test_several_calls_in_a_row_take_the_tasks_own_limit_each() -> None:
    task = replace(TASK, execution_timeout=20.5)
    made = machine(START, replace(START, does="mark", keeps={}), task=task, output=Expression("$job"))
    block = made.definition["States"]["s"]["Branches"][0]["States"]
    assert [block[name]["TimeoutSeconds"] for name in ("s: start", "s: mark")] == [21, 21]
    records, _ = play(made, Aws(start=[{"StepIds": ["s-9"]}], mark=[{}]))
    assert records["s"]["output"] == "s-9"


def test_a_limit_fails_the_task_after_a_poll_that_found_nothing() -> None:
    poll = replace(POLL, limit=Limit(150, TOO_LONG))
    aws = Aws(look=[NOT_YET])
    records, seconds = play(machine(poll, final_errors=("AirflowSensorTimeout",)), aws)
    # As a sensor: the limit passes while it pauses, and it asks once more.
    assert aws.times() == [0, 60, 120, 180]
    assert (records["s"]["state"], records["s"]["error"]) == ("failed", "AirflowSensorTimeout")
    assert records["s"]["cause"] == "it took too long"
    assert records["b"]["state"] == "upstream_failed"
    assert seconds == 180


def test_what_comes_between_the_limit_and_the_next_poll_is_in_time() -> None:
    poll = replace(POLL, limit=Limit(150, TOO_LONG))
    records, _ = play(machine(poll), Aws(look=[NOT_YET, NOT_YET, NOT_YET, THERE]))
    assert records["s"]["state"] == "success"


def test_a_limit_may_skip_the_task() -> None:
    poll = replace(POLL, limit=Limit(50, Ending(SKIP_ERROR, "nothing came")))
    records, _ = play(machine(poll, can_skip=True), Aws(look=[NOT_YET]))
    assert (records["s"]["state"], records["b"]["state"]) == ("skipped", "skipped")


def test_a_failure_that_is_found_fails_the_try_and_a_retry_begins_anew() -> None:
    task = replace(TASK, retries=Retries(1, delay=10))
    ends = Ending("AirflowException", Expression("'broken: ' & $string($broken)"))
    poll = replace(POLL, failures=(Failure(Expression("$broken"), ends),))
    aws = Aws(start=[{"StepIds": ["s-1"]}, {"StepIds": ["s-2"]}], look=[NOT_YET, {"Broken": 1}, THERE])
    records, _ = play(machine(START, poll, task=task, output=Expression("$job")), aws)
    assert aws.times("start") == [0, 70]
    assert aws.times() == [0, 60, 70]
    assert records["s"]["output"] == "s-2"

    aws = Aws(start=[{"StepIds": ["s-1"]}], look=[{"Broken": 1}])
    records, _ = play(machine(START, poll, task=task), aws)
    assert (records["s"]["error"], records["s"]["cause"]) == ("AirflowException", "broken: true")
    assert len(aws.times("start")) == 2


@pytest.mark.parametrize(("limit", "at"), [(100.0, 100), (120.0, 120), (100.4, 101)])
def test_the_execution_timeout_counts_per_try_and_is_noticed_within_a_second(limit: float, at: float) -> None:
    task = replace(TASK, execution_timeout=limit, retries=Retries(1, delay=10))
    aws = Aws(look=[NOT_YET])
    records, seconds = play(machine(POLL, task=task), aws)
    first = [time for time in (0, 60, 120) if time < at] + [at]
    assert aws.times() == [*first, *(at + 10 + time for time in first)]
    assert records["s"]["error"] == "AirflowTaskTimeout"
    assert seconds == 2 * at + 10


def test_an_execution_timeout_does_not_count_for_what_is_unhurried() -> None:
    task = replace(TASK, execution_timeout=30.0)
    aws = Aws(look=[NOT_YET, NOT_YET, THERE])
    records, _ = play(machine(replace(POLL, unhurried=True), task=task), aws)
    assert records["s"]["state"] == "success"


def test_errors_may_be_taken_for_values_or_end_the_try_otherwise() -> None:
    ask = replace(
        ASK,
        caught=(
            Caught(("S3.NoSuchBucket",), ends=Ending(SKIP_ERROR, "no bucket")),
            Caught(("States.ALL",), {"found": False}),
        ),
    )
    poll = replace(POLL, ask=ask)
    aws = Aws(look=["S3.SlowDown", NOT_YET, THERE])
    assert play(machine(poll, can_skip=True), aws)[0]["s"]["state"] == "success"
    assert aws.times() == [0, 60, 120]
    records, _ = play(machine(poll, can_skip=True), Aws(look=["S3.NoSuchBucket"]))
    assert records["s"]["state"] == "skipped"


def test_pauses_double_from_half_the_interval_up_to_the_longest() -> None:
    poll = replace(POLL, backoff=Backoff(longest=200), limit=Limit(2000, TOO_LONG))
    aws = Aws(look=[*[NOT_YET] * 6, THERE])
    play(machine(poll), aws)
    assert aws.times() == [0, 30, 90, 210, 410, 610, 810]


def test_pauses_that_double_end_with_the_limit() -> None:
    poll = replace(POLL, backoff=Backoff(), limit=Limit(250, TOO_LONG))
    aws = Aws(look=[NOT_YET])
    play(machine(poll), aws)
    # As in Airflow no pause is longer than what is left, and at 250 s the limit is not passed yet.
    assert aws.times() == [0, 30, 90, 210, 250, 251]


def test_pauses_double_for_a_poll_behind_a_call() -> None:
    aws = Aws(start=[{"StepIds": ["s"]}], look=[NOT_YET, NOT_YET, THERE])
    play(machine(START, replace(POLL, backoff=Backoff())), aws)
    assert aws.times() == [0, 30, 90]


def test_a_wait_ends_at_its_moment() -> None:
    moment = Expression(f"{int(DEFAULT_START.timestamp() * 1000) + 90_500}")
    records, seconds = play(machine(Until(moment)), Aws())
    assert (records["s"]["state"], seconds) == ("success", 90.5)


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    assert play(machine(Until(Expression("0"))), Aws())[1] == 0


def test_a_wait_has_limits_of_its_own_and_of_the_task() -> None:
    far = Expression("$millis() + 1000000")
    limited = Until(far, Limit(100, TOO_LONG))
    records, seconds = play(machine(limited), Aws())
    assert (records["s"]["error"], seconds) == ("AirflowSensorTimeout", 100.001)

    task = replace(TASK, execution_timeout=40.0)
    records, seconds = play(machine(limited, task=task), Aws())
    assert (records["s"]["error"], seconds) == ("AirflowTaskTimeout", 40.001)


def test_an_expression_without_a_value_fails_the_try_and_nothing_else() -> None:
    records, _ = play(machine(Until(Expression("$toMillis('soon')"))), Aws())
    assert (records["s"]["state"], records["s"]["error"]) == ("failed", "States.QueryEvaluationError")


def test_parts_know_which_try_this_is() -> None:
    call = replace(START, arguments={"JobFlowId": Expression(f"'j-' & {TRY_NUMBER.text}"), "Steps": []})
    aws = Aws(start=["EMR.Oops", "EMR.Oops", {"StepIds": ["s"]}])
    play(machine(call, task=replace(TASK, retries=Retries(2, delay=1))), aws)
    assert [arguments["JobFlowId"] for *_, arguments in aws.calls] == ["j-0", "j-1", "j-2"]


def test_parts_read_the_records_of_earlier_tasks_and_no_others() -> None:
    call = replace(START, arguments={"JobFlowId": Expression("$states.input.a.state"), "Steps": []})
    made = machine(call, reads=("a",))
    aws = Aws(start=[{"StepIds": ["s"]}])
    play(made, aws)
    assert aws.calls[0][2]["JobFlowId"] == "success"
    assert set(made.definition["States"]["s"]["Arguments"]) == {"a", "try number"}


def test_a_failure_ends_the_execution_where_failures_stop_it() -> None:
    poll = replace(POLL, limit=Limit(10, TOO_LONG))
    made = machine(poll, failures=Failures.STOP, final_errors=("AirflowSensorTimeout",))
    execution = run_virtual(made.definition, {}, Aws(look=[NOT_YET]))
    assert (execution.status, execution.error) == ("FAILED", "AirflowSensorTimeout")


def test_states_of_two_such_tasks_have_names_of_their_own() -> None:
    flow = workflow(empty("a"), TASK, Task("s2", "tests.Sensor", upstream=("a",)))
    steps = {
        "a": Step("a", "EmptyOperator"),
        **{name: Step(name, "Sensor", parts=(POLL, POLL)) for name in ("s", "s2")},
    }
    made = emit(flow, plan_workflow(flow), steps, Options(resumable=False), Pace(30, 86_400))
    assert problems_of(made.definition) == ()
    assert "s: look (2)" in json.dumps(made.definition)


# --- the history ------------------------------------------------------------------------------------------


def fitted(poll: Poll, task: Task = TASK) -> Any:
    flow = workflow(empty("a"), task)
    steps = {"a": Step("a", "EmptyOperator"), "s": Step("s", "Sensor", parts=(poll,))}
    made, problems = emit_fitting(flow, plan_workflow(flow), steps, Options(resumable=False))
    return made, [problem.code.id for problem in problems], task_polls_of(flow, steps)


def test_an_interval_that_fits_is_kept() -> None:
    made, codes, _ = fitted(replace(POLL, limit=Limit(86_400, TOO_LONG)))
    assert codes == []
    assert made.definition["States"]["s"]["Branches"][0]["States"]["s: wait"]["Seconds"] == 60


@pytest.mark.full
def test_an_interval_grows_where_the_history_would_not_hold_all_polls() -> None:
    week = 7 * 86_400
    made, codes, polls = fitted(replace(POLL, limit=Limit(week, TOO_LONG)))
    assert codes == ["D270"]
    # What the budget counts is what the machine does.
    aws = Aws(look=[NOT_YET])
    execution = run_virtual(made.definition, {}, aws)
    assert len(execution.history) < EVENT_LIMIT
    asked = len(aws.times())
    pause = made.definition["States"]["s"]["Branches"][0]["States"]["s: wait"]["Seconds"]
    growth = float(pause.split("* ")[1].split(")")[0])
    assert 0 <= polls[0].events(growth) / EVENTS_PER_POLL + 1 - asked <= 2
    assert polls[0].events(growth) <= POLLERS_SHARE * (EVENT_LIMIT - worst_case_events(made.definition))


def test_every_try_counts() -> None:
    limit = Limit(3600, TOO_LONG)
    task = replace(TASK, retries=Retries(4, delay=1))
    once = fitted(replace(POLL, limit=limit))[2][0]
    assert fitted(replace(POLL, limit=limit), task)[2][0].events(0) == 5 * once.events(0)


def test_polls_that_never_fit_are_refused() -> None:
    task = replace(TASK, retries=Retries(500, delay=1))
    _, codes, _ = fitted(replace(POLL, limit=Limit(7 * 86_400, TOO_LONG)), task)
    assert codes == ["D304"]
