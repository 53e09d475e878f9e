"""Step Functions behind the moto server: moto keeps the machines, our engine runs their executions."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any
from uuid import uuid4

import moto.stepfunctions.urls
from moto.core.exceptions import AWSError
from moto.stepfunctions.exceptions import (
    ExecutionAlreadyExists,
    ExecutionDoesNotExist,
    InvalidExecutionInput,
    StateMachineDoesNotExist,
)
from moto.stepfunctions.models import StateMachine, StateMachineVersion, StepFunctionBackend

from converter.engine import InvalidDefinition, UnknownTaskToken, UnsupportedDefinition
from converter.engine import InvalidExecutionInput as UnusableInput
from converter.local.executions import Executions, LocalExecution, NameTaken, parsed_definition
from converter.local.stepfunctions_api import InvalidTokenError, LocalStepFunctionsResponse


class InvalidDefinitionError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """InvalidDefinition."""

    TYPE = "InvalidDefinition"


class InvalidOutputError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy
    """InvalidOutput."""

    TYPE = "InvalidOutput"


class StateMachineAlreadyExistsError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy
    """StateMachineAlreadyExists."""

    TYPE = "StateMachineAlreadyExists"


class StateMachineTypeNotSupportedError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy
    """StateMachineTypeNotSupported."""

    TYPE = "StateMachineTypeNotSupported"


class TaskTimedOutError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy
    """TaskTimedOut."""

    TYPE = "TaskTimedOut"


class LocalStepFunctions(StepFunctionBackend):  # type: ignore[misc]  # moto is not seen by mypy
    """One account and region of Step Functions."""

    def __init__(self, region_name: str, account_id: str, executions: Executions) -> None:
        super().__init__(region_name, account_id)
        self.executions = executions

    def reset(self) -> None:
        """Abort all executions and forget all machines."""
        self.executions.reset()
        self.__init__(self.region_name, self.account_id, self.executions)  # type: ignore[misc]  # moto's own way

    @property
    def _url_module(self) -> ModuleType:
        return moto.stepfunctions.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    @property
    def url_paths(self) -> dict[str, Any]:
        """Where requests go: to our responses instead of moto's."""
        return {"/$": LocalStepFunctionsResponse.dispatch}

    def create_state_machine(self, name: str, definition: str, roleArn: str, **options: Any) -> StateMachine:  # noqa: N803 - moto calls it so
        """Create a machine. The same name and definition again return the one that exists, as in AWS."""
        if options.get("sm_type") == "EXPRESS":
            raise StateMachineTypeNotSupportedError(
                "The local AWS runs STANDARD state machines, no EXPRESS ones"
            )
        _check_definition(definition)
        existing = next((machine for machine in self.state_machines if machine.name == name), None)
        if existing is not None and existing.definition != definition:
            raise StateMachineAlreadyExistsError(f"State Machine Already Exists: '{existing.arn}'")
        return super().create_state_machine(name, definition, roleArn, **options)

    def update_state_machine(self, arn: str, definition: str | None = None, **changes: Any) -> StateMachine:
        """Update a machine; running executions keep the definition they started with."""
        if definition is not None:
            _check_definition(definition)
        return super().update_state_machine(arn, definition=definition, **changes)

    def delete_state_machine(self, arn: str) -> None:
        """Delete a machine and abort its executions. (AWS lets them reach their next transition.)"""
        super().delete_state_machine(arn)
        self.executions.forget_machine(arn)

    def start_execution(
        self, state_machine_arn: str, name: str | None, execution_input: str
    ) -> LocalExecution:
        """Start an execution; without a name it gets a UUID."""
        if name:
            self._validate_name(name)
        machine = self.describe_state_machine(state_machine_arn)
        arn = machine.source_arn if isinstance(machine, StateMachineVersion) else machine.arn
        try:
            return self.executions.start(machine, arn, name or str(uuid4()), execution_input)
        except UnusableInput as error:
            raise InvalidExecutionInput(str(error)) from error
        except NameTaken as error:
            raise ExecutionAlreadyExists(f"Execution Already Exists: '{error}'") from error

    def describe_execution(self, execution_arn: str) -> LocalExecution:
        """Find an execution."""
        self._validate_execution_arn(execution_arn)
        execution = self.executions.find(execution_arn)
        if execution is None:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{execution_arn}'")
        return execution

    def stop_execution(
        self, execution_arn: str, error: str | None = None, cause: str | None = None
    ) -> LocalExecution:
        """Abort an execution."""
        execution = self.describe_execution(execution_arn)
        self.executions.stop(execution, error, cause)
        return execution

    def executions_of(self, state_machine_arn: str, status: str | None) -> list[LocalExecution]:
        """A machine's executions, newest first. Raises StateMachineDoesNotExist."""
        self._validate_machine_arn(state_machine_arn)
        if not any(machine.arn == state_machine_arn for machine in self.state_machines):
            raise StateMachineDoesNotExist(f"State Machine Does Not Exist: '{state_machine_arn}'")
        found = self.executions.newest_first(state_machine_arn)
        return [execution for execution in found if status in (None, execution.status)]

    def send_task_success(self, task_token: str, outcome: str) -> None:
        """End the task that waits for the token with a result (JSON text)."""
        try:
            json.loads(outcome)
        except ValueError as error:
            raise InvalidOutputError(f"Invalid Output: '{error}'") from error
        self._answer_token(task_token, "send_task_success", outcome)

    def send_task_failure(self, task_token: str, error: str | None = None, cause: str | None = None) -> None:
        """Fail the task that waits for the token."""
        self._answer_token(task_token, "send_task_failure", error, cause)

    def send_task_heartbeat(self, task_token: str) -> None:
        """Tell that the task that waits for the token is alive."""
        self._answer_token(task_token, "send_task_heartbeat")

    def _answer_token(self, token: str, method: str, *args: str | None) -> None:
        try:
            self.executions.answer_token(token, method, *args)
        except KeyError:
            raise InvalidTokenError("Invalid Token: 'Invalid token'") from None
        except UnknownTaskToken:
            message = "Task Timed Out: 'Provided task does not exist anymore'"
            raise TaskTimedOutError(message) from None


def _check_definition(definition: str) -> None:
    try:
        parsed_definition(definition)
    except (InvalidDefinition, UnsupportedDefinition) as error:
        raise InvalidDefinitionError(str(error)) from error
