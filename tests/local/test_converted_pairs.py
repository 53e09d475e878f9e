"""Submits and sensors that are joined, on the local AWS: what both end with, and what is read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from random_pairs import KINDS
from waiting import ended
from workflows import workflow

from converter.asl.options import Options
from converter.executions import read_back
from converter.local import LocalAws
from converter.pipeline import convert
from converter.workflow import Task

pytestmark = pytest.mark.full

ROLE = "arn:aws:iam::123456789012:role/r"
_FAILS = {
    "StartAt": "end",
    "States": {"end": {"Type": "Fail", "Error": "Oops", "Cause": "on purpose"}},
}
_WORKS = {
    "StartAt": "end",
    "QueryLanguage": "JSONata",
    "States": {"end": {"Type": "Succeed", "Output": {"n": 1}}},
}


def jobs(outcome: str) -> dict[str, dict[str, Any]]:
    """Return arguments of submits whose jobs end so, after a moment."""
    env = [{"name": "LOCAL_SECONDS", "value": "0.2"}, {"name": "LOCAL_OUTCOME", "value": outcome}]
    told = ["--local-seconds", "0.2", "--local-outcome", outcome]
    spark = {"entryPoint": "s3://b/job.py", "entryPointArguments": told}
    tags = {"local-seconds": "0.2", "local-outcome": outcome}
    training = KINDS["training"].starts["config"]
    return {
        "glue": {"job_name": "job", "script_args": {"--local-seconds": "0.2", "--local-outcome": outcome}},
        "batch": {"container_overrides": {"environment": env}},
        "emr on eks": {"job_driver": {"sparkSubmitJobDriver": spark}},
        "training": {"config": {**training, "HyperParameters": tags}},
    }


def pair(kind: str, **more: Any) -> list[Task]:
    name = kind.replace(" ", "_")
    submit = KINDS[kind].submit(f"{name}_start")
    submit = Task(submit.task_id, submit.operator, arguments={**submit.arguments, **more})
    watch = {"job_name": more["job_name"]} if "job_name" in more else {}
    return [submit, KINDS[kind].watch(f"{name}_ends", submit.task_id, more=watch)]


@pytest.fixture
def ran(aws: LocalAws, create_job: Callable[..., str]) -> Callable[..., Any]:
    def run(*tasks: Task) -> Any:
        conversion = convert(workflow(*tasks), Options(resumable=False))
        assert conversion.machine is not None, [str(problem) for problem in conversion.diagnostics]
        joined = [item.task_id for item in conversion.diagnostics if item.code.id == "D275"]
        assert joined == [task.task_id for task in tasks if task.upstream]
        sfn = aws.client("stepfunctions")
        definition = json.dumps(conversion.machine.definition)
        machine = sfn.create_state_machine(name="pairs", definition=definition, roleArn=ROLE)[
            "stateMachineArn"
        ]
        execution = sfn.start_execution(stateMachineArn=machine, input=json.dumps({"run_id": "r"}))
        ended(sfn, execution["executionArn"])
        found = read_back(sfn, execution["executionArn"]).tasks
        sfn.delete_state_machine(stateMachineArn=machine)
        return found

    create_job()
    return run


@pytest.mark.parametrize("outcome", ["SUCCEEDED", "FAILED"])
def test_jobs_end_their_sensors(ran: Callable[..., Any], outcome: str) -> None:
    kinds = jobs(outcome)
    found = ran(*(task for kind, more in kinds.items() for task in pair(kind, **more)))
    state = "success" if outcome == "SUCCEEDED" else "failed"
    for kind in kinds:
        name = kind.replace(" ", "_")
        assert (found[f"{name}_start"].state, found[f"{name}_ends"].state) == ("success", state), kind
        assert found[f"{name}_start"].output, kind
    assert found["glue_start"].output.startswith("jr_")
    if state == "failed":
        assert found["glue_ends"].cause.startswith("the state is FAILED")


@pytest.mark.parametrize("definition", [_WORKS, _FAILS])
def test_executions_end_their_sensors(
    aws: LocalAws, ran: Callable[..., Any], definition: dict[str, Any]
) -> None:
    sfn = aws.client("stepfunctions")
    inner = sfn.create_state_machine(name="inner", definition=json.dumps(definition), roleArn=ROLE)
    found = ran(*pair("step functions", state_machine_arn=inner["stateMachineArn"]))
    submit, sensor = found["step_functions_start"], found["step_functions_ends"]
    assert submit.state == "success"
    assert submit.output.startswith("arn:aws:states:us-east-1:123456789012:execution:inner:")
    if definition is _WORKS:
        assert (sensor.state, sensor.xcom) == ("success", {"output": {"n": 1}})
    else:
        assert (sensor.state, sensor.cause) == ("failed", "the state is FAILED: on purpose")


def test_a_start_that_is_refused_fails_the_submit(ran: Callable[..., Any]) -> None:
    found = ran(*pair("glue", job_name="nobody"))
    assert (found["glue_start"].state, found["glue_ends"].state) == ("failed", "upstream_failed")
    assert found["glue_start"].error == "Glue.EntityNotFoundException"
