"""The machines of a DAG that is too large for one: what a stack has for them, and what starts them may do.

Their names are fixed, so that a machine and its role can name the machines that it starts by ARNs that follow
from them, although all machines have the same role: CloudFormation takes no circles.
"""

from __future__ import annotations

from converter.asl.machine import OneMachine
from converter.asl.parts import machine_of
from converter.identity import part_machine_name
from converter.packaging.policies import Statement
from converter.packaging.yaml_text import Sub
from converter.workflow import Workflow

#: The parameter with what the keys of the parts' definitions begin with.
PARTS_PREFIX = "PartsPrefix"
_HERE = "${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
#: By this rule Step Functions learns of the end of an execution that another one waits for (AWS
#: documentation, "IAM policies for nested executions").
NESTED_EXECUTIONS_RULE = Statement(
    ("events:DescribeRule", "events:PutRule", "events:PutTargets"),
    (
        Sub(
            "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
            ":rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
        ),
    ),
)


def part_file(number: int) -> str:
    """Return how the definition of a part is called, in a bundle's folder and behind the prefix of keys."""
    return f"part-{number}.asl.json"


def logical_id(number: int) -> str:
    """Return how a template calls the machine of a part."""
    return f"Part{number}Machine"


def part_arn(workflow: Workflow, part: OneMachine) -> tuple[str, Sub]:
    """Return what stands for the ARN of a part's machine in definitions, and the ARN."""
    name = part_machine_name(workflow.dag_id, part.number)
    return machine_of(part.number).name, Sub(f"arn:{_HERE}:stateMachine:{name}")


def part_statements(workflow: Workflow) -> list[Statement]:
    """Return what a role is allowed whose machines start parts, and wait for them."""
    names = part_machine_name(workflow.dag_id, "*")
    return [
        Statement(("states:StartExecution",), (Sub(f"arn:{_HERE}:stateMachine:{names}"),)),
        Statement(
            ("states:DescribeExecution", "states:StopExecution"),
            (Sub(f"arn:{_HERE}:execution:{names}:*"),),
        ),
        NESTED_EXECUTIONS_RULE,
    ]
