"""Names inside of what only the run knows, where Step Functions spells them otherwise than the API."""

import pytest
from mapped import mapped, xcom
from workflows import python, workflow

from converter.asl.options import Options
from converter.diagnostics import refuses
from converter.pipeline import convert
from converter.workflow import Opaque, Task

AMAZON = "airflow.providers.amazon.aws.operators"
ECS, BATCH, GLUE = (
    f"{AMAZON}.ecs.EcsRunTaskOperator",
    f"{AMAZON}.batch.BatchOperator",
    f"{AMAZON}.glue.GlueJobOperator",
)
PULL = "{{ task_instance.xcom_pull(task_ids='a', dag_id='example', key='return_value') }}"
RETURNED = Opaque("airflow.sdk.definitions.xcom_arg.PlainXComArg", PULL)
ECS_TASK = {"cluster": "c", "task_definition": "t", "deferrable": True}
BATCH_JOB = {"job_name": "j", "job_queue": "q", "job_definition": "d", "deferrable": True}


def task(operator, **arguments):
    return Task("b", operator, arguments=arguments, template_fields=tuple(arguments), upstream=("a",))


def refusals(found):
    """Return what is wrong with the task for a spelling that nobody knows; nothing else may be."""
    conversion = convert(workflow(python("a"), found), Options())
    refused = [item for item in conversion.diagnostics if refuses([item])]
    assert {item.code.id for item in refused} <= {"D205"}, refused
    return [item.problem for item in refused]


@pytest.mark.parametrize(
    ("found", "place"),
    [
        (task(ECS, **ECS_TASK, overrides=RETURNED), "Overrides"),
        (mapped(task(ECS, **ECS_TASK), overrides=xcom("a")), "Overrides"),
        (task(BATCH, **BATCH_JOB, container_overrides=RETURNED), "ContainerOverrides"),
        (task(ECS, **ECS_TASK, overrides={"containerOverrides": RETURNED}), "Overrides.ContainerOverrides"),
    ],
)
def test_a_structure_that_a_task_returns_is_refused_where_its_names_would_have_to_be_spelled(found, place):
    (problem,) = refusals(found)
    assert f"only the run knows {place}," in problem


@pytest.mark.parametrize(
    "found",
    [
        task(
            ECS, **ECS_TASK, overrides={"containerOverrides": [{"name": "c", "command": ["{{ ds }}", PULL]}]}
        ),
        task(BATCH, **BATCH_JOB, parameters=RETURNED),
        mapped(task(GLUE, job_name="j"), script_args=xcom("a")),
    ],
)
def test_what_has_no_names_to_spell_may_be_known_to_the_run_alone(found):
    assert refusals(found) == []
