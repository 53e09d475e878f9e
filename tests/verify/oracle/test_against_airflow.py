"""The oracle against Airflow's own scheduler and execution API: every change of every task's state."""

import itertools
from dataclasses import replace

import pytest
from oracle_scenarios import dag, difference, random_case, random_grouped_case, random_mapped_case, task
from scale import scaled

from converter.expansion import Expansion, Source, SourceKind
from converter.verify.airflow_run import Branch, End, ShortCircuit, Try, expanded, simulate, task_of
from converter.workflow import TriggerRule

QUICK_SEEDS = range(8)
FULL_SEEDS = scaled(10_000, 2_040)
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


def test_random_dags_with_mapped_groups_run_as_in_airflow(airflow_play):
    assert_no_difference(airflow_play, QUICK_SEEDS, random_grouped_case)


@pytest.mark.full
@pytest.mark.parametrize("first", MAPPED_SEEDS[::CHUNK])
def test_hundreds_of_random_dags_with_mapped_groups_run_as_in_airflow(airflow_play, first):
    assert_no_difference(airflow_play, range(first, first + CHUNK), random_grouped_case)


@pytest.mark.full
@pytest.mark.parametrize("first", MAPPED_SEEDS[::CHUNK])
def test_hundreds_of_random_dags_with_mapped_tasks_run_as_in_airflow(airflow_play, first):
    assert_no_difference(airflow_play, range(first, first + CHUNK), random_mapped_case)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::CHUNK])
def test_thousands_of_random_dags_run_as_in_airflow(airflow_play, first):
    assert_no_difference(airflow_play, range(first, first + CHUNK))


def over(item, **sources):
    """Return the task, expanded over lists of the file, or over what tasks (given by their ids) return."""
    kinds = {
        name: Source(SourceKind.XCOM, task_id=source)
        if isinstance(source, str)
        else Source(SourceKind.LITERAL, source)
        for name, source in sources.items()
    }
    return replace(item, is_mapped=True, expansion=Expansion(kinds))


#: What is said → the DAG, its script, and what tasks become, by hand from Airflow's source.
MAPPED = {
    "a skip does not overwrite what has become of instances that are there from the start": (
        dag(task("bad"), task("stop"), over(task("m", "bad", "stop"), x=[0])),
        {"bad": Try(1, End.FAILED), "stop": Try(5, ShortCircuit()), "m[0]": Try(1)},
        {"m[0]": "upstream_failed"},
    ),
    "it does overwrite what has become of a task that was not expanded": (
        dag(task("a"), task("bad"), task("stop"), over(task("m", "a", "bad", "stop"), x="a")),
        {"a": Try(1), "bad": Try(1, End.FAILED), "stop": Try(5, ShortCircuit()), "m[0]": Try(1)},
        {"m[0]": "skipped"},
    ),
    "instances that did not run leave nothing to expand over": (
        dag(
            task("bad"),
            over(task("m", "bad"), x=[0, 1]),
            over(task("n", "m", rule="none_skipped"), x="m"),
            task("on", "m", "n"),
        ),
        {"bad": Try(1, End.FAILED), **dict.fromkeys(("m[0]", "m[1]", "n[0]", "n[1]", "on"), Try(1))},
        {"m[0]": "upstream_failed", "n[0]": "skipped", "on": "upstream_failed"},
    ),
    "nor do they if a branch has not chosen them": (
        dag(
            task("branch"),
            over(task("m", "branch"), x=[0]),
            over(task("n", "m", rule="none_failed"), x="m"),
            task("on", "n", rule="all_skipped"),
        ),
        {"branch": Try(1, Branch()), "m[0]": Try(1), "n[0]": Try(1), "on": Try(1)},
        {"m[0]": "skipped", "n[0]": "skipped", "on": "success"},
    ),
}


@pytest.mark.parametrize("case", MAPPED)
def test_mapped_tasks_become_what_they_become_in_airflow(airflow_play, case):
    workflow, tries, expected = MAPPED[case]
    script = {name: (this,) for name, this in tries.items()}
    lengths = {
        item.task_id: sum(task_of(name) == item.task_id for name in script)
        for item in workflow.tasks
        if item.is_mapped
    }
    trace = simulate(expanded(workflow, lengths), script)
    assert expected.items() <= {name: end.outcome.value for name, end in trace.tasks.items()}.items()
    assert difference(airflow_play, workflow, script, {"a": 1}) is None


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
    """Some of the pairs; all are in the test below."""
    pairs = [(states, order) for states, order in CELLS if len(states) == 2]
    for states, order in pairs[1::5]:
        assert difference(airflow_play, *cell(states, order)) is None, (states, order)


@pytest.mark.full
@pytest.mark.parametrize("first", range(0, len(CELLS), 60))
def test_every_rule_decides_up_to_three_upstream_states_in_any_order_as_airflow_does(airflow_play, first):
    for states, order in CELLS[first : first + 60]:
        assert difference(airflow_play, *cell(states, order)) is None, (states, order)
