"""The Step Functions API calls that moto's own responses do not answer as AWS does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult

from converter.local.executions import LocalExecution
from converter.local.machines_api import MachineCalls, described_revision
from converter.local.map_runs import (
    ItemRun,
    described_map_run,
    executions_of_map_run,
    listed_map_run,
    map_runs_of,
)
from converter.local.request_checks import CheckedRequests
from converter.local.stepfunctions_errors import ValidationError


class LocalStepFunctionsResponse(CheckedRequests, MachineCalls):
    """Executions, their history and task tokens."""

    def describe_execution(self) -> ActionResult:
        """DescribeExecution."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult(described(execution))

    def list_executions(self) -> ActionResult:
        """ListExecutions of a machine, a version or an alias; newest first."""
        if map_run := self._get_param("mapRunArn"):
            return self._executions_of_map_run(map_run)
        if self._get_param("stateMachineArn") is None:
            raise ValidationError("Must provide a State Machine ARN or Map Run ARN")
        found = self.stepfunction_backend.executions_of(
            self._get_param("stateMachineArn"), self._get_param("statusFilter")
        )
        shown, token = self.page(found, lambda execution: execution.arn)
        return ActionResult({"executions": [listed(execution) for execution in shown], "nextToken": token})

    def _executions_of_map_run(self, arn: str) -> ActionResult:
        around, run = self.stepfunction_backend.map_run(arn)
        status = self._get_param("statusFilter")
        found = [one for one in executions_of_map_run(around, run) if status in (None, one.status)]
        shown, token = self.page(found, lambda execution: execution.arn)
        return ActionResult({"executions": [listed(execution) for execution in shown], "nextToken": token})

    def list_map_runs(self) -> ActionResult:
        """ListMapRuns of an execution."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        shown, token = self.page(list(map_runs_of(execution)), lambda run: run.arn)
        return ActionResult({"mapRuns": [listed_map_run(run) for run in shown], "nextToken": token})

    def describe_map_run(self) -> ActionResult:
        """DescribeMapRun."""
        _, run = self.stepfunction_backend.map_run(self._get_param("mapRunArn"))
        return ActionResult(described_map_run(run))

    def get_execution_history(self) -> tuple[int, dict[str, str], str]:
        """GetExecutionHistory, written as JSON here: moto's way takes a second for a thousand events."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        events = list(execution.engine.history)
        if self._get_param("reverseOrder"):
            events.reverse()
        shown, token = self.page(events, lambda event: str(event.id))
        with_data = self._get_param("includeExecutionData", True)
        answer = {"events": [event.to_api(include_data=with_data) for event in shown], "nextToken": token}
        text = json.dumps({key: value for key, value in answer.items() if value is not None}, default=_epoch)
        return 200, {"Content-Type": "application/x-amz-json-1.0"}, text

    def stop_execution(self) -> ActionResult:
        """StopExecution."""
        execution = self.stepfunction_backend.stop_execution(
            self._get_param("executionArn"), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date})

    def start_execution(self) -> ActionResult:
        """StartExecution."""
        given = self._get_param("input")
        execution = self.stepfunction_backend.start_execution(
            self._get_param("stateMachineArn"), self._get_param("name"), "{}" if given is None else given
        )
        return ActionResult({"executionArn": execution.arn, "startDate": execution.start_date})

    def describe_state_machine_for_execution(self) -> ActionResult:
        """DescribeStateMachineForExecution: the machine as it was when the execution started."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        started = execution.started
        return ActionResult(
            {
                "stateMachineArn": execution.machine_arn,
                "name": started.name,
                "updateDate": started.updated,
                **described_revision(started.revision),
            }
        )

    def get_activity_task(self) -> ActionResult:
        """GetActivityTask: waits up to a minute; without a task there is no token in the answer."""
        backend = self.stepfunction_backend
        activity = backend.describe_activity(self._get_param("activityArn"))
        task = backend.executions.activities.next_task(activity.arn, self._get_param("workerName"))
        return ActionResult({"taskToken": task.token, "input": task.input_text} if task else {})

    def send_task_failure(self) -> ActionResult:
        """SendTaskFailure."""
        self.stepfunction_backend.send_task_failure(
            self._get_param("taskToken"), self._get_param("error"), self._get_param("cause")
        )
        return EmptyResult()

    def send_task_success(self) -> ActionResult:
        """SendTaskSuccess."""
        self.stepfunction_backend.send_task_success(self._get_param("taskToken"), self._get_param("output"))
        return EmptyResult()


def _epoch(moment: datetime) -> float:
    """A time as the API's JSON writes it: seconds since 1970."""
    return moment.timestamp()


def listed(execution: LocalExecution) -> dict[str, Any]:
    """An entry of ListExecutions."""
    entry = {
        "executionArn": execution.arn,
        "name": execution.name,
        "stateMachineArn": execution.machine_arn,
        "status": execution.status,
        "startDate": execution.start_date,
        "redriveCount": 0,
    }
    if isinstance(execution.engine, ItemRun):
        child = execution.engine.child
        entry |= {
            "mapRunArn": execution.engine.map_run.arn,
            "itemCount": child.item_count,
            "stateMachineArn": child.machine_arn,
        }
    optional = {
        "stopDate": execution.stop_date,
        "stateMachineVersionArn": execution.version_arn,
        "stateMachineAliasArn": execution.alias_arn,
    }
    return entry | {key: value for key, value in optional.items() if value is not None}


def described(execution: LocalExecution) -> dict[str, Any]:
    """DescribeExecution's answer."""
    answer = {**listed(execution), "input": execution.input_text, "inputDetails": {"included": True}}
    if execution.output is not None:
        answer |= {"output": execution.output, "outputDetails": {"included": True}}
    if execution.status in {"RUNNING", "SUCCEEDED"}:
        reason = f"Execution is {execution.status} and cannot be redriven"
        answer |= {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    else:
        answer["redriveStatus"] = "REDRIVABLE"
    if execution.status != "TIMED_OUT":  # only its history names States.Timeout (measured on AWS by others)
        answer |= {
            key: value
            for key, value in (("error", execution.error), ("cause", execution.cause))
            if value is not None
        }
    return answer
