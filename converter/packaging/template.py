"""Machine → CloudFormation template: one stack per DAG, with all that its machine needs of its own.

What the user already has (Glue jobs, machines that are started) is referred to and never created. The
definition and the functions' code are read from the artifacts bucket, under keys that follow from their
content, so that CloudFormation sees a change exactly where there is one.

Executions that run keep what they began with: a machine is called by its published version, and so are
functions; a role with other permissions is another role. ``deploy`` removes what no version needs any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter import __version__
from converter.asl import awaiting
from converter.asl.machine import Machine, OneMachine
from converter.expressions.deployment import ENVIRONMENT, described, parameters_of
from converter.identity import child_machine_name, machine_name
from converter.operators.large_xcoms import uses_s3
from converter.operators.python import TASK_FUNCTION
from converter.packaging.child_machines import (
    CHILDREN_PREFIX,
    child_arn,
    child_file,
    child_statements,
    logical_id,
)
from converter.packaging.functions import Function
from converter.packaging.machines import (
    OF_EVERY_MACHINE,
    alarms_of,
    alias_of,
    state_machine,
    version_of,
)
from converter.packaging.map_runs import map_run_statements, map_run_statements_of_body
from converter.packaging.outer_machine import outer_filled, outer_statements
from converter.packaging.policies import Role, Statement, role, statements_of
from converter.packaging.poller_function import outcome_table, poller_function
from converter.packaging.settings import conditions, log_group, parameters
from converter.packaging.starter_function import (
    STARTER_KEY,
    is_scheduled,
    schedule_outputs,
    schedule_resources,
    starter_function,
)
from converter.packaging.task_code import runs_tasks
from converter.packaging.task_function import TASKS_KEY, environment_of, task_function, task_outputs
from converter.packaging.variables import permissions_on_variables
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub, yaml_text
from converter.workflow import Workflow

#: Folder below ``functions/`` → parameter with the key of its zip.
FUNCTION_KEYS = {"poller": "PollerKey", "tasks": "TasksKey", "starter": "StarterKey"}
#: The parameter with the key of the outer machine's definition.
OUTER_KEY = "OuterDefinitionKey"
Sources = Mapping[str, Mapping[str, "str | bytes"]]
"""Folder below ``functions/`` → path → content."""


def _text_parameter(description: str) -> Constant:
    return Constant({"Type": "String", "Description": description})


_ALWAYS_FILLED_IN = {
    "ArtifactBucket": _text_parameter("The bucket that holds the definition and the code of functions"),
    "DefinitionKey": _text_parameter("The definition's key in that bucket"),
}
_OUTER_KEY = _text_parameter("The key of the outer machine's definition in that bucket")
_POLLER_KEY = _text_parameter("The key of the poller function's zip in that bucket")
_CHILDREN_PREFIX = _text_parameter("What the keys of the definitions of child machines begin with")
#: How every stack's runs are started and watched.
_ENTRY: Mapping[str, Any] = {
    "StateMachineVersion": Constant(version_of("StateMachine")),
    "StateMachineAlias": Note(
        "Runs are started here. It leads to the version that is in force; `dag2sfn rollback` leads it "
        "back to the one before.",
        Constant(alias_of("StateMachineVersion")),
    ),
    **{name: Constant(alarm) for name, alarm in alarms_of("StateMachine").items()},
}
_ALWAYS_TOLD = {
    "StateMachineArn": Constant({"Value": Ref("StateMachine")}),
    "StateMachineName": Constant({"Value": GetAtt("StateMachine", "Name")}),
    "StateMachineVersionArn": Constant({"Value": Ref("StateMachineVersion")}),
    "StateMachineAliasArn": Constant({"Value": Ref("StateMachineAlias")}),
    "StateMachineLogGroup": Constant({"Value": Ref("StateMachineLogs")}),
}
_SLOT_STATEMENTS = (
    Statement(("dynamodb:GetItem", "dynamodb:UpdateItem"), (GetAtt("OutcomeTable", "Arn"),)),
    Statement(
        ("states:DescribeExecution",),
        (Sub("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${MachineName}:*"),),
        "Whether the executions that hold the slots of max_active_runs still run.",
    ),
)


@dataclass(frozen=True)
class _Stack:
    """What a stack is made of, on the way to its template."""

    workflow: Workflow
    machine: Machine
    poller: Function | None
    tasks: Function | None
    starter: Function | None

    @property
    def functions(self) -> tuple[Function, ...]:
        return tuple(one for one in (self.poller, self.tasks, self.starter) if one is not None)


def template_text(workflow: Workflow, machine: Machine, sources: Sources) -> str:
    """Return the template as YAML; ``sources``: the functions' code. Raises TooManyPermissionsError."""
    header = (
        f"# Written by dag2sfn {__version__} from {workflow.location.file}.\n"
        "# To change it, change the DAG and convert it again: the next conversion writes this file anew.\n\n"
    )
    return header + yaml_text(template(workflow, machine, sources))


