"""Random workflows in which some tasks start jobs, and sensors behind them wait for these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from random_dags import RULES, random_dag
from workflows import GLUE, python, reader

from converter.workflow import Retries, Task, TriggerRule, Workflow

AMAZON = "airflow.providers.amazon.aws"
_TEMPLATED = (
    "job_name",
    "run_id",
    "job_id",
    "job_run_id",
    "execution_arn",
    "virtual_cluster_id",
    "application_id",
)
_FORMS = (
    "{{{{ ti.xcom_pull('{0}') }}}}",
    "{{{{ task_instance.xcom_pull(task_ids='{0}', key='return_value') }}}}",
    "{{{{ ti.xcom_pull(task_ids=['{0}'])[0] }}}}",
)


@dataclass(frozen=True)
class Kind:
    """Operator and sensor of a service, with what they need; ``id`` is how the sensor is told of the job."""

    operator: str
    sensor: str
    id: str
    starts: dict[str, Any]
    watches: dict[str, Any]

    def submit(self, task_id: str, *upstream: str, **fields: Any) -> Task:
        """Return a task that starts a job."""
        return Task(
            task_id, f"{AMAZON}.operators.{self.operator}", arguments=self.starts, upstream=upstream, **fields
        )

    def watch(
        self,
        task_id: str,
        submit: str,
        form: str = _FORMS[0],
        more: dict[str, Any] | None = None,
        **fields: Any,
    ) -> Task:
        """Return the sensor that waits for the job of ``submit``."""
        pushed = {} if self.id in self.watches else {self.id: form.format(submit)}
        arguments = {**self.watches, **pushed, **(more or {})}
        return Task(
            task_id,
            f"{AMAZON}.sensors.{self.sensor}",
            arguments=arguments,
            template_fields=_TEMPLATED,
            upstream=(submit,),
            **fields,
        )


_NO_WAIT = {"wait_for_completion": False}
_ROLE = "arn:aws:iam::123456789012:role/r"
_RESOURCES = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
_TRAINING = {
    "TrainingJobName": "t",
    "RoleArn": _ROLE,
    "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": _RESOURCES,
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
_PROCESSING = {
    "ProcessingJobName": "p",
    "RoleArn": _ROLE,
    "AppSpecification": {"ImageUri": "image"},
    "ProcessingResources": {"ClusterConfig": _RESOURCES},
}
_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
KINDS: dict[str, Kind] = {
    "glue": Kind(
        "glue.GlueJobOperator",
        "glue.GlueJobSensor",
        "run_id",
        {"job_name": "j", **_NO_WAIT},
        {"job_name": "j"},
    ),
    "batch": Kind(
        "batch.BatchOperator",
        "batch.BatchSensor",
        "job_id",
        {"job_name": "j", "job_definition": "d", "job_queue": "q", **_NO_WAIT},
        {},
    ),
    "emr on eks": Kind(
        "emr.EmrContainerOperator",
        "emr.EmrContainerSensor",
        "job_id",
        {
            "name": "n",
            "virtual_cluster_id": "v",
            "execution_role_arn": _ROLE,
            "release_label": "emr-6.3.0-latest",
            "job_driver": {},
            **_NO_WAIT,
        },
        {"virtual_cluster_id": "v"},
    ),
    "emr serverless": Kind(
        "emr.EmrServerlessStartJobOperator",
        "emr.EmrServerlessJobSensor",
        "job_run_id",
        {
            "application_id": "a",
            "execution_role_arn": _ROLE,
            "job_driver": {},
            "configuration_overrides": {},
            **_NO_WAIT,
        },
        {"application_id": "a"},
    ),
    "training": Kind(
        "sagemaker.SageMakerTrainingOperator",
        "sagemaker.SageMakerTrainingSensor",
        "job_name",
        {"config": _TRAINING, **_NO_WAIT},
        {"job_name": "t"},
    ),
    "processing": Kind(
        "sagemaker.SageMakerProcessingOperator",
        "sagemaker.SageMakerProcessingSensor",
        "job_name",
        {"config": _PROCESSING, **_NO_WAIT},
        {"job_name": "p"},
    ),
    "step functions": Kind(
        "step_function.StepFunctionStartExecutionOperator",
        "step_function.StepFunctionExecutionSensor",
        "execution_arn",
        {"state_machine_arn": _MACHINE},
        {},
    ),
}


def random_dag_with_pairs(seed: int, largest: int = 8) -> Workflow:
    """Return a random DAG in which about half of the Glue tasks are pairs, most of which can be joined."""
    rng = Random(f"pairs {seed}")
    flow = random_dag(seed, largest)
    if rng.random() < 0.8:
        flow = replace(flow, dagrun_timeout=None)
    tasks: list[Task] = []
    behind: dict[str, str] = {}
    for task in flow.tasks:
        moved = replace(task, upstream=tuple(behind.get(up, up) for up in task.upstream))
        plain = task.operator == GLUE and not task.is_teardown and not task.is_setup
        if plain and rng.random() < 0.6:
            pair = _pair(rng, moved)
            behind[task.task_id] = pair[1].task_id
            tasks += pair
            if rng.random() < 0.25:
                rule = rng.choice([TriggerRule.ALL_SUCCESS, TriggerRule.ALL_SUCCESS, TriggerRule.ALL_DONE])
                upstream = [pair[1].task_id, *rng.choice([[], [task.task_id]])]
                late = python(f"{task.task_id}_reads", *upstream, trigger_rule=rule)
                tasks.append(reader(late, [task.task_id]))
        else:
            tasks.append(moved)
    return replace(flow, tasks=tuple(tasks), dag_id=f"pairs_{seed}")


def _pair(rng: Random, task: Task) -> list[Task]:
    kind = rng.choice(list(KINDS.values()))
    more: dict[str, Any] = {"poke_interval": rng.choice([1, 10, 60, 300])}
    # Not a multiple of any interval: at such a moment it would be a matter of chance what a look finds.
    more["timeout"] = rng.choice([5.5, 60.5, 600.5, 3600.5, 86_400.5])
    if rng.random() < 0.1:
        more[rng.choice(["soft_fail", "never_fail"])] = True
    if rng.random() < 0.2:
        more["mode"] = "reschedule"
    fields: dict[str, Any] = {}
    if rng.random() < 0.4:
        fields["retries"] = Retries(rng.randint(1, 2), float(rng.randint(1, 90)))
    if rng.random() < 0.2:
        fields["execution_timeout"] = float(rng.randint(5, 600))
    if rng.random() < 0.1:
        fields["trigger_rule"] = rng.choice(RULES)
    submit = kind.submit(
        task.task_id,
        *task.upstream,
        trigger_rule=task.trigger_rule,
        retries=task.retries,
        execution_timeout=task.execution_timeout,
    )
    return [submit, kind.watch(f"{task.task_id}_ends", task.task_id, rng.choice(_FORMS), more, **fields)]
