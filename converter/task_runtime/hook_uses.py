"""What a function does with Airflow's hooks: the methods that it calls on them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from converter.task_runtime.dag2sfn_tasks.hooks import HOOKS

#: What every hook has besides its class's attributes.
_OF_EACH = frozenset("aws_conn_id client_type config log region_name resource_type verify".split())


def is_hook(name: str) -> bool:
    """Whether the function that runs tasks has a hook of that name."""
    return name in HOOKS


def lacks(hook: str, attribute: str) -> bool:
    """Whether the function's hook does not have what Airflow's may have."""
    return attribute not in _OF_EACH and not hasattr(HOOKS[hook], attribute)


def attributes_of_made(function: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield names that are called, with an attribute of what they return: ``a.B().c``, ``x = B(); x.c``."""
    made: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and (name := made_by(node.value)):
            made |= {target.id: name for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            inner = node.value
            name = made.get(inner.id) if isinstance(inner, ast.Name) else made_by(inner)
            if name:
                yield name, node.attr


def made_by(value: ast.AST) -> str | None:
    """Return the dotted name that a call calls, None if it is no such call."""
    if not isinstance(value, ast.Call):
        return None
    names: list[str] = []
    inner: ast.expr = value.func
    while isinstance(inner, ast.Attribute):
        names.append(inner.attr)
        inner = inner.value
    return ".".join([inner.id, *reversed(names)]) if isinstance(inner, ast.Name) else None
