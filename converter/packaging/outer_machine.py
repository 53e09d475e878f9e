"""What the outer machine of a DAG with teardowns is given: the body, the table, what its teardowns call."""

from __future__ import annotations

from collections.abc import Mapping

from converter.asl import awaiting
from converter.asl.outer import BODY_MACHINE
from converter.operators.python import TASK_FUNCTION
from converter.operators.step import Step
from converter.packaging.child_machines import NESTED_EXECUTIONS_RULE
from converter.packaging.functions import Function
from converter.packaging.policies import Statement, statements_of
from converter.packaging.task_code import runs_tasks
from converter.packaging.variables import permissions_on_variables
from converter.packaging.yaml_text import GetAtt, Ref, Sub
from converter.workflow import Workflow

_HERE = "${AWS::Region}:${AWS::AccountId}"


def outer_filled(
    workflow: Workflow, steps: Mapping[str, Step], tasks: Function | None
) -> dict[str, Ref | GetAtt]:
    """Return what the template fills into the outer machine's definition: name → reference."""
    filled: dict[str, Ref | GetAtt] = {
        BODY_MACHINE.name: Ref("BodyMachineVersion"),
        awaiting.OUTCOME_TABLE.name: Ref("OutcomeTable"),
    }
    if tasks is not None and runs_tasks(_teardowns(workflow, steps)):
        filled[TASK_FUNCTION.name] = tasks.version
    filled |= {name: Ref(name) for step in _teardowns(workflow, steps).values() for name in step.deployed}
    return filled


def outer_statements(
    workflow: Workflow, steps: Mapping[str, Step], tasks: Function | None
) -> list[Statement]:
    """Return what the outer machine's role is allowed."""
    teardowns = _teardowns(workflow, steps)
    permissions = [permission for step in teardowns.values() for permission in step.permissions]
    found = [
        *statements_of([*permissions, *permissions_on_variables(teardowns.values())]),
        # IAM looks at the machine, whichever version is started (Developer Guide, "Versions and aliases").
        Statement(("states:StartExecution",), (GetAtt("BodyMachine", "Arn"),)),
        Statement(
            ("states:DescribeExecution", "states:StopExecution"),
            (Sub(f"arn:${{AWS::Partition}}:states:{_HERE}:execution:${{BodyMachine.Name}}:*"),),
        ),
        NESTED_EXECUTIONS_RULE,
        Statement(("dynamodb:GetItem",), (GetAtt("OutcomeTable", "Arn"),)),
    ]
    if tasks is not None and runs_tasks(teardowns):
        found.append(Statement(("lambda:InvokeFunction",), (tasks.callable_as,)))
    return found


def _teardowns(workflow: Workflow, steps: Mapping[str, Step]) -> dict[str, Step]:
    return {task.task_id: steps[task.task_id] for task in workflow.tasks if task.is_teardown}
