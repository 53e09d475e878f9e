"""The oracle against Airflow's own scheduler and execution API: every change of every task's state."""

import itertools

import pytest
from oracle_scenarios import dag, difference, random_case, random_mapped_case, task
from scale import scaled

from converter.verify.airflow_run import End, Try
from converter.workflow import TriggerRule

QUICK_SEEDS = range(25)
FULL_SEEDS = range(10_000, 15_040)
MAPPED_SEEDS = scaled(20_000, 120)
CHUNK = 120

STATES = ("success", "failed", "skipped", "upstream_failed")
CELLS = [
    (states, order)
    for size in (1, 2, 3)
    for states in itertools.product(STATES, repeat=size)
    for order in itertools.permutations(range(1, size + 1))
]


def assert_no_difference(airflow_play, seeds, case=random_case):
    found = {seed: difference(airflow_play, *case(seed)) for seed in seeds}
    differing = {seed: text for seed, text in found.items() if text}
    assert not differing, f"{len(differing)} of {len(found)} of {case.__name__} differ: " + "".join(
        f"\nseed {seed}: {text}" for seed, text in itertools.islice(differing.items(), 3)
    )


def test_random_dags_run_as_in_airflow(airflow_play):
    assert_no_difference(airflow_play, QUICK_SEEDS)


def test_random_dags_with_mapped_tasks_run_as_in_airflow(airflow_play):
    assert_no_difference(airflow_play, QUICK_SEEDS, random_mapped_case)


@pytest.mark.full
@pytest.mark.parametrize("first", MAPPED_SEEDS[::CHUNK])
def test_hundreds_of_random_dags_with_mapped_tasks_run_as_in_airflow(airflow_play, first):
    assert_no_difference(airflow_play, range(first, first + CHUNK), random_mapped_case)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::CHUNK])
def test_thousands_of_random_dags_run_as_in_airflow(airflow_play, first):
    assert_no_difference(airflow_play, range(first, first + CHUNK))


def cell(states, order):
    """Return a DAG with a task of every rule behind upstream tasks that end so, at these times."""
    upstream, script = [], {}
    for number, (state, at) in enumerate(zip(states, order, strict=True)):
        name = f"up{number}"
        if state == "upstream_failed":
            upstream += [task(f"fails_{name}"), task(name, f"fails_{name}")]
            script[f"fails_{name}"] = (Try(at, End.FAILED),)
        else:
            upstream.append(task(name))
            script[name] = (Try(at, End(state)),)
    names = [f"up{number}" for number in range(len(states))]
    joins = [task(rule.value, *names, rule=rule.value) for rule in TriggerRule]
    for join in joins:
        script[join.task_id] = (Try(0.5),)
    return dag(*upstream, *joins), {
        item.task_id: script.get(item.task_id, (Try(0),)) for item in (*upstream, *joins)
    }


def test_every_rule_decides_a_pair_of_upstream_states_as_airflow_does(airflow_play):
    for states, order in CELLS:
        if len(states) <= 2:
            assert difference(airflow_play, *cell(states, order)) is None, (states, order)


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, len(CELLS), 60))
def test_every_rule_decides_three_upstream_states_in_any_order_as_airflow_does(airflow_play, first):
    for states, order in CELLS[first : first + 60]:
        assert difference(airflow_play, *cell(states, order)) is None, (states, order)
