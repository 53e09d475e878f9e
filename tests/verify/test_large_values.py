"""A value that does not fit into an execution fails its task, whoever makes it, and the others go on."""

import json

import pytest
from mapped import listed, mapped
from workflows import empty, glue, nested, reader, workflow

from converter.asl.options import Options
from converter.engine import TaskFailure, parse_definition, run_virtual
from converter.pipeline import convert
from converter.verify import SimulatedAws, Try
from converter.workflow import Task, TriggerRule

MEGABYTE = "x" * 1_000_000
S3_READ = "airflow.providers.amazon.aws.operators.s3.S3ReadObjectOperator"


class Room(SimulatedAws):
    """Functions push as much as they are allowed to, as the deployed one does, or fail."""

    async def _try(self, call, this, submitted):
        answer = await super()._try(call, this, submitted)
        room = call.arguments.get("Payload", {}).get("room")
        if room is not None and len(json.dumps(answer["Payload"]["return_value"])) > room:
            raise TaskFailure("XComTooLarge", "too large")
        if "states:startExecution" in call.resource:
            answer["Output"] = {"rows": this.returns}
        return answer


def records(execution):
    assert execution.status == "SUCCEEDED", execution.cause
    return json.loads(execution.output)


def played(large, returns, results=None):
    """What becomes of a task, of one behind it, of one beside it and of one at the end."""
    flow = workflow(
        large, glue("behind", "large"), glue("beside"),
        empty("end", "behind", "beside", trigger_rule=TriggerRule.ALL_DONE),
    )  # fmt: skip
    machine = convert(flow, Options(resumable=False)).machine
    names = ("large", "behind", "beside", "large: instance")
    aws = Room({name: [Try(1, returns=returns)] for name in names}, results=results or {})
    found = records(run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws))
    return {task: record["state"] for task, record in found.items()}, found


FAILED = {"large": "failed", "behind": "upstream_failed", "beside": "success", "end": "success"}


def test_of_a_function():
    assert played(reader(Task("large", ""), []), MEGABYTE)[0] == FAILED


def test_of_a_service():
    task = Task("large", S3_READ, arguments={"s3_bucket": "b", "s3_key": "k"})
    states, found = played(task, None, {"large": {"Body": MEGABYTE}})
    assert states == FAILED
    assert found["large"]["error"] == "States.DataLimitExceeded"


def test_of_another_machine():
    states, found = played(nested("large"), MEGABYTE)
    assert states == FAILED
    assert found["large"]["error"] == "States.DataLimitExceeded"


@pytest.mark.parametrize(("size", "state"), [(1_000_000, "failed"), (50_000, "failed"), (20_000, "success")])
def test_of_the_instances_of_a_mapped_task_together(size, state):
    """Ten of them: each fits alone, and 500,000 bytes do not."""
    task = mapped(reader(Task("large", ""), []), x=listed(*range(10)))
    states, _ = played(task, "x" * size)
    assert states["large"] == state
    assert states["end"] == "success"
