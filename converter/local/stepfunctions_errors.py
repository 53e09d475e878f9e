"""The errors of the Step Functions API that moto does not have, by AWS's names."""

from __future__ import annotations

from moto.core.exceptions import AWSError


class _StepFunctionsError(AWSError):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    STATUS = 400


class ConflictError(_StepFunctionsError):
    """ConflictException: the machine, version or alias is not in the state that the call assumes."""

    TYPE = "ConflictException"


class InvalidDefinitionError(_StepFunctionsError):
    """InvalidDefinition."""

    TYPE = "InvalidDefinition"


class InvalidOutputError(_StepFunctionsError):
    """InvalidOutput."""

    TYPE = "InvalidOutput"


class InvalidTokenError(_StepFunctionsError):
    """InvalidToken: a page token of another list, or a task token that was never given out."""

    TYPE = "InvalidToken"


class MissingRequiredParameterError(_StepFunctionsError):
    """MissingRequiredParameter."""

    TYPE = "MissingRequiredParameter"


class ResourceNotFoundError(_StepFunctionsError):
    """ResourceNotFound: no such alias, or a version that an alias should lead to."""

    TYPE = "ResourceNotFound"


class StateMachineAlreadyExistsError(_StepFunctionsError):
    """StateMachineAlreadyExists."""

    TYPE = "StateMachineAlreadyExists"


class StateMachineDoesNotExistError(_StepFunctionsError):
    """StateMachineDoesNotExist."""

    TYPE = "StateMachineDoesNotExist"

    def __init__(self, arn: str) -> None:
        super().__init__(f"State Machine Does Not Exist: '{arn}'")


class StateMachineTypeNotSupportedError(_StepFunctionsError):
    """StateMachineTypeNotSupported."""

    TYPE = "StateMachineTypeNotSupported"


class TaskTimedOutError(_StepFunctionsError):
    """TaskTimedOut."""

    TYPE = "TaskTimedOut"


class ValidationError(_StepFunctionsError):
    """ValidationException."""

    TYPE = "ValidationException"
