"""Emitted machines with trigger rules against the simulator of Airflow's scheduling, which is held against
Airflow itself (tests/verify/oracle) and shares nothing with the compiler."""

import json
import random
from itertools import product

import pytest
from workflows import empty, glue, machine_of, nested, workflow

from converter.asl.options import Options
from converter.engine import parse_definition, run_virtual
from converter.operators import UNCONVERTED_RULES
from converter.verify import SimulatedAws, airflow_run
from converter.verify import Try as MachineTry
from converter.workflow import Outcome, TriggerRule

RULES = sorted(set(TriggerRule) - UNCONVERTED_RULES, key=lambda rule: rule.value)
POLLING = Options(poll_interval=1)


def outcomes_of(flow, script):
    """Run the machine; return task → outcome, and the run's. ``script``: task → (seconds, fails)."""
    tries = {
        task: [MachineTry(seconds, "Boom" if fails else None)] for task, (seconds, fails) in script.items()
    }
    machine = machine_of(flow, POLLING)
    aws = SimulatedAws(tries, poll_seconds=0.01)
    execution = run_virtual(parse_definition(machine.definition), {"conf": {}}, aws)
    starts = {task: moment for moment, what, task in aws.timeline if what == "start"}
    ends = {task: moment for moment, what, task in aws.timeline if what == "end"}
    for task in flow.tasks:
        for up in task.firing_upstream:
            if task.task_id in starts and up in ends:
                assert starts[task.task_id] >= ends[up], f"{task.task_id} started before {up} had ended"
    if execution.status == "SUCCEEDED":
        records = json.loads(execution.output)
    else:
        assert execution.error == "DagRunFailed", execution.cause
        entered = [event for event in execution.history if event.type == "FailStateEntered"]
        records = json.loads(entered[-1].details["input"])
    run = Outcome.SUCCESS if execution.status == "SUCCEEDED" else Outcome.FAILED
    return {task: record["state"] for task, record in records.items()}, run


def airflow_outcomes(flow, script):
    ends = {True: airflow_run.End.FAILED, False: airflow_run.End.SUCCESS}
    tries = {task: [airflow_run.Try(seconds, ends[fails])] for task, (seconds, fails) in script.items()}
    trace = airflow_run.simulate(flow, tries)
    return {task: result.outcome.value for task, result in trace.tasks.items()}, trace.outcome


def scenario(rng):
    """A random DAG of up to ten tasks, half of them with a random rule, and what its tasks do."""
    tasks, script = [], {}
    for number in range(rng.randint(2, 10)):
        density = rng.choice([0.15, 0.35, 0.6])
        upstream = [f"t{up}" for up in range(number) if rng.random() < density]
        rule = rng.choice(RULES) if rng.random() < 0.5 else TriggerRule.ALL_SUCCESS
        make = rng.choice([glue, glue, nested, empty])
        tasks.append(make(f"t{number}", *upstream, trigger_rule=rule))
        seconds = 0 if make is empty else rng.randint(1, 60) + number / 64
        script[f"t{number}"] = (seconds, make is not empty and rng.random() < 0.3)
    return workflow(*tasks), script


def check(seeds):
    for seed in seeds:
        flow, script = scenario(random.Random(seed))
        assert outcomes_of(flow, script) == airflow_outcomes(flow, script), f"seed {seed}"


def test_random_dags_with_rules_end_as_in_airflow():
    check(range(300))


@pytest.mark.full
@pytest.mark.parametrize("chunk", range(10))
def test_many_random_dags_with_rules_end_as_in_airflow(chunk):
    check(range(1000 + chunk * 500, 1500 + chunk * 500))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_behind_every_outcome_in_every_order_of_arrival(rule):
    """Three upstream tasks, each a success, a failure, a skip or upstream_failed, one after another."""
    kinds = ("success", "failed", "skipped", "upstream_failed")
    for outcomes in product(kinds, repeat=2):
        for order in ((1, 2), (2, 1)):
            tasks, script, upstream = [], {}, []
            for number, (kind, moment) in enumerate(zip(outcomes, order, strict=True)):
                task = f"u{number}"
                upstream.append(task)
                if kind in ("success", "failed"):
                    tasks.append(glue(task))
                    script[task] = (10.0 * moment, kind == "failed")
                    continue
                # A task that does not run, because of what is before it, decided at that moment.
                before = f"before_{task}"
                tasks.append(glue(before))
                script[before] = (10.0 * moment, kind == "upstream_failed")
                refused = TriggerRule.ALL_FAILED if kind == "skipped" else TriggerRule.ALL_SUCCESS
                tasks.append(glue(task, before, trigger_rule=refused))
                script[task] = (1.0, False)
            tasks.append(nested("judged", *upstream, trigger_rule=rule))
            tasks.append(glue("behind", "judged", trigger_rule=TriggerRule.ALL_SUCCESS))
            script |= {"judged": (3.0, False), "behind": (1.0, False)}
            flow = workflow(*tasks)
            found = airflow_outcomes(flow, script)
            assert tuple(found[0][task] for task in upstream) == outcomes
            assert outcomes_of(flow, script) == found, (outcomes, order)


def test_a_task_that_always_runs_does_not_wait():
    flow = workflow(glue("slow"), glue("now", "slow", trigger_rule=TriggerRule.ALWAYS))
    aws = SimulatedAws({"slow": [MachineTry(60)], "now": [MachineTry(1)]})
    run_virtual(parse_definition(machine_of(flow).definition), {}, aws)
    assert (0.0, "start", "now") in aws.timeline


def test_the_run_is_judged_by_its_leaves():
    """A failure that a task with all_done behind it absorbs does not fail the run."""
    flow = workflow(glue("job"), glue("notify", "job", trigger_rule=TriggerRule.ALL_DONE))
    states, run = outcomes_of(flow, {"job": (5.0, True), "notify": (1.0, False)})
    assert states == {"job": "failed", "notify": "success"}
    assert run is Outcome.SUCCESS
