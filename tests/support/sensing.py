"""Plays a sensor's machine, for tests: its task ``s``, on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scripted_runs import records_of
from workflows import workflow

from converter.asl.awaiting import Pace
from converter.asl.machine import emit
from converter.asl.options import Options
from converter.engine import TaskFailure, run_virtual
from converter.engine.simulation import DEFAULT_START
from converter.operators import steps_of
from converter.planning import plan_workflow
from converter.workflow import Task

AMAZON = "airflow.providers.amazon.aws.sensors"
STANDARD = "airflow.providers.standard.sensors"


class Looks:
    """Answers a sensor's calls with what ``answer`` gives for them; an error's name fails the call."""

    def __init__(self, answer: Callable[[str, Any], Any], seconds: float = 0) -> None:
        self.answer = answer
        self.seconds = seconds
        self.calls: list[tuple[float, str, Any]] = []

    async def run(self, call: Any, submitted: Any) -> Any:
        self.calls.append((asyncio.get_running_loop().time(), call.resource, call.arguments))
        answer = self.answer(call.resource, call.arguments)
        await asyncio.sleep(self.seconds)
        if isinstance(answer, str):
            raise TaskFailure(answer, "scripted")
        return answer


def sensor(operator: str, *, template_fields: tuple[str, ...] = (), **arguments: Any) -> Task:
    fields = {name: arguments.pop(name) for name in ("retries", "execution_timeout") if name in arguments}
    return Task("s", operator, arguments=arguments, template_fields=template_fields, **fields)


def definition_of(task: Task, **fields: Any) -> dict[str, Any]:
    flow = workflow(task, **fields)
    steps, problems = steps_of(flow)
    refused = [problem for problem in problems if problem.code.severity.value == "refused"]
    assert not refused, refused
    options = Options(resumable=False)
    return dict(emit(flow, plan_workflow(flow), steps, options, Pace(30, 86_400)).definition)


def outcome_of(
    definition: dict[str, Any],
    answer: Callable[[str, Any], Any],
    run: dict[str, Any] | None = None,
    seconds: float = 0,
) -> tuple[dict[str, Any], list[tuple[float, str, Any]], float]:
    """Return the sensor's record, the calls that it made, and when the run ended, in seconds."""
    looks = Looks(answer, seconds)
    execution = run_virtual(definition, {"run_id": "r", **(run or {})}, looks)
    ended = (execution.history[-1].timestamp - DEFAULT_START).total_seconds()
    return records_of(execution)["s"], looks.calls, ended
