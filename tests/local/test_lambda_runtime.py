from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from converter.local.lambda_runtime import Function, Invocation, LambdaRuntime

SOURCE = """
import os, time

print("loading")
calls = 0

class CustomError(Exception):
    pass

def answer(event, context):
    global calls
    calls += 1
    print("event", event)
    return {"event": event, "calls": calls, "pid": os.getpid()}

def look_around(event, context):
    return {
        "environment": dict(os.environ),
        "arn": context.invoked_function_arn,
        "id": context.aws_request_id,
        "left": context.get_remaining_time_in_millis(),
        "files": sorted(os.listdir()),
    }

def fail(event, context):
    raise CustomError("as asked")

def sleep(event, context):
    time.sleep(event)
    return os.getpid()

def meet(event, context):
    # Waits until six invocations have come to a folder.
    open(os.path.join(event, context.aws_request_id), "w").close()
    while len(os.listdir(event)) < 6:
        time.sleep(0.02)
    return len(os.listdir(event))

def leave(event, context):
    os._exit(7)

def unprintable(event, context):
    return object()

def decimal(event, context):
    from decimal import Decimal
    return [Decimal("3"), Decimal("1.5")]
"""


def function(handler: str, source: str = SOURCE, **settings: Any) -> Function:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("code.py", source)
    values: dict[str, Any] = {
        "name": "f",
        "arn": f"arn:aws:lambda:us-east-1:123456789012:function:{handler}",
        "version": "$LATEST",
        "handler": f"code.{handler}",
        "runtime": "python3.12",
        "timeout": 10.0,
        "memory_mb": 128,
        "environment": {},
        "role_arn": "arn:aws:iam::123456789012:role/f",
        "code_sha256": str(hash(source)),
        "code": content.getvalue(),
    }
    return Function(**{**values, **settings})


