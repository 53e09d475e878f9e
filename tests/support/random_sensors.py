"""Random workflows in which some tasks are sensors of all kinds."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from random_dags import random_dag
from workflows import GLUE

from converter.workflow import Task, Workflow

_AMAZON = "airflow.providers.amazon.aws.sensors"
_STANDARD = "airflow.providers.standard.sensors"
#: A sensor and the arguments that it needs, with more weight for those that can find a failure.
_SENSORS: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{_AMAZON}.emr.EmrStepSensor", {"job_flow_id": "j", "step_id": "s"}),
    (f"{_AMAZON}.glue.GlueJobSensor", {"job_name": "j", "run_id": "r"}),
    (f"{_AMAZON}.sagemaker.SageMakerTrainingSensor", {"job_name": "j"}),
    (f"{_AMAZON}.redshift_cluster.RedshiftClusterSensor", {"cluster_identifier": "c"}),
    (f"{_AMAZON}.s3.S3KeySensor", {"bucket_key": ["s3://b/a", "s3://b/b"]}),
    (f"{_AMAZON}.s3.S3KeySensor", {"bucket_key": "s3://b/a*", "wildcard_match": True}),
    (f"{_AMAZON}.sqs.SqsSensor", {"sqs_queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"}),
    (f"{_AMAZON}.athena.AthenaSensor", {"query_execution_id": "q"}),
    (f"{_STANDARD}.date_time.DateTimeSensor", {"target_time": "2026-01-01T00:10:00"}),
    (f"{_STANDARD}.time_delta.WaitSensor", {"time_to_wait": {"seconds": 60.0}}),
)


def random_dag_with_sensors(seed: int, largest: int = 10) -> Workflow:
    """Return a random DAG in which about half of the Glue tasks are sensors."""
    rng = Random(f"sensors {seed}")
    flow = random_dag(seed, largest)
    tasks = [
        _as_sensor(rng, task)
        if task.operator == GLUE and not task.is_teardown and rng.random() < 0.5
        else task
        for task in flow.tasks
    ]
    return replace(flow, tasks=tuple(tasks), dag_id=f"sensors_{seed}")


def _as_sensor(rng: Random, task: Task) -> Task:
    operator, arguments = rng.choice(_SENSORS)
    given = {**arguments, "poke_interval": rng.choice([1, 10, 30, 60, 300])}
    given["timeout"] = rng.choice([5, 60, 600, 3600, 86_400])
    if flag := rng.choice(["", "", "soft_fail", "never_fail", "silent_fail"]):
        given[flag] = True
    if rng.random() < 0.2:
        given["mode"] = "reschedule"
    return replace(task, operator=operator, arguments=given, template_fields=())
