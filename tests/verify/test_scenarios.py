from collections import Counter

import pytest
from verifying import verifier_of
from workflows import branch, empty, glue, python, short_circuit, workflow

from converter.operators import steps_of
from converter.verify import airflow_run
from converter.verify.scenarios import scenario_of
from converter.workflow import Retries, Task

FLOW = workflow(
    glue("job", retries=Retries(2, 10), execution_timeout=30.0),
    python("function", retries=Retries(1, 10)),
    branch("branch"),
    glue("a", "branch"),
    glue("b", "branch"),
    empty("far", "a"),
    short_circuit("check"),
    empty("end", "check"),
)


def scenarios(count, flow=FLOW):
    steps, _ = steps_of(flow)
    return [scenario_of(flow, steps, seed) for seed in range(count)]


def test_a_scenario_follows_from_its_seed():
    assert scenarios(20) == scenarios(20)
    assert len({str(item.script) for item in scenarios(20)}) == 20


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_in_the_first_everything_succeeds_at_once_and_in_time(timeout):
    flow = workflow(*FLOW.tasks, dagrun_timeout=timeout)
    (first,) = scenarios(1, flow)
    assert {tries[-1].end for tries in first.script.values()} == {airflow_run.End.SUCCESS}
    assert {len(tries) for tries in first.script.values()} == {1}
    assert airflow_run.simulate(flow, first.script).outcome.value == "success"


def ends_of(task):
    return [this.end for item in scenarios(300) for this in item.script[task]]


def test_tries_end_in_every_way():
    assert set(ends_of("job")) == set(airflow_run.End) - {airflow_run.End.SKIPPED}
    assert set(ends_of("function")) == set(airflow_run.End)
    errors = {this.error for item in scenarios(300) for this in item.work["function"]}
    assert errors >= {"States.QueryEvaluationError", "AirflowFailException", "AirflowSkipException", None}


def test_branches_choose_in_every_way():
    chosen = {end.chosen for end in ends_of("branch") if isinstance(end, airflow_run.Branch)}
    assert chosen >= {(), ("a",), ("b",), ("a", "b")}
    assert any("far" in ids for ids in chosen)  # no child
    assert any("no such task" in ids for ids in chosen)
    circuits = Counter(isinstance(end, airflow_run.ShortCircuit) for end in ends_of("check"))
    assert all(circuits[either] > 50 for either in (True, False))


def test_what_is_behind_a_chosen_task_is_followed():
    flow = workflow(branch("branch"), glue("a", "branch"), glue("b", "branch", "a"))
    skips = {
        item.script["branch"][-1].end.chosen: item.work["branch"][-1].skip
        for item in scenarios(300, flow)
        if isinstance(item.script["branch"][-1].end, airflow_run.Branch)
    }
    assert (skips[()], skips[("a",)], skips[("b",)]) == (["a", "b"], None, ["a"])


def test_a_try_that_would_take_too_long_is_cut_off_on_both_sides():
    cut_off = [
        (this, work)
        for item in scenarios(100)
        for this, work in zip(item.script["job"], item.work["job"], strict=True)
        if work.seconds > 30
    ]
    assert len(cut_off) > 10
    assert {(this.seconds, this.end) for this, _ in cut_off} == {(30.0, airflow_run.End.FAILED)}


def test_failures_come_before_successes_too():
    tries = [[this.end.value for this in item.script["job"]] for item in scenarios(300)]
    assert ["failed", "success"] in tries
    assert ["failed", "failed", "success"] in tries
    assert ["failed", "failed", "failed"] in tries


def test_some_runs_pass_their_timeout_and_most_do_not():
    flow = workflow(glue("a"), glue("b", "a"), dagrun_timeout=120.0)
    verifier = verifier_of(flow)
    timed_out = sum(verifier.replay(seed).machine.timed_out for seed in range(60))
    assert 5 < timed_out < 30


def test_a_sensor_that_may_wait_for_a_week_leaves_the_others_of_a_short_run_their_time():
    week = Task(
        "week",
        "airflow.providers.amazon.aws.sensors.s3.S3KeySensor",
        arguments={"bucket_key": "s3://bucket/key"},
    )
    flow = workflow(week, glue("job", retries=Retries(2, 3600)), glue("on", "job"), dagrun_timeout=60.0)
    seconds = [item.script[name][0].seconds for item in scenarios(200, flow) for name in ("job", "on")]
    assert sum(one > 0.1 for one in seconds) > 0.9 * len(seconds)
