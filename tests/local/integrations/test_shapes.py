from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import botocore.session
import pytest

from converter.local.integrations.failures import java_name
from converter.local.integrations.shapes import (
    UnknownFieldError,
    epoch_milliseconds,
    from_api,
    iso_instant,
    to_api,
)

NOON = datetime(2026, 1, 2, 12, 0, 0, 120_000, tzinfo=timezone.utc)


def operation(service: str, name: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(name)


def test_parameters_take_the_apis_own_names_and_objects_become_json_text() -> None:
    shape = operation("stepfunctions", "StartExecution").input_shape
    arguments = {"StateMachineArn": "arn", "Name": "n", "Input": {"a": [1, "é"]}}
    assert to_api(arguments, shape) == {"stateMachineArn": "arn", "name": "n", "input": '{"a":[1,"é"]}'}


def test_keys_of_maps_are_left_alone() -> None:
    shape = operation("glue", "StartJobRun").input_shape
    arguments = {"JobName": "j", "Arguments": {"--day": "1", "lower": "x"}}
    assert to_api(arguments, shape) == arguments


def test_an_unknown_parameter_is_named_with_its_place() -> None:
    shape = operation("stepfunctions", "CreateStateMachine").input_shape
    with pytest.raises(UnknownFieldError, match=r"LoggingConfiguration\.Loud"):
        to_api({"LoggingConfiguration": {"Loud": True}}, shape)


def test_results_are_pascal_case_without_empty_members() -> None:
    shape = operation("stepfunctions", "DescribeExecution").output_shape
    answer = {"status": "RUNNING", "startDate": NOON, "output": None, "ResponseMetadata": {}}
    assert from_api(answer, shape, iso_instant) == {
        "StartDate": "2026-01-02T12:00:00.120Z",
        "Status": "RUNNING",
    }
    assert from_api(answer, shape, epoch_milliseconds)["StartDate"] == 1767355200120


def test_an_instant_is_utc_and_has_no_empty_fraction() -> None:
    there = timezone(timedelta(hours=2))
    assert iso_instant(datetime(2026, 1, 2, 14, tzinfo=there)) == "2026-01-02T12:00:00Z"


# The first three as recorded from AWS; the others are class names of the AWS SDK for Java.
@pytest.mark.parametrize(
    ("service_id", "name"),
    [
        ("DynamoDB", "DynamoDb"),
        ("SFN", "Sfn"),
        ("Secrets Manager", "SecretsManager"),
        ("S3", "S3"),
        ("EC2", "Ec2"),
        ("Glue", "Glue"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("EMR Serverless", "EmrServerless"),
    ],
)
def test_services_are_called_as_in_the_java_sdk(service_id: str, name: str) -> None:
    assert java_name(service_id) == name
