"""What verify says tasks receive, against Airflow's own ``dag.test()``: fields, failures, instances."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from random_data_dags import random_data_dag
from scale import scaled

from converter.operators import steps_of
from converter.verify import airflow_run
from converter.verify.airflow_run import task_of
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
    home = tmp_path_factory.mktemp("dag_test")
    environment = {name: value for name, value in os.environ.items() if "AIRFLOW_" not in name}
    with (
        (home / "log").open("w") as errors,
        subprocess.Popen(
            [sys.executable, str(HERE / "dag_test_driver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**environment, "AIRFLOW_HOME": str(home)},
        ) as driver,
    ):

        def play(case):
            driver.stdin.write(json.dumps(case) + "\n")
            driver.stdin.flush()
            line = driver.stdout.readline()
            assert line, (home / "log").read_text()[-3000:]
            return json.loads(line)

        yield play
        driver.stdin.close()
        driver.wait(timeout=30)


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


def wrong_lengths(lengths, states):
    for task, count in lengths.items():
        there = sum(task_of(name) == task and name != task for name in states)
        if there and there != count:
            yield f"{task}: {there} instances, not {count}"


def differences(dag_test, seed, compared):
    """Yield what differs between a run of Airflow's and what is said of it here; note what was compared."""
    flow, scenario = case_of(seed)
    script = script_of(scenario)
    date = scenario.run["logical_date"]
    found = dag_test(
        {"workflow": to_json(flow), "script": script, "conf": scenario.run["conf"], "logical_date": date}
    )
    if "refused" in found:
        return
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
    for name, state in states.items():
        if state not in ("success", "failed") and name not in found["seen"]:
            continue
        task = flow.task(task_of(name))
        index = int(name.rstrip("]").partition("[")[2]) if name != task.task_id else -1
        try:
            expected = rendering.arguments(task, run, xcoms, map_index=index)
        except NotKnown:
            continue
        except CannotRender as error:
            if name in found["seen"]:
                yield f"{name} is said to fail ({error}), and has {found['seen'][name]}"
            continue
        compared.append(f"{seed} {name}")
        actual = found["seen"].get(name)
        expected = {field: value for field, value in expected.items() if value is not None}
        if actual is None or json.loads(json.dumps(expected)) != actual:
            yield f"{name}: {expected} is said, and Airflow has {actual}"


def check(dag_test, seeds):
    compared = []
    found = {seed: list(differences(dag_test, seed, compared)) for seed in seeds}
    assert not {seed: texts for seed, texts in found.items() if texts}
    # Some DAGs are refused, some tasks do not begin, and of some nothing is said.
    assert len(compared) > 3 * len(seeds)


@pytest.mark.full
def test_tasks_of_random_dags_receive_what_dag_test_gives_them(dag_test):
    check(dag_test, FULL_SEEDS)
