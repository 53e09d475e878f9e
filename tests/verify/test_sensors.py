"""Machines with sensors in random scenarios, against the simulated Airflow."""

import json
from dataclasses import replace

import pytest
from random_sensors import random_dag_with_sensors
from scale import scaled
from verifying import verified, verifier_of
from workflows import empty, workflow

from converter.workflow import Retries, Task

EMR_STEP = "airflow.providers.amazon.aws.sensors.emr.EmrStepSensor"
STEP = {"job_flow_id": "j", "step_id": "s", "poke_interval": 10}
SOME, FULL = range(6), scaled(2_000, 60)


def check(seed, scenarios, largest=10):
    result = verified(random_dag_with_sensors(seed, largest), range(scenarios))
    assert result.divergences == (), f"random_dag_with_sensors({seed}, {largest})"


@pytest.mark.parametrize("first", SOME[::3])
def test_random_dags_with_sensors_end_as_in_airflow(first):
    for seed in range(first, first + 3):
        check(seed, 3)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL[::20])
def test_many_random_dags_with_sensors_end_as_in_airflow(first):
    for seed in range(first, first + 20):
        check(seed, 10)


def test_a_machine_that_tried_again_after_a_sensors_timeout_would_be_found():
    task = Task("s", EMR_STEP, arguments={**STEP, "timeout": 60}, retries=Retries(1, 5))
    verifier = verifier_of(workflow(task, empty("after", "s")))
    assert verifier.verify(range(12)).divergences == ()
    (run,) = verifier.machine.machines
    right = json.dumps(run.definition)
    wrong = right.replace('"Error": "AirflowSensorTimeout"', '"Error": "States.TaskFailed"')
    assert wrong != right
    machine = replace(verifier.machine, machines=(replace(run, definition=json.loads(wrong)),))
    found = replace(verifier, machine=machine).verify(range(12)).divergences
    assert {item.why for item in found} == {"tries"}
