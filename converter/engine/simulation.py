"""Running machines in virtual time with simulated tasks: proofs and tests in milliseconds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from random import Random
from typing import Any, TypeAlias

from converter.engine.clock import VirtualClock
from converter.engine.data import compact_json
from converter.engine.definition import Definition
from converter.engine.execution import Execution
from converter.engine.parsing import parse_definition
from converter.engine.tasks import Json, TaskBackend, TaskCall, TaskFailure

DEFAULT_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_ARN = "arn:aws:states:us-east-1:000000000000"


@dataclass(frozen=True)
class TaskResult:
    """What one try of a task does: take ``seconds``, then return ``output``, or fail if ``error`` is given.

    ``seconds=math.inf`` never ends. ``submitted`` is the first answer of ``.sync`` and ``.waitForTaskToken``
    tasks; the output of the latter is sent to their token.
    """

    seconds: float = 0
    output: Json = field(default_factory=dict)
    error: str | None = None
    cause: str | None = None
    submitted: Json = field(default_factory=dict)


Behaviour: TypeAlias = TaskResult | Callable[[TaskCall], TaskResult]


class SimulatedBackend:
    """A backend whose tasks do what a table says, in the time of the loop that runs it.

    ``behaviours`` maps state names to a result, or to a function that gives the result of a call; or is one
    such function for all states. A state that the table does not know fails its task with an error that names
    it. ``calls`` lists the calls in the order in which they came, ``cancelled`` those that did not end.
    """

    def __init__(self, behaviours: Mapping[str, Behaviour] | Callable[[TaskCall], TaskResult]) -> None:
        self._behaviours = behaviours
        self._answer: Callable[[str, str], None] | None = None
        self.calls: list[TaskCall] = []
        self.cancelled: list[TaskCall] = []

    def answer_tokens_of(self, execution: Execution) -> None:
        """Send the answers of ``.waitForTaskToken`` tasks to this execution from now on."""
        self._answer = execution.send_task_success

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> Json:
        """Simulate one try (see :class:`~converter.engine.tasks.TaskBackend`)."""
        self.calls.append(call)
        result = self._result_of(call)
        if call.resource.endswith((".sync", ".sync:2", ".waitForTaskToken")):
            submitted(result.submitted)
        try:
            await _sleep(result.seconds)
        except asyncio.CancelledError:
            self.cancelled.append(call)
            raise
        if result.error is not None:
            raise TaskFailure(result.error, result.cause)
        if call.token is not None and self._answer is not None:
            self._answer(call.token, compact_json(result.output))
        return result.output

    def _result_of(self, call: TaskCall) -> TaskResult:
        if callable(self._behaviours):
            return self._behaviours(call)
        if call.state_name not in self._behaviours:
            raise TaskFailure("States.Runtime", f"Nothing is simulated for the state '{call.state_name}'")
        behaviour = self._behaviours[call.state_name]
        return behaviour(call) if callable(behaviour) else behaviour


async def _sleep(seconds: float) -> None:
    if seconds == math.inf:
        await asyncio.get_running_loop().create_future()
    elif seconds > 0:
        await asyncio.sleep(seconds)


def run_virtual(
    definition: Definition | str | Mapping[str, Any],
    input: str | Mapping[str, Any],
    backend: TaskBackend,
    *,
    start: datetime = DEFAULT_START,
    name: str = "simulated",
    seed: int = 0,
    failure_seconds: float = 0.0,
) -> Execution:
    """Run a machine to its end in virtual time and return the finished execution.

    ``input`` is JSON text, or an object to be written as such. The same arguments give the same history,
    event by event. ``failure_seconds``: see :class:`~converter.engine.clock.VirtualClock`.
    Raises :class:`~converter.engine.errors.Deadlock` if the run can never end.
    """
    clock = VirtualClock(start, failure_seconds=failure_seconds)
    execution = Execution(
        definition if isinstance(definition, Definition) else parse_definition(definition),
        input if isinstance(input, str) else compact_json(input),
        backend=backend,
        clock=clock,
        arn=f"{_ARN}:execution:simulated:{name}",
        state_machine_arn=f"{_ARN}:stateMachine:simulated",
        name=name,
        random=Random(seed),  # noqa: S311 - repeatable on purpose
    )
    if isinstance(backend, SimulatedBackend):
        backend.answer_tokens_of(execution)
    clock.run(execution.run())
    return execution
