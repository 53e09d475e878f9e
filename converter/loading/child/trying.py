"""Changes the code of a file so that some of its expressions and statements are tried.

The changed code calls, by names that the file does not see otherwise: ``TRY(function, text)`` for the value
of an expression, given as a function; ``NOTE(error, text)`` after a statement has failed, and
``UNKNOWN(line)`` for what it would have given.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from types import CodeType, TracebackType
from typing import Any

UNKNOWN, NOTE, TRY = "_dag2sfn_unknown", "_dag2sfn_note", "_dag2sfn_try"

#: Where an expression is: its first line and column, its last line and the column behind it.
Span = tuple[int, int, int, int]


def trying(source: bytes, file: str, spans: Sequence[Span], lines: Sequence[int]) -> CodeType:
    """Return the code of a file (path), in which expressions and the statements of lines are tried."""
    tree = _Trying(spans, lines).visit(ast.parse(source, file))
    return compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)


def span_of_frame(trace: TracebackType) -> Span | None:
    """Return where the expression is that a frame was evaluating; None if Python does not know."""
    positions = getattr(trace.tb_frame.f_code, "co_positions", None)  # since Python 3.11
    if positions is None:
        return None
    first, last, start, end = next(itertools.islice(positions(), trace.tb_lasti // 2, None))
    return None if None in (first, last, start, end) else (first, start, last, end)


def _span_of(node: ast.AST) -> Span | None:
    if not isinstance(node, ast.expr):
        return None
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0


def can_be_tried(file: str, span: Span) -> bool:
    """Return whether an expression of a file means the same in a function of its own."""
    with open(file, "rb") as source:
        tree = ast.parse(source.read())
    # The names of a class are not seen from functions in it.
    classes = (item for item in ast.walk(tree) if isinstance(item, ast.ClassDef))
    of_classes = {id(item) for body in classes for item in _in_class(body)}
    found = (node for node in ast.walk(tree) if _span_of(node) == span and id(node) not in of_classes)
    return any(_is_plain(node) for node in found)


def _in_class(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child
            yield from _in_class(child)


def _is_plain(node: ast.AST) -> bool:
    """Return whether an expression, which is no target, neither sets names nor goes by where it stands."""
    if not isinstance(getattr(node, "ctx", None) or ast.Load(), ast.Load) or isinstance(node, ast.Starred):
        return False
    inside = list(ast.walk(node))
    if any(isinstance(item, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) for item in inside):
        return False
    named = {item.id for item in inside if isinstance(item, ast.Name)}
    return not named & {"super", "locals", "vars", "dir", "eval", "exec"}


class _Trying(ast.NodeTransformer):
    """Has the expressions at some places tried, and the innermost statement of each of some lines."""

    def __init__(self, spans: Sequence[Span], lines: Sequence[int]) -> None:
        self._spans = spans
        self._lines = lines

    def visit(self, node: ast.AST) -> Any:
        if _span_of(node) not in self._spans or not _is_plain(node):
            return super().visit(node)
        # As it was written: what is in it may be tried as well.
        told = ast.Constant(" ".join(ast.unparse(node).split())[:80])
        nothing = ast.arguments([], [], None, [], [], None, [])
        expression = ast.Lambda(nothing, super().visit(node))
        tried = ast.Call(ast.Name(TRY, ast.Load()), [expression, told], [])
        return ast.fix_missing_locations(ast.copy_location(tried, node))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, [self._tried(item) for item in block])
        return node

    def _tried(self, statement: ast.stmt) -> ast.stmt:
        if not any(line in _own_lines(statement) for line in self._lines):
            return statement
        caught = ast.Name("_dag2sfn_error", ast.Load())
        told = ast.Constant(ast.unparse(statement).partition("\n")[0][:80])
        handled: list[ast.stmt] = [ast.Expr(ast.Call(ast.Name(NOTE, ast.Load()), [caught, told], []))]
        unknown = ast.Call(ast.Name(UNKNOWN, ast.Load()), [ast.Constant(statement.lineno)], [])
        if isinstance(statement, ast.Return):
            handled.append(ast.Return(unknown))
        handled += [_set(target, unknown) for target in _targets(statement)]
        handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "_dag2sfn_error", handled)
        tried = ast.Try([statement], [handler], [], [])
        return ast.fix_missing_locations(ast.copy_location(tried, statement))


def _set(target: ast.expr, value: ast.expr) -> ast.stmt:
    """Return the statement that gives a target a value. A member may have no object to be a member of."""
    assignment = ast.Assign([target], value)
    if isinstance(target, ast.Name):
        return assignment
    nothing = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Pass()])
    return ast.Try([assignment], [nothing], [], [])


def _own_lines(statement: ast.stmt) -> range:
    """Return the lines of a statement without those of the statements in it."""
    first = min([statement.lineno, *(item.lineno for item in getattr(statement, "decorator_list", ()))])
    inner = [
        item.lineno for item in ast.walk(statement) if isinstance(item, ast.stmt) and item is not statement
    ]
    last = min(inner) - 1 if inner else statement.end_lineno or statement.lineno
    return range(first, max(last, first) + 1)


def _targets(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement gives a value to."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        yield statement.target
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield ast.Name(statement.name, ast.Store())
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        names = (item.asname or item.name.partition(".")[0] for item in statement.names)
        yield from (ast.Name(name, ast.Store()) for name in names if name != "*")
    elif isinstance(statement, (ast.With, ast.For, ast.If, ast.While)):
        # Its head fails, so that nothing in it is done.
        found = (item for item in ast.walk(statement) if isinstance(item, ast.Name))
        stored = dict.fromkeys(item.id for item in found if isinstance(item.ctx, ast.Store))
        yield from (ast.Name(name, ast.Store()) for name in stored)
