"""Sensors of an item, a partition, a replication, an ingestion: what they ask, and what answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from sensing import AMAZON, definition_of, outcome_of, sensor

from converter.checks import problems_of

DYNAMODB = {
    "table_name": "orders",
    "partition_key_name": "id",
    "partition_key_value": "7",
    "attribute_name": "state",
    "attribute_value": ["done", 3],
}
ARN = "arn:aws:dms:us-east-1:123456789012:task:T"


def looked(name: str, answer: Any, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """Return what becomes of one look of a sensor, and what it asked for."""
    definition = definition_of(sensor(f"{AMAZON}.{name}", timeout=0, **arguments))
    assert problems_of(definition) == ()
    record, calls, _ = outcome_of(definition, lambda *_: answer)
    error = record.get("error")
    return "not yet" if error == "AirflowSensorTimeout" else record["state"], calls[0][2]


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        ({"state": {"S": "done"}}, "success"),
        ({"state": {"N": "3"}}, "success"),
        ({"state": {"S": "3"}}, "not yet"),
        ({"state": {"S": "open"}}, "not yet"),
        ({"other": {"S": "done"}}, "not yet"),
        (None, "not yet"),
    ],
)
def test_an_attribute_of_an_item_is_waited_for(item: Any, outcome: str) -> None:
    found, asked = looked("dynamodb.DynamoDBValueSensor", {"Item": item} if item else {}, **DYNAMODB)
    assert (found, asked) == (outcome, {"TableName": "orders", "Key": {"id": {"S": "7"}}})


def test_an_item_may_have_a_sort_key() -> None:
    more = {"sort_key_name": "day", "sort_key_value": "{{ ds }}"}
    _, asked = looked("dynamodb.DynamoDBValueSensor", {}, **DYNAMODB, **more)
    assert set(asked["Key"]) == {"id", "day"}


@pytest.mark.parametrize(("partitions", "outcome"), [([], "not yet"), ([{"Values": ["1"]}], "success")])
def test_a_partition_is_waited_for(partitions: Any, outcome: str) -> None:
    found, asked = looked(
        "glue_catalog_partition.GlueCatalogPartitionSensor",
        {"Partitions": partitions},
        table_name="lake.events",
        expression="ds='2024-01-01'",
    )
    expected = {"DatabaseName": "lake", "TableName": "events", "Expression": "ds='2024-01-01'"}
    assert (found, asked) == (outcome, expected)


def test_a_partition_is_that_of_the_day_unless_another_is_named() -> None:
    name = f"{AMAZON}.glue_catalog_partition.GlueCatalogPartitionSensor"
    definition = definition_of(sensor(name, table_name="events"))
    asked = definition["States"]["s"]["Branches"][0]["States"]["s: look"]["Arguments"]
    assert asked["DatabaseName"] == "default"
    assert "\"ds='\" & $substring($date('logical_date'), 0, 10) & \"'\"" in asked["Expression"]


@pytest.mark.parametrize(
    ("status", "outcome"), [("stopped", "success"), ("failed", "failed"), ("running", "not yet")]
)
def test_a_replication_is_waited_for(status: str, outcome: str) -> None:
    answer = {"ReplicationTasks": [{"Status": status}]}
    found, asked = looked("dms.DmsTaskCompletedSensor", answer, replication_task_arn=ARN)
    assert (found, asked["Filters"]) == (outcome, [{"Name": "replication-task-arn", "Values": [ARN]}])
    chosen = {"target_statuses": ["running"], "termination_statuses": ["stopped", "failed"]}
    found, _ = looked("dms.DmsTaskBaseSensor", answer, replication_task_arn=ARN, **chosen)
    assert found == ("success" if status == "running" else "failed")


@pytest.mark.parametrize(
    ("status", "outcome"), [("COMPLETED", "success"), ("CANCELLED", "failed"), ("QUEUED", "not yet")]
)
def test_an_ingestion_is_waited_for(status: str, outcome: str) -> None:
    answer = {"Ingestion": {"IngestionStatus": status}}
    found, asked = looked("quicksight.QuickSightSensor", answer, data_set_id="d", ingestion_id="i")
    assert (found, asked["DataSetId"], asked["IngestionId"]) == (outcome, "d", "i")


@pytest.mark.parametrize(
    ("wanted", "outcome"), [("scheduled", "success"), ("completed", "not yet"), (None, "success")]
)
def test_a_batch_inference_is_waited_for_until_it_is_scheduled_or_completed(
    wanted: str | None, outcome: str
) -> None:
    given = {"success_state": wanted} if wanted else {}
    answer = {"Status": "Scheduled"}
    arn = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/123456789012"
    found, asked = looked("bedrock.BedrockBatchInferenceSensor", answer, job_arn=arn, **given)
    assert (found, asked) == (outcome, {"JobIdentifier": arn})
