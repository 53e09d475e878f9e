"""The syntax trees of the author's code: walked through once, and asked many things."""

from __future__ import annotations

import ast
from functools import lru_cache


@lru_cache(maxsize=256)
def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return a tree's nodes, outer ones first."""
    return tuple(ast.walk(tree))
