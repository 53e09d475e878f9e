"""The author's own modules: where an import of a DAG file leads, and what a module's source says.

A Workflow does not know Airflow's dags folder. Imports are looked for beside the DAG file and in the two
folders above it, but not above the current directory: where a project keeps its helpers. Then come folders
that the file adds to Python's path (``added_folders``), and the plugins of its environment (``plugins``).
"""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from converter.task_runtime.added_folders import added_folders
from converter.task_runtime.plugins import plugins_for
from converter.task_runtime.syntax import children_of, nodes_of

_FOLDERS_ABOVE = 2
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Imported:
    """What a name of a module comes from: ``import module`` or ``from module import attribute``."""

    module: str
    attribute: str | None = None

    @property
    def top_level(self) -> str:
        """The module's first name: what is installed as a whole."""
        return self.module.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}.{self.attribute}" if self.attribute else self.module


@dataclass(frozen=True)
class Module:
    """A source file of the author's, with what it imports and defines anywhere in it."""

    file: Path
    name: str
    tree: ast.Module

    @property
    def found_from(self) -> Path:
        """The folder from which the module is found by its name."""
        place = self.file.parent if self.file.name == "__init__.py" else self.file
        return place.parents[self.name.count(".")]

    @cached_property
    def imports(self) -> Mapping[str, Imported]:
        """Name in the file → what it was imported from; relative imports as absolute ones."""
        return dict(self._imported)

    @cached_property
    def imported_modules(self) -> tuple[str, ...]:
        """All modules that may be meant by the import statements: ``from a import b`` may mean ``a.b``."""
        names: dict[str, None] = {}
        for _, imported in self._imported:
            names[imported.module] = None
            if imported.attribute:
                names[f"{imported.module}.{imported.attribute}"] = None
        return tuple(names)

    @cached_property
    def definitions(self) -> Mapping[str, tuple[_Definition, ...]]:
        """Name → functions and classes of that name, at any depth."""
        found: dict[str, tuple[_Definition, ...]] = {}
        for node in nodes_of(self.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found[node.name] = (*found.get(node.name, ()), node)
        return found

    @cached_property
    def assignments(self) -> Mapping[str, ast.expr]:
        """Name → value of the assignments at the module's top level."""
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    @cached_property
    def used_at_import(self) -> frozenset[str]:
        """The names that are used while the module is imported: outside of functions, but for DAGs' own."""
        waiting: list[ast.AST] = list(self.tree.body)
        used: set[str] = set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Name):
                used.add(node.id)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _makes_tasks(node):
                waiting += node.decorator_list
            elif not isinstance(node, ast.Lambda):
                waiting += children_of(node)
        return frozenset(used)

    @cached_property
    def _imported(self) -> tuple[tuple[str, Imported], ...]:
        return tuple(self._imports())

    def _imports(self) -> Iterator[tuple[str, Imported]]:
        for node in nodes_of(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    # `import a.b` binds `a`, but needs `a.b`.
                    yield alias.asname or alias.name.partition(".")[0], Imported(alias.name)
            elif isinstance(node, ast.ImportFrom):
                module = self._absolute(node)
                for alias in node.names:
                    if module:
                        yield alias.asname or alias.name, Imported(module, alias.name)
                    else:
                        yield alias.asname or alias.name, Imported(alias.name)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name if self.file.name == "__init__.py" else self.name.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        return ".".join(filter(None, (package, node.module)))


def _makes_tasks(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is called while the file is imported: it is decorated as a DAG or a task group."""
    names = {name.id for item in node.decorator_list for name in ast.walk(item) if isinstance(name, ast.Name)}
    return bool(names & {"dag", "task_group"})


def search_folders(file: Path) -> tuple[Path, ...]:
    """Return the folders in which the imports of a DAG file are looked for, the nearest first."""
    folders = _folders_above(file.parent, os.getcwd())
    folders += added_folders(file, folders)
    plugins = plugins_for(file)
    return folders if plugins is None else (*folders, plugins)


@lru_cache(maxsize=256)
def _folders_above(folder: Path, working_folder: str) -> tuple[Path, ...]:
    current = Path(working_folder)
    folders = [current / folder]
    while len(folders) <= _FOLDERS_ABOVE:
        above = folders[-1].parent
        if folders[-1] == current or above in (folders[-1], Path(above.anchor)):
            break
        folders.append(above)
    return tuple(folders)


def find_module(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the file of a local module: ``a.b`` is ``a/b.py`` or ``a/b/__init__.py``; None if not local.

    A package without an ``__init__.py`` has no file of its own. Python's own modules and installed ones come
    first, as in Airflow, which puts the dags folder at the end of the path.
    """
    if not _may_be_local(name):
        return None
    for folder in folders:
        place = folder.joinpath(*name.split("."))
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _may_be_local(name: str) -> bool:
    return not _comes_before_local_ones(name.partition(".")[0])


@cache
def _comes_before_local_ones(top_level: str) -> bool:
    if top_level in sys.stdlib_module_names or top_level == "airflow":
        return True
    try:
        spec = importlib.util.find_spec(top_level)
    except (ImportError, ValueError):
        return False
    places = [spec.origin or "", *(spec.submodule_search_locations or ())] if spec else []
    return any({"site-packages", "dist-packages"} & {*Path(place).parts} for place in places)


def parsed(file: Path, name: str) -> Module | None:
    """Return a module's source; None if it cannot be read or is no Python."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return _parsed(file.absolute(), name, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _parsed(file: Path, name: str, modified: int) -> Module | None:
    try:
        return Module(file, name, ast.parse(file.read_bytes(), str(file)))
    except (OSError, SyntaxError, ValueError):
        return None


def dag_module_name(file: Path) -> str:
    """Return the name that Airflow gives to the module of a DAG file, without its prefix."""
    return re.sub(r"[.-]", "_", file.stem)


def local_modules(file: Path) -> tuple[Module, ...]:
    """Return the module of a DAG file and all local modules that it imports, directly or not."""
    folders = search_folders(file)
    start = parsed(file, dag_module_name(file))
    found = {start.file: start} if start else {}
    waiting = list(found.values())
    while waiting:
        module = waiting.pop()
        for name in filter(_may_be_local, module.imported_modules):
            for part in _with_packages(name):
                place = find_module(part, folders)
                known = place is None or place.absolute() in found
                if not known and place and (other := parsed(place, part)):
                    found[other.file] = other
                    waiting.append(other)
    return tuple(found.values())


def _with_packages(name: str) -> Iterator[str]:
    """Yield ``a``, ``a.b``, ``a.b.c``: a package is imported before what is in it."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])
