"""Where the tasks of a run are: in its execution, or in the body that an outer machine has started.

The body is an execution of the same name, of the machine that the outer machine's definition names.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: The state of an outer machine that starts the body.
_RUN_BODY = "run: tasks"


def body_machine_of(definition_text: str) -> str | None:
    """Return the ARN of the machine that runs the tasks for an outer machine, None if it runs them itself."""
    state = json.loads(definition_text).get("States", {}).get(_RUN_BODY, {})
    arn = state.get("Arguments", {}).get("StateMachineArn")
    return arn if isinstance(arn, str) else None


def body_execution_of(execution_arn: str, body_machine_arn: str) -> str:
    """Return the ARN of the body of an outer machine's execution, given its machine's or that of a version.

    >>> body_execution_of("arn:aws:states:r:1:execution:m:run", "arn:aws:states:r:1:stateMachine:body:3")
    'arn:aws:states:r:1:execution:body:run'
    """
    name = execution_arn.rsplit(":", 1)[1]
    machine = ":".join(body_machine_arn.split(":")[:7])
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def find_body(client: SFNClient, execution_arn: str) -> str | None:
    """Return the ARN of an execution's body, None if it runs its tasks itself or has not begun with them."""
    machine = client.describe_state_machine_for_execution(executionArn=execution_arn)
    body_machine = body_machine_of(machine["definition"])
    if body_machine is None:
        return None
    body = body_execution_of(execution_arn, body_machine)
    try:
        return client.describe_execution(executionArn=body)["executionArn"]
    except client.exceptions.ExecutionDoesNotExist:
        return None
