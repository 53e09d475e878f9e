"""A whole run of a DAG with teardowns, on one virtual clock: the outer machine, and in it the body.

The body is run by the engine when the outer machine starts it, against the same simulated AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from converter.asl.outer import BODY_MACHINE
from converter.engine import Definition, Execution, TaskCall, TaskFailure, parse_definition
from converter.engine.clock import VirtualClock
from converter.engine.simulation import DEFAULT_START
from converter.verify.simulated_aws import FAILURE_SECONDS, SimulatedAws

_ARN = "arn:aws:states:us-east-1:000000000000"
_BODY = f"{_ARN}:stateMachine:m-body"
_NAME = "r"


def outer_definition(outer: Mapping[str, Any]) -> Definition:
    """Return the outer machine's definition, with the ARN of a body in it."""
    return parse_definition(json.dumps(outer).replace(str(BODY_MACHINE), _BODY))


def _body_execution(name: str) -> str:
    return f"{_BODY.replace(':stateMachine:', ':execution:')}:{name}"


@dataclass
class SimulatedRuns(SimulatedAws):
    """An AWS in which an outer machine can start its ``body``."""

    body: Definition | None = None
    clock: VirtualClock = field(
        default_factory=lambda: VirtualClock(DEFAULT_START, failure_seconds=FAILURE_SECONDS)
    )

    @property
    def body_execution(self) -> Execution:
        """The execution of the body. There is one once the outer machine has started it."""
        return self.executions[_body_execution(_NAME)]

    def of_outer(self, outer: Definition, run: Mapping[str, Any]) -> Execution:
        """Return an execution of the outer machine, which has not begun, with this input."""
        return Execution(
            outer,
            json.dumps(run),
            backend=self,
            clock=self.clock,
            arn=f"{_ARN}:execution:m:{_NAME}",
            state_machine_arn=f"{_ARN}:stateMachine:m",
            name=_NAME,
        )

    async def run(self, call: TaskCall, submitted: Callable[[Any], None]) -> Any:
        """Carry out one try (see :class:`converter.engine.tasks.TaskBackend`)."""
        if call.arguments.get("StateMachineArn") != _BODY or self.body is None:
            return await super().run(call, submitted)
        arn = _body_execution(call.arguments["Name"])
        child = Execution(
            self.body,
            json.dumps(call.arguments["Input"]),
            backend=self,
            clock=self.clock,
            arn=arn,
            state_machine_arn=_BODY,
            name=call.arguments["Name"],
        )
        self.executions[arn] = child
        submitted({"ExecutionArn": arn})
        await child.run()
        if child.status != "SUCCEEDED":
            raise TaskFailure("States.TaskFailed", json.dumps({"Status": child.status}))
        return {"Status": child.status, "Output": json.loads(child.output or "{}")}
