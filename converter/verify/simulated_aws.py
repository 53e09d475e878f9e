"""The AWS that an emitted machine sees on the virtual clock.

Tasks take the time and the end that a script says; what lies between them is real: the poller function's
own source answers polls, from the Glue runs and the outcome records that the machine itself has made.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from converter.asl.awaiting import POLLER_FUNCTION
from converter.engine import Definition, Execution, TaskCall, TaskFailure
from converter.engine.simulation import DEFAULT_START
from converter.pollers import dag2sfn_poller
from converter.task_runtime.dag2sfn_tasks.parameter_store import VARIABLES_PREFIX
from converter.verify.parts_played import GIVEN, MAP_INDEX, PLAYED, is_scripted
from converter.verify.simulated_machines import run_machine
from converter.verify.simulated_table import SimulatedTable

_GLUE = "arn:aws:states:::glue:startJobRun.sync"
_NESTED = ("arn:aws:states:::states:startExecution.sync:2", "arn:aws:states:::states:startExecution")
_LAMBDA = "arn:aws:states:::lambda:invoke"
_DESCRIBE = "arn:aws:states:::aws-sdk:sfn:describeExecution"
_PARAMETERS = "arn:aws:states:::aws-sdk:ssm:getParameters"
_DYNAMODB = re.compile(r"arn:aws:states:::(?:aws-sdk:)?dynamodb:(\w+)")
_TABLE = "outcomes"
#: What a try takes whose arguments cannot be made, in seconds: less than any other; and later than what it
#: follows in records, too, which have milliseconds.
FAILURE_SECONDS = 0.001


@dataclass(frozen=True)
class Try:
    """One try of a task: it takes ``seconds`` and then succeeds, or fails with ``error``.

    ``starts`` says whether a Glue run comes into being at all (no permission, no such job: it does not).
    ``answer`` is what a task's poll finds in the end, other than success.
    ``skip`` is what a branch or a short-circuit tells to be skipped: ids, or "all". ``returns`` is what a
    Python task returns, and ``keys`` what it pushes under other keys.
    """

    seconds: float
    error: str | None = None
    starts: bool = True
    answer: str | None = None
    skip: str | Sequence[str] | None = None
    returns: Any = None
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class SimulatedAws:
    """A task backend for executions on one virtual clock.

    ``script`` gives the tries of each task, by state name (of an instance of a mapped task: with its map
    index, as in ``load: instance[0]``); the last is repeated. ``results`` gives what a
    success returns, for services that are not simulated here. ``runs`` are the Glue runs made so far, in the
    order of their start, ``runs_of`` those of each job; ``polls`` counts the questions of pollers,
    ``poll_seconds`` is how long each takes. ``table`` is the outcome table, and ``executions`` are those that
    machines may ask about, by ARN. ``machines`` are those that others start, by what stands for their ARN.
    ``timeline`` lists (seconds since the start, "start" or "end", state name) of every task, ``received``
    what its calls were given, with the number of each among those of a try, and ``answers`` its last result.
    ``variables`` are Airflow's Variables in Parameter Store.
    """

    failure_seconds = FAILURE_SECONDS

    script: Mapping[str, Sequence[Try]]
    results: Mapping[str, Any] = field(default_factory=dict)
    start: datetime = DEFAULT_START
    poll_seconds: float = 0.2
    runs: list[dict[str, Any]] = field(default_factory=list)
    runs_of: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    table: SimulatedTable = field(default_factory=SimulatedTable)
    executions: dict[str, Execution] = field(default_factory=dict)
    timeline: list[tuple[float, str, str]] = field(default_factory=list)
    polls: int = 0
    machines: Mapping[str, Definition] = field(default_factory=dict)
    received: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    async def run(self, call: TaskCall, submitted: Callable[[Any], None]) -> Any:
        """Carry out one try (see :class:`converter.engine.tasks.TaskBackend`)."""
        if is_scripted(call.arguments):
            return await self._part(call)
        name = _name_of(call)
        if name not in self.script:
            return await self._help(call, submitted)
        tries = self.script[name]
        this = tries[min(call.retry_count, len(tries) - 1)]
        self._note("start", name)
        if PLAYED in call.arguments:
            call = replace(call, arguments=call.arguments[GIVEN])
        self.received.setdefault(name, []).append((0, call.arguments))
        try:
            self.answers[name] = answer = await self._try(call, this, submitted)
            return answer
        finally:
            self._note("end", name)

    async def _try(self, call: TaskCall, this: Try, submitted: Callable[[Any], None]) -> Any:
        if call.resource == _GLUE:
            return await self._glue_run(call, this, submitted)
        if call.resource in _NESTED:
            return await self._nested_execution(call, this, submitted)
        if call.resource == _LAMBDA:
            return await self._task_function(this)
        return await self._some_service(call, this, submitted)

    async def _help(self, call: TaskCall, submitted: Callable[[Any], None]) -> Any:
        """Carry out what the machine does besides its tasks."""
        if call.resource == _LAMBDA and call.arguments["FunctionName"] == str(POLLER_FUNCTION):
            return await self._poll(call)
        if action := _DYNAMODB.fullmatch(call.resource):
            return await self._table_call(action[1], call)
        if call.resource in _NESTED and call.arguments["StateMachineArn"] in self.machines:
            return await run_machine(
                call, self.machines, self.executions, submitted, backend=self, clock=self
            )
        if call.resource == _PARAMETERS:
            return self._parameters(call.arguments["Names"])
        if call.resource == _DESCRIBE:
            return self._described(call.arguments["ExecutionArn"])
        raise TaskFailure("States.Runtime", f"no simulation of {call.resource} for '{call.state_name}'")

    async def _part(self, call: TaskCall) -> Any:
        """Answer a call of a task of several states (see ``parts_played``)."""
        part = call.arguments["part"]
        given = (part["call"], call.arguments[GIVEN])
        name = _instance_name(part["state"], part.get(MAP_INDEX))
        self.received.setdefault(name, []).append(given)
        tries = self.script[name]
        this = tries[min(part["try"], len(tries) - 1)]
        asked = self.now().timestamp() * 1000
        if "since" not in part and part["slow"]:
            await asyncio.sleep(this.seconds)
        await asyncio.sleep(self.poll_seconds)
        if not part["slow"]:
            return {"answer": "done"}
        if "since" in part and asked - part["since"] < this.seconds * 1000:
            return {"answer": "waiting"}
        if this.error:
            raise TaskFailure(this.error, "scripted")
        return {"answer": this.answer or "done"}

    async def _glue_run(self, call: TaskCall, this: Try, submitted: Callable[[Any], None]) -> Any:
        if not this.starts:
            raise TaskFailure(this.error, "the run was not started")
        run = {
            "Id": f"jr_{len(self.runs)}",
            "JobName": call.arguments["JobName"],
            "Arguments": call.arguments.get("Arguments", {}),
            "JobRunState": "RUNNING",
            "StartedOn": self.now(),
        }
        self.runs.append(run)
        # Only the service would refuse a name that is no text.
        self.runs_of.setdefault(str(run["JobName"]), []).append(run)
        submitted({"JobRunId": run["Id"]})
        try:
            await asyncio.sleep(this.seconds)
        except asyncio.CancelledError:
            run["JobRunState"] = "STOPPED"
            raise
        run |= {"JobRunState": "FAILED" if this.error else "SUCCEEDED", "CompletedOn": self.now()}
        if this.error:
            raise TaskFailure(this.error, json.dumps({"JobName": run["JobName"]}))
        return {"Id": run["Id"], "JobName": run["JobName"], "JobRunState": "SUCCEEDED"}

    async def _nested_execution(self, call: TaskCall, this: Try, submitted: Callable[[Any], None]) -> Any:
        arn = str(call.arguments["StateMachineArn"]).replace(":stateMachine:", ":execution:")
        answer = {"ExecutionArn": f"{arn}:{call.arguments.get('Name', 'unnamed')}"}
        submitted(answer)
        await asyncio.sleep(this.seconds)
        if this.error:
            raise TaskFailure(this.error, "the nested execution failed")
        return answer | {"Status": "SUCCEEDED", "Output": {}}

    async def _task_function(self, this: Try) -> Any:
        await asyncio.sleep(this.seconds)
        if this.error:
            raise TaskFailure(this.error, json.dumps({"errorType": this.error, "errorMessage": "scripted"}))
        pushed = {"xcom": dict(this.keys)} if this.keys else {}
        return {"StatusCode": 200, "Payload": {"return_value": this.returns, "skip": this.skip, **pushed}}

    async def _some_service(self, call: TaskCall, this: Try, submitted: Callable[[Any], None]) -> Any:
        result = self.results.get(call.state_name, {})
        if call.resource.endswith((".sync", ".sync:2")):
            submitted(result)
        await asyncio.sleep(this.seconds)
        if this.error:
            raise TaskFailure(this.error, "scripted")
        return result

    async def _poll(self, call: TaskCall) -> Any:
        self.polls += 1
        await asyncio.sleep(self.poll_seconds)
        event = call.arguments["Payload"]
        answer = dag2sfn_poller.answer(event, glue=_Glue(self), dynamodb=_DynamoDb(self), table=_TABLE)
        if "until" in event and not dag2sfn_poller.is_over(event, answer["records"], self.now()):
            raise TaskFailure(dag2sfn_poller.NotReady.__name__, "{}")
        # The answer goes through JSON on its way from Lambda.
        return {"StatusCode": 200, "Payload": json.loads(json.dumps(answer))}

    async def _table_call(self, action: str, call: TaskCall) -> Any:
        # What a branch tells takes no time, nor what is done for the whole run; a poller's question does.
        if action != "putItem" and not call.state_name.startswith("run: "):
            self.polls += 1
            await asyncio.sleep(self.poll_seconds)
        return self.table.call(action, call.arguments)

    def _parameters(self, names: Sequence[str]) -> Any:
        known = {VARIABLES_PREFIX + name: value for name, value in self.variables.items()}
        return {
            "Parameters": [{"Name": name, "Value": known[name]} for name in names if name in known],
            "InvalidParameters": [name for name in names if name not in known],
        }

    def _described(self, execution_arn: str) -> Any:
        execution = self.executions.get(execution_arn)
        if execution is None:
            raise TaskFailure("Sfn.ExecutionDoesNotExistException", execution_arn)
        answer = {"ExecutionArn": execution_arn, "Status": execution.status}
        given = {"Error": execution.error, "Cause": execution.cause}
        return answer | {name: text for name, text in given.items() if text is not None}

    def now(self) -> datetime:
        """Return the virtual moment."""
        return self.start + timedelta(seconds=asyncio.get_running_loop().time())

    def _note(self, what: str, name: str) -> None:
        self.timeline.append((asyncio.get_running_loop().time(), what, name))


def _name_of(call: TaskCall) -> str:
    """Return what the script calls a try: by its state, of a mapped task with the map index."""
    played = call.arguments.get(PLAYED, {}) if isinstance(call.arguments, Mapping) else {}
    return _instance_name(call.state_name, played.get(MAP_INDEX))


def _instance_name(state: str, index: int | None) -> str:
    return state if index is None else f"{state}[{index}]"


@dataclass(frozen=True)
class _Glue:
    """The part of a boto3 Glue client that the poller function uses: newest runs first, in pages of two."""

    aws: SimulatedAws

    def get_job_runs(self, *, JobName: str, MaxResults: int, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        runs = list(reversed(self.aws.runs_of.get(JobName, ())))
        if not runs:
            error = {"Error": {"Code": "EntityNotFoundException", "Message": JobName}}
            raise ClientError(error, "GetJobRuns")  # type: ignore[arg-type]  # the stub wants all metadata
        first = int(NextToken)
        page: dict[str, Any] = {"JobRuns": runs[first : first + 2]}
        return page | ({"NextToken": str(first + 2)} if first + 2 < len(runs) else {})


@dataclass(frozen=True)
class _DynamoDb:
    """The part of a boto3 DynamoDB client that the poller function uses."""

    aws: SimulatedAws

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        keys = [key["id"]["S"] for key in RequestItems[_TABLE]["Keys"]]
        items = self.aws.table.items
        return {"Responses": {_TABLE: [items[key] for key in keys if key in items]}}
