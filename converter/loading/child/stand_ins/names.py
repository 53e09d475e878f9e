"""Finds what stands in for a dotted name: its successor, what does the same, or something unknown."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from typing import Any

from converter.loading.child.stand_ins.missing import Missing, is_operator
from converter.loading.child.stand_ins.moved import earlier_names, is_old_module, old_names, todays_name
from converter.loading.child.stand_ins.removed import CONNECTIONS_OF_SQL_OPERATORS, REMOVED, sql_operator
from converter.workflow import StandInKind

_NOTHING = object()


class Names:
    """Finds stand-ins for names of modules, and notes them."""

    def __init__(self, missing: Missing) -> None:
        self._missing = missing
        self._completed: set[str] = set()

    def module(self, dotted: str) -> types.ModuleType:
        """Return a module that has a stand-in for every name."""
        return _StandInModule(dotted, self)

    def found(self, dotted: str, *, absent: str) -> Any:
        """Return what stands in for a dotted name. ``absent`` is what is not installed, if it is unknown."""
        known = self._known(dotted)
        if known is _NOTHING:
            known = _earlier(dotted)
        if known is not _NOTHING:
            return known
        if not is_operator(dotted):
            # An operator is noted itself.
            self._missing.ledger.note(StandInKind.MISSING_MODULE, absent)
        return self._missing.named(dotted)

    def _known(self, dotted: str) -> Any:
        """Return what Airflow replaced the name by, or a module of such names; _NOTHING if it is none."""
        today = todays_name(dotted)
        if removed := REMOVED.get(today or dotted):
            stand_in, advice = removed
            self._missing.ledger.note(StandInKind.REMOVED, dotted, advice)
            return self._missing.named(today or dotted) if stand_in is None else stand_in
        if today:
            self._missing.ledger.note(StandInKind.MOVED, dotted, today)
            return self._todays(today, dotted.rpartition(".")[2])
        return self.module(dotted) if is_old_module(dotted) else _NOTHING

    def _todays(self, dotted: str, old_name: str) -> Any:
        module, _, name = dotted.rpartition(".")
        try:
            if default := CONNECTIONS_OF_SQL_OPERATORS.get(old_name):
                return sql_operator(default)
            return getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            earlier = _earlier(dotted)
            # If there is none, its provider, or what the provider needs, is not installed.
            return self._missing.named(dotted) if earlier is _NOTHING else earlier

    def complete(self, module: types.ModuleType) -> None:
        """Let a module of Airflow also have the names that it had once, or that moved out of it.

        For names that are not imported, but written in full: ``airflow.utils.dates.days_ago(1)``.
        """
        if module.__name__ in self._completed:
            return
        self._completed.add(module.__name__)
        own = getattr(module, "__getattr__", None)

        def fallback(name: str) -> Any:
            if own is not None:
                try:
                    return own(name)
                except (AttributeError, ImportError):
                    pass
            if not name.startswith("__"):
                known = self._known_or_module(f"{module.__name__}.{name}")
                if known is not _NOTHING:
                    return known
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

        vars(module)["__getattr__"] = fallback

    def _known_or_module(self, dotted: str) -> Any:
        if is_old_module(dotted):
            try:
                real = importlib.import_module(dotted)
            except ImportError:
                return self.module(dotted)
            self.complete(real)
            return real
        return self._known(dotted)

    def complete_airflow(self) -> None:
        """Complete the modules of Airflow that are there whenever ``airflow`` is imported."""
        for name in ("airflow", "airflow.utils", "airflow.utils.dates"):
            self.complete(importlib.import_module(name))
        # Once it has been imported, other modules can import these from it without asking anybody.
        if "airflow.models" in sys.modules:
            self.complete(sys.modules["airflow.models"])


def _earlier(dotted: str) -> Any:
    """Return what an older Airflow has for a name of today; _NOTHING if there is nothing."""
    for name in earlier_names(dotted):
        module, _, attribute = name.rpartition(".")
        with contextlib.suppress(ImportError, KeyError):
            # What is there itself, that is: such a module may redirect to the name of today in turn.
            return vars(importlib.import_module(module))[attribute]
    return _NOTHING


class _StandInModule(types.ModuleType):
    """A module that is not installed: every name in it has a stand-in."""

    def __init__(self, dotted: str, names: Names) -> None:
        super().__init__(dotted)
        self.__path__: list[str] = []
        # What `import *` takes.
        self.__all__ = list(old_names(dotted))
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._names.found(f"{self.__name__}.{name}", absent=self.__name__)
