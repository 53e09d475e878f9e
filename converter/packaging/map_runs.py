"""What a role is allowed whose machines run distributed Maps: each instance is an execution of the machine.

AWS documentation, "IAM policies for using Distributed Map states". The ARN of such an execution has the Map's
label behind the machine's name; the documentation names executions without it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.asl.budget import every_state_of
from converter.asl.machine import Machine
from converter.asl.map_runs import is_distributed
from converter.identity import child_machine_name
from converter.packaging.policies import Statement
from converter.packaging.yaml_text import Sub
from converter.workflow import Workflow

_STATES = "${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
_OF_BODY = (
    "CloudFormation names the body, by its logical id among others, and needs the role before it: so this is"
    " about the bodies of all DAGs."
)


def map_run_statements(workflow: Workflow, machine: Machine) -> list[Statement]:
    """Return the statements; none where no machine has a distributed Map."""
    names, comment = [], ""
    if _has_map_runs(machine.definition):
        names.append("*BodyMachine-*" if machine.outer else "${MachineName}")
        comment = _OF_BODY if machine.outer else ""
    if any(_has_map_runs(child.definition) for child in machine.children):
        names.append(child_machine_name(workflow.dag_id, "*", workflow.prefix))
    if not names:
        return []
    machines = tuple(Sub(f"arn:{_STATES}:stateMachine:{name}") for name in names)
    executions = tuple(Sub(f"arn:{_STATES}:execution:{name}{of}:*") for name in names for of in ("", "/*"))
    return [
        Statement(("states:StartExecution",), machines, comment),
        Statement(("states:DescribeExecution", "states:StopExecution"), executions),
    ]


def _has_map_runs(definition: Mapping[str, Any]) -> bool:
    return any(is_distributed(state) for _, state in every_state_of(definition))
