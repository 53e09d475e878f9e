"""Lets import statements of DAG files succeed: for what is not installed, stand-ins come back.

``builtins.__import__`` is wrapped, which knows who imports. A finder in ``sys.meta_path`` would not: every
library that tries whether another one is installed would be told that it is. Nothing is put into
``sys.modules``, for the same reason.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from airflow.exceptions import AirflowOptionalProviderFeatureException

from converter.loading.child.airflow_names import IS_AIRFLOW_2
from converter.loading.child.stand_ins.airflow_folders import AirflowFolders
from converter.loading.child.stand_ins.clock import Clock
from converter.loading.child.stand_ins.free_names import free_names
from converter.loading.child.stand_ins.missing import Missing
from converter.loading.child.stand_ins.moved import is_old_module, todays_name
from converter.loading.child.stand_ins.names import Names, has_name, overlaid
from converter.loading.child.stand_ins.removed import REMOVED
from converter.loading.child.stand_ins.statements import is_optional

#: Modules that reach for Airflow's database, though DAG files take names from them that need none.
_NOT_TO_BE_IMPORTED = frozenset(
    ("airflow.operators.subdag", "airflow.operators.subdag_operator")
    if IS_AIRFLOW_2
    else ("airflow.models.variable", "airflow.models.connection")
)


class _Importer(Enum):
    """Whose module an import statement is in; the converter's own count as Airflow's."""

    AUTHOR = auto()
    AIRFLOW = auto()
    OTHER = auto()


class Imports:
    """Stands in for what import statements do not find.

    ``is_authors_file`` says whether a path, as modules have it, is a DAG file or beside one. ``offline``,
    boto3 and hooks are not real for DAG files: all that they can do is to reach for other machines. ``clock``
    is theirs, and so are ``folders`` that they add to Python's path.
    """

    def __init__(
        self,
        missing: Missing,
        is_authors_file: Callable[[str], bool],
        clock: Clock,
        folders: AirflowFolders,
        *,
        offline: bool,
    ) -> None:
        self._missing = missing
        self._clock = clock
        self._folders = folders
        self._names = Names(missing, real_hooks=not offline)
        self._is_authors_file = is_authors_file
        self._offline = offline
        self._python: Callable[..., Any] = builtins.__import__
        #: Files of modules that import something, and whose they are: operators of Airflow import whenever
        #: they are constructed.
        self._importers: dict[str, _Importer] = {}

    def install(self) -> None:
        """Take the place of Python's own import, for the rest of this process."""
        self._names.complete_airflow()
        builtins.__import__ = self._import

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        file = globals.get("__file__") if globals else None
        if not file:
            return self._python(name, globals, locals, fromlist, level)
        importer = self._importers.get(file)
        if importer is None:
            importer = self._importers[file] = self._importer(file, globals)
        # Other code than the author's may be as old as a DAG file: a package of the company's operators.
        if importer is _Importer.AIRFLOW or (importer is _Importer.OTHER and not name.startswith("airflow.")):
            return self._python(name, globals, locals, fromlist, level)
        if self._offline and not level and name.partition(".")[0] == "boto3":
            return self._missing.value(name if fromlist else "boto3")
        if fromlist and name in _NOT_TO_BE_IMPORTED:
            return self._names.module(name)
        line = sys._getframe(1).f_lineno
        self._folders.put_right(sys.path)
        try:
            module = self._python(name, globals, locals, fromlist, level)
        except (ImportError, AirflowOptionalProviderFeatureException) as error:
            module = self._stand_in_module(error, _absolute(name, globals, level), file, line)
            if "*" in (fromlist or ()):
                # A name that the file has by now is from another module.
                wanted = [name for name in free_names(file) if name not in (globals or {})]
                module = self._names.star_of_missing(module, wanted)
            return module if fromlist else self._top(module)
        if importer is not _Importer.OTHER and not level:
            module = self._clock.seen(name, module)
        self._complete(_absolute(name, globals, level), fromlist or ())
        return self._with_missing_names(module, fromlist or (), file, line)

    def _importer(self, file: str, globals: Mapping[str, Any] | None) -> _Importer:
        if self._is_authors_file(file):
            return _Importer.AUTHOR
        name = str(globals.get("__name__")) if globals else ""
        own = f"{name}.".startswith(("airflow.", "converter."))
        return _Importer.AIRFLOW if own else _Importer.OTHER

    def _complete(self, name: str, fromlist: Sequence[str]) -> None:
        """Let modules of Airflow that were imported have their old names too, however they are used."""
        for dotted in (name, *(f"{name}.{member}" for member in fromlist)):
            if dotted.startswith("airflow.") and dotted in sys.modules and is_old_module(dotted):
                self._names.complete(sys.modules[dotted])

    def _stand_in_module(self, error: Exception, name: str, file: str, line: int) -> types.ModuleType:
        """Return the module that stands in for one that cannot be imported. Raises the error if none does."""
        if self._comes_from_a_file_of_the_author(error) or is_optional(file, line):
            raise error
        if not self._is_authors_file(file) and not is_old_module(name):
            raise error
        return self._names.module(name)

    def _comes_from_a_file_of_the_author(self, error: Exception) -> bool:
        """Return whether the failure is that of a module beside the DAG file, which may be on purpose."""
        trace = error.__traceback__
        while trace is not None:
            if self._is_authors_file(trace.tb_frame.f_code.co_filename):
                return True
            trace = trace.tb_next
        return False

    def _top(self, module: types.ModuleType) -> types.ModuleType:
        """Return what ``import a.b.c`` binds, which is ``a``, for a stand-in of ``a.b.c``."""
        package, _, name = module.__name__.rpartition(".")
        while package:
            try:
                parent = self._python(package, None, None, ("__name__",), 0)
            except ImportError:
                parent = self._names.module(package)
            module = overlaid(parent, {name: module})
            package, _, name = package.rpartition(".")
        return module

    def _with_missing_names(
        self, module: types.ModuleType, fromlist: Sequence[str], file: str, line: int
    ) -> types.ModuleType:
        if self._is_authors_file(getattr(module, "__file__", None) or ""):
            return module
        if module.__name__ in ("airflow", "airflow.settings") and self._is_authors_file(file):
            module = self._names.without_database(module, fromlist)
        if "*" in fromlist and module.__name__.startswith("airflow."):
            return self._names.star(module)
        found = self._names.hooks(module.__name__, fromlist) if self._is_authors_file(file) else {}
        lacking = [name for name in fromlist if name not in {*found, "*"} and not has_name(module, name)]
        if lacking and not is_optional(file, line):
            for dotted in (f"{module.__name__}.{name}" for name in lacking):
                if self._is_authors_file(file) or todays_name(dotted) or dotted in REMOVED:
                    found[dotted.rpartition(".")[2]] = self._names.found(dotted, absent=dotted)
        return overlaid(module, found) if found else module


def _absolute(name: str, globals: Mapping[str, Any] | None, level: int) -> str:
    if not level or not globals:
        return name
    return importlib.util.resolve_name("." * level + name, globals.get("__package__") or "")
