"""What a JSONata expression reads of a document that there is none of.

Step Functions evaluates expressions without a context item: a name must follow ``$states``, a variable or
another step. AWS refuses to create a machine that reads one all the same; run here, it reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonata import parser

from converter.engine.jsonata_language import Expression

# Parts of a node that are evaluated with each item of the step before them as the context.
_WITHIN_A_STEP = frozenset({"predicate", "stages", "group", "terms", "pattern", "update", "delete"})


def top_level_names(expression: Expression) -> list[str]:
    """Return the names that are read where there is no context: ``phone`` in ``phone & $states.input.x``."""
    return list(dict.fromkeys(_top_level(expression.tree)))


def reads_whole_context(expression: Expression) -> bool:
    """Tell whether ``$$`` is in it."""
    return any(node.type == "variable" and node.value == "$" for node in _nodes(expression.tree))


def reads_error_output(expression: Expression) -> bool:
    """Tell whether ``$states.errorOutput`` is in it."""
    return any(
        [(step.type, step.value) for step in node.steps[:2]]
        == [("variable", "states"), ("name", "errorOutput")]
        for node in _nodes(expression.tree)
        if node.type == "path"
    )


def _top_level(node: Any) -> Iterator[str]:
    if node.type == "path":
        yield from _top_level(node.steps[0])
    elif node.type == "name":
        yield str(node.value)
    else:
        for child in _children(node, leaving_out=_WITHIN_A_STEP):
            yield from _top_level(child)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _children(node: Any, leaving_out: frozenset[str] = frozenset()) -> Iterator[Any]:
    for name, part in vars(node).items():
        if name not in leaving_out and name not in _NO_PARTS:
            yield from _symbols(part)


# Links back to the parser and up the tree.
_NO_PARTS = frozenset({"_outer_instance", "ancestor", "seeking_parent"})


def _symbols(part: Any) -> Iterator[Any]:
    if isinstance(part, parser.Parser.Symbol):
        yield part
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from _symbols(item)
