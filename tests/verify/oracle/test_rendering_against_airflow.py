"""What verify says of tasks, against Airflow's own ``dag.test()``: their states, fields and instances."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from drivers import driver
from random_data_dags import random_data_dag
from scale import scaled

from converter.operators import steps_of
from converter.verify import airflow_run
from converter.verify.airflow_run import End, Try, expanded, simulate, task_of
from converter.verify.data.rendering import CannotRender, NotKnown, Rendering, Xcoms
from converter.verify.scenarios import scenario_of
from converter.workflow import Retries, TriggerRule, to_json

HERE = Path(__file__).parent
FULL_SEEDS = scaled(30_000, 20)
#: With these, all upstream tasks have ended when a task begins.
RULES = (TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE, TriggerRule.NONE_FAILED)


@pytest.fixture(scope="module")
def dag_test(tmp_path_factory):
    """A function that runs a case with dag.test(), in one process for all cases."""
    with driver(HERE / "dag_test_driver.py", tmp_path_factory.mktemp("dag_test")) as play:
        yield play


def case_of(seed):
    """Return a DAG in which each task is tried once and all before it have ended, and a scenario of it."""
    rng = Random(seed)
    flow = random_data_dag(seed)
    plain = {"retries": Retries(), "execution_timeout": None, "is_setup": False, "is_teardown": False}
    tasks = [
        replace(
            task,
            **plain,
            settings={},
            trigger_rule=rng.choice(RULES),
            operator=task.operator if task.operator.rpartition(".")[2] not in _DECIDE else "tests.Python",
            arguments={} if task.operator.rpartition(".")[2] in _DECIDE else task.arguments,
        )
        for task in flow.tasks
    ]
    flow = replace(flow, tasks=tuple(tasks), settings={}, dagrun_timeout=None)
    return flow, scenario_of(flow, steps_of(flow)[0], seed % 3 + (seed % 7 > 0))


_DECIDE = ("Branch", "ShortCircuit", "LatestOnlyOperator", "EmptyOperator")


def script_of(scenario):
    """Return what each task, or instance, does."""
    return {
        name: {
            "end": tries[-1].end.value,
            "value": scenario.pushed[name].value if name in scenario.pushed else f"{name}'s id",
            "keys": dict(scenario.pushed[name].keys) if name in scenario.pushed else {},
        }
        for name, tries in scenario.script.items()
        if tries
    }


def open_ends(flow, states):
    """Return the tasks of which dag.test() does not say what becomes of them.

    It takes no time, and finishes all that is ready before it looks again: behind tasks of which some were
    skipped and some have failed, nobody knows which came first.
    """
    became = {}
    for name, state in states.items():
        became.setdefault(task_of(name), set()).add(state)
    found = set()
    for task in flow.tasks:
        before = set().union(*(became[up] for up in task.upstream))
        mixed = "skipped" in before and not before.isdisjoint({"failed", "upstream_failed"})
        if (mixed and task.trigger_rule is not TriggerRule.ALL_DONE) or not found.isdisjoint(task.upstream):
            found.add(task.task_id)
    return found


def wrong_states(flow, scenario, failing, states, counts):
    """Yield which tasks the oracle lets end as Airflow did not. ``failing`` have templates that fail."""
    script = {**scenario.script, **dict.fromkeys(failing, (Try(1, End.FAILED),))}
    ends = simulate(expanded(flow, scenario.lengths), script).tasks
    left_open = open_ends(flow, states)
    for name, state in states.items():
        if task_of(name) in left_open:
            continue
        counts["states"] += 1
        said = ends[name if name in ends else f"{name}[0]"].outcome.value
        if said != state:
            yield f"{name} is said to be {said}, and Airflow has {state}"


def wrong_lengths(lengths, states):
    for task, count in lengths.items():
        there = sum(task_of(name) == task and name != task for name in states)
        if there and there != count:
            yield f"{task}: {there} instances, not {count}"


def differences(dag_test, seed, counts):
    """Yield what differs between a run of Airflow's and what is said of it here; count what was compared."""
    flow, scenario = case_of(seed)
    script = script_of(scenario)
    date = scenario.run["logical_date"]
    found = dag_test(
        {"workflow": to_json(flow), "script": script, "conf": scenario.run["conf"], "logical_date": date}
    )
    if "refused" in found:
        return
    counts["DAGs"] += 1
    run = {**scenario.run, "run_id": found["run_id"], "data_interval_end": date}
    states, rendering = found["states"], Rendering(flow)

    def pushed(name):
        done = states.get(name) == "success"
        told = {"return_value": script[name]["value"], **script[name]["keys"]} if done else {}
        return {key: value for key, value in told.items() if key != "return_value" or value is not None}

    instances = {
        task: [name for name in airflow_run.instance_ids(task, count) if name in states and name != task]
        for task, count in scenario.lengths.items()
    }
    yield from wrong_lengths(scenario.lengths, states)
    xcoms = Xcoms(
        {task.task_id: pushed(task.task_id) for task in flow.tasks if not task.is_mapped},
        {task: [pushed(name) for name in names] for task, names in instances.items()},
    )
    failing = set()
    for name, state in states.items():
        if state not in ("success", "failed") and name not in found["seen"]:
            continue
        task = flow.task(task_of(name))
        index = int(name.rstrip("]").partition("[")[2]) if name != task.task_id else -1
        try:
            expected = rendering.arguments(task, run, xcoms, map_index=index)
        except NotKnown:
            failing |= {name} - found["seen"].keys()
            continue
        except CannotRender as error:
            failing.add(name)
            if name in found["seen"]:
                yield f"{name} is said to fail ({error}), and has {found['seen'][name]}"
            continue
        counts["fields"] += 1
        actual = found["seen"].get(name)
        expected = {field: value for field, value in expected.items() if value is not None}
        if actual is None or json.loads(json.dumps(expected)) != actual:
            yield f"{name}: {expected} is said, and Airflow has {actual}"
    yield from wrong_states(flow, scenario, failing, states, counts)


def check(dag_test, seeds):
    counts = Counter()
    found = {seed: list(differences(dag_test, seed, counts)) for seed in seeds}
    assert not {seed: texts for seed, texts in found.items() if texts}
    # Some DAGs are refused, some tasks do not begin, and of some nothing is said.
    assert counts["DAGs"] > 0.8 * len(seeds)
    assert counts["fields"] > 3 * len(seeds)
    assert counts["states"] > 4 * len(seeds)
    return counts


@pytest.mark.full
def test_tasks_of_random_dags_become_and_receive_what_dag_test_gives_them(dag_test):
    check(dag_test, FULL_SEEDS)
