"""Says whether a file that defined no DAG here may define one where it is at home."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from converter.loading.child.stand_ins.unknown import Unknown, shown

_ASKS_FOR_FILES = frozenset("exists isdir isfile is_dir is_file listdir glob scandir iterdir".split())
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def unknown_dag(names: Mapping[str, Any]) -> str:
    """Return what an unknown object is that the file keeps as a DAG, by its name: ``dags.make()``; or ""."""
    for name, value in names.items():
        if not isinstance(value, Unknown):
            continue
        # `globals()[dag_id] = make(dag_id)` gives names that no file could write.
        as_a_dag = "(" in shown(value) and ("dag" in name.lower() or not name.isidentifier())
        if as_a_dag or name == "dag":
            return shown(value)
    return ""


def line_of_a_dag(source: bytes) -> int:
    """Return the first line of a file that makes a DAG when the file is imported; 0 if there is none.

    A line in a loop may not have been executed, nor one under the condition that a file is there. Other
    conditions are as they are where the file is at home: that a library is installed.
    """
    tree = ast.parse(source)
    functions = {item.name: item for item in ast.walk(tree) if isinstance(item, _FUNCTIONS)}
    makers = {"DAG"} | {name for name, item in functions.items() if _is_decorated_as_dag(item)}
    # Functions that make one, and those that call such a function.
    while more := {name for name, item in functions.items() if name not in makers and _calls(item, makers)}:
        makers |= more
    calls = [item for item in _executed(tree) if isinstance(item, ast.Call)]
    return min((call.lineno for call in calls if _called(call) in makers), default=0)


def _is_decorated_as_dag(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    decorators = (item.func if isinstance(item, ast.Call) else item for item in function.decorator_list)
    return any(_name(item) == "dag" for item in decorators)


def _calls(function: ast.AST, names: set[str]) -> bool:
    return any(isinstance(item, ast.Call) and _called(item) in names for item in ast.walk(function))


def _called(call: ast.Call) -> str:
    return _name(call.func)


def _name(expression: ast.expr) -> str:
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def _executed(node: ast.AST, *, in_loop: bool = False) -> Iterator[ast.AST]:
    """Yield what is executed with a module: without functions, and what is for a program only."""
    in_loop |= isinstance(node, (ast.For, ast.While, ast.comprehension))
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_FUNCTIONS, ast.Lambda)) or (
            isinstance(child, ast.If) and _leaves_out(child, in_loop)
        ):
            continue
        yield child
        yield from _executed(child, in_loop=in_loop)


def _leaves_out(condition: ast.If, in_loop: bool) -> bool:
    names = {_name(item) for item in ast.walk(condition.test) if isinstance(item, ast.expr)}
    return "__name__" in names or not (in_loop or names & _ASKS_FOR_FILES)
