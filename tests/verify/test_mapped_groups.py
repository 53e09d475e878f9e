"""Mapped task groups: what a converted DAG does with their instances is what Airflow does."""

import pytest
from mapped import grouped, listed, xcom
from random_grouped_dags import random_grouped_dag
from scale import scaled
from verifying import OPTIONS, verified, verifier_of
from workflows import empty, glue, python, workflow

from converter.pipeline import convert
from converter.workflow import TriggerRule

FULL_SEEDS = scaled(3_000, 20)
CHUNK = 20


def assert_no_divergence(seeds, scenarios):
    flows = {seed: random_grouped_dag(seed) for seed in seeds}
    checked = [seed for seed, flow in flows.items() if convert(flow, OPTIONS).machine]
    for seed in checked:
        found = verified(flows[seed], range(scenarios))
        assert not found.divergences, (seed, found.divergences[:3])
    assert len(checked) > len(flows) // 2
    assert any(task.mapped_group for seed in checked for task in flows[seed].tasks)


def test_random_dags_with_a_mapped_group_run_as_in_airflow():
    assert_no_divergence((2, 7), 4)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::CHUNK])
def test_many_random_dags_with_a_mapped_group_run_as_in_airflow(first):
    assert_no_divergence(range(first, first + CHUNK), 12)


def fan_out_and_in(**over):
    """A group that is no tree: a > b and c, b and d > e, c > f; behind it, a task that counts failures."""
    return workflow(
        python("z"),
        *(
            grouped(task, **over)
            for task in (
                glue("a", *(("z",) if over["x"].task_id else ())),
                glue("b", "a"),
                glue("c", "a"),
                empty("d", "a"),
                glue("e", "b", "d", trigger_rule=TriggerRule.ALL_DONE),
                glue("f", "c", "b", trigger_rule=TriggerRule.NONE_SKIPPED),
            )
        ),
        glue("behind", "e", "f", trigger_rule=TriggerRule.ONE_FAILED),
        glue("after", "f"),
    )


@pytest.mark.parametrize("over", [xcom("z"), listed(1, 2, 3)], ids=["an XCom", "a list"])
def test_instances_go_their_own_ways(over):
    verifier = verifier_of(fan_out_and_in(x=over))
    mixed, waited = False, False
    for seed in range(8):
        replay = verifier.replay(seed)
        assert not replay.findings.divergences, (seed, replay.findings.divergences[:3])
        ends = {replay.machine.outcomes.get(f"c[{index}]") for index in range(3)}
        mixed |= {"success", "upstream_failed"} <= ends
        begun = replay.machine.started
        waited |= "b[0]" in begun and "a[1]" in begun and begun["b[0]"] < replay.machine.tries["a[1]"][-1][1]
    assert mixed
    assert waited, "an instance has waited for another"


def test_in_a_group_without_items_the_first_to_be_decided_counts():
    flow = workflow(
        glue("x"), grouped(empty("a"), x=listed()), grouped(empty("b", "a", "x"), x=listed()), glue("c", "b")
    )
    assert not verified(flow, range(8)).divergences


def test_a_group_that_ran_without_items_is_found(monkeypatch):
    """The check is sharp."""
    flow = workflow(python("z"), grouped(glue("a", "z"), x=xcom("z")), glue("b", "a"))
    assert not verified(flow, range(6)).divergences
    monkeypatch.setattr("converter.asl.decisions._unless_empty", lambda group: "$decided")
    assert verified(flow, range(6)).divergences
