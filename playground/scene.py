"""What the example DAGs find on AWS: every Glue job and state machine that their definitions name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

ROLE = "arn:aws:iam::123456789012:role/example"
JOB_SECONDS = 3
#: Airflow's trigger may see the end of a shorter one before its scheduler has noticed that the task waits.
MACHINE_SECONDS = 8


class Aws(Protocol):
    """What makes clients of AWS services."""

    def client(self, service: str) -> Any: ...  # noqa: D102


def set_up(aws: Aws, bundle: Path, seconds: Mapping[str, float] | None = None) -> None:
    """Create the jobs and machines that a bundle's definition names, as far as there are none."""
    definition = json.loads((bundle / "definition.asl.json").read_text("utf-8"))
    for state in _states(definition):
        arguments = state.get("Arguments")
        if not isinstance(arguments, Mapping):
            continue
        job, machine = arguments.get("JobName"), arguments.get("StateMachineArn")
        if isinstance(job, str) and not job.startswith("{%"):
            _create_job(aws, job, (seconds or {}).get(job, JOB_SECONDS))
        if isinstance(machine, str) and machine.startswith("arn:") and "${" not in machine:
            _create_machine(aws, machine.rsplit(":", 1)[1])


def _states(block: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in block["States"].values():
        yield state
        for inner in [*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])]:
            yield from _states(inner)


def _create_job(aws: Aws, name: str, seconds: float) -> None:
    client = aws.client("glue")
    if name in client.list_jobs()["JobNames"]:
        return
    client.create_job(
        Name=name,
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": "s3://example/job.py"},
        DefaultArguments={"--local-seconds": str(seconds)},
        ExecutionProperty={"MaxConcurrentRuns": 10},
    )


def _create_machine(aws: Aws, name: str) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "work",
        "States": {"work": {"Type": "Wait", "Seconds": MACHINE_SECONDS, "End": True}},
    }
    client = aws.client("stepfunctions")
    if name not in {one["name"] for one in client.list_state_machines()["stateMachines"]}:
        client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
