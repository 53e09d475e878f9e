"""A deployed machine reads Variables from Parameter Store, with the permissions that its stack gives it."""

from __future__ import annotations

import json

import pytest
from waiting import ended

from converter import executions, loading, pipeline
from converter.asl.options import Options, VariablesFrom
from converter.checks import check
from converter.deployment import deploy

DAG = """
from airflow.providers.amazon.aws.operators.sns import SnsPublishOperator
from airflow.sdk import DAG

with DAG("reads_variables", schedule=None) as dag:

    def publish(task_id, message):
        return SnsPublishOperator(
            task_id=task_id, target_arn="arn:aws:sns:us-east-1:123456789012:told", message=message
        )

    publish("plain", "s3://{{ var.value.bucket }}/{{ var.json.config.table.name }}")
    publish("secret", "{{ var.value.secret }}")
    publish("default", "{{ var.value.get('missing', 'none') }}")
    publish("missing", "{{ var.value.missing }}") >> publish("behind", "never")
    SnsPublishOperator.partial(
        task_id="mapped", target_arn="arn:aws:sns:us-east-1:123456789012:told"
    ).expand(message=["1 {{ var.value.bucket }}", "2"])
"""


@pytest.mark.full
def test_a_run_reads_what_is_in_parameter_store_then(aws, session, tmp_path, monkeypatch):
    file = tmp_path / "reads_variables.py"
    file.write_text(DAG)
    (flow,) = loading.load(file)
    conversion = pipeline.convert(flow, Options(variables_from=VariablesFrom.SSM))
    bundle = pipeline.write(conversion, tmp_path / "build")
    assert check(bundle) == []

    monkeypatch.setattr(aws, "enforces_iam", True)
    aws.client("sns").create_topic(Name="told")
    ssm = aws.client("ssm")

    def put(name, value, kind="String"):
        ssm.put_parameter(Name=f"/airflow/variables/{name}", Value=value, Type=kind, Overwrite=True)

    put("bucket", "lake")
    put("config", json.dumps({"table": {"name": "orders"}}))
    put("secret", "a secret", "SecureString")
    machine = deploy(bundle, session).state_machine_arn
    sfn = aws.client("stepfunctions")

    def ran():
        arn = executions.start(sfn, machine)
        told = ended(sfn, arn)
        events = sfn.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        details = [event.get("taskScheduledEventDetails", {}) for event in events]
        given = [json.loads(one.get("parameters", "{}")) for one in details]
        return told, sorted(json.loads(one["Message"])["default"] for one in given if "Message" in one)

    told, published = ran()
    assert published == ["1 lake", "2", "a secret", "none", "s3://lake/orders"]
    assert told["status"] == "FAILED"
    assert "missing" in told["cause"]

    put("bucket", "sea")
    put("missing", "there now")
    told, published = ran()
    assert told["status"] == "SUCCEEDED"
    assert published == ["1 sea", "2", "a secret", "never", "s3://sea/orders", "there now", "there now"]
