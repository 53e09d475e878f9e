from __future__ import annotations

import json
from typing import Any

import pytest

from converter.engine import Execution, SimulatedBackend, TaskCall, TaskResult, run_virtual

LAMBDA = "arn:aws:states:::lambda:invoke"
WORK = {"Type": "Task", "Resource": LAMBDA, "End": True}


def machine(inner: dict[str, Any], **fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": inner}}
    return {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}},
    }


def run(definition: dict[str, Any], document: Any, tasks: Any) -> Execution:
    return run_virtual(definition, json.dumps(document), SimulatedBackend(tasks))


def odd_items_fail(call: TaskCall) -> TaskResult:
    return (
        TaskResult(error="Odd") if call.arguments % 2 else TaskResult(seconds=1, output=call.arguments * 10)
    )


def types(execution: Execution) -> list[str]:
    return [event.type for event in execution.history]


def test_the_executions_leave_no_events_in_the_history() -> None:
    execution = run(machine(WORK), [2, 4], odd_items_fail)
    assert execution.output == "[20,40]"
    assert types(execution)[2:-1] == [
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
    ]


def test_one_failure_fails_the_run_unless_it_is_tolerated() -> None:
    execution = run(machine(WORK), [2, 3], odd_items_fail)
    assert (execution.status, execution.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert types(execution)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 0}, "FAILED"),
        ({"ToleratedFailurePercentage": 25}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 24.9}, "FAILED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 20}, "FAILED"),
    ],
)
def test_failures_are_tolerated_up_to_the_threshold(tolerated: dict[str, Any], status: str) -> None:
    execution = run(machine(WORK, **tolerated), [2, 3, 4, 6], odd_items_fail)
    assert execution.status == status
    if status == "SUCCEEDED":
        assert execution.output == "[20,40,60]"


def test_what_nothing_catches_inside_fails_only_its_own_execution() -> None:
    inner = {"Type": "Pass", "InputPath": "$.no", "End": True}
    execution = run(machine(inner, ToleratedFailureCount=2), [{}, {}], {})
    assert execution.output == "[]"


def test_max_concurrency_limits_what_runs_at_once() -> None:
    started: list[Any] = []

    def slow(call: TaskCall) -> TaskResult:
        started.append(call.arguments)
        return TaskResult(seconds=10)

    execution = run(machine(WORK, MaxConcurrency=2), [1, 2, 3], slow)
    assert started == [1, 2, 3]
    assert (execution.stop_date - execution.start_date).total_seconds() == 20


