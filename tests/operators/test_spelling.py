"""Names inside of what only the run knows, where Step Functions spells them otherwise than the API."""

from dataclasses import replace

import pytest
from mapped import listed, mapped, xcom
from workflows import python, workflow

from converter.asl.options import Options
from converter.diagnostics import refuses
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.operators.service_models import spelled
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
SERVERLESS = f"{AMAZON}.emr.EmrServerlessCreateApplicationOperator"
SPARK = {"release_label": "emr-7.0.0", "job_type": "SPARK"}
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
        (task(SERVERLESS, **SPARK, config={"initialCapacity": {"DRIVER": RETURNED}}), "InitialCapacity.*"),
        (
            task(SERVERLESS, **SPARK, config={"runtimeConfiguration": [{"configurations": RETURNED}]}),
            "RuntimeConfiguration.Configurations",
        ),
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


EXPORT = {"PYSPARK_PYTHON": "/usr/bin/python3", "JAVA_HOME": "/usr/lib/jvm"}


@pytest.mark.parametrize(
    ("action", "outer", "capital"),
    [
        ("emr:runJobFlow", ("Configurations",), True),
        ("emr-serverless:startJobRun", ("configurationOverrides", "applicationConfiguration"), False),
        ("emr-containers:startJobRun", ("configurationOverrides", "applicationConfiguration"), False),
    ],
)
def test_the_authors_names_stay_in_configurations_within_configurations(action, outer, capital):
    """``spark-env`` has its ``export`` within: names of environment variables, of any case."""
    names = ("Configurations", "Classification", "Properties")
    within, kind, given = names if capital else tuple(name.lower() for name in names)
    deeper = {kind: "export", given: EXPORT, within: [{kind: "deepest", given: EXPORT}]}
    arguments = [{kind: "spark-env", given: {}, within: [deeper]}]
    for name in reversed(outer):
        arguments = {name: arguments}
    found = spelled(action, arguments)
    for name in outer:
        found = found[name[:1].upper() + name[1:]]
    assert found == [
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [
                {
                    "Classification": "export",
                    "Properties": EXPORT,
                    "Configurations": [{"Classification": "deepest", "Properties": EXPORT}],
                }
            ],
        }
    ]


def test_the_authors_names_stay_in_items_of_dynamodb_however_deep():
    item = {"IDs": {"L": [{"M": {"SKUCode": {"L": [{"M": {"EANumber": {"S": "1"}}}]}}}]}}
    assert spelled("dynamodb:putItem", {"TableName": "t", "Item": item}) == {"TableName": "t", "Item": item}


def overrides(*containers):
    return {"containerOverrides": [{"name": name, "command": list(command)} for name, *command in containers]}


def test_names_in_what_a_task_is_expanded_over_are_spelled_where_all_items_have_the_same():
    """The lengths of other lists do not matter."""
    over = listed(overrides(("c", "x"), ("d",)), overrides(("c", "y", "z"), ("e", "{{ run_id }}")))
    expanded = replace(mapped(task(ECS, **ECS_TASK), overrides=over), template_fields=("overrides",))
    assert refusals(expanded) == []
    machine = convert(workflow(python("a"), expanded), Options()).machine
    given = []

    def work(call):
        given.append(call.arguments)
        return TaskResult(1, {"Tasks": [], "Failures": []})

    run_virtual(parse_definition(machine.definition), {"run_id": "r"}, SimulatedBackend(work))
    assert [one["Overrides"] for one in given[1:]] == [
        {"ContainerOverrides": [{"Name": "c", "Command": ["x"]}, {"Name": "d", "Command": []}]},
        {"ContainerOverrides": [{"Name": "c", "Command": ["y", "z"]}, {"Name": "e", "Command": ["r"]}]},
    ]


def test_items_with_other_names_are_refused_and_told_why():
    over = listed(overrides(("c", "x")), overrides(("c",), ("d",)))
    found = convert(workflow(python("a"), mapped(task(ECS, **ECS_TASK), overrides=over)), Options())
    (refused,) = [item for item in found.diagnostics if refuses([item])]
    assert refused.remedy.endswith("of a list that it is expanded over, all items with the same names")


NODES = {"cluster_name": "c", "nodegroup_subnets": ["s"], "nodegroup_role_arn": "r"}


@pytest.mark.parametrize(
    ("operator", "given", "argument"),
    [
        ("Nodegroup", NODES, "create_nodegroup_kwargs"),
        ("FargateProfile", {"cluster_name": "c", "selectors": []}, "create_fargate_profile_kwargs"),
        ("Cluster", {"cluster_name": "c", "nodegroup_role_arn": "r"}, "create_nodegroup_kwargs"),
    ],
)
def test_further_arguments_of_a_call_that_only_the_run_knows_are_refused(operator, given, argument):
    (problem,) = refusals(task(f"{AMAZON}.eks.EksCreate{operator}Operator", **given, **{argument: RETURNED}))
    assert f"argument '{argument}' is one template" in problem
