"""Mapped tasks: what a converted DAG does with their instances is what Airflow does."""

from collections import Counter
from dataclasses import replace

import pytest
from mapped import days, grouped, listed, mapped, mapped_glue, xcom
from random_mapped_dags import random_mapped_dag
from scale import scaled
from scripted_runs import records_of
from verifying import OPTIONS, verified, verifier_of, verifier_of_conversion
from workflows import branch, glue, python, short_circuit, workflow

from converter import diagnostics as d
from converter.asl.budget import LIMITS
from converter.asl.options import Failures
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.pipeline import convert
from converter.verify import airflow_run
from converter.workflow import Retries, Task, TriggerRule

FULL_SEEDS = scaled(3_000, 40)
CHUNK = 20


#: No instance has room in the machine itself: each is an execution of its own.
DISTRIBUTED = replace(LIMITS, instances=0)
#: Nor has its record, where nobody reads what it pushes.
SUMMED = replace(DISTRIBUTED, instance_records=0)


def without_divergence(seeds, scenarios, options=OPTIONS, limits=LIMITS):
    """Assert that no DAG diverges; count those checked, and those with ``mapped`` tasks, with some whose
    instances are executions of their own (``apart``), with some of which a sum is kept (``summed``).
    """
    counts = Counter()
    for seed in seeds:
        conversion = convert(random_mapped_dag(seed), options, limits=limits)
        if conversion.refused:
            continue
        found = verifier_of_conversion(conversion).verify(range(scenarios))
        assert not found.divergences, (seed, found.divergences[:3])
        assert found.scenarios == scenarios
        mapped_steps = [step.instances for step in conversion.steps.values() if step.instances]
        counts["checked"] += 1
        counts["mapped"] += bool(mapped_steps)
        counts["apart"] += any(one.distributed for one in mapped_steps)
        counts["summed"] += any(one.summed for one in mapped_steps)
    return counts


def test_random_dags_with_mapped_tasks_run_as_in_airflow():
    assert without_divergence(range(1), 5)["mapped"] == 1


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::CHUNK])
def test_many_random_dags_with_mapped_tasks_run_as_in_airflow(first):
    counts = without_divergence(range(first, first + CHUNK), 12)
    assert counts["checked"] >= CHUNK * 0.8
    assert counts["mapped"] >= CHUNK * 0.6


def test_a_skip_for_want_of_instances_may_come_late_and_be_overtaken_by_a_failure():
    """In Airflow one_success takes the first instance that succeeds; a machine, the first task."""
    flow = workflow(
        mapped_glue("some", over=days("a", "b"), retries=Retries(1, 30)),
        glue("other"),
        mapped_glue("none", "some", over=listed(), trigger_rule=TriggerRule.ONE_SUCCESS),
        glue("both", "none", "other"),
    )
    found = verified(flow, range(60))
    assert not found.divergences
    assert {d.EARLY_DECISION, d.ARRIVAL_ORDER} <= found.approximations.keys()


@pytest.mark.parametrize(("resumable", "limits"), [(False, DISTRIBUTED), (True, SUMMED)])
def test_instances_that_are_executions_of_their_own_run_as_in_airflow(resumable, limits):
    counts = without_divergence([3], 3, replace(OPTIONS, resumable=resumable), limits)
    assert counts == {"checked": 1, "mapped": 1, "apart": 1, "summed": int(limits is SUMMED)}


@pytest.mark.full
@pytest.mark.parametrize("failures", Failures)
def test_many_random_dags_run_as_in_airflow_if_all_mapped_tasks_are_distributed(failures):
    options = replace(OPTIONS, failures=failures)
    counts = without_divergence(range(40, 46), 6, options, DISTRIBUTED)
    assert min(counts["checked"], counts["apart"]) >= 4
    counts = without_divergence(range(46, 52), 6, options, SUMMED)
    assert min(counts["checked"], counts["apart"], counts["summed"]) >= 3


