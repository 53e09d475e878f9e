"""Finds the names that a file uses and defines nowhere: what ``import *`` has to give it."""

from __future__ import annotations

import builtins
import functools
import symtable
from collections.abc import Iterator


@functools.cache
def free_names(file: str) -> tuple[str, ...]:
    """Return the names, sorted, that a file (path) looks up in its module and does not define there."""
    try:
        with open(file, encoding="utf-8") as source:
            module = symtable.symtable(source.read(), file, "exec")
    except (OSError, SyntaxError, ValueError):
        return ()
    defined = {symbol.get_name() for symbol in module.get_symbols() if _is_defined(symbol)}
    used = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_referenced()}
    for scope in _inner_scopes(module):
        symbols = [symbol for symbol in scope.get_symbols() if symbol.is_global()]
        used.update(symbol.get_name() for symbol in symbols if symbol.is_referenced())
        # `global x` lets a function define it.
        defined.update(symbol.get_name() for symbol in symbols if symbol.is_assigned())
    return tuple(sorted(name for name in used - defined - set(dir(builtins)) if not name.startswith("__")))


def _is_defined(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _inner_scopes(scope: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in scope.get_children():
        yield child
        yield from _inner_scopes(child)
