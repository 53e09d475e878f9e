"""Imports of modules that are not there: those of Airflow, and those that a DAG file cannot do without.

A stand-in has every attribute. It is callable as well, because of a name in lower case nobody can say whether
it is a module or a function.
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .exceptions import NotInLambdaError
from .inert import inert, is_task_running, missing_module_of
from .names import EXPORTED, meaning_of


class StandInModule(ModuleType):
    """A module of which nothing is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        dotted = f"{self.__name__}.{name}"
        try:
            found = meaning_of(self.__name__, name)
        except AttributeError:
            found = sys.modules.get(dotted) or StandInModule(dotted)
        if not isinstance(found, StandInModule):
            setattr(self, name, found)
        return found

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what is a function after all."""
        return inert(self.__name__)(*args, **kwargs)

    def __str__(self) -> str:
        if is_task_running():
            raise NotInLambdaError(missing_module_of(self.__name__))
        return repr(self)


class Finder(MetaPathFinder, Loader):
    """Finds a stand-in for each module below the given top-level names."""

    def __init__(self, top_level_names: Iterable[str], airflow_version: str) -> None:
        self._names = set(top_level_names)
        self._airflow_version = airflow_version

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec if the module is to have a stand-in (importlib calls it)."""
        top_level = fullname.partition(".")[0]
        if top_level not in self._names:
            return None
        if top_level != "airflow" and is_task_running():
            return None  # an import inside a callable is to say itself what is missing
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in (importlib calls it)."""
        module = StandInModule(spec.name)
        if spec.name.partition(".")[0] == "airflow":
            module.__all__ = list(EXPORTED)  # type: ignore[attr-defined]  # as any module may
        if spec.name == "airflow":
            module.__version__ = self._airflow_version  # type: ignore[attr-defined]  # as packages have
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing (importlib calls it)."""

    def also_for(self, top_level_name: str) -> bool:
        """Give one more top-level name stand-ins; return whether it had none."""
        is_new = top_level_name not in self._names
        self._names.add(top_level_name)
        return is_new
