"""What is said of values that the stack is given when it is deployed, and of those that each run reads."""

from __future__ import annotations

from collections.abc import Mapping

from converter import diagnostics as d
from converter.diagnostics import Diagnostic, about_dag
from converter.operators.step import Step
from converter.task_runtime.dag2sfn_tasks.parameter_store import VARIABLES_PREFIX
from converter.workflow import Workflow


def variable_notes(workflow: Workflow, steps: Mapping[str, Step]) -> list[Diagnostic]:
    """Return a diagnostic that names the parameters that each run reads, if it reads any."""
    names = sorted({name for step in steps.values() for name in step.variables})
    if not names:
        return []
    listed = ", ".join(VARIABLES_PREFIX + name for name in names)
    return [
        about_dag(
            workflow,
            d.VARIABLES_OF_RUN,
            f"each run begins with reading, from SSM Parameter Store, {listed}",
            "put them there: aws ssm put-parameter --name NAME --value VALUE --type String",
        )
    ]


def deployment_notes(workflow: Workflow, steps: Mapping[str, Step]) -> list[Diagnostic]:
    """Return a diagnostic for each value that is given at deployment, with the tasks that need it."""
    descriptions: dict[str, str] = {}
    users: dict[str, list[str]] = {}
    for task_id, step in steps.items():
        for name, text in step.deployed.items():
            descriptions[name] = text
            users.setdefault(name, []).append(task_id)
    return [
        about_dag(
            workflow,
            d.AT_DEPLOYMENT,
            f"{text} has no value here: it is the parameter {name} of the stack "
            f"({', '.join(users[name][:3])}{' and more' if len(users[name]) > 3 else ''})",
            f"deploy with --set {name}=VALUE, or give its value at conversion",
        )
        for name, text in sorted(descriptions.items())
    ]
