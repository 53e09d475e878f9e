"""Folders that a file adds to ``sys.path``: what it imports may lie there.

Nothing is run: of the expression its texts are looked at, whatever it begins with. Those of
``os.path.join(os.path.dirname(__file__), "lib")`` name a folder beside the file, and those of
``"/opt/airflow/dags/lib"`` end with the name of one.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from converter.task_runtime.syntax import nodes_of

_ADDS = ("append", "extend", "insert")
#: How many names that are assigned to each other are followed.
_DEPTH = 4


def added_folders(file: Path, beside: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders that a file's additions to ``sys.path`` name in one of the folders ``beside`` it."""
    try:
        names = _named(os.path.abspath(file), os.stat(file).st_mtime_ns)
    except OSError:
        return ()
    found = (_folder(parts, beside) for parts in names)
    return tuple(dict.fromkeys(folder for folder in found if folder and folder not in beside))


def _folder(parts: Sequence[str], beside: Sequence[Path]) -> Path | None:
    """Return the folder that the last parts of a path name, as many of them as lead to one."""
    for start in range(len(parts)):
        for folder in beside:
            place = os.path.normpath(folder.joinpath(*parts[start:]))
            if os.path.isdir(place):
                return Path(place)
    return None


@lru_cache(maxsize=256)
def _named(file: str, modified: int) -> tuple[tuple[str, ...], ...]:
    """Return the parts of the paths that a file adds, as far as they are written as texts."""
    source = Path(file).read_bytes()
    if b"sys.path" not in source:
        return ()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ()
    assigned = {
        target.id: node.value
        for node in nodes_of(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return tuple(
        tuple(part for text in _texts(path, assigned, _DEPTH) for part in text.split("/") if part)
        for path in _additions(tree)
    )


def _additions(tree: ast.Module) -> Iterator[ast.expr]:
    for node in nodes_of(tree):
        if isinstance(node, ast.AugAssign) and _is_sys_path(node.target):
            yield from _items(node.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _ADDS
            and _is_sys_path(node.func.value)
            and node.args
        ):
            yield from _items(node.args[-1])


def _is_sys_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"


def _items(node: ast.expr) -> Iterator[ast.expr]:
    yield from node.elts if isinstance(node, (ast.List, ast.Tuple)) else (node,)


def _texts(node: ast.AST, assigned: Mapping[str, ast.expr], depth: int) -> Iterator[str]:
    """Yield the texts of an expression, from left to right; those of a name are those of its value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and depth and node.id in assigned:
        yield from _texts(assigned[node.id], assigned, depth - 1)
    else:
        for inner in ast.iter_child_nodes(node):
            yield from _texts(inner, assigned, depth)
