"""Tells imports that a file can do without from those that it needs.

A file that says ``try: import x`` and ``except ImportError: …`` has thought of the case that ``x`` is not
there: nothing stands in for it.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def is_optional(file: str, line: int) -> bool:
    """Return whether the import at a line of a file (path) is tried, and its failure dealt with."""
    return any(first <= line <= last for first, last in _tried_lines(file))


@functools.cache
def _tried_lines(file: str) -> tuple[tuple[int, int], ...]:
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return ()
    return tuple(
        (node.body[0].lineno, node.body[-1].end_lineno or 0)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Try) and any(map(_deals, node.handlers)))
        or (isinstance(node, ast.With) and any(map(_suppresses, node.items)))
    )


def _deals(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a failed import, and goes on without raising it again."""
    names = {"BaseException"} if handler.type is None else set(_names(handler.type))
    return bool(names & _CAUGHT) and not isinstance(handler.body[-1], ast.Raise)


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call) or "suppress" not in _names(call.func):
        return False
    return any(name in _CAUGHT for argument in call.args for name in _names(argument))


def _names(expression: ast.expr) -> Iterator[str]:
    """Yield the last part of the name that an expression is, or of each one in a tuple."""
    for part in expression.elts if isinstance(expression, ast.Tuple) else [expression]:
        if isinstance(part, (ast.Name, ast.Attribute)):
            yield part.id if isinstance(part, ast.Name) else part.attr
