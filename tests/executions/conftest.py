from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from scripted_runs import ARN, MIDNIGHT
from workflows import PARTIAL_FAN_IN, glue

from converter.asl.awaiting import Pace
from converter.asl.machine import emit
from converter.asl.options import Failures, Options
from converter.engine import (
    Execution,
    SimulatedBackend,
    TaskCall,
    TaskResult,
    VirtualClock,
    parse_definition,
)
from converter.operators import steps_of
from converter.planning import plan_workflow
from converter.workflow import Location, Task, Workflow

_ARN = "arn:aws:states:us-east-1:123456789012"
_ENDS = {"ExecutionSucceeded": "SUCCEEDED", "ExecutionFailed": "FAILED", "ExecutionAborted": "ABORTED"}


def _converted(
    *tasks: Task,
    failures: Failures = Failures.AIRFLOW,
    dagrun_timeout: float | None = None,
    poll_interval: int = 30,
    deadline: int = 86_400,
) -> dict[str, Any]:
    workflow = Workflow("example", tasks, Location("dags/example.py"), dagrun_timeout=dagrun_timeout)
    steps, problems = steps_of(workflow)
    assert not problems
    options = Options(failures=failures, resumable=False)
    machine = emit(workflow, plan_workflow(workflow), steps, options, Pace(poll_interval, deadline))
    return dict(machine.definition)


def _simulated(
    definition: Mapping[str, Any],
    behaviours: Mapping[str, Any] | Callable[..., Any],
    *,
    until: float | None = None,
    stop_after: float | None = None,
) -> Execution:
    """Run in virtual time: to the end, ``until`` some second, or until it is stopped."""
    clock = VirtualClock(MIDNIGHT)
    execution = Execution(
        parse_definition(definition),
        json.dumps({"conf": {}, "run_id": "r"}),
        backend=SimulatedBackend(behaviours),
        clock=clock,
        arn=ARN,
        state_machine_arn=f"{_ARN}:stateMachine:dag2sfn-example",
        name="r",
    )
    clock.run(_run(execution, until, stop_after))
    return execution


async def _run(execution: Execution, until: float | None, stop_after: float | None) -> None:
    running = asyncio.ensure_future(execution.run())
    if until is not None:
        await asyncio.wait([running], timeout=until)
        return
    if stop_after is not None:
        await asyncio.wait([running], timeout=stop_after)
        execution.stop("Stopped", "by hand")
    await running


