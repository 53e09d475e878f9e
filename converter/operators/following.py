"""Subclasses: which conversion an operator follows that has none of its own."""

from __future__ import annotations

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.operators.arguments import Arguments, task_diagnostic
from converter.operators.choices import instead_of
from converter.operators.own import is_own, own_operator
from converter.operators.registry import Conversion, conversion_of
from converter.workflow import Task


def followed(task: Task) -> str | None:
    """Return the class whose conversion a task follows: its own, or the nearest of its bases that has one."""
    for name in (task.operator, *task.bases):
        if conversion_of(name):
            return name
    return None


def conversion_for(task: Task) -> Conversion | Diagnostic:
    """Return the conversion of a task's operator, or why there is none."""
    parent = followed(task)
    conversion = conversion_of(parent) if parent else None
    if parent is None or conversion is None:
        return own_operator if is_own(task) else _unknown_operator(task)
    if parent != task.operator and task.overrides:
        name, base = task.operator.rpartition(".")[2], parent.rpartition(".")[2]
        problem = f"{name} overrides {', '.join(task.overrides)} of {base}"
        remedy = f"use {base} itself, do it in a @task, or convert {name} in a file of --operators"
        return task_diagnostic(d.CHANGES_ITS_PARENT, task, problem, remedy)
    return conversion


def account_for_subclass(args: Arguments) -> None:
    """Report that a task is converted as its parent, and set aside what its own __init__ has taken."""
    task = args.task
    parent = followed(task)
    if parent is None or parent == task.operator:
        return
    name, base = task.operator.rpartition(".")[2], parent.rpartition(".")[2]
    own = args.left()
    args.set_aside(*own)
    taken = f", its own arguments {', '.join(own)} having gone into its __init__" if own else ""
    problem = f"{name} is converted as {base}{taken}"
    args.report(d.FOLLOWS_ITS_PARENT, problem, "check that its __init__ only presets arguments")


def _unknown_operator(task: Task) -> Diagnostic:
    name = task.operator.rpartition(".")[2]
    remedy = f"{instead_of(task.operator)}; or convert it yourself in a file of --operators"
    return task_diagnostic(d.UNKNOWN_OPERATOR, task, f"{name} is not converted", remedy)
