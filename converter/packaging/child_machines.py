"""The machines of a DAG that is too large for one: what a stack has for them, and what starts them may do.

Their names are fixed, so that a machine and its role can name the machines that it starts by ARNs that follow
from them, although all machines have the same role: CloudFormation takes no circles.
"""

from __future__ import annotations

from converter.asl.children import machine_of
from converter.asl.machine import OneMachine
from converter.identity import child_machine_name
from converter.packaging.policies import Statement
from converter.packaging.yaml_text import Sub
from converter.workflow import Workflow

#: The parameter with what the keys of the child machines' definitions begin with.
CHILDREN_PREFIX = "ChildrenPrefix"
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


def child_file(number: int) -> str:
    """Return the name of the file with a child machine's definition, in a bundle and in the bucket."""
    return f"child-{number}.asl.json"


def logical_id(number: int) -> str:
    """Return how a template calls a child machine."""
    return f"Child{number}Machine"


def child_arn(workflow: Workflow, child: OneMachine) -> tuple[str, Sub]:
    """Return what stands for the ARN of a child machine in definitions, and the ARN."""
    name = child_machine_name(workflow.dag_id, child.number, workflow.prefix)
    return machine_of(child.number).name, Sub(f"arn:{_HERE}:stateMachine:{name}")


def child_statements(workflow: Workflow) -> list[Statement]:
    """Return what a role is allowed whose machines start child machines, and wait for them."""
    names = child_machine_name(workflow.dag_id, "*", workflow.prefix)
    return [
        Statement(("states:StartExecution",), (Sub(f"arn:{_HERE}:stateMachine:{names}"),)),
        Statement(
            ("states:DescribeExecution", "states:StopExecution"),
            (Sub(f"arn:{_HERE}:execution:{names}:*"),),
        ),
        NESTED_EXECUTIONS_RULE,
    ]