def test_an_instance_that_step_functions_itself_ends_fails_its_task():
    """The Map ends, with all instances; what is behind is decided, and what is beside goes on."""
    flow = workflow(mapped_glue("m", over=days("a", "b")), glue("b", "m"), glue("c"))
    found = convert(flow, OPTIONS, limits=DISTRIBUTED)
    assert found.machine

    def work(call):
        if call.arguments.get("Arguments", {}).get("--day") == "a":
            return TaskResult(1, error="States.Runtime")  # which nothing catches
        return TaskResult(9, {"Id": "jr"})

    execution = run_virtual(parse_definition(found.machine.definition), {}, SimulatedBackend(work))
    records = records_of(execution)
    assert {task: record["state"] for task, record in records.items()} == {
        "m": "failed",
        "b": "upstream_failed",
        "c": "success",
    }
    assert "instances" not in records["m"]


S3_KEY = "airflow.providers.amazon.aws.sensors.s3.S3KeySensor"
WAITS = "airflow.providers.standard.sensors.time_delta."


@pytest.mark.parametrize(
    "limits",
    [pytest.param(LIMITS, id="inline", marks=pytest.mark.full), pytest.param(DISTRIBUTED, id="distributed")],
)
def test_instances_of_sensors_poll_wait_and_fail_as_in_airflow(limits):
    """Tasks of several states: whose tries are seen in histories alone."""
    hurried = {"bucket_name": "b", "poke_interval": 60.0, "timeout": 600.0}
    flow = workflow(
        glue("a"),
        mapped(Task("s", S3_KEY, upstream=("a",), arguments=hurried), bucket_key=listed("x", "y", "z")),
        mapped(Task("w", WAITS + "WaitSensor", upstream=("a",)), time_to_wait=listed(1, 2)),
        mapped(Task("d", WAITS + "TimeDeltaSensor", upstream=("a",)), delta=listed(1, 2)),
        glue("b", "s", "w", "d", trigger_rule=TriggerRule.ONE_FAILED),
    )
    verifier = verifier_of(flow, OPTIONS, limits)
    ends, tries = set(), set()
    for seed in range(3):
        replay = verifier.replay(seed)
        assert not replay.findings.divergences
        ends |= {replay.machine.outcomes[f"s[{index}]"] for index in range(3)}
        tries |= {len(replay.machine.tries.get(f"s[{index}]", ())) for index in range(3)}
    assert {"success", "failed"} <= ends
    assert tries == {0, 1}


def test_of_many_instances_forty_run_at_once_and_the_others_later():
    flow = workflow(mapped_glue("m", over=days(*map(str, range(43))), retries=Retries(1, 5)), glue("b", "m"))
    for limits in (LIMITS, DISTRIBUTED):
        found = verified(flow, range(2), OPTIONS, limits)
        assert found.divergences == ()
        assert found.approximations[d.AT_ONCE]


def test_lists_have_all_lengths_and_instances_ends_of_their_own():
    flow = workflow(python("a"), mapped_glue("m", "a", over=xcom("a")), glue("b", "m"))
    verifier = verifier_of(flow)
    lengths, mixed = set(), False
    for seed in range(40):
        replay = verifier.replay(seed)
        lengths.add(replay.scenario.lengths["m"])
        ends = {replay.machine.outcomes[name] for name in replay.machine.outcomes if name.startswith("m[")}
        mixed |= {"success", "failed"} <= ends
        assert not replay.findings.divergences
    assert lengths == {0, 1, 2, 3, 5}
    assert mixed


def test_a_rule_that_counted_a_mapped_task_as_one_is_found(monkeypatch):
    """The check is sharp: a task that runs if some instances succeeded would be seen."""
    flow = workflow(
        mapped_glue("m", over=days("a", "b", "c")), glue("b", "m", trigger_rule=TriggerRule.ALL_FAILED)
    )
    assert not verified(flow, range(30)).divergences
    monkeypatch.setattr("converter.asl.decisions._EACH", "$")
    assert verified(flow, range(30)).divergences


