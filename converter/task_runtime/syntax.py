"""The syntax trees of the author's code: walked through once, and asked many things."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=256)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return a tree's nodes, outer ones first."""
    nodes = [tree]
    for node in nodes:  # it grows meanwhile
        nodes += children_of(node)
    return tuple(nodes)


def children_of(node: ast.AST) -> list[ast.AST]:
    """Return the nodes right inside a node, but for what says how a name is used (Load, Store)."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST) and name != "ctx":
            found.append(value)
    return found
