"""What the example's DAG finds on AWS: three Glue jobs, two small machines, and the original's poller."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converter.local import LocalAws

HERE = Path(__file__).parent
#: Seconds that each job takes.
JOBS = {"glue1": 2, "glue2": 3, "glue3": 12}
REPORT_SECONDS = 1
ROLE = "arn:aws:iam::123456789012:role/example"


def seed(aws: LocalAws, jobs: Mapping[str, int] = JOBS) -> None:
    """Create the jobs, the reports' machines, and the function that the hand-written pattern polls with."""
    glue = aws.client("glue")
    for name, seconds in jobs.items():
        glue.create_job(
            Name=name,
            Role=ROLE,
            Command={"Name": "glueetl", "ScriptLocation": "s3://example/job.py"},
            DefaultArguments={"--local-seconds": str(seconds)},
            ExecutionProperty={"MaxConcurrentRuns": 10},
        )
    for name in ("report_a", "report_b"):
        create_machine(aws, name, _report_definition())
    aws.client("lambda").create_function(
        FunctionName="original_poller",
        Runtime="python3.12",
        Role=_role_of_functions(aws),
        Handler="original_poller.handler",
        Code={"ZipFile": _zip(HERE / "original_poller.py")},
    )


def create_machine(aws: LocalAws, name: str, definition: Mapping[str, Any]) -> str:
    """Create a state machine and return its ARN."""
    client = aws.client("stepfunctions")
    created = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return str(created["stateMachineArn"])


def by_hand(name: str) -> dict[str, Any]:
    """Return a hand-written definition that stands beside this file."""
    definition: dict[str, Any] = json.loads((HERE / f"{name}.asl.json").read_text())
    return definition


def _report_definition() -> dict[str, Any]:
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "write report",
        "States": {"write report": {"Type": "Wait", "Seconds": REPORT_SECONDS, "End": True}},
    }


def _role_of_functions(aws: LocalAws) -> str:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = aws.client("iam").create_role(RoleName="original", AssumeRolePolicyDocument=json.dumps(trust))
    return str(role["Role"]["Arn"])


def _zip(source: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(source, source.name)
    return packed.getvalue()