@pytest.fixture
def runtime() -> Iterator[LambdaRuntime]:
    runtime = LambdaRuntime({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    yield runtime
    runtime.close()


def error_of(invocation: Invocation) -> dict[str, Any]:
    assert invocation.failed
    document: dict[str, Any] = json.loads(invocation.payload)
    return document


def test_a_worker_stays_warm(runtime: LambdaRuntime) -> None:
    first, second = (json.loads(runtime.invoke(function("answer"), '{"a":1}').payload) for _ in range(2))
    assert first["event"] == {"a": 1}
    assert second == {**first, "calls": 2}


def test_an_invocation_has_its_own_part_of_the_log(runtime: LambdaRuntime) -> None:
    first, second = (runtime.invoke(function("answer"), text) for text in ("1", "2"))
    assert first.log == "loading\nevent 1\n"
    assert second.log == "event 2\n"


def test_the_function_sees_its_environment_and_nothing_of_ours(
    runtime: LambdaRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    invocation = runtime.invoke(function("look_around", environment={"TABLE": "outcomes"}), "{}")
    seen = json.loads(invocation.payload)
    assert seen["environment"]["TABLE"] == "outcomes"
    assert seen["environment"]["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert seen["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert "AWS_PROFILE" not in seen["environment"]
    assert "HOME" not in seen["environment"]
    assert seen["id"] == invocation.request_id
    assert seen["arn"].endswith(":function:look_around")
    assert 9_000 < seen["left"] <= 10_000
    assert seen["files"] == ["code.py"]


def test_an_exception_is_reported_as_lambda_reports_it(runtime: LambdaRuntime) -> None:
    invocation = runtime.invoke(function("fail"), "{}")
    document = error_of(invocation)
    assert list(document) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert document["errorMessage"] == "as asked"
    assert invocation.error_type == "CustomError"
    assert document["requestId"] == invocation.request_id
    (frame,) = document["stackTrace"]
    line = SOURCE.splitlines().index('    raise CustomError("as asked")') + 1
    assert frame.endswith(f'code.py", line {line}, in fail\n    raise CustomError("as asked")\n')


def test_the_timeout_ends_the_worker_and_the_next_event_gets_a_new_one(runtime: LambdaRuntime) -> None:
    slow = function("sleep", timeout=0.3)
    pid = json.loads(runtime.invoke(slow, "0").payload)
    started = time.monotonic()
    document = error_of(runtime.invoke(slow, "60"))
    assert time.monotonic() - started < 30
    assert document["errorType"] == "Sandbox.Timedout"
    assert document["errorMessage"].endswith("Task timed out after 0.30 seconds")
    assert json.loads(runtime.invoke(slow, "0").payload) != pid


@pytest.mark.parametrize(
    ("handler", "source", "error_type", "message"),
    [
        ("leave", SOURCE, "Runtime.ExitError", "exit status 7"),
        ("unprintable", SOURCE, "Runtime.MarshalError", "Unable to marshal response"),
        ("nothing", SOURCE, "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'code'"),
        ("x", "import no_such_library", "Runtime.ImportModuleError", "No module named 'no_such_library'"),
        ("x", "def broken(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'code'"),
        ("x", "1 / 0", "ZeroDivisionError", "division by zero"),
        ("x", "raise SystemExit(3)", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_each_way_to_fail_has_lambdas_error_type(
    runtime: LambdaRuntime, handler: str, source: str, error_type: str, message: str
) -> None:
    document = error_of(runtime.invoke(function(handler, source), "{}"))
    assert document["errorType"] == error_type
    assert message in document["errorMessage"]


def test_decimals_become_numbers(runtime: LambdaRuntime) -> None:
    assert runtime.invoke(function("decimal"), "{}").payload == "[3, 1.5]"


def test_long_invocations_run_side_by_side(runtime: LambdaRuntime, tmp_path: Path) -> None:
    slow = function("meet", timeout=60)
    with ThreadPoolExecutor(6) as threads:
        seen = list(threads.map(lambda _: runtime.invoke(slow, json.dumps(str(tmp_path))).payload, range(6)))
    assert seen == ["6"] * 6  # one after another, the first would have met nobody


def test_short_invocations_share_few_workers(runtime: LambdaRuntime) -> None:
    quick = function("sleep")
    with ThreadPoolExecutor(50) as threads:
        pids = list(threads.map(lambda _: runtime.invoke(quick, "0.001").payload, range(200)))
    assert len(set(pids)) <= 8


def test_new_code_and_new_settings_get_new_workers(runtime: LambdaRuntime) -> None:
    source = "import os\ndef x(event, context): return [{!r}, os.environ.get('A')]"
    answers = [
        json.loads(runtime.invoke(function("x", source.format(text), environment=environment), "{}").payload)
        for text, environment in (("one", {}), ("two", {}), ("two", {"A": "set"}))
    ]
    assert answers == [["one", None], ["two", None], ["two", "set"]]


def test_an_event_under_way_ends_with_the_code_that_it_began_with(runtime: LambdaRuntime) -> None:
    source = "import time\ndef x(event, context):\n    time.sleep(event)\n    return {!r}"
    runtime.invoke(function("x", source.format("old")), "0")
    with ThreadPoolExecutor(1) as threads:
        under_way = threads.submit(runtime.invoke, function("x", source.format("old")), "0.5")
        time.sleep(0.1)
        assert runtime.invoke(function("x", source.format("new")), "0").payload == '"new"'
        assert under_way.result().payload == '"old"'


def test_other_runtimes_are_refused_by_name(runtime: LambdaRuntime) -> None:
    document = error_of(runtime.invoke(function("answer", runtime="nodejs22.x"), "{}"))
    assert "nodejs22.x" in document["errorMessage"]


def test_closing_ends_workers_even_in_the_middle_of_an_event() -> None:
    runtime = LambdaRuntime({})
    pid = int(runtime.invoke(function("sleep"), "0").payload)
    results: list[Invocation] = []
    waiting = threading.Thread(target=lambda: results.append(runtime.invoke(function("sleep"), "60")))
    waiting.start()
    time.sleep(0.3)
    runtime.close()
    waiting.join(60)
    assert not waiting.is_alive()
    assert results[0].failed
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert error_of(runtime.invoke(function("sleep"), "0"))["errorType"] == "Runtime.Closed"
