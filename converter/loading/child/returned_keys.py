"""Which keys the dicts have that a function returns, as far as its source says."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any, TypeAlias

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def returned_keys(function: Any, *, in_list: bool) -> tuple[str, ...] | None:
    """Return the sorted keys of the dicts that a function returns, all ``in_list``, or one as it is.

    None if that cannot be seen: dicts are seen that are written out, in a list, in a comprehension, or
    appended to a list that is returned by its name; all must have the same keys, which are texts.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    defined = tree.body[0] if tree.body else None
    if not isinstance(defined, (ast.FunctionDef, ast.AsyncFunctionDef)) or _yields(defined):
        return None
    returned = [node.value for node in _own_nodes(defined) if isinstance(node, ast.Return)]
    found = {keys for value in returned for keys in _keys_in(value, defined, in_list)}
    return found.pop() if len(found) == 1 else None


def _keys_in(value: ast.expr | None, function: _Function, in_list: bool) -> Iterator[tuple[str, ...] | None]:
    """Yield the keys of each dict in what is returned; None for one that cannot be seen."""
    if not in_list:
        yield _keys_of(value)
    elif isinstance(value, ast.List):
        yield from map(_keys_of, value.elts)
    elif isinstance(value, ast.ListComp):
        yield _keys_of(value.elt)
    elif isinstance(value, ast.Name):
        yield from _collected(value.id, function)
    else:
        yield None


def _collected(name: str, function: _Function) -> Iterator[tuple[str, ...] | None]:
    """Yield the keys of each dict in a list that has a name; None if more is done with it.

    The list has to begin in the function, and to have no other name: else others may add to it.
    """
    accounted, begins = 0, False
    for node in _own_nodes(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                accounted, begins = accounted + 1, True
                has_other_name = len(targets) > 1 or isinstance(node.value, ast.Name)
                yield from (None,) if has_other_name else _keys_in(node.value, function, in_list=True)
        elif isinstance(node, ast.Call) and _is_append_to(name, node):
            accounted += 1
            yield _keys_of(node.args[0])
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Name) and node.value.id == name:
            accounted += 1
    named = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))
    if named != accounted or not begins:
        yield None


def _is_append_to(name: str, call: ast.Call) -> bool:
    on = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "append" else None
    return isinstance(on, ast.Name) and on.id == name and len(call.args) == 1 and not call.keywords


def _keys_of(value: ast.expr | None) -> tuple[str, ...] | None:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        names = [keyword.arg for keyword in value.keywords]
        return None if value.args or None in names else tuple(sorted(filter(None, names)))
    if not isinstance(value, ast.Dict):
        return None
    keys = [key.value if isinstance(key, ast.Constant) else None for key in value.keys]
    texts = [key for key in keys if isinstance(key, str)]
    return tuple(sorted(set(texts))) if texts and len(texts) == len(keys) else None


def _yields(function: _Function) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own_nodes(function))


def _own_nodes(function: _Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, but not those of functions and classes in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))
