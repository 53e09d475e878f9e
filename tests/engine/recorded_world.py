"""The world outside the engine in a recorded execution, and the recorder's normalisations.

Functions do what the case says of them; every other service answers as it was recorded to answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from datetime import datetime, timezone
from typing import Any

from converter.engine import Execution, TaskCall, TaskFailure, VirtualClock, parse_definition

ACTIVITY = "arn:aws:states:us-east-1:111111111111:activity:worker"
"""Stands for the recordings' `activity_arn`, which is no ARN."""

SUBMITTED = ("TaskSubmitted", "ActivityStarted")
ENDS = re.compile(r"(Task|LambdaFunction|Activity)(Succeeded|Failed|TimedOut)")
SCHEDULED = re.compile(r"(Task|LambdaFunction|Activity)Scheduled")
PLACEHOLDER = re.compile(r"<+[^<>]*>(?::\d+>)?")
INSTANT = re.compile(r"\d{4}-(0\d|1[0-2])-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


class RecordedWorld:
    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.tries = recorded_tries(case["events"])
        self.execution: Execution | None = None

    async def run(self, call: TaskCall, submitted: Any) -> Any:
        if self.case.get("distributed_map") and "s3_objects" in self.case and ":aws-sdk:s3:" in call.resource:
            return self.object_store(call)
        if call.resource.endswith(":aws-sdk:s3:putObject") and "ResultWriter" in json.dumps(self.case):
            return {}
        recorded = self.tries.pop(0) if self.tries else []
        for type_, details in recorded:
            if type_ in SUBMITTED:
                answer = details if type_ == "ActivityStarted" else as_json(details["output"])
                submitted(answer)
        end = next(((t, d) for t, d in recorded if ENDS.fullmatch(t)), None)
        if call.token is not None:
            self.answer_token(call.token, end)
            return {}
        return await self.outcome(call, end)

    async def outcome(self, call: TaskCall, end: Any) -> Any:
        function, payload = called_function(call)
        behaviour = self.case.get("lambda_behaviour", {}).get(function)
        if isinstance(behaviour, str) and behaviour.startswith("sleeps 60 seconds"):
            await asyncio.sleep(60)
        if isinstance(behaviour, str) and "257*1024" in behaviour:
            return "a" * 257 * 1024
        if end is not None and end[0].endswith("Failed"):
            raise recorded_failure(call, end[1])
        answer = None if end is None else as_json(end[1]["output"])
        if isinstance(behaviour, str) and "returns its event unchanged" in behaviour:
            return payload if answer is None or is_direct(call) else {**answer, "Payload": payload}
        if isinstance(behaviour, dict) and "returns" in behaviour:
            return behaviour["returns"]
        return answer

    def answer_token(self, token: str, end: Any) -> None:
        if end is None or end[0].endswith("TimedOut"):
            return
        execution, details = self.execution, end[1]
        assert execution is not None
        loop = asyncio.get_running_loop()
        if end[0].endswith("Failed"):
            cause = details.get("cause")
            text = compact(cause) if isinstance(cause, dict) else cause
            loop.call_later(1, execution.send_task_failure, token, details.get("error"), text)
        else:
            loop.call_later(1, execution.send_task_success, token, compact(as_json(details["output"])))

    def object_store(self, call: TaskCall) -> Any:
        objects = self.case["s3_objects"]
        if call.resource.endswith("getObject"):
            return {"Body": next(o["Body"] for o in objects if o["Key"] == call.arguments["Key"])}
        entry = {"LastModified": "<date>", "StorageClass": "STANDARD"}
        contents = [
            {"Key": o["Key"], "Size": len(o["Body"]), "ETag": f"<Etag-{o['Key']}>", **entry} for o in objects
        ]
        return {"Contents": contents}


def recorded_tries(events: list[Any]) -> list[list[tuple[str, Any]]]:
    """The events of each try of a task, in the order in which the tries began."""
    tries: list[list[tuple[str, Any]]] = []
    last_of: dict[int, list[tuple[str, Any]]] = {}
    for event in events:
        details = next((v for k, v in event.items() if k.endswith("EventDetails")), None)
        if isinstance(event["id"], list):  # the recorder dropped the links inside a Parallel
            tries += [[(event["type"], details)]] if ENDS.fullmatch(event["type"]) else []
        elif SCHEDULED.fullmatch(event["type"]):
            tries.append([])
            last_of[event["id"]] = tries[-1]
        elif event["previousEventId"] in last_of and event["type"] not in ("TaskStateExited",):
            last_of[event["id"]] = last_of[event["previousEventId"]]
            last_of[event["id"]].append((event["type"], details))
    return [[entry for entry in one if entry[0].startswith(("Task", "Lambda", "Act"))] for one in tries]


def is_direct(call: TaskCall) -> bool:
    return ":function:" in call.resource


def called_function(call: TaskCall) -> tuple[str, Any]:
    if is_direct(call):
        return call.resource.rsplit(":", 1)[-1], call.arguments
    arguments = call.arguments if isinstance(call.arguments, dict) else {}
    payload = arguments.get("Payload")
    if payload is None:
        payload = {}
    elif isinstance(payload, str):
        payload = json.loads(payload)  # the service takes a string for the text of the payload
    return str(arguments.get("FunctionName")).rsplit(":", 1)[-1], payload


def recorded_failure(call: TaskCall, details: dict[str, Any]) -> TaskFailure:
    cause = details.get("cause")
    if isinstance(cause, dict):
        # With blanks from a function named by its ARN, compact from a service.
        cause = json.dumps(cause) if is_direct(call) else compact(cause)
    return TaskFailure(details.get("error"), cause)


def as_json(recorded: Any) -> Any:
    return json.loads(recorded) if isinstance(recorded, str) else recorded


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def run_case(case: dict[str, Any]) -> Execution:
    world = RecordedWorld(case)
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
    started = case["events"][0]["executionStartedEventDetails"]
    execution = Execution(
        parse_definition(json.dumps(case["definition"]).replace('"activity_arn"', f'"{ACTIVITY}"')),
        json.dumps(case["input"]),
        backend=world,
        clock=clock,
        arn="arn:<partition>:states:<region>:111111111111:execution:<ArnPart_0idx>:<ExecArnPart_0idx>",
        state_machine_arn="arn:<partition>:states:<region>:111111111111:stateMachine:<ArnPart_0idx>",
        name="<ExecArnPart_0idx>",
        role_arn=started["roleArn"],
    )
    world.execution = execution

    async def run() -> None:
        if "the test calls stop_execution" in case.get("test_notes", []):
            asyncio.get_running_loop().call_later(1, execution.stop)
        await execution.run()

    clock.run(run())
    return execution


def normalised(value: Any, *, parse_texts: bool = True) -> Any:
    """Change a value as the recorder changed it."""
    if isinstance(value, dict):
        return {key: normalised_member(key, item, parse_texts) for key, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, parse_texts=parse_texts) for item in value]
    if isinstance(value, str):
        if parse_texts and value.startswith("{"):
            try:
                return normalised(json.loads(value), parse_texts=False)
            except ValueError:
                pass
        return INSTANT.sub("date", value).replace(ACTIVITY, "activity_arn")
    return value


