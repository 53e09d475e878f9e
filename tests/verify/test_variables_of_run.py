"""Scenarios of machines that read Variables when they begin."""

from __future__ import annotations

from dataclasses import replace

from workflows import workflow

from converter import pipeline
from converter.asl.options import Options, VariablesFrom
from converter.engine import parse_definition, run_virtual
from converter.verify import SimulatedAws, Try
from converter.verify.verification import Verifier
from converter.workflow import Task, TriggerRule

SNS = "airflow.providers.amazon.aws.operators.sns.SnsPublishOperator"
VARIABLES = {"bucket": "lake", "config": '{"table": "orders"}'}


def publish(task_id, message, *upstream, **fields):
    arguments = {"target_arn": "arn:aws:sns:us-east-1:123456789012:t", "message": message}
    return Task(task_id, SNS, arguments=arguments, template_fields=("message",), upstream=upstream, **fields)


def verifier():
    flow = workflow(
        publish("plain", "{{ var.value.bucket }}/{{ var.json.config.table }}"),
        publish("default", "{{ var.value.get('missing', 'd') }}", "plain"),
        publish("missing", "{{ var.value.missing }}"),
        publish("end", "end", "default", "missing", trigger_rule=TriggerRule.ALL_DONE),
    )
    conversion = pipeline.convert(flow, Options(variables=VARIABLES, variables_from=VariablesFrom.SSM))
    codes = frozenset(item.code for item in conversion.diagnostics)
    return Verifier(flow, conversion.plan, conversion.machine, codes, VARIABLES)


def test_what_tasks_receive_is_what_airflow_renders():
    verification = verifier().verify(range(15))
    assert verification.divergences == ()
    assert verification.calls > 30


def test_another_value_in_parameter_store_is_seen():
    other = verifier()
    player = replace(other, variables={"bucket": "sea", "config": '{"table": "orders"}'})._player
    other.__dict__["_player"] = player
    found = other.verify(range(1))
    assert [one.task for one in found.divergences] == ["plain"]


def test_what_does_not_fit_fails_the_tasks_that_need_it():
    many = {f"v{number:02}": "x" * 8_000 for number in range(40)}
    tasks = [publish(name, f"{{{{ var.value.{name} }}}}") for name in many]
    machine = pipeline.convert(
        workflow(*tasks), Options(variables=many, variables_from=VariablesFrom.SSM)
    ).machine
    aws = SimulatedAws({name: [Try(1)] for name in many}, variables=many)
    execution = run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws)
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert execution.cause.startswith("failed: v20 (")
    assigned = [event.details.get("assignedVariables") for event in execution.history if event.details]
    assert "Variables are too large: together they have more than" in str(assigned)
    assert sum(name in aws.received for name in many) == 20
