"""Imports one DAG file as Airflow's DAG processor does, and finds the DAGs that it defines.

Not through ``DagBag``: that turns every exception into a string (here its line is wanted), gathers the DAGs
in a set (here their order is), keeps one of two DAGs of the same id, and has a time limit that a file can
catch.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any

from airflow.utils.file import get_unique_dag_module_name

from converter.loading.child.airflow_names import DAG, DagContext
from converter.loading.child.surviving import Survival


class _Registered(list[Any]):
    """Stands in for Airflow's set of registered DAGs, in which a DAG displaces another that is equal."""

    add = list.append


def import_dag_file(file: str, tried: Survival | None = None) -> list[DAG]:
    """Import the file (absolute path) and return its DAGs, each once, in no particular order.

    With ``tried``, some of its statements may fail.

    A DAG counts as Airflow has it: a global of the module, or one whose ``with`` block or ``@dag`` call was
    finished while the module was imported. Raises whatever the file raises, SystemExit included.
    """
    name = get_unique_dag_module_name(file)
    registered = _Registered()
    DagContext.autoregistered_dags = registered
    DagContext.current_autoregister_module_name = name
    try:
        module = _import(name, file, tried)
    finally:
        DagContext.current_autoregister_module_name = None
    found = [item for item in vars(module).values() if isinstance(item, DAG)]
    found += [dag for dag, _ in registered]
    dags = list({id(dag): dag for dag in found}.values())
    for dag in dags:
        # Template files are looked for beside the DAG file.
        dag.fileloc = file
    return dags


def names_of(file: str) -> Mapping[str, Any]:
    """Return what the names of a file (absolute path) mean; nothing if it could not even be read."""
    module = sys.modules.get(get_unique_dag_module_name(file))
    return vars(module) if module else {}


class _TryingLoader(importlib.machinery.SourceFileLoader):
    """Loads a file with some of its statements in a ``try``."""

    def __init__(self, name: str, file: str, tried: Survival) -> None:
        super().__init__(name, file)
        self._tried = tried

    def get_code(self, fullname: str) -> CodeType:
        return self._tried.code(self.get_data(self.path))

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self._tried.names())
        super().exec_module(module)


def _import(name: str, file: str, tried: Survival | None) -> ModuleType:
    plain = importlib.machinery.SourceFileLoader(name, file)
    loader = _TryingLoader(name, file, tried) if tried else plain
    spec = importlib.util.spec_from_loader(name, loader)
    if spec is None:
        raise ImportError(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _process_restored_afterwards():
        loader.exec_module(module)
    return module


@contextlib.contextmanager
def _process_restored_afterwards() -> Iterator[None]:
    """Keep what one file does to the process from changing how the next one is read."""
    environment: Any = os.environ
    folder, path = os.getcwd(), list(sys.path)
    # What it holds, as it is kept: to decode it all, before and after each file, takes its time.
    variables = environment._data.copy()
    try:
        yield
    finally:
        os.chdir(folder)
        sys.path[:] = path
        os.environ = environment  # noqa: B003 - the file may have put another object in its place
        if environment._data != variables:
            environment.clear()
            os.environb.update(variables)


def find_cycle(dag: DAG) -> list[str]:
    """Return the task ids of one cycle, in the order of its edges, first one repeated last; [] if none."""
    finished: set[str] = set()
    for start in dag.task_dict:
        path: dict[str, Iterator[str]] = {}
        task_id: str | None = start
        while task_id is not None:
            if task_id in path:
                ids = list(path)
                return [*ids[ids.index(task_id) :], task_id]
            if task_id not in finished:
                path[task_id] = iter(sorted(dag.task_dict[task_id].downstream_task_ids))
            task_id = _next_on_path(path, finished)
    return []


def _next_on_path(path: dict[str, Iterator[str]], finished: set[str]) -> str | None:
    """Return the next task below the end of the path, stepping back where there is none; None at the end."""
    while path:
        last = next(reversed(path))
        following = next(path[last], None)
        if following is not None:
            return following
        del path[last]
        finished.add(last)
    return None
