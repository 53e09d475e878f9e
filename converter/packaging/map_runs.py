"""What a role is allowed whose machines run distributed Maps: each instance is an execution of the machine.

AWS documentation, "IAM policies for using Distributed Map states". The ARN of such an execution has the Map's
label behind the machine's name; the documentation names executions without it as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from converter.asl.budget import every_state_of
from converter.asl.machine import Machine
from converter.asl.map_runs import is_distributed
from converter.identity import child_machine_name
from converter.packaging.policies import Statement
from converter.packaging.yaml_text import Ref, Sub
from converter.workflow import Workflow

_STATES = "${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"


def map_run_statements(workflow: Workflow, machine: Machine) -> list[Statement]:
    """Return the statements about machines with names of ours; none where these have no distributed Map."""
    names = []
    if machine.outer is None and _has_map_runs(machine.definition):
        names.append("${MachineName}")
    if any(_has_map_runs(child.definition) for child in machine.children):
        names.append(child_machine_name(workflow.dag_id, "*", workflow.prefix))
    if not names:
        return []
    machines = tuple(Sub(f"arn:{_STATES}:stateMachine:{name}") for name in names)
    return [Statement(("states:StartExecution",), machines), _on_executions(names)]


def map_run_statements_of_body(machine: Machine) -> list[Statement]:
    """Return those about a body: CloudFormation names it, and needs its role before it."""
    if machine.outer is None or not _has_map_runs(machine.definition):
        return []
    return [
        Statement(("states:StartExecution",), (Ref("BodyMachine"),)),
        _on_executions(["${BodyMachine.Name}"]),
    ]


def _on_executions(names: Iterable[str]) -> Statement:
    executions = tuple(Sub(f"arn:{_STATES}:execution:{name}{of}:*") for name in names for of in ("", "/*"))
    return Statement(("states:DescribeExecution", "states:StopExecution"), executions)


def _has_map_runs(definition: Mapping[str, Any]) -> bool:
    return any(is_distributed(state) for _, state in every_state_of(definition))
