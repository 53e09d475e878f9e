"""Going on from where an execution failed: on the virtual clock, from the records of the first execution."""

import json
from dataclasses import replace
from random import Random

import pytest
from random_dags import random_dag
from scripted_runs import records_of
from workflows import glue, latest_only, machine_of, partial_fan_in, workflow

from converter.asl.budget import states_of
from converter.asl.names import state_name
from converter.asl.options import Failures, Options
from converter.engine import parse_definition, run_virtual
from converter.executions.machine_states import states_that_matter
from converter.executions.resuming import kept_records
from converter.operators import steps_of
from converter.pipeline import convert
from converter.verify import SimulatedAws, Try
from converter.verify.scenarios import scenario_of

pytestmark = pytest.mark.usefixtures("each_poller_style")

OPTIONS = Options(poll_interval=5, await_deadline=12 * 3600)


def play(machine, script, resumed=None, **more):
    run = {"conf": {}, **({"resumed": resumed} if resumed is not None else {}), **more}
    aws = SimulatedAws(script)
    execution = run_virtual(parse_definition(machine.definition), run, aws)
    assert execution.error in (None, "DagRunFailed"), execution.cause
    records = records_of(execution)
    return execution.status, records, [task for _, what, task in aws.timeline if what == "start"]


def upstream_in(machine):
    return states_that_matter(json.dumps(machine.definition)).upstream


def test_what_has_succeeded_is_passed_by_across_branches_too():
    machine = machine_of(partial_fan_in(), OPTIONS)
    script = {task: [Try(60)] for task in ("glue1", "glue2", "glue3", "report_a", "report_b")}
    status, records, _ = play(machine, script | {"glue2": [Try(5, "Boom")]})
    assert status == "FAILED"
    kept = kept_records(records, upstream_in(machine))
    assert set(kept) == {"glue1", "glue3", "report_a"}
    status, records, started = play(machine, script, kept)
    assert (status, sorted(started)) == ("SUCCEEDED", ["glue2", "report_b"])
    assert records["report_a"] == kept["report_a"]


def test_what_depends_on_a_failure_runs_again_even_if_it_has_succeeded():
    upstream = {"a": (), "b": ("a",), "c": ()}
    records = {"a": {"state": "failed"}, "b": {"state": "success"}, "c": {"state": "success"}}
    assert kept_records(records, upstream) == {"c": {"state": "success"}}


def test_what_was_never_decided_runs_again():
    assert kept_records({"a": {"state": "success"}}, {"a": (), "b": ("a",)}) == {"a": {"state": "success"}}


def states_in(machine):
    return dict(states_of(machine.definition))


def test_a_run_that_resumes_nothing_enters_one_more_state_for_each_task_but_the_last():
    flow = workflow(glue("a"), glue("b", "a"), glue("c", "b"))
    states = states_in(machine_of(flow, Options()))
    without = states_in(machine_of(flow, Options(resumable=False)))
    assert set(states) - set(without) == {"a: done before?", "b: done before?"}
    assert states["a"]["Next"] == "b: done before?"
    assert states["b"]["Next"] == "c"
    assert states["c"]["End"]


@pytest.mark.parametrize("count", [15, pytest.param(60, marks=pytest.mark.full)], ids=["quick", "full"])
def test_resuming_takes_no_more_than_one_state_for_each_task(count):
    for seed in range(count):
        flow = random_dag(seed, 12)
        steps, _ = steps_of(flow)
        if flow.settings.get("fail_fast"):
            continue
        more = len(states_in(machine_of(flow, Options()))) - len(states_in(machine_of(flow)))
        assert more <= sum(step.can_fail for step in steps.values()), seed


def test_a_branch_that_ends_with_a_task_has_one_more_end_if_failures_stop():
    flow = workflow(glue("a"), glue("b"), glue("c", "a", "b"))
    stop = Options(Failures.STOP)
    more = set(states_in(machine_of(flow, stop))) - set(
        states_in(machine_of(flow, replace(stop, resumable=False)))
    )
    assert more == {"a: done before?", "b: done before?", "a: end of branch", "b: end of branch"}


def test_whether_a_run_was_the_latest_is_not_asked_again():
    flow = workflow(latest_only("latest"), glue("a", "latest"), glue("b"), glue("c", "a", "b"))
    machine = machine_of(flow, Options())
    assert not [name for name in states_in(machine) if name.startswith("latest:")]
    script = {name: [Try(5)] for name in "abc"}
    kept = {"latest": {"state": "success", "at": 0}}
    _, _, started = play(machine, script, kept, latest_until="2000-01-01T00:00:00+00:00")
    assert "a" in started
    _, records, started = play(machine, script, None, latest_until="2000-01-01T00:00:00+00:00")
    assert "a" not in started
    _, _, started = play(machine, script, {"latest": records["latest"]})
    assert "a" not in started


@pytest.mark.parametrize("count", [8, pytest.param(60, marks=pytest.mark.full)], ids=["quick", "full"])
def test_random_runs_end_after_resuming_as_if_nothing_had_failed(count):
    """The second run of a task always succeeds; then all outcomes are those of a run without failures."""
    resumed_runs = 0
    for seed in range(count):
        flow = random_dag(seed, 8)
        conversion = convert(flow, OPTIONS)
        machine = conversion.machine
        if {"D228", "D229"} & {item.code.id for item in conversion.diagnostics}:
            continue  # what comes first may decide, and in a second run something else does
        if machine is None or machine.failures_end_the_run or flow.dagrun_timeout:
            continue
        scenario = scenario_of(flow, machine.steps, Random(seed).randint(1, 99))
        script = {state_name(task): tries for task, tries in scenario.work.items()}
        _, records, _ = play(machine, script)
        kept = kept_records(records, upstream_in(machine))
        # What is kept comes first in both runs, where the order decides.
        mended = {task: [Try(200, skip=tries[-1].skip)] for task, tries in script.items()}
        mended |= {task: [replace(script[task][-1], seconds=0.001)] for task in kept}
        _, again, started = play(machine, mended, kept)
        assert not {task for task in kept if kept[task]["state"] == "success"} & set(started), seed
        assert {task: again[task]["state"] for task in kept} == {
            task: kept[task]["state"] for task in kept
        }, seed
        _, whole, _ = play(machine, mended)
        assert {task: record["state"] for task, record in again.items()} == {
            task: record["state"] for task, record in whole.items()
        }, seed
        resumed_runs += bool(kept) and len(kept) < len(flow.tasks)
    assert resumed_runs > count / 6