def normalised_member(key: str, value: Any, parse_texts: bool) -> Any:
    if re.search("timestamp", key, re.IGNORECASE) and isinstance(value, str) and not INSTANT.fullmatch(value):
        return "timestamp"
    return normalised(value, parse_texts=parse_texts)


def comparable_events(execution: Execution, *, parallel: bool) -> list[Any]:
    events = []
    for event in execution.history:
        content = event.to_api()
        del content["timestamp"]
        events.append(normalised(content))
    return without_parallel_order(events) if parallel else events


def comparable_recording(case: dict[str, Any]) -> list[Any]:
    """Drop what only the recorder's tooling added: the name and time beside each event's details."""
    recorded = [
        {k: v for k, v in event.items() if k not in ("name", "timestamp")} for event in case["events"]
    ]
    if case["recorded"] < "2024-10":
        recorded = [with_todays_link(event, recorded) for event in recorded]
    return without_parallel_order(recorded) if case.get("parallel_events_normalised") else recorded


def with_todays_link(event: dict[str, Any], events: list[Any]) -> dict[str, Any]:
    """Link the exit of a distributed Map to MapRunStarted, as AWS does since the autumn of 2024."""
    previous = events[event["previousEventId"] - 1]
    if event["type"] == "MapStateExited" and previous["type"] == "MapRunSucceeded":
        return {**event, "previousEventId": previous["previousEventId"]}
    return event


def without_parallel_order(events: list[Any]) -> list[Any]:
    """Turn what lies between a Parallel's start and its exit into a multiset, as the recorder did."""
    first = next(i for i, event in enumerate(events) if event["type"] == "ParallelStateStarted") + 1
    last = next(i for i, event in enumerate(events) if event["type"] == "ParallelStateExited")
    inner = Counter(
        json.dumps({k: v for k, v in event.items() if k not in ("id", "previousEventId")}, sort_keys=True)
        for event in events[first:last]
        if event["type"] not in ("ParallelStateFailed", "ParallelStateSucceeded")  # the recorder lost these
    )
    return [*events[:first], inner, *events[last:]]


def differences(recorded: Any, ours: Any, case: dict[str, Any], place: str = "") -> list[str]:
    """Tell where our value is not what the recording says; a placeholder takes any text in its place."""
    if recorded == ours and type(recorded) is type(ours):
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict) and recorded.keys() == ours.keys():
        return [d for k in recorded for d in differences(recorded[k], ours[k], case, f"{place}/{k}")]
    if isinstance(recorded, list) and isinstance(ours, list) and len(recorded) == len(ours):
        pairs = enumerate(zip(recorded, ours, strict=True))
        return [d for i, (r, o) in pairs for d in differences(r, o, case, f"{place}[{i}]")]
    if isinstance(recorded, str) and is_as_recorded(recorded, ours, case):
        return []
    if isinstance(ours, str) and not isinstance(recorded, str) and place.endswith(("/output", "/input")):
        # Two recordings have arrays and numbers parsed, unlike the others.
        return differences(recorded, json.loads(ours), case, place)
    return [f"{place}: recorded {recorded!r}, ours {ours!r}"]


def is_as_recorded(recorded: str, ours: Any, case: dict[str, Any]) -> bool:
    overwritten = [entry["replacement"] for entry in case.get("overwritten_paths", [])]
    if recorded in overwritten:
        return True
    if not isinstance(ours, str):
        return False
    if "assigned into recorded/opaque object" in case.get("test_notes", []) and recorded.startswith("["):
        return bool(json.loads(recorded) == json.loads(ours))
    fed = {"<partition>", "<region>"}
    pattern = "".join(
        ".+?" if PLACEHOLDER.fullmatch(piece) and piece not in fed else re.escape(piece)
        for piece in re.split(f"({PLACEHOLDER.pattern})", recorded)
    )
    return re.fullmatch(pattern, ours, re.DOTALL) is not None
