"""Finds what stands in for a dotted name: its successor, what does the same, or something unknown."""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

from airflow.exceptions import AirflowOptionalProviderFeatureException

from converter.loading.child.airflow_names import DAG
from converter.loading.child.stand_ins.missing import Missing, is_hook, is_operator
from converter.loading.child.stand_ins.moved import (
    earlier_names,
    is_old_module,
    old_names,
    todays_name,
    whole_module,
)
from converter.loading.child.stand_ins.removed import CONNECTIONS_OF_SQL_OPERATORS, REMOVED, sql_operator
from converter.workflow import StandInKind

_NOTHING = object()
#: What Airflow's own modules import, so that files import it from anywhere.
_IMPORTED_EVERYWHERE = frozenset(
    {"BaseOperator", "Connection", "Context", "DAG", "Param", "TaskGroup", "Variable"}
)

#: Modules of Python that files import from one of their own, where that is `import *`.
_LIBRARIES = frozenset({"json", "logging", "os", "re", "sys"})


class Names:
    """Finds stand-ins for names of modules, and notes them. Without ``real_hooks``, hooks are unknown."""

    def __init__(self, missing: Missing, *, real_hooks: bool) -> None:
        self._missing = missing
        self._real_hooks = real_hooks
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
        if public := _of_the_sdk(dotted):
            self._missing.ledger.note(StandInKind.MOVED, dotted, public)
            return getattr(importlib.import_module("airflow.sdk"), public.rpartition(".")[2])
        if not (is_operator(dotted) or is_hook(dotted)):
            # An operator is noted itself, and a hook when it is used.
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

    def star(self, module: types.ModuleType) -> types.ModuleType:
        """Return a module of Airflow from which ``import *`` takes what is there, and what was there once."""
        own = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        names = {name: getattr(module, name) for name in own if has_name(module, name)}
        once = [name for name in old_names(module.__name__) if name not in names]
        names.update((name, self.found(f"{module.__name__}.{name}", absent=module.__name__)) for name in once)
        return overlaid(module, {**names, "__all__": list(names)})

    def star_of_missing(self, module: types.ModuleType, wanted: Iterable[str]) -> types.ModuleType:
        """Return a module that is not installed, from which ``import *`` takes what the file wants of it.

        Of a module that Airflow moved, it is known what it had.
        """
        if is_old_module(module.__name__):
            return module
        names = {name: self._passed_on(name, module) for name in wanted}
        return overlaid(module, {**names, "__all__": list(names)})

    def _passed_on(self, name: str, module: types.ModuleType) -> Any:
        """Return what a name of a module that is not installed is: what it imports itself, by its name."""
        if name in _LIBRARIES:
            return importlib.import_module(name)
        if name == "DAG":
            return DAG
        flat = f"airflow.operators.{name}"
        return self.found(flat, absent=flat) if todays_name(flat) else getattr(module, name)

    def hooks(self, module: str, names: Iterable[str]) -> dict[str, Any]:
        """Return stand-ins for those names of an installed module that are hooks."""
        dotted = {} if self._real_hooks else {name: f"{module}.{name}" for name in names}
        return {name: self._missing.value(hook) for name, hook in dotted.items() if is_hook(hook)}

    def without_database(self, module: types.ModuleType, names: Iterable[str]) -> types.ModuleType:
        """Return ``airflow``, or its settings, with a session of the database of which nothing is known."""
        if module.__name__ == "airflow.settings":
            return overlaid(module, {"Session": self._missing.value("airflow.settings.Session")})
        if "settings" not in names:
            return module
        settings = importlib.import_module("airflow.settings")
        return overlaid(module, {"settings": self.without_database(settings, ())})

    def _todays(self, dotted: str, old_name: str) -> Any:
        if is_hook(dotted) and not self._real_hooks:
            return self._missing.value(dotted)
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


def _names_of_whole_module(old_module: str) -> list[str]:
    today = whole_module(old_module)
    with contextlib.suppress(ImportError):
        return [name for name in dir(importlib.import_module(today)) if name[0].isupper()] if today else []
    return []


def _of_the_sdk(dotted: str) -> str:
    """Return what a module of Airflow had by importing it, as the SDK calls it; "" if it is nothing."""
    name = dotted.rpartition(".")[2]
    if not dotted.startswith("airflow.") or name not in _IMPORTED_EVERYWHERE:
        return ""
    with contextlib.suppress(ImportError):
        return f"airflow.sdk.{name}" if hasattr(importlib.import_module("airflow.sdk"), name) else ""
    return ""


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
        self.__all__ = [*old_names(dotted), *_names_of_whole_module(dotted)]
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._names.found(f"{self.__name__}.{name}", absent=self.__name__)


def has_name(module: types.ModuleType, name: str) -> bool:
    """Return whether a module has a name."""
    try:
        getattr(module, name)
    except (AttributeError, ImportError, AirflowOptionalProviderFeatureException):
        # Airflow's own redirections raise ImportError where the provider is not installed.
        return False
    return True


def overlaid(module: types.ModuleType, names: Mapping[str, Any]) -> types.ModuleType:
    """Return a module with these names, and with those of another one."""
    overlay = types.ModuleType(module.__name__)
    vars(overlay).update(names, __getattr__=lambda name: getattr(module, name))
    return overlay
