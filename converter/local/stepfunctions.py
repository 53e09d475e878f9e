"""Step Functions behind the moto server: machines and executions are ours, activities and tags moto's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any
from uuid import uuid4

import moto.stepfunctions.urls
from moto.core.resource_tagging import TaggedResource
from moto.stepfunctions.exceptions import ExecutionAlreadyExists, ExecutionDoesNotExist, InvalidExecutionInput
from moto.stepfunctions.models import StepFunctionBackend
from moto.utilities.utils import get_partition

from converter.engine import InvalidDefinition, MapRun, UnknownTaskToken, UnsupportedDefinition
from converter.engine import InvalidExecutionInput as UnusableInput
from converter.local.definition_check import parsed_definition
from converter.local.executions import Executions, LocalExecution, NameTaken
from converter.local.machine_model import Machine, Revision, split_arn
from converter.local.machines import Machines
from converter.local.map_runs import ItemRun
from converter.local.stepfunctions_api import LocalStepFunctionsResponse
from converter.local.stepfunctions_errors import (
    InvalidDefinitionError,
    InvalidOutputError,
    InvalidTokenError,
    ResourceNotFoundError,
    StateMachineTypeNotSupportedError,
    TaskTimedOutError,
    ValidationError,
)


class LocalStepFunctions(StepFunctionBackend):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """One account and region of Step Functions."""

    def __init__(self, region_name: str, account_id: str, executions: Executions) -> None:
        super().__init__(region_name, account_id)
        self.executions = executions
        self.machines = Machines()

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

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Machines with their tags, for the Resource Groups Tagging API."""
        for machine in self.machines.all():
            tags = self.tagger.get_tag_dict_for_resource(machine.arn)
            yield TaggedResource(arn=machine.arn, tags=tags, resource_type="states:stateMachine")

    def create_state_machine(
        self, name: str, revision: Revision, *, type_: str, tags: list[dict[str, str]] | None
    ) -> Machine:
        """Create a machine. The same name and configuration again return the one that exists, as in AWS."""
        self._validate_name(name)
        self._validate_role_arn(revision.role_arn)
        if type_ == "EXPRESS":
            raise StateMachineTypeNotSupportedError(
                "The local AWS runs STANDARD state machines, no EXPRESS ones"
            )
        _check_definition(revision.definition)
        place = f"arn:{get_partition(self.region_name)}:states:{self.region_name}:{self.account_id}"
        machine = self.machines.create(f"{place}:stateMachine:{name}", name, revision)
        if tags:
            self.tagger.tag_resource(machine.arn, tags)
        return machine

    def update_state_machine(self, arn: str, changes: Mapping[str, Any]) -> Machine:
        """Update a machine; running executions keep the definition they started with."""
        self._validate_machine_arn(arn)
        if "role_arn" in changes:
            self._validate_role_arn(changes["role_arn"])
        if "definition" in changes:
            _check_definition(changes["definition"])
        return self.machines.update(arn, changes)

    def delete_state_machine(self, arn: str) -> None:
        """Delete a machine and abort its executions. (AWS lets them reach their next transition.)"""
        self._validate_machine_arn(arn)
        self.machines.delete(arn)
        self.tagger.delete_all_tags_for_resource(arn)
        self.executions.forget_machine(arn)

    def start_execution(
        self, state_machine_arn: str, name: str | None, execution_input: str
    ) -> LocalExecution:
        """Start an execution of a machine, a version or an alias; without a name it gets a UUID."""
        self._validate_machine_arn(state_machine_arn)
        if name:
            self._validate_name(name)
        found = self.machines.startable(state_machine_arn)
        try:
            return self.executions.start(found, name or str(uuid4()), execution_input)
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

    def map_run(self, arn: str) -> tuple[LocalExecution, MapRun]:
        """Find a Map Run, and the execution around it. Raises ResourceNotFound."""
        found = self.executions.find_map_run(arn)
        if found is None:
            raise ResourceNotFoundError(f"Resource not found: '{arn}'")
        return found

    def stop_execution(
        self, execution_arn: str, error: str | None = None, cause: str | None = None
    ) -> LocalExecution:
        """Abort an execution; not one of a Map Run, as nobody says what that would make of the Map Run."""
        execution = self.describe_execution(execution_arn)
        if isinstance(execution.engine, ItemRun):
            raise ValidationError(
                f"The local AWS does not stop an execution of a Map Run by itself: '{execution_arn}'. "
                f"Stop the execution around it: '{execution.engine.map_run.execution_arn}'"
            )
        self.executions.stop(execution, error, cause)
        return execution

    def executions_of(self, arn: str, status: str | None) -> list[LocalExecution]:
        """The executions of a machine, or those started by a version or an alias; newest first.

        Raises StateMachineDoesNotExist.
        """
        self._validate_machine_arn(arn)
        machine_arn, qualifier = split_arn(arn)
        self.machines.get(machine_arn)
        found = self.executions.newest_first(machine_arn)
        if qualifier is not None:
            found = [execution for execution in found if arn in (execution.version_arn, execution.alias_arn)]
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