def test_what_is_behind_a_mapped_branch_goes_by_its_rule_alone():
    flow = workflow(
        mapped(branch("m"), x=listed(1, 2)),
        mapped(short_circuit("n"), x=listed(1, 2)),
        glue("a", "m"),
        glue("b", "m", "n", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS),
        glue("c", "a", "b", trigger_rule=TriggerRule.ALL_SKIPPED),
    )
    assert not verified(flow, range(20)).divergences


def set_up_and_torn_down():
    return workflow(
        mapped(python("s", is_setup=True), x=listed(1, 2, 3)),
        glue("a", "s"),
        glue("b", "a"),
        glue("t", "s", "b", trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS, is_teardown=True),
    )


def test_a_mapped_setup_is_torn_down_if_an_instance_of_it_has_succeeded():
    verifier = verifier_of(set_up_and_torn_down())
    partly = 0
    for seed in range(12):
        replay = verifier.replay(seed)
        ends = {replay.machine.outcomes[f"s[{index}]"] for index in range(3)}
        partly += "success" in ends and len(ends) > 1 and replay.machine.outcomes["t"] == "success"
        assert not replay.findings.divergences
    assert partly


def test_a_mapped_setup_whose_failure_would_end_the_execution_is_refused():
    flow = replace(set_up_and_torn_down(), settings={"fail_fast": True})
    found = {item.task_id: str(item) for item in convert(flow, OPTIONS).diagnostics}
    assert "D208" in found["s"]
    assert "what others set up is not torn down" in found["s"]


TEARDOWN = {"is_teardown": True, "trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS}


def torn_down_by_instances(over, **fields):
    """s → w → t, the mapped teardown of s, which is expanded over it, over o, or over a list."""
    teardown = replace(mapped_glue("t", "s", "w", "o", over=over), **TEARDOWN)
    return workflow(python("s", is_setup=True), python("o"), glue("w", "s"), teardown, **fields)


@pytest.mark.parametrize("over", [days("a", "b"), xcom("s")])
def test_a_teardown_may_be_mapped(over):
    verifier = verifier_of(torn_down_by_instances(over))
    ends = set()
    for seed in range(15):
        replay = verifier.replay(seed)
        assert not replay.findings.divergences
        ends |= {end for name, end in replay.machine.outcomes.items() if name.startswith("t")}
    assert {"success", "failed", "upstream_failed"} <= ends


def refusal_of(flow):
    return {item.task_id: str(item) for item in convert(flow, OPTIONS).diagnostics if item.code.id == "D208"}


def test_a_mapped_teardown_that_airflow_decides_by_chance_is_refused():
    found = refusal_of(torn_down_by_instances(xcom("o")))
    assert "where 'o' is skipped after all else" in found["t"]


def test_a_mapped_teardown_whose_failure_would_end_the_execution_is_refused():
    flow = torn_down_by_instances(days("a", "b"), settings={"fail_fast": True})
    found = refusal_of(flow)
    assert "ends the execution, and with it the other instances" in found["t"]


def test_instances_are_named_after_their_task():
    assert airflow_run.instance_ids("m", 2) == ("m[0]", "m[1]")
    assert airflow_run.instance_ids("m", 0) == airflow_run.instance_ids("m", None) == ("m",)


def test_instances_that_wait_for_each_other_by_a_limit_of_the_task_are_in_time():
    """Airflow holds them back as well: max_active_tis_per_dagrun."""
    limited = {"max_active_tis_per_dagrun": 2}
    alone = mapped_glue("m", over=days("a", "b", "c", "d"), settings=limited)
    first, second = glue("first", settings=limited), glue("second", "first")
    in_a_group = [grouped(first, x=listed(1, 2, 3)), grouped(second, x=listed(1, 2, 3))]
    for tasks in ([alone, glue("end", "m")], [*in_a_group, glue("end", "second")]):
        assert not verified(workflow(*tasks), range(8)).divergences
        unlimited = [replace(task, settings={}) for task in tasks]
        assert not verified(workflow(*unlimited), range(3)).divergences
