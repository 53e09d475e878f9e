from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from waiting import wait_until

ROLE = "arn:aws:iam::123456789012:role/anything"
PASS = {"Done": {"Type": "Pass", "End": True}}
WAIT = {"Wait": {"Type": "Wait", "Seconds": 60, "Next": "Done"}, "Done": {"Type": "Succeed"}}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_an_execution_runs_to_its_output(sfn: Any, create_machine: Any, finish: Any) -> None:
    arn = create_machine({"Add": {"Type": "Succeed", "Output": {"sum": "{% $states.input.a + 1 %}"}}})
    started = sfn.start_execution(stateMachineArn=arn, name="first", input='{ "a": 41 }')

    assert started["executionArn"] == arn.replace("stateMachine", "execution") + ":first"
    execution = finish(started["executionArn"])
    assert execution["status"] == "SUCCEEDED"
    assert execution["output"] == '{"sum":42}'
    assert execution["input"] == '{ "a": 41 }'
    assert execution["startDate"] == started["startDate"] <= execution["stopDate"]


def test_a_failed_execution_has_error_and_cause(sfn: Any, create_machine: Any, finish: Any) -> None:
    arn = create_machine({"No": {"Type": "Fail", "Error": "Broken", "Cause": "as designed"}})
    execution = finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert (execution["status"], execution["error"], execution["cause"]) == (
        "FAILED",
        "Broken",
        "as designed",
    )
    assert "output" not in execution


def test_a_machine_that_times_out_says_when(sfn: Any, create_machine: Any, finish: Any) -> None:
    arn = create_machine(WAIT, TimeoutSeconds=1)
    execution = finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert execution["status"] == "TIMED_OUT"
    assert "error" not in execution  # its history has it (measured on AWS by others)
    assert 0.9 < (execution["stopDate"] - execution["startDate"]).total_seconds() < 30


def test_unnamed_executions_get_different_names(sfn: Any, create_machine: Any) -> None:
    arn = create_machine(PASS)
    assert len({sfn.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(3)}) == 3


def test_starting_again_with_name_and_input_is_idempotent_only_while_it_runs(
    sfn: Any, create_machine: Any
) -> None:
    arn = create_machine(WAIT)
    first = sfn.start_execution(stateMachineArn=arn, name="run", input='{"a":1}')
    again = sfn.start_execution(stateMachineArn=arn, name="run", input='{"a":1}')
    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])

    with pytest.raises(ClientError) as refused:
        sfn.start_execution(stateMachineArn=arn, name="run", input='{"a":2}')
    assert code_of(refused) == "ExecutionAlreadyExists"

    sfn.stop_execution(executionArn=first["executionArn"])
    with pytest.raises(ClientError) as refused:
        sfn.start_execution(stateMachineArn=arn, name="run", input='{"a":1}')
    assert code_of(refused) == "ExecutionAlreadyExists"


def test_stopping_keeps_error_and_cause(sfn: Any, create_machine: Any) -> None:
    arn = sfn.start_execution(stateMachineArn=create_machine(WAIT))["executionArn"]
    stopped = sfn.stop_execution(executionArn=arn, error="Enough", cause="seen enough")

    execution = sfn.describe_execution(executionArn=arn)
    assert execution["status"] == "ABORTED"
    assert (execution["error"], execution["cause"]) == ("Enough", "seen enough")
    assert execution["stopDate"] == stopped["stopDate"]
    last = sfn.get_execution_history(executionArn=arn, reverseOrder=True)["events"][0]
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "seen enough"}


def test_stopping_what_has_ended_changes_nothing(sfn: Any, create_machine: Any, finish: Any) -> None:
    arn = sfn.start_execution(stateMachineArn=create_machine(PASS))["executionArn"]
    ended = finish(arn)
    sfn.stop_execution(executionArn=arn, error="Late")
    assert sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    assert sfn.describe_execution(executionArn=arn)["stopDate"] == ended["stopDate"]


def test_executions_are_listed_newest_first_by_status_and_in_pages(
    sfn: Any, create_machine: Any, finish: Any
) -> None:
    arn = create_machine(PASS)
    for number in range(5):
        finish(sfn.start_execution(stateMachineArn=arn, name=f"run-{number}")["executionArn"])
    pages = sfn.get_paginator("list_executions").paginate(
        stateMachineArn=arn, statusFilter="SUCCEEDED", PaginationConfig={"PageSize": 2}
    )
    names = [[execution["name"] for execution in page["executions"]] for page in pages]
    assert names == [["run-4", "run-3"], ["run-2", "run-1"], ["run-0"]]
    assert sfn.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"] == []


def test_the_history_is_paged_and_can_be_reversed(sfn: Any, create_machine: Any, finish: Any) -> None:
    states = {f"P{number}": {"Type": "Pass", "Next": f"P{number + 1}"} for number in range(4)}
    arn = create_machine({**states, "P4": {"Type": "Pass", "End": True}})
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    finish(execution)
    paginator = sfn.get_paginator("get_execution_history")
    config = {"PageSize": 5}
    ids = [
        [event["id"] for event in page["events"]]
        for page in paginator.paginate(executionArn=execution, PaginationConfig=config)
    ]
    assert ids == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]
    backwards = paginator.paginate(executionArn=execution, reverseOrder=True, PaginationConfig=config)
    assert [event["id"] for page in backwards for event in page["events"]] == list(range(12, 0, -1))


