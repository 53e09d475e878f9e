"""Emitted machines with trigger rules against the simulator of Airflow's scheduling, which is held against
Airflow itself (tests/verify/oracle) and shares nothing with the compiler."""

from itertools import product

import pytest
from scripted_runs import records_of
from workflows import glue, machine_of, nested, workflow

from converter.asl.options import Options
from converter.engine import parse_definition, run_virtual
from converter.relations import ANY_OF_RULES, Relations
from converter.verify import SimulatedAws, airflow_run
from converter.verify import Try as MachineTry
from converter.workflow import Outcome, TriggerRule

RULES = sorted(set(TriggerRule) - {TriggerRule.ALL_DONE_SETUP_SUCCESS}, key=lambda rule: rule.value)
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
        for up in () if task.trigger_rule in ANY_OF_RULES else Relations(flow).firing[task.task_id]:
            if task.task_id in starts and up in ends:
                assert starts[task.task_id] >= ends[up], f"{task.task_id} started before {up} had ended"
    assert execution.error in (None, "DagRunFailed"), execution.cause
    records = records_of(execution)
    run = Outcome.SUCCESS if execution.status == "SUCCEEDED" else Outcome.FAILED
    return {task: record["state"] for task, record in records.items()}, run


def airflow_outcomes(flow, script):
    ends = {True: airflow_run.End.FAILED, False: airflow_run.End.SUCCESS}
    tries = {task: [airflow_run.Try(seconds, ends[fails])] for task, (seconds, fails) in script.items()}
    trace = airflow_run.simulate(flow, tries)
    return {task: result.outcome.value for task, result in trace.tasks.items()}, trace.outcome


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ANY_OF_RULES])
def test_every_rule_behind_every_outcome_in_every_order_of_arrival(rule):
    """There is no Await, so that the styles of pollers make no difference."""
    check_every_outcome_in_every_order_of_arrival(rule)


@pytest.mark.usefixtures("each_poller_style")
@pytest.mark.parametrize("rule", sorted(ANY_OF_RULES, key=lambda rule: rule.value))
def test_every_rule_that_one_is_enough_for(rule):
    check_every_outcome_in_every_order_of_arrival(rule)


def check_every_outcome_in_every_order_of_arrival(rule):
    """Two upstream tasks, each a success, a failure, a skip or upstream_failed, one after the other."""
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
