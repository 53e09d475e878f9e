"""What is said of values that the stack is given when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping

from converter import diagnostics as d
from converter.diagnostics import Diagnostic, about_dag
from converter.operators.step import Step
from converter.workflow import Workflow


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
