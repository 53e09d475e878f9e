"""From a path to Workflows: reads the files, and refuses unless every one of them is in order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.loading import messages
from converter.loading.reader import AirflowUnusableError, FileRead, FolderUnlistableError, read_files
from converter.workflow import Workflow


def load(
    path: Path, *, dag_ids: Sequence[str] = (), timeout: float = 60.0, python: str = sys.executable
) -> tuple[Workflow, ...]:
    """Return the Workflows of a DAG file, or of all DAG files below a folder.

    ``dag_ids`` selects DAGs; none means all. ``timeout`` is what each file may take, in seconds. ``python``
    is the interpreter whose Airflow reads the files. The order is that of the files' paths, and within a
    file that in which the DAGs are constructed.

    Raises Dag2SfnError with everything that is wrong: what is wrong with a file always, what is wrong with a
    DAG only if it is selected.
    """
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".py"):
        raise Dag2SfnError(messages.of_missing_path(path))
    try:
        reads = read_files(path, timeout=timeout, python=python)
    except AirflowUnusableError as error:
        raise Dag2SfnError(messages.of_unusable_airflow(str(error), python)) from error
    except FolderUnlistableError as error:
        raise Dag2SfnError(messages.of_unlistable_folder(path, str(error), error.one_folder)) from error
    problems = [
        *_file_problems(reads, timeout),
        *_dag_problems(reads, dag_ids),
        *_missing(reads, dag_ids, path),
    ]
    if problems:
        raise Dag2SfnError(*problems)
    return tuple(
        dag.workflow for read in reads for dag in read.dags if dag.workflow and _selected(dag.dag_id, dag_ids)
    )


def _selected(dag_id: str, dag_ids: Sequence[str]) -> bool:
    return not dag_ids or dag_id in dag_ids


def _file_problems(reads: Sequence[FileRead], timeout: float) -> Iterator[Diagnostic]:
    for read in reads:
        if read.failure:
            yield messages.of_failure(read.file, read.failure, timeout)


def _dag_problems(reads: Sequence[FileRead], dag_ids: Sequence[str]) -> Iterator[Diagnostic]:
    found = [(read, dag) for read in reads for dag in read.dags if _selected(dag.dag_id, dag_ids)]
    for _, dag in found:
        if dag.workflow is None:
            yield messages.of_dag(dag)
    for dag_id in dict.fromkeys(dag.dag_id for _, dag in found):
        of_this_id = [(read, dag) for read, dag in found if dag.dag_id == dag_id]
        if len(of_this_id) > 1:
            yield messages.of_duplicates(dag_id, of_this_id)


def _missing(reads: Sequence[FileRead], dag_ids: Sequence[str], path: Path) -> Iterator[Diagnostic]:
    known = list(dict.fromkeys(dag.dag_id for read in reads for dag in read.dags))
    for dag_id in dag_ids:
        if dag_id not in known:
            yield messages.of_unknown_dag_id(dag_id, known, path)
    # A file that could not be read is complaint enough: it may be the one with the DAG.
    if not known and not any(read.failure for read in reads):
        yield messages.of_no_dag(path)
