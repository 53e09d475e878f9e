"""A distributed Map that reads its items from S3 and writes its results there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from converter.local import LocalAws

pytestmark = pytest.mark.full  # minutes on the real local AWS


@pytest.fixture
def s3(aws: LocalAws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket="data")
    return client


@pytest.fixture
def run_map(sfn: Any, create_machine: Any, finish: Any) -> Any:
    def run(**fields: Any) -> Any:
        processor = {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Item",
            "States": {"Item": {"Type": "Pass", "End": True}},
        }
        machine = create_machine({"Map": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}})
        return finish(sfn.start_execution(stateMachineArn=machine)["executionArn"])

    return run


def test_items_come_from_a_csv_file_and_results_go_to_a_folder(s3: Any, run_map: Any) -> None:
    s3.put_object(Bucket="data", Key="in.csv", Body=b"name,size\nred,1\nblue,2\n")
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
        "Arguments": {"Bucket": "data", "Key": "in.csv"},
    }
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": "data", "Prefix": "out"},
    }
    ended = run_map(ItemReader=reader, ResultWriter=writer)
    details = json.loads(ended["output"])["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(**details)["Body"].read())
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    results = json.loads(s3.get_object(Bucket="data", Key=file["Key"])["Body"].read())
    outputs = [json.loads(entry["Output"]) for entry in results]
    assert sorted(output["name"] for output in outputs) == ["blue", "red"]


def test_objects_are_listed_over_several_pages(s3: Any, run_map: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket="data", Key=f"parts/{number}", Body=b"x" * number)
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Arguments": {"Bucket": "data", "Prefix": "parts/", "MaxKeys": 2},
    }
    listed = json.loads(run_map(ItemReader=reader)["output"])
    assert [(entry["Key"], entry["Size"]) for entry in listed] == [(f"parts/{n}", n) for n in range(5)]


def test_a_missing_object_fails_the_map(s3: Any, run_map: Any) -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "data", "Key": "none"}}
    ended = run_map(ItemReader=reader)
    assert ended["error"] == "States.ItemReaderFailed"
    assert "The specified key does not exist." in ended["cause"]