def template(workflow: Workflow, machine: Machine, sources: Sources) -> dict[str, Any]:
    """Return the template of a DAG's stack. Raises TooManyPermissionsError."""
    needed = tuple(name for name in FUNCTION_KEYS if name in sources)
    xcom_in_s3 = "tasks" in needed and uses_s3(machine.steps)
    stack = _Stack(
        workflow,
        machine,
        poller_function(machine, workflow.dag_id, sources["poller"]) if "poller" in needed else None,
        task_function(workflow, machine.steps, sources["tasks"], xcom_in_s3=xcom_in_s3)
        if "tasks" in needed
        else None,
        starter_function(workflow, sources["starter"]) if "starter" in needed else None,
    )
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"DAG {workflow.dag_id}, converted by dag2sfn",
        "Parameters": {
            **_artifacts(machine, needed),
            **parameters(machine_name(workflow.dag_id, workflow.prefix), needed, xcom_in_s3=xcom_in_s3),
            **parameters_of(given_at_deployment(workflow, machine, needed)),
        },
        "Conditions": conditions(needed, xcom_in_s3=xcom_in_s3),
        "Resources": _resources(stack),
        "Outputs": _outputs(stack),
    }


def functions_of(workflow: Workflow, machine: Machine) -> tuple[str, ...]:
    """Return the folders below ``functions/`` that the machine and its schedule need."""
    needed = {
        "poller": machine.needs_poller,
        "tasks": runs_tasks(machine.steps),
        "starter": is_scheduled(workflow),
    }
    return tuple(name for name in FUNCTION_KEYS if needed[name])


def substitutions(workflow: Workflow, machine: Machine, functions: Sequence[str]) -> tuple[str, ...]:
    """Return the names that the template fills into the definitions; ``functions``: those of the stack."""
    found = {
        awaiting.POLLER_FUNCTION.name: machine.needs_poller,
        awaiting.OUTCOME_TABLE.name: machine.uses_table,
        TASK_FUNCTION.name: "tasks" in functions,
    }
    children = tuple(child_arn(workflow, child)[0] for child in machine.children)
    values = sorted({name for step in machine.steps.values() for name in step.deployed})
    return (*(name for name, needed in found.items() if needed), *children, *values)


def given_at_deployment(workflow: Workflow, machine: Machine, functions: Sequence[str]) -> dict[str, str]:
    """Return the parameters of the stack for values that nobody gave, with what they stand for."""
    found = {name: text for step in machine.steps.values() for name, text in step.deployed.items()}
    if "tasks" in functions:
        found |= {name: described(ENVIRONMENT, key) for key, name in environment_of(workflow).items()}
    return found


def _filled(stack: _Stack, one: OneMachine) -> dict[str, Ref | GetAtt | Sub]:
    """Return what is filled into a machine's definition: that of which it has the name."""
    filled: dict[str, Ref | GetAtt | Sub] = {}
    if stack.poller is not None:
        filled[awaiting.POLLER_FUNCTION.name] = stack.poller.version
    if stack.machine.uses_table:
        filled[awaiting.OUTCOME_TABLE.name] = Ref("OutcomeTable")
    if stack.tasks is not None:
        filled[TASK_FUNCTION.name] = stack.tasks.version
    filled |= dict(child_arn(stack.workflow, child) for child in stack.machine.children)
    filled |= {name: Ref(name) for step in stack.machine.steps.values() for name in step.deployed}
    return {name: value for name, value in filled.items() if f"${{{name}}}" in one.text}


