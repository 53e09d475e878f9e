"""The states that read Variables when a machine begins, and what its role may read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from stack_templates import made, statements_of
from workflows import empty, workflow

from converter import pipeline
from converter.asl.budget import Limits
from converter.asl.options import Failures, Options, VariablesFrom
from converter.checks import problems_of
from converter.engine import SimulatedBackend, TaskResult, run_virtual
from converter.workflow import Task, TriggerRule

SNS = "airflow.providers.amazon.aws.operators.sns.SnsPublishOperator"
SSM = Options(resumable=False, variables_from=VariablesFrom.SSM)
ANY, DONE = TriggerRule.ALL_DONE, TriggerRule.ALL_DONE_SETUP_SUCCESS
SMALL = Limits(definition=9_000)
CALL = "arn:aws:states:::aws-sdk:ssm:getParameters"


def publish(task_id, message, *upstream, **fields):
    arguments = {"target_arn": "arn:aws:sns:us-east-1:123456789012:t", "message": message}
    return Task(task_id, SNS, arguments=arguments, template_fields=("message",), upstream=upstream, **fields)


def converted(*tasks, options=SSM, limits=None, **fields):
    more = {"limits": limits} if limits else {}
    conversion = pipeline.convert(workflow(*tasks, **fields), options, **more)
    assert conversion.machine is not None, [str(problem) for problem in conversion.diagnostics]
    return conversion


def reads_of(definition):
    """The names that each reading state asks for, in the order of the states."""
    found, name = [], definition["StartAt"]
    while definition["States"][name].get("Resource") == CALL:
        found.append(definition["States"][name]["Arguments"]["Names"])
        name = definition["States"][name]["Next"]
    return found


def behind(*names):
    return [f"/airflow/variables/{name}" for name in names]


def run(definition, parameters):
    """Run a definition; returns the execution, and what was published."""
    published = []

    def read(call):
        if isinstance(parameters, TaskResult):
            return parameters
        assert call.arguments["WithDecryption"] is True
        known = [name for name in call.arguments["Names"] if name in parameters]
        return TaskResult(output={"Parameters": [{"Name": n, "Value": parameters[n]} for n in known]})

    def answer(call):
        published.append(json.loads(call.arguments["Message"])["default"])
        return TaskResult(output={"MessageId": "m"})

    tasks = [name for name, state in definition["States"].items() if state.get("Resource") != CALL]
    script = {name: answer for name in tasks}
    script |= {name: read for name, state in definition["States"].items() if state.get("Resource") == CALL}
    return run_virtual(definition, {}, SimulatedBackend(script)), published


def test_a_machine_without_variables_in_its_templates_reads_none():
    conversion = converted(publish("a", "{{ dag_run.conf.x }}"))
    assert CALL not in json.dumps(conversion.machine.definition)
    assert "D810" not in [problem.code.id for problem in conversion.diagnostics]


def test_variables_of_the_conversion_are_not_taken_and_nothing_is_a_parameter_of_the_stack():
    options = Options(variables={"bucket": "of the file"}, variables_from=VariablesFrom.SSM)
    conversion = converted(publish("a", "{{ var.value.bucket }}"), options=options)
    assert reads_of(conversion.machine.definition) == [behind("bucket")]
    assert "of the file" not in json.dumps(conversion.machine.definition)
    (note,) = [problem for problem in conversion.diagnostics if problem.code.id in ("D809", "D810")]
    assert "/airflow/variables/bucket" in note.problem


def test_one_call_for_each_ten_and_all_of_them_are_known():
    names = [f"v{number:02}" for number in range(23)]
    text = "".join(f"{{{{ var.value.{name} }}}}" for name in names)
    machine = converted(publish("a", text)).machine
    assert reads_of(machine.definition) == [
        behind(*names[:10]), behind(*names[10:20]), behind(*names[20:]),
    ]  # fmt: skip
    execution, published = run(machine.definition, dict(zip(behind(*names), names, strict=True)))
    assert execution.status == "SUCCEEDED", execution.cause
    assert published == ["".join(names)]


@pytest.mark.parametrize(
    ("parameters", "cause"),
    [
        ({}, "the Variable x is undefined"),
        (TaskResult(error="Ssm.AccessDeniedException", cause="no"), "was not read: Ssm.AccessDenied"),
    ],
)
def test_tasks_without_their_variable_fail_and_the_others_run(parameters, cause):
    machine = converted(
        publish("a", "{{ var.value.x }}"), publish("b", "plain", "a", trigger_rule=ANY)
    ).machine
    execution, published = run(machine.definition, parameters)
    assert published == ["plain"]
    records = json.loads(execution.output)
    assert (records["a"]["state"], records["b"]["state"]) == ("failed", "success")
    assert records["a"]["error"] == "States.QueryEvaluationError"
    stopping = replace(SSM, failures=Failures.STOP)
    machine = converted(publish("a", "{{ var.value.x }}"), options=stopping).machine
    assert cause in run(machine.definition, parameters)[0].cause


def test_a_default_is_taken_for_what_is_missing_and_not_for_what_could_not_be_read():
    machine = converted(publish("a", "{{ var.value.get('x', 'd') }}")).machine
    assert run(machine.definition, {})[1] == ["d"]
    execution, published = run(machine.definition, TaskResult(error="Ssm.InternalServerError", cause=""))
    assert (execution.status, published) == ("FAILED", [])


def test_the_roles_may_read_just_these_parameters():
    conversion = converted(
        publish("a", "{{ var.value.x }}"),
        publish("up", "{{ var.json.y.z }}", is_setup=True),
        publish("down", "{{ var.value.w }}", "up", is_teardown=True, trigger_rule=DONE),
    )
    resources = made(conversion.workflow, machine=conversion.machine)["Resources"]
    assert reads_of(conversion.machine.definition) == [behind("w", "x", "y")]
    assert reads_of(conversion.machine.outer) == [behind("w")]
    for role, names in (("StateMachineRole", "wxy"), ("OuterRole", "w")):
        (allowed,) = [one for one in statements_of(resources[role]) if "ssm:GetParameters" in one["Action"]]
        assert allowed["Action"] == ["ssm:GetParameters"]
        ends = [str(arn.text).partition(":parameter")[2] for arn in allowed["Resource"]]
        assert ends == behind(*names)


def test_the_slot_is_taken_first():
    conversion = converted(publish("a", "{{ var.value.x }}"), settings={"max_active_runs": 1})
    definition = conversion.machine.definition
    assert definition["States"][definition["StartAt"]]["Next"] == "run: read Variables"


def test_child_machines_read_what_their_own_tasks_need():
    tasks = [publish(f"t{number}", f"{{{{ var.value.v{number} }}}}") for number in range(8)]
    machine = converted(*tasks, empty("end", *(task.task_id for task in tasks)), limits=SMALL).machine
    assert machine.children
    for one in machine.machines:
        expected = behind(*sorted(task.replace("t", "v") for task in one.tasks if task != "end"))
        asked = [
            name
            for state in one.definition["States"].values()
            if state.get("Resource") == CALL
            for name in state["Arguments"]["Names"]
        ]
        assert asked == expected
        assert not [problem for problem in problems_of(one.definition) if problem.code.id == "D512"]
