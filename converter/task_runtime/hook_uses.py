"""What a function does with Airflow's hooks: the methods that it calls on them.

What the function's hooks have is read in their source: to import them is to import boto3.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from converter.task_runtime import SOURCE
from converter.task_runtime.dag2sfn_tasks.hook_names import CLIENTS, EARLIER
from converter.task_runtime.syntax import nodes_of

#: What every hook has besides what its class says.
_OF_EACH = frozenset(
    "aws_conn_id client_type config default_conn_name log region_name resource_type verify".split()
)
_BASE = "AwsBaseHook"


def is_hook(name: str) -> bool:
    """Whether the function that runs tasks has a hook of that name.

    >>> is_hook("S3Hook"), is_hook("AwsGlueJobHook"), is_hook("PostgresHook")
    (True, True, False)
    """
    today = EARLIER.get(name, name)
    return today in CLIENTS or today in _classes()


def lacks(hook: str, attribute: str) -> bool:
    """Whether the function's hook does not have what Airflow's may have.

    >>> lacks("S3Hook", "read_key"), lacks("S3Hook", "conn"), lacks("GlueJobHook", "initialize_job")
    (False, False, True)
    """
    wanted = [EARLIER.get(hook, hook)]
    while wanted and attribute not in _OF_EACH:
        bases, names = _classes().get(wanted.pop(), ((_BASE,), frozenset()))
        if attribute in names:
            return False
        wanted += bases
    return attribute not in _OF_EACH


@cache
def _classes() -> Mapping[str, tuple[tuple[str, ...], frozenset[str]]]:
    """Return the hooks' classes: their bases among them, and what they define."""
    found = {}
    for file in sorted(SOURCE.glob("*_hook*.py")):
        for item in ast.parse(file.read_text("utf-8")).body:
            if isinstance(item, ast.ClassDef):
                bases = tuple(base.id for base in item.bases if isinstance(base, ast.Name))
                names = frozenset(part.name for part in item.body if isinstance(part, ast.FunctionDef))
                found[item.name] = bases, names
    return found


def attributes_of_made(function: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield names that are called, with an attribute of what they return: ``a.B().c``, ``x = B(); x.c``."""
    made: dict[str, str] = {}
    for node in nodes_of(function):
        if isinstance(node, ast.Assign) and (name := made_by(node.value)):
            made |= {target.id: name for target in node.targets if isinstance(target, ast.Name)}
    for node in nodes_of(function):
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
