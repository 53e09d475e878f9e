"""The Step Functions API calls that moto's own responses do not answer as AWS does."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.responses import StepFunctionResponse

from converter.local.executions import LocalExecution
from converter.local.paging import PageTokenError, page

# ListExecutions and GetExecutionHistory alike: 100 a page unless asked, at most 1,000 (AWS documentation).
DEFAULT_PAGE = 100
MAX_PAGE = 1000


class InvalidTokenError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """InvalidToken: a page token of another list, or a task token that was never given out."""

    TYPE = "InvalidToken"


class LocalStepFunctionsResponse(StepFunctionResponse):  # type: ignore[misc]  # moto is not seen by mypy
    """Executions and their history; machines, tags, versions and aliases are moto's."""

    def describe_execution(self) -> ActionResult:
        """DescribeExecution."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult(described(execution))

    def list_executions(self) -> ActionResult:
        """ListExecutions, newest first."""
        found = self.stepfunction_backend.executions_of(
            self._get_param("stateMachineArn"), self._get_param("statusFilter")
        )
        shown, token = self._page(found, lambda execution: execution.arn)
        return ActionResult({"executions": [listed(execution) for execution in shown], "nextToken": token})

    def get_execution_history(self) -> ActionResult:
        """GetExecutionHistory."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        events = list(execution.engine.history)
        if self._get_param("reverseOrder"):
            events.reverse()
        shown, token = self._page(events, lambda event: str(event.id))
        with_data = self._get_param("includeExecutionData", True)
        return ActionResult(
            {"events": [event.to_api(include_data=with_data) for event in shown], "nextToken": token}
        )

    def _page(self, items: list[Any], key: Any) -> tuple[list[Any], str | None]:
        # 0 means the default (AWS documentation).
        limit = min(self._get_int_param("maxResults") or DEFAULT_PAGE, MAX_PAGE)
        try:
            return page(items, limit, self._get_param("nextToken"), key=key)
        except PageTokenError as error:
            raise InvalidTokenError(f"Invalid Token: '{error}'") from error

    def stop_execution(self) -> ActionResult:
        """StopExecution."""
        execution = self.stepfunction_backend.stop_execution(
            self._get_param("executionArn"), self._get_param("error"), self._get_param("cause")
        )
        return ActionResult({"stopDate": execution.stop_date})

    def start_execution(self) -> ActionResult:
        """StartExecution."""
        execution = self.stepfunction_backend.start_execution(
            self._get_param("stateMachineArn"), self._get_param("name"), self._get_param("input", "{}")
        )
        return ActionResult({"executionArn": execution.arn, "startDate": execution.start_date})

    def describe_state_machine_for_execution(self) -> ActionResult:
        """DescribeStateMachineForExecution: the machine as it was when the execution started."""
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        machine = execution.machine
        return ActionResult(
            {
                "stateMachineArn": execution.machine_arn,
                "name": machine.name,
                "definition": machine.definition,
                "roleArn": machine.roleArn,
                "updateDate": machine.update_date,
                "loggingConfiguration": machine.loggingConfiguration,
                "tracingConfiguration": machine.tracingConfiguration,
            }
        )

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
    return entry if execution.stop_date is None else {**entry, "stopDate": execution.stop_date}


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
    answer |= {
        key: value
        for key, value in (("error", execution.error), ("cause", execution.cause))
        if value is not None
    }
    return answer
