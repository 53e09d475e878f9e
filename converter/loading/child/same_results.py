"""Methods of the author's own operators that only call the method they override, and return the same.

Older operators returned nothing: files have subclasses whose ``execute`` calls the parent's and returns the
query's id, which the operator itself returns today.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

_OPERATORS = "airflow.providers.amazon.aws.operators"
#: The provider's class → the attribute that has, after ``execute``, what that returns.
_RETURNED = {f"{_OPERATORS}.athena.AthenaOperator": "query_execution_id"}
_LOGS = ("self.log.", "self._log.", "logging.", "logger.", "log.", "print")


def does_the_same(function: Any, name: str, parent: str) -> bool:
    """Return whether a method only calls the one it overrides, logs, and returns what that returns.

    ``parent`` is the provider's class, ``module.name``. A method whose source is not found does not.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    (definition, *_) = tree.body or [None]
    if not isinstance(definition, ast.FunctionDef) or definition.decorator_list:
        return False
    parameters = [parameter.arg for parameter in definition.args.args[1:]]
    result: str | None = None
    called = False
    for statement in definition.body:
        value = getattr(statement, "value", None)
        if isinstance(statement, ast.Expr) and (isinstance(value, ast.Constant) or _is_log(value)):
            continue
        if isinstance(statement, ast.Return) and value is not None:
            if _is_super(value, name, parameters):
                return not called
            text = ast.unparse(value)
            return called and text in (result, f"self.{_RETURNED.get(parent)}")
        if called or not isinstance(statement, (ast.Expr, ast.Assign)):
            return False
        if not _is_super(value, name, parameters):
            return False
        called = True
        if isinstance(statement, ast.Assign):
            if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
                return False
            result = statement.targets[0].id
    return False


def _is_log(value: Any) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).startswith(_LOGS)


def _is_super(value: Any, name: str, parameters: list[str]) -> bool:
    """Return whether an expression is ``super().name(…)`` with all that the method is given."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    above = value.func.value
    is_super = isinstance(above, ast.Call) and ast.unparse(above.func) == "super"
    given = [ast.unparse(item) for item in value.args]
    given += [ast.unparse(item.value) for item in value.keywords if item.arg in parameters]
    return is_super and value.func.attr == name and given == parameters
