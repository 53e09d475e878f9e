"""Says which Airflow a DAG file is for, by the names of the context that it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

#: What Airflow 3 has taken out of the context and of templates (release notes, removed context variables).
_UNTIL_AIRFLOW_2 = frozenset(
    """
    execution_date next_ds next_ds_nodash next_execution_date prev_ds prev_ds_nodash prev_execution_date
    tomorrow_ds tomorrow_ds_nodash yesterday_ds yesterday_ds_nodash
    """.split()
)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
#: Objects of a run that had dates by these names.
_OF_RUNS = re.compile(r"\b(dag_run|dagrun|task_instance|ti)\b")


def is_for_airflow_2(source: bytes) -> bool:
    """Return whether a file asks for what the context of Airflow 3 does not have any more.

    >>> is_for_airflow_2(b'BashOperator(bash_command="load {{ yesterday_ds }}")')
    True
    >>> is_for_airflow_2(b'def f(**context): return context["execution_date"]')
    True

    What the file gives a function itself is not asked of the context:

    >>> is_for_airflow_2(b'def f(execution_date): ...\\nop_kwargs = {"execution_date": "{{ ds }}"}')
    False
    """
    if not any(name.encode() in source for name in _UNTIL_AIRFLOW_2):
        return False
    nodes = list(ast.walk(ast.parse(source)))
    given = set(_given(nodes))
    return any(
        name in _UNTIL_AIRFLOW_2 and (in_template or name not in given) for name, in_template in _asked(nodes)
    )


def _given(nodes: list[ast.AST]) -> Iterator[str]:
    """Yield the names of arguments, and of members of dicts, that a file writes."""
    for node in nodes:
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Dict):
            keys = (key.value for key in node.keys if isinstance(key, ast.Constant))
            yield from (key for key in keys if isinstance(key, str))


def _asked(nodes: list[ast.AST]) -> Iterator[tuple[str, bool]]:
    """Yield the names by which a file may ask for something of the context, and whether in a template."""
    for node in nodes:
        if isinstance(node, ast.arg):
            yield node.arg, False
        elif isinstance(node, ast.Attribute):
            if node.attr in _UNTIL_AIRFLOW_2 and _OF_RUNS.search(ast.unparse(node.value)):
                yield node.attr, False
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, False  # context["execution_date"]
            for template in _TEMPLATE.findall(node.value):
                yield from ((name, True) for name in re.findall(r"\w+", template))
