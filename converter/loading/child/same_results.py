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
    definition = _definition(function)
    if definition is None:
        return False
    parameters = [parameter.arg for parameter in definition.args.args[1:]]
    match [statement for statement in definition.body if not _says_nothing(statement)]:
        case [ast.Return(value=returned)]:
            return _is_super(returned, name, parameters)
        case [ast.Expr(value=called), ast.Return(value=ast.Attribute() as returned)]:
            attribute = f"self.{_RETURNED.get(parent)}"
            return _is_super(called, name, parameters) and ast.unparse(returned) == attribute
        case [
            ast.Assign(targets=[ast.Name(id=result)], value=called),
            ast.Return(value=ast.Name(id=returned)),
        ]:
            return _is_super(called, name, parameters) and result == returned
    return False


def _definition(function: Any) -> ast.FunctionDef | None:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError):
        return None
    found = body[0] if body else None
    return found if isinstance(found, ast.FunctionDef) and not found.decorator_list else None


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring or writes to a log."""
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    is_log = isinstance(value, ast.Call) and ast.unparse(value.func).startswith(_LOGS)
    return is_log or isinstance(value, ast.Constant)


def _is_super(value: Any, name: str, parameters: list[str]) -> bool:
    """Return whether an expression is ``super().name(…)`` with all that the method is given."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return False
    above = value.func.value
    is_super = isinstance(above, ast.Call) and ast.unparse(above.func) == "super"
    given = [ast.unparse(item) for item in value.args]
    given += [ast.unparse(item.value) for item in value.keywords if item.arg in parameters]
    return is_super and value.func.attr == name and given == parameters