def test_the_history_can_leave_out_data(sfn: Any, create_machine: Any, finish: Any) -> None:
    execution = sfn.start_execution(stateMachineArn=create_machine(PASS), input='{"secret":1}')[
        "executionArn"
    ]
    finish(execution)
    shown = sfn.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "secret" not in json.dumps(shown, default=str)
    assert 'Details": {"truncated' not in json.dumps(shown, default=str)
    assert "secret" in json.dumps(sfn.get_execution_history(executionArn=execution)["events"], default=str)


def test_a_token_of_another_history_is_refused(sfn: Any, create_machine: Any, finish: Any) -> None:
    execution = sfn.start_execution(stateMachineArn=create_machine(PASS))["executionArn"]
    finish(execution)
    with pytest.raises(ClientError) as refused:
        sfn.get_execution_history(executionArn=execution, nextToken="nonsense")
    assert code_of(refused) == "InvalidToken"


def test_a_running_execution_keeps_the_definition_it_started_with(
    sfn: Any, create_machine: Any, finish: Any
) -> None:
    waits = {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Old"},
        "Old": {"Type": "Succeed", "Output": "old"},
    }
    arn = create_machine(waits)
    running = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    before = sfn.describe_state_machine(stateMachineArn=arn)["definition"]
    new = {"QueryLanguage": "JSONata", "StartAt": "N", "States": {"N": {"Type": "Succeed", "Output": "new"}}}
    sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(new))

    assert finish(running)["output"] == '"old"'
    assert finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])["output"] == '"new"'
    assert sfn.describe_state_machine_for_execution(executionArn=running)["definition"] == before


@pytest.mark.parametrize(
    "definition",
    [
        "no json",
        '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Next":"Nowhere"}}}',
        '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass"}}}',
        '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","End":true,"Strange":1}}}',
    ],
)
def test_invalid_definitions_are_refused(sfn: Any, create_machine: Any, definition: str) -> None:
    with pytest.raises(ClientError) as refused:
        sfn.create_state_machine(name="bad", definition=definition, roleArn=ROLE)
    assert code_of(refused) == "InvalidDefinition"
    arn = create_machine(PASS)
    with pytest.raises(ClientError) as refused:
        sfn.update_state_machine(stateMachineArn=arn, definition=definition)
    assert code_of(refused) == "InvalidDefinition"


def test_creating_a_machine_twice(sfn: Any, create_machine: Any) -> None:
    arn = create_machine(PASS)
    assert create_machine(PASS) == arn
    with pytest.raises(ClientError) as refused:
        create_machine(WAIT)
    assert code_of(refused) == "StateMachineAlreadyExists"


def test_express_machines_are_refused(sfn: Any) -> None:
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Done", "States": PASS})
    with pytest.raises(ClientError) as refused:
        sfn.create_state_machine(name="fast", definition=definition, roleArn=ROLE, type="EXPRESS")
    assert code_of(refused) == "StateMachineTypeNotSupported"


def test_deleting_a_machine_ends_its_executions(sfn: Any, create_machine: Any) -> None:
    arn = create_machine(WAIT)
    running = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(ClientError) as refused:
        sfn.describe_execution(executionArn=running)
    assert code_of(refused) == "ExecutionDoesNotExist"
    with pytest.raises(ClientError) as refused:
        sfn.start_execution(stateMachineArn=arn)
    assert code_of(refused) == "StateMachineDoesNotExist"


def test_input_must_be_json(sfn: Any, create_machine: Any) -> None:
    with pytest.raises(ClientError) as refused:
        sfn.start_execution(stateMachineArn=create_machine(PASS), input="{")
    assert code_of(refused) == "InvalidExecutionInput"


def test_machines_have_tags(sfn: Any, create_machine: Any) -> None:
    arn = create_machine(PASS)
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "dag", "value": "example"}])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "dag", "value": "example"}]
    sfn.untag_resource(resourceArn=arn, tagKeys=["dag"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == []


@pytest.fixture
def waiting(sfn: Any, create_machine: Any, create_job: Callable[..., str], glue: Any) -> tuple[str, str]:
    """An execution that waits for a token, and the token, as its task handed it out."""
    create_job(seconds="0")
    arn = create_machine(
        {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:startJobRun.waitForTaskToken",
                "Arguments": {"JobName": "job", "Arguments": {"--token": "{% $states.context.Task.Token %}"}},
                "TimeoutSeconds": 20,
                "End": True,
            }
        }
    )
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    runs = wait_until(lambda: glue.get_job_runs(JobName="job")["JobRuns"], "the task has begun")
    return str(execution), str(runs[0]["Arguments"]["--token"])


def test_a_token_ends_its_task_with_a_result(sfn: Any, finish: Any, waiting: tuple[str, str]) -> None:
    execution, token = waiting
    sfn.send_task_heartbeat(taskToken=token)
    sfn.send_task_success(taskToken=token, output='{"answer": 42}')
    assert finish(execution)["output"] == '{"answer":42}'
    with pytest.raises(ClientError) as refused:
        sfn.send_task_success(taskToken=token, output="{}")
    assert code_of(refused) == "TaskTimedOut"


def test_a_token_fails_its_task(sfn: Any, finish: Any, waiting: tuple[str, str]) -> None:
    execution, token = waiting
    sfn.send_task_failure(taskToken=token, error="Refused", cause="by hand")
    ended = finish(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Refused", "by hand")


def test_unknown_tokens_and_broken_outputs_are_refused(sfn: Any, waiting: tuple[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        sfn.send_task_success(taskToken="never-given-out", output="{}")
    assert code_of(refused) == "InvalidToken"
    with pytest.raises(ClientError) as refused:
        sfn.send_task_success(taskToken=waiting[1], output="{")
    assert code_of(refused) == "InvalidOutput"
