"""S3FileTransformOperator: a copy, where the script is /bin/cp."""

from __future__ import annotations

import pytest
from workflows import workflow

from converter.asl.options import Options
from converter.diagnostics import refuses
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.operators import steps_of
from converter.pipeline import convert
from converter.workflow import Task

OPERATOR = "airflow.providers.amazon.aws.operators.s3.S3FileTransformOperator"
COPY = {
    "source_s3_key": "s3://in/a b.csv",
    "dest_s3_key": "s3://out/{{ run_id }}.csv",
    "transform_script": "/bin/cp",
}


def task(**arguments):
    return Task(
        "t", OPERATOR, arguments={**COPY, **arguments}, template_fields=("source_s3_key", "dest_s3_key")
    )


def run(conversion, *, is_there):
    calls = []

    def work(call):
        action = call.resource.rpartition(":")[2]
        calls.append((action, dict(call.arguments)))
        if action == "headObject" and not is_there:
            return TaskResult(error="S3.NoSuchKeyException", cause="404")
        return TaskResult(0, {})

    machine = parse_definition(conversion.machine.definition)
    return run_virtual(machine, {"run_id": "r"}, SimulatedBackend(work)), calls


COPIED = (
    "copyObject",
    {"Bucket": "out", "Key": "r.csv", "CopySource": "in/a%20b.csv", "MetadataDirective": "REPLACE"},
)
LOOKED = ("headObject", {"Bucket": "out", "Key": "r.csv"})


def test_an_object_is_copied_if_there_is_none_yet():
    conversion = convert(workflow(task()), Options())
    assert not refuses(conversion.diagnostics)
    execution, calls = run(conversion, is_there=False)
    assert (execution.status, calls) == ("SUCCEEDED", [LOOKED, COPIED])
    execution, calls = run(conversion, is_there=True)
    assert (execution.status, calls) == ("FAILED", [LOOKED])
    assert "t (States.QueryEvaluationError)" in execution.cause


def test_with_replace_it_is_copied_anyway():
    execution, calls = run(convert(workflow(task(replace=True)), Options()), is_there=True)
    assert (execution.status, calls) == ("SUCCEEDED", [COPIED])


def test_it_may_do_what_it_does():
    allowed = {
        (action, resource)
        for item in steps_of(workflow(task()))[0]["t"].permissions
        for action in item.actions
        for resource in item.resources
    }
    s3 = "arn:${AWS::Partition}:s3:::"
    assert {("s3:GetObject", f"{s3}in/a b.csv"), ("s3:ListBucket", f"{s3}*")} <= allowed


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ({"transform_script": "scripts/clean.py"}, ["D801"]),
        ({"transform_script": None, "select_expression": "SELECT * FROM S3Object"}, ["D801"]),
        ({"script_args": ["-n"]}, ["D801"]),
        ({"dest_s3_key": "out/x.csv"}, ["D203"]),
        ({"source_aws_conn_id": "a", "dest_aws_conn_id": "b"}, ["D222", "D222"]),
        ({"source_aws_conn_id": "a", "dest_aws_conn_id": "a"}, ["D222"]),
        ({"source_aws_conn_id": "aws_default", "dest_aws_conn_id": None, "dest_verify": False}, []),
    ],
)
def test_what_is_refused_and_told(arguments, codes):
    assert [item.code.id for item in steps_of(workflow(task(**arguments)))[1]] == codes