def test_an_execution_has_a_context_of_its_own_and_no_outer_variables() -> None:
    inner = {
        "Type": "Pass",
        "Parameters": {"in.$": "$$.Execution.Input", "machine.$": "$$.StateMachine.Name"},
        "End": True,
    }
    definition = machine({**inner, "Assign": {"x": 2}}, Label="lab")
    definition["States"]["S"] = {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"}
    definition["StartAt"] = "S"
    execution = run(definition, ["a"], {})
    assert json.loads(execution.output or "") == [{"in": "a", "machine": "simulated/lab"}]
    run_arn = next(
        e.details["mapRunArn"] for e in execution.history if e.details and "mapRunArn" in e.details
    )
    assert ":mapRun:simulated/lab:" in run_arn


def test_items_are_batched_by_number_and_by_size() -> None:
    inner = {"Type": "Pass", "End": True}
    by_number = run(
        machine(inner, ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$[0]"}}), [1, 2, 3], {}
    )
    assert by_number.output == '[{"BatchInput":{"k":1},"Items":[1,2]},{"BatchInput":{"k":1},"Items":[3]}]'
    by_size = run(machine(inner, ItemBatcher={"MaxInputBytesPerBatch": 18}), ["aaa", "bbb", "c"], {})
    assert by_size.output == '[{"Items":["aaa"]},{"Items":["bbb"]},{"Items":["c"]}]'


def reader(**config: Any) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": "b", "Key.$": "$.key"},
    }


@pytest.mark.parametrize(
    ("config", "body", "items"),
    [
        ({"InputType": "JSON"}, "[1, 2]", [1, 2]),
        ({"InputType": "JSONL"}, '{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        (
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "a,b\n1,2,3\n\n4\n",
            [{"a": "1", "b": "2"}, {"a": "4", "b": ""}],
        ),
        (
            {
                "InputType": "CSV",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["x", "y"],
                "CSVDelimiter": "PIPE",
            },
            '1|"2|3"\n',
            [{"x": "1", "y": "2|3"}],
        ),
        ({"InputType": "JSON", "MaxItems": 1}, "[1, 2]", [1]),
        ({"InputType": "JSON", "MaxItemsPath": "$.most"}, "[1, 2, 3]", [1, 2]),
    ],
)
def test_items_are_read_from_an_object(config: dict[str, Any], body: str, items: Any) -> None:
    calls: list[TaskCall] = []

    def store(call: TaskCall) -> TaskResult:
        calls.append(call)
        return TaskResult(output={"Body": body})

    execution = run(
        machine({"Type": "Pass", "End": True}, ItemReader=reader(**config)), {"key": "k", "most": 2}, store
    )
    assert json.loads(execution.output or "") == items
    assert (calls[0].resource, calls[0].arguments) == (
        "arn:aws:states:::aws-sdk:s3:getObject",
        {"Bucket": "b", "Key": "k"},
    )
    assert execution.history[2].details == {"length": 0}


@pytest.mark.parametrize("body", ['{"a": 1}', "no JSON"])
def test_an_object_without_items_fails_the_run(body: str) -> None:
    definition = machine(
        {"Type": "Pass", "End": True},
        ItemReader=reader(InputType="JSON"),
        Catch=[{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Z"}],
    )
    definition["States"]["Z"] = {"Type": "Succeed"}
    execution = run(definition, {"key": "k"}, {"M": TaskResult(output={"Body": body})})
    assert json.loads(execution.output or "")["Error"] == "States.ItemReaderFailed"


def test_a_listing_is_read_page_by_page() -> None:
    def listing(call: TaskCall) -> TaskResult:
        first = "ContinuationToken" not in call.arguments
        more = {"NextContinuationToken": "t"} if first else {}
        return TaskResult(output={"Contents": [{"Key": "a" if first else "b", "ETag": "e"}], **more})

    source = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
    execution = run(machine({"Type": "Pass", "End": True}, ItemReader=source), {}, listing)
    assert execution.output == '[{"Etag":"e","Key":"a"},{"Etag":"e","Key":"b"}]'


def test_results_are_written_with_a_manifest() -> None:
    written: dict[str, Any] = {}

    def store(call: TaskCall) -> TaskResult:
        if call.resource.endswith("putObject"):
            written[call.arguments["Key"].rpartition("/")[2]] = json.loads(call.arguments["Body"])
            return TaskResult()
        return odd_items_fail(call)

    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}
    execution = run(machine(WORK, ResultWriter=writer, ToleratedFailureCount=1), [2, 3], store)
    details = json.loads(execution.output or "")["ResultWriterDetails"]
    assert details["Bucket"] == "b"
    assert details["Key"].startswith("p/")
    assert [entry["Output"] for entry in written["SUCCEEDED_0.json"]] == ["20"]
    assert [entry["Error"] for entry in written["FAILED_0.json"]] == ["Odd"]
    assert [f["Key"].rpartition("/")[2] for f in written["manifest.json"]["ResultFiles"]["FAILED"]] == [
        "FAILED_0.json"
    ]


@pytest.mark.parametrize(
    ("config", "written"),
    [
        # Step Functions Developer Guide, "ResultWriter (Map)".
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, ("json", "[[1,2],3]")),
        ({"Transformation": "FLATTEN", "OutputType": "JSON"}, ("json", "[1,2,3]")),
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, ("jsonl", "1\n2\n3")),
        ({"Transformation": "COMPACT", "OutputType": "JSONL"}, ("jsonl", "[1,2]\n3")),
    ],
)
def test_results_are_written_as_the_writer_is_told(config: Any, written: Any) -> None:
    files: dict[str, str] = {}

    def store(call: TaskCall) -> TaskResult:
        files[call.arguments["Key"].rpartition("/")[2]] = call.arguments["Body"]
        return TaskResult()

    target = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    passes = {"Type": "Pass", "End": True}
    execution = run(machine(passes, ResultWriter={**target, "WriterConfig": config}), [[1, 2], 3], store)
    assert "ResultWriterDetails" in json.loads(execution.output or "")
    kind, text = written
    assert files[f"SUCCEEDED_0.{kind}"] == text


def test_results_are_formatted_without_being_written() -> None:
    config = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}
    execution = run(machine({"Type": "Pass", "End": True}, ResultWriter=config), [[1, 2], 3], odd_items_fail)
    assert execution.output == "[1,2,3]"
    config = {"WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"}}
    execution = run(machine({"Type": "Pass", "End": True}, ResultWriter=config), [7], odd_items_fail)
    [entry] = json.loads(execution.output or "")
    assert (entry["Output"], entry["Status"], entry["Input"]) == ("7", "SUCCEEDED", "7")


def test_a_failed_result_is_not_transformed() -> None:
    config = {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}
    execution = run(machine(WORK, ResultWriter=config, ToleratedFailureCount=1), [2, 3], odd_items_fail)
    output, entry = json.loads(execution.output or "")
    assert output == 20
    assert (entry["Status"], entry["Error"]) == ("FAILED", "Odd")


def test_the_input_of_an_execution_has_its_limit() -> None:
    fields = {"QueryLanguage": "JSONata", "ItemSelector": {"long": "{% $pad('x', 300000) %}"}}
    execution = run(machine({**WORK, "QueryLanguage": "JSONata"}, **fields), [2], odd_items_fail)
    assert (execution.status, execution.error) == ("FAILED", "States.DataLimitExceeded")