@dataclass
class FakeService:
    """Answers a real boto3 client in the shapes of the API, from executions of the engine.

    Requests are checked by botocore itself. ``pages`` bounds what a page holds, whatever is asked for;
    ``status`` is that of every execution; ``requests`` lists the operations in order.
    """

    definition: Mapping[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    executions: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    status: str = "RUNNING"
    pages: int = 1000
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    #: Of each Map Run: its executions, with their events.
    map_runs: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    #: Token that was given out → what had been asked for, and the name of the item that comes next.
    _tokens: dict[str, tuple[dict[str, Any], Any]] = field(default_factory=dict)

    def client(self) -> Any:
        client = boto3.client(
            "stepfunctions",
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # no request leaves the process
            endpoint_url="http://127.0.0.1:9",
            config=Config(retries={"max_attempts": 0}),
        )
        client.meta.events.register("before-call.states", self._answer)
        client.meta.events.register("provide-client-params.states", self._note)
        return client

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.requests.append((model.name, dict(params)))

    def _answer(self, model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        name, params = self.requests[-1]
        try:
            answer = getattr(self, f"_{name}")(params)
        except Refused as refusal:
            code, message = refusal.args
            return SimpleNamespace(status_code=400), {"Error": {"Code": code, "Message": message}}
        return SimpleNamespace(status_code=200), {**answer, "ResponseMetadata": {}}

    def _DescribeStateMachineForExecution(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._known(params)
        return {"definition": json.dumps(self.definition)}

    def _GetExecutionHistory(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._known(params)
        of_items = {arn: events for run in self.map_runs.values() for arn, events in run.items()}
        events = of_items.get(params["executionArn"], self.events)
        events = events[::-1] if params.get("reverseOrder") else events
        return self._page(params, "events", events, by="id")

    def _ListExecutions(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            {
                "executionArn": arn,
                "stateMachineArn": params["mapRunArn"],
                "name": arn.rsplit(":", 1)[-1],
                "status": _ENDS.get(events[-1]["type"], "RUNNING"),
                "startDate": MIDNIGHT,
            }
            for arn, events in reversed(self.map_runs[params["mapRunArn"]].items())
        ]
        return self._page(params, "executions", found, by="executionArn")

    def _ListStateMachines(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [{"name": name, "stateMachineArn": f"{_ARN}:stateMachine:{name}"} for name in self.machines]
        return self._page(params, "stateMachines", found, by="name")

    def _page(
        self, params: dict[str, Any], member: str, items: list[dict[str, Any]], *, by: str
    ) -> dict[str, Any]:
        """A page of these, whose names are in the field ``by``. Pages do not shift when items are added.

        With a token, the same has to be asked for as when it was given out.
        """
        asked = {name: value for name, value in params.items() if name != "nextToken"}
        begin = 0
        if "nextToken" in params:
            assert params["nextToken"] in self._tokens, "this token was not given out"
            before, following = self._tokens[params["nextToken"]]
            assert before == asked
            begin = next(position for position, item in enumerate(items) if item[by] == following)
        end = begin + min(params["maxResults"], self.pages)
        if end >= len(items):
            return {member: items[begin:]}
        token = f"token {len(self._tokens)}"
        self._tokens[token] = (asked, items[end][by])
        return {member: items[begin:end], "nextToken": token}

    def _DescribeStateMachineAlias(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = params["stateMachineAliasArn"]
        if arn not in self.aliases:
            raise Refused("ResourceNotFound", f"Request references a resource that does not exist: '{arn}'")
        return {"stateMachineAliasArn": arn}

    def _StartExecution(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        machine, name = params["stateMachineArn"], params["name"]
        machine = machine.removesuffix(":live")
        if machine.rsplit(":", 1)[-1] not in self.machines:
            raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
        if len(params["input"]) > 262_144:
            raise Refused("InvalidExecutionInput", "the input is too long")
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        if arn in self.executions and (arn in self.closed or self.executions[arn] != params["input"]):
            raise Refused("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        self.executions[arn] = params["input"]
        return {"executionArn": arn, "startDate": MIDNIGHT}

    def _DescribeExecution(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._known(params)
        return {"executionArn": params["executionArn"], "status": self.status}

    def _StopExecution(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._known(params)
        return {"stopDate": MIDNIGHT}

    def _known(self, params: dict[str, Any]) -> None:
        if params["executionArn"].endswith(":unknown"):
            raise Refused("ExecutionDoesNotExist", "Execution Does Not Exist")


class Refused(Exception):
    pass


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def converted() -> Callable[..., dict[str, Any]]:
    """Convert tasks to a definition."""
    return _converted


@pytest.fixture
def simulate() -> Callable[..., FakeService]:
    """Run a definition in virtual time and serve its history, a few events or executions a page."""

    def simulate(definition: Mapping[str, Any], behaviours: Any, **limits: float) -> FakeService:
        execution = _simulated(definition, behaviours, **limits)
        # What ends with the simulation goes on.
        last = limits.get("until", float("inf"))
        runs = {
            run.arn: {
                child.arn: [
                    event.to_api()
                    for event in child.history
                    if event.type != "ExecutionAborted" or (event.timestamp - MIDNIGHT).total_seconds() < last
                ]
                for child in run.children
            }
            for run in execution.map_runs
        }
        events = [event.to_api() for event in execution.history]
        return FakeService(definition, events, pages=7, map_runs=runs)

    return simulate


class FanIn:
    """report_a needs glue1 and glue3, report_b glue2 and glue3. glue1 takes 2 s, glue2 3 s, a report 5 s."""

    def __init__(self) -> None:
        self.tasks = tuple(glue(task_id, *upstream) for task_id, upstream in PARTIAL_FAN_IN.items())

    def with_glue3(self, glue3: TaskResult) -> Callable[[TaskCall], TaskResult]:
        """Return how the tasks behave; pollers learn of glue3 what is true at the time of the question."""
        seconds = {"glue1": 2, "glue2": 3, "report_a": 5, "report_b": 5}
        questions: list[int] = []

        def behaviour(call: TaskCall) -> TaskResult:
            if call.state_name == "glue3":
                return glue3
            if ": publish " in call.state_name:
                return TaskResult()
            if ": ask for " not in call.state_name:
                return TaskResult(seconds[call.state_name], {"Id": f"jr_{seconds[call.state_name]}"})
            # The first question comes after glue2, at 3 s; then one every 30 s.
            now = 3 + 30 * len(questions)
            questions.append(now)
            record = {"state": "failed" if glue3.error else "success", "at": 1}
            known = {"glue3": record} if now >= glue3.seconds else {}
            return TaskResult(0, {"Payload": {"records": known}})

        return behaviour


@pytest.fixture
def fan_in() -> FanIn:
    return FanIn()
