"""Machines that run beside Airflow, made without a stack: each has one task, whose output is a number."""

from __future__ import annotations

import json
from typing import Any

from converter.shadow_mark import ShadowMark

ROLE = "arn:aws:iam::123456789012:role/example"
BUCKET = "dag2sfn-123456789012-us-east-1"


def definition(rows: int, source: str = "1f") -> str:
    """Return a definition; with ``wait`` in its conf, an execution takes ten minutes."""
    record = f"{{'load': {{'state': 'success', 'at': 1, 'output': {rows}}}}}"
    load = {"Type": "Pass", "Comment": "task load: PythonOperator", "Next": "end"}
    seconds = "{% $states.context.Execution.Input.conf.wait ? 600 : 0 %}"
    document = {
        "Comment": ShadowMark(source * 32).comment("DAG sales"),
        "QueryLanguage": "JSONata",
        "StartAt": "load",
        "States": {
            "load": {**load, "Output": f"{{% $merge([$states.input, {record}]) %}}"},
            "end": {"Type": "Wait", "Seconds": seconds, "End": True},
        },
    }
    return json.dumps(document)


def make_shadow(session: Any, dag_id: str, prefix: str = "shadow-") -> str:
    """Create machine, version, alias and the bucket for results; return the machine's ARN."""
    client = session.client("stepfunctions")
    session.client("s3").create_bucket(Bucket=BUCKET)
    given = {"dag2sfn:dag-id": dag_id, "dag2sfn:shadow": "overridden", "dag2sfn:bucket": BUCKET}
    made = client.create_state_machine(
        name=f"{prefix}{dag_id}",
        definition=definition(3),
        roleArn=ROLE,
        publish=True,
        tags=[{"key": key, "value": value} for key, value in given.items()],
    )
    client.create_state_machine_alias(
        name="live",
        routingConfiguration=[{"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}],
    )
    arn: str = made["stateMachineArn"]
    return arn


def executions(client: Any, machine: str) -> list[Any]:
    """Return what DescribeExecution says of each execution of a machine."""
    found = client.list_executions(stateMachineArn=machine)["executions"]
    return [client.describe_execution(executionArn=one["executionArn"]) for one in found]
