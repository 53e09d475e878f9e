"""Functions of a date that are simple enough to stand in a template."""

from __future__ import annotations

import ast
from pathlib import Path

from converter.task_runtime.callables import definitions_of


def date_expression(description: str, file: Path) -> str | None:
    """Return what a function makes of a date, as it stands in a template, None if it does anything else.

    ``description`` is that of an Opaque. A lambda or a function is meant that returns an expression of its
    first parameter, ``timedelta`` and numbers.
    """
    nodes = definitions_of(description, file)
    if len(nodes) != 1:
        return None
    node = nodes[0]
    if isinstance(node, ast.Lambda):
        result: ast.expr | None = node.body
    elif isinstance(node, ast.FunctionDef):
        body = [item for item in node.body if not _is_docstring(item)]
        result = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    else:
        return None
    parameters = [*node.args.posonlyargs, *node.args.args]
    if result is None or not parameters:
        return None
    written = _InTemplate(parameters[0].arg)
    tree = written.visit(result)
    return None if written.unknown else ast.unparse(ast.fix_missing_locations(tree))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


#: What an expression may be made of.
_PLAIN = (
    *(ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.Constant),
    *(ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.expr_context),
)


class _InTemplate(ast.NodeTransformer):
    """Renames what a date function names to what a template calls it."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        self.unknown = False

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.attr == "timedelta":  # datetime.timedelta
            return ast.Name("macros.timedelta")
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == self.parameter:
            return ast.Name("logical_date")
        self.unknown |= node.id != "timedelta"
        return ast.Name("macros.timedelta")

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self.unknown |= not isinstance(node, _PLAIN)
        return super().generic_visit(node)
