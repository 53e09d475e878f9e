"""Executions that a simulated machine starts and waits for: child machines, on the same virtual clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from converter.engine import Clock, Definition, Execution, TaskBackend, TaskCall, TaskFailure

_ARN = "arn:aws:states:us-east-1:000000000000"


async def run_machine(
    call: TaskCall,
    machines: Mapping[str, Definition],
    executions: dict[str, Execution],
    submitted: Callable[[Any], None],
    *,
    backend: TaskBackend,
    clock: Clock,
) -> Any:
    """Run the machine that a call of ``startExecution.sync:2`` names, and return what the Task gets.

    The execution is added to ``executions``, by its ARN. If the call is cancelled, the execution is stopped,
    as AWS does. Raises TaskFailure if it does not succeed.
    """
    machine = call.arguments["StateMachineArn"]
    name = call.arguments["Name"]
    label = machine.strip("${}")
    execution = Execution(
        machines[machine],
        json.dumps(call.arguments["Input"]),
        backend=backend,
        clock=clock,
        arn=f"{_ARN}:execution:{label}:{name}",
        state_machine_arn=f"{_ARN}:stateMachine:{label}",
        name=name,
        random=Random(0),  # noqa: S311 - repeatable on purpose
    )
    if execution.arn in executions:
        raise TaskFailure("StepFunctions.ExecutionAlreadyExistsException", execution.arn)
    executions[execution.arn] = execution
    submitted({"ExecutionArn": execution.arn})
    try:
        await execution.run()
    finally:
        execution.stop()
    described = {"ExecutionArn": execution.arn, "Status": execution.status}
    if execution.status != "SUCCEEDED":
        raise TaskFailure("States.TaskFailed", json.dumps(described | {"Error": execution.error}))
    return described | {"Output": json.loads(execution.output or "{}")}