def _artifacts(machine: Machine, functions: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that ``deploy`` fills in."""
    written: dict[str, Any] = dict(_ALWAYS_FILLED_IN)
    if machine.outer is not None:
        written[OUTER_KEY] = _OUTER_KEY
    if machine.children:
        written[CHILDREN_PREFIX] = _CHILDREN_PREFIX
    if machine.needs_poller:
        written["PollerKey"] = _POLLER_KEY
    if "tasks" in functions:
        written["TasksKey"] = TASKS_KEY
    if "starter" in functions:
        written["StarterKey"] = STARTER_KEY
    return written


def _resources(stack: _Stack) -> dict[str, Any]:
    dag_id = stack.workflow.dag_id
    resources: dict[str, Any] = {
        **_machines(stack),
        **_ENTRY,
        "StateMachineLogs": Note(
            "Under /aws/vendedlogs/, log groups share one entry in the account's resource policy, which has "
            "room for few.",
            log_group("/aws/vendedlogs/states/${MachineName}", dag_id),
        ),
    }
    for function in stack.functions:
        resources |= function.resources
    if stack.machine.uses_table:
        resources["OutcomeTable"] = outcome_table(dag_id)
    if stack.starter is not None:
        resources |= schedule_resources(stack.workflow, stack.starter)
    return resources


def _machines(stack: _Stack) -> dict[str, Any]:
    """Return the machine that has the DAG's name, and its body and role if it is an outer one."""
    workflow, machine = stack.workflow, stack.machine
    name = {"StateMachineName": Ref("MachineName")}
    own_role, key = _state_machine_role(stack), Ref("DefinitionKey")
    filled, children = _filled(stack, machine.machines[0]), _child_machines(stack, own_role)
    if machine.outer is None:
        made = state_machine(workflow, name, own_role.arn, key, filled)
        return {"StateMachine": made, **children, **own_role.resources}
    outer_role = role(
        "OuterRole",
        service="states.amazonaws.com",
        statements=[
            *outer_statements(workflow, machine.steps, stack.tasks),
            *(_SLOT_STATEMENTS if machine.slots is not None else ()),
            *OF_EVERY_MACHINE,
        ],
        comment="What the outer machine does: it starts the body, and tears down.",
        for_own_account=True,
    )
    tears_down = outer_filled(workflow, machine.steps, stack.tasks)
    return {
        "StateMachine": Note(
            "It starts the body, and runs teardowns where that was cut short. Runs are started here.",
            state_machine(workflow, name, outer_role.arn, Ref(OUTER_KEY), tears_down),
        ),
        # CloudFormation names it: a name of ours might be taken, or too long.
        "BodyMachine": Note("The tasks.", state_machine(workflow, {}, own_role.arn, key, filled)),
        "BodyMachineVersion": version_of("BodyMachine", behind=own_role.later),
        **children,
        **own_role.resources,
        **outer_role.resources,
    }


def _child_machines(stack: _Stack, own_role: Role) -> dict[str, Any]:
    """Return the machines that the run's own one starts, and those that they start."""
    return {
        logical_id(child.number): state_machine(
            stack.workflow,
            {
                "StateMachineName": child_machine_name(
                    stack.workflow.dag_id, child.number, stack.workflow.prefix
                )
            },
            own_role.arn,
            Sub(f"${{{CHILDREN_PREFIX}}}{child_file(child.number)}"),
            _filled(stack, child),
        )
        for child in stack.machine.children
    }


def _state_machine_role(stack: _Stack) -> Role:
    machine = stack.machine
    permissions = [permission for step in machine.steps.values() for permission in step.permissions]
    permissions += permissions_on_variables(machine.steps.values())
    statements = list(statements_of(permissions))
    if stack.poller is not None:
        statements.append(Statement(("lambda:InvokeFunction",), (stack.poller.callable_as,)))
    if machine.needs_table:
        actions = tuple(f"dynamodb:{action}" for action in machine.table_actions)
        statements.append(Statement(actions, (GetAtt("OutcomeTable", "Arn"),)))
    if machine.slots is not None and machine.outer is None:
        statements += _SLOT_STATEMENTS
    if stack.tasks is not None:
        statements.append(Statement(("lambda:InvokeFunction",), (stack.tasks.callable_as,)))
    if machine.children:
        statements += child_statements(stack.workflow)
    statements += map_run_statements(stack.workflow, machine)
    return role(
        "StateMachineRole",
        service="states.amazonaws.com",
        statements=[*statements, *OF_EVERY_MACHINE],
        comment="What the machine's states do, and nothing else.",
        for_own_account=True,
        later=map_run_statements_of_body(machine),
    )


def _outputs(stack: _Stack) -> Mapping[str, Any]:
    outputs: dict[str, Any] = dict(_ALWAYS_TOLD)
    if stack.poller is not None:
        outputs["PollerFunctionArn"] = {"Value": GetAtt(stack.poller.id, "Arn")}
    if stack.tasks is not None:
        outputs |= task_outputs(stack.tasks)
    if stack.starter is not None:
        outputs |= schedule_outputs(stack.starter)
    if stack.machine.uses_table:
        outputs["OutcomeTableName"] = {"Value": Ref("OutcomeTable")}
    return outputs
