from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session as BotocoreSession

from converter.local import LocalAws

SERVE = """
import sys
from converter.local import serve

try:
    serve(int(sys.argv[1]))
except OSError as error:
    sys.exit(f"OSError: {error.strerror}")
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(folder: Path, port: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], start: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if line.startswith(start):
            return seen
    raise AssertionError(seen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_server_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = start_server(tmp_path, port)
    try:
        printed = read_until(process, "export AWS_EC2_METADATA_DISABLED")
        assert printed.startswith(f"# Local AWS at http://127.0.0.1:{port} ")
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n" in printed
        # What stdout has may go to a file: then this alone tells when to source it.
        ready = read_until(process, "# Ready")
        assert ready == f"# Ready: local AWS at http://127.0.0.1:{port}\n"
        process.send_signal(number)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        # All of it can be sourced by a shell.
        assert all(line.startswith(("export ", "#")) for line in (printed + rest).splitlines() if line)
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        process.wait()


def test_a_taken_port_is_an_error_and_leaves_nothing_behind(local_aws: LocalAws, tmp_path: Path) -> None:
    process = start_server(tmp_path, int(local_aws.endpoint.rsplit(":", 1)[1]))
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert printed.startswith("OSError: Address already in use")
    assert list(tmp_path.iterdir()) == []


def test_only_one_can_run_in_a_process(local_aws: LocalAws) -> None:
    with pytest.raises(RuntimeError, match="already runs in this process"):
        LocalAws().start()
    assert local_aws.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_it_listens_on_the_loopback_interface_only(local_aws: LocalAws) -> None:
    host, port = local_aws.endpoint.removeprefix("http://").split(":")
    assert host == "127.0.0.1"
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        if address.startswith("127."):
            continue
        with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
            socket.create_connection((str(address), int(port)), timeout=1).close()


STOPPING = """
import sys, threading
sys.path.insert(0, {folder!r})
import json, os, tempfile, time
from archives import zip_of
from converter.local import LocalAws

ROLE = "arn:aws:iam::123456789012:role/r"
for _ in range(2):
    with LocalAws() as aws:
        aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{{}}")
        aws.client("lambda").create_function(
            FunctionName="sleeper", Role=ROLE, Runtime="python3.12", Handler="code.handler", Timeout=60,
            Code={{"ZipFile": zip_of({{"code.py": "import time\\ndef handler(e, c): time.sleep(60)"}})}},
        )
        task = {{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
                "Arguments": {{"FunctionName": "sleeper"}}}}
        machine = {{"QueryLanguage": "JSONata", "StartAt": "T", "States": {{"T": task}}}}
        sfn = aws.client("stepfunctions")
        made = sfn.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
        for _ in range(5):
            sfn.start_execution(stateMachineArn=made["stateMachineArn"])
        time.sleep(0.5)
        started = time.monotonic()
    assert time.monotonic() - started < 30, "stopping took long"
    assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
    assert os.listdir(tempfile.gettempdir()) == [], os.listdir(tempfile.gettempdir())
    children = open(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read()
    assert children == "", children
print("clean")
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="child processes are read from /proc")
def test_stopping_leaves_no_thread_no_process_and_no_file(tmp_path: Path) -> None:
    source = STOPPING.format(folder=str(Path(__file__).parents[1] / "support"))
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.stdout.strip() == "clean", done.stderr


def test_a_reset_forgets_everything(aws: LocalAws, create_machine: Callable[..., str], glue: Any) -> None:
    machine = create_machine({"W": {"Type": "Wait", "Seconds": 60, "End": True}})
    sfn = aws.client("stepfunctions")
    sfn.start_execution(stateMachineArn=machine)
    aws.reset()
    assert sfn.list_state_machines()["stateMachines"] == []
    # The names are free again.
    assert create_machine({"S": {"Type": "Succeed"}}) == machine
    assert sfn.list_executions(stateMachineArn=machine)["executions"] == []


def test_motos_own_reset_works_too(aws: LocalAws, create_machine: Callable[..., str]) -> None:
    create_machine({"S": {"Type": "Succeed"}})
    request = urllib.request.Request(f"{aws.endpoint}/moto-api/reset", method="POST")  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 200
    assert aws.client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_two_hundred_tasks_share_few_clients(
    sfn: Any,
    create_machine: Callable[..., str],
    create_job: Callable[..., str],
    finish: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To make a client takes a third of a second."""
    made = []
    create_client = BotocoreSession.create_client
    monkeypatch.setattr(
        BotocoreSession,
        "create_client",
        lambda *given, **named: made.append(given) or create_client(*given, **named),
    )
    create_job(at_once=1000, seconds="1")
    branches = [
        {
            "StartAt": name,
            "States": {
                name: {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::glue:startJobRun.sync",
                    "Arguments": {"JobName": "job"},
                    "End": True,
                }
            },
        }
        for name in (f"J{number}" for number in range(200))
    ]
    arn = create_machine({"All": {"Type": "Parallel", "Branches": branches, "Output": None, "End": True}})
    ended = finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert ended["status"] == "SUCCEEDED"
    # One for Glue; none, where a test before this one has made it.
    assert len(made) <= 1
