import pytest

from converter.engine import parse_definition, run_virtual
from converter.expressions.jsonata import Expression
from converter.operators.step import Step
from converter.verify import SimulatedAws, Try
from converter.verify.playing import result_of


def machine(resource, output):
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "a",
        "States": {
            "a": {"Type": "Task", "Resource": resource, "Arguments": {}, "Output": output, "End": True}
        },
    }


def run(definition, aws):
    return run_virtual(parse_definition(definition), {}, aws)


def test_a_service_that_is_not_simulated_returns_what_the_machine_takes_from_it():
    output = "$states.result.QueryExecution.QueryExecutionId & $states.result.`Odd-Name`"
    step = Step(
        "a", "AthenaOperator", "arn:aws:states:::athena:startQueryExecution.sync", output=Expression(output)
    )
    result = result_of(step)
    assert result == {
        "QueryExecution": {"QueryExecutionId": "a's QueryExecutionId"},
        "Odd-Name": "a's Odd-Name",
    }
    aws = SimulatedAws({"a": [Try(5)]}, results={"a": result})
    execution = run(machine(str(step.resource), f"{{% {output} %}}"), aws)
    assert execution.status == "SUCCEEDED"
    assert aws.timeline == [(0.0, "start", "a"), (5.0, "end", "a")]


def test_it_fails_as_the_script_says():
    aws = SimulatedAws({"a": [Try(5, "Boom")]})
    execution = run(machine("arn:aws:states:::batch:submitJob.sync", "{% 1 %}"), aws)
    assert (execution.status, execution.error) == ("FAILED", "Boom")


@pytest.mark.parametrize("resource", ["arn:aws:states:::sqs:sendMessage", "arn:aws:states:::sns:publish"])
def test_a_helper_state_that_it_does_not_know_is_named(resource):
    execution = run(machine(resource, "{% 1 %}"), SimulatedAws({}))
    assert execution.error == "States.Runtime"
    assert f"no simulation of {resource} for 'a'" in execution.cause
