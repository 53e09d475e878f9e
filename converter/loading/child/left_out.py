"""Keeps out what Airflow imports as it starts and the reading of DAG files does not need.

libcst takes an eighth of the start. With it, Airflow takes the decorator off the source of a ``@task``
function that another interpreter is to run: that happens when the task runs, and none does here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_UNNEEDED = ("libcst",)


@contextmanager
def unneeded_modules_left_out() -> Iterator[None]:
    """Let what is imported meanwhile find empty modules in their place; a DAG file finds the real ones."""
    empty = {name: _Empty(name) for name in _UNNEEDED if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


class _Empty(ModuleType):
    """Has each name that is asked for: classes derive from them, and annotations name them."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return object
