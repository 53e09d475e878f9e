"""Imports the author's DAG file, and finds its DAG."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .dags import DAG, recording
from .exceptions import AirflowException
from .stand_ins import Finder

_MODULE = "dag2sfn_dag_file"


@dataclass(frozen=True)
class LoadedDag:
    """A DAG of stand-ins, and the file that made it."""

    dag: DAG
    file: Path

    def task(self, task_id: str) -> Any:
        """Return a task. Raises AirflowException if the file did not make it."""
        try:
            return self.dag.task_dict[task_id]
        except KeyError:
            known = ", ".join(self.dag.task_dict) or "none"
            raise AirflowException(
                f"{self.file.name} makes no task '{task_id}' when it is imported in Lambda; it makes: {known}"
            ) from None


def load_dag(file: Path, dag_id: str, airflow_version: str) -> LoadedDag:
    """Import a DAG file and return the DAG of an id. Raises whatever the file raises.

    A module that the file imports without being prepared for its absence gets a stand-in; an import that the
    file guards (``except ImportError``) fails, as it would in Airflow.
    """
    finder = Finder({"airflow"}, airflow_version)
    # First: on a machine that has an Airflow, this one is still meant.
    sys.meta_path.insert(0, finder)
    while True:
        try:
            _import(file)
            break
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if not missing or missing in sys.modules or not finder.also_for(missing):
                raise
    if dag_id not in recording.dags:
        made = ", ".join(recording.dags) or "none"
        raise AirflowException(
            f"{file.name} makes no DAG '{dag_id}' when it is imported in Lambda; it makes: {made}"
        )
    dag = recording.dags[dag_id]
    dag.folder, dag.fileloc = str(file.parent), str(file)
    return LoadedDag(dag, file)


def _import(file: Path) -> None:
    recording.clear()
    # The author's modules may be half imported, and hold DAGs of the attempt before.
    for name, module in list(sys.modules.items()):
        if _is_below(getattr(module, "__file__", None), file.parent):
            del sys.modules[name]
    spec = importlib.util.spec_from_file_location(_MODULE, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module
    spec.loader.exec_module(module)


def _is_below(file: str | None, folder: Path) -> bool:
    return bool(file) and Path(str(file)).is_relative_to(folder)
