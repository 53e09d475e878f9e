from dataclasses import replace

import pytest
from workflows import glue, machine_of, partial_fan_in, workflow

from converter.asl.tasks import RUN_ARGUMENT
from converter.engine import parse_definition, run_virtual
from converter.relations import Relations
from converter.verify import SimulatedAws, Try
from converter.verify.as_played import as_played
from converter.workflow import TriggerRule


def played(flow, *, reads=None, expression=None):
    """The definition as it is played, if the last task reads records, and has this expression to evaluate."""
    machine = machine_of(flow)
    *_, last = [task.task_id for task in flow.tasks]
    machine.definition["States"][last]["Arguments"]["Arguments"] = {"--text": expression or "plain"}
    steps = {**machine.steps, last: replace(machine.steps[last], reads=reads or ())}
    names = {task.task_id: task.task_id for task in flow.tasks}
    return as_played(replace(machine, steps=steps), Relations(flow), names)[0]


def run(definition, *tasks):
    aws = SimulatedAws({task: [Try(1)] for task in tasks})
    return run_virtual(parse_definition(definition), {}, aws)


@pytest.fixture
def chain():
    return workflow(glue("a"), glue("b", "a"))


def test_what_a_task_is_given_is_as_emitted(chain):
    definition = played(chain, reads=("a",), expression="{% $states.input.a.output & '!' %}")
    aws = SimulatedAws({"a": [Try(1)], "b": [Try(1)]})
    assert run_virtual(parse_definition(definition), {}, aws).status == "SUCCEEDED"
    ((number, given),) = aws.received["b"]
    assert (number, given["Arguments"]) == (0, {"--text": f"{aws.runs[0]['Id']}!"})


def test_the_record_that_is_read_must_be_there(chain):
    definition = played(chain, reads=("a",))
    definition["States"]["a"]["Output"] = "{% {'another': {'state': 'success', 'at': 1}} %}"
    execution = run(definition, "a", "b")
    assert execution.status == "FAILED"
    assert "b (States.QueryEvaluationError)" in execution.cause


def test_a_task_that_does_not_wait_may_read_nothing():
    flow = workflow(glue("a"), glue("b", "a"), glue("c", "b", trigger_rule=TriggerRule.ALL_DONE))
    assert len(played(flow, reads=("a", "b"))["States"]["c"]["Arguments"]["played"]["reads"]) == 2
    flow = workflow(glue("a"), glue("b"))
    machine = machine_of(flow)
    steps = {**machine.steps, "b": replace(machine.steps["b"], reads=("a",))}
    names = {"a": "a", "b": "b"}
    definition = as_played(replace(machine, steps=steps), Relations(flow), names)[0]
    assert '"reads": []' in str(definition).replace("'", '"')


def test_the_argument_by_which_a_poller_knows_a_run_stays():
    flow = partial_fan_in()
    machine = machine_of(flow)
    names = {task.task_id: task.task_id for task in flow.tasks}
    assert str(as_played(machine, Relations(flow), names)).count(RUN_ARGUMENT) == str(
        machine.definition
    ).count(RUN_ARGUMENT)
