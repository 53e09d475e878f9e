"""From a path to Workflows, and to messages about what is no Workflow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.loading import messages
from converter.loading.begun import BEGUN, begun
from converter.loading.mwaa import MwaaEnvironment
from converter.loading.reader import (
    AirflowUnusableError,
    Conditions,
    FileRead,
    FolderUnlistableError,
    read_files,
)
from converter.loading.timetables import Timetables
from converter.workflow import Workflow


def load(path: Path, **options: Any) -> tuple[Workflow, ...]:
    """Return the Workflows of a DAG file, or of all DAG files below a folder, if all of them can be read.

    Takes the options of :func:`load_each`. Raises Dag2SfnError with everything that is wrong.
    """
    workflows, problems = load_readable(path, **options)
    if problems:
        raise Dag2SfnError(*problems)
    return workflows


def load_readable(path: Path, **options: Any) -> tuple[tuple[Workflow, ...], tuple[Diagnostic, ...]]:
    """Return the Workflows that can be read, and a Diagnostic for each thing that cannot.

    Takes the options of :func:`load_each`. Raises Dag2SfnError where nothing can be read at all.
    """
    workflows: list[Workflow] = []
    problems: list[Diagnostic] = []
    for item in load_each(path, **options):
        if isinstance(item, Workflow):
            workflows.append(item)
        else:
            problems.append(item)
    return tuple(workflows), tuple(problems)


@begun
def load_each(
    path: Path,
    *,
    dag_ids: Sequence[str] = (),
    timeout: float = 60.0,
    python: str = sys.executable,
    variables: Mapping[str, Any] | None = None,
    allow_network: bool = False,
    jobs: int = 1,
    timetables: Timetables | None = None,
    on_read: Callable[[int, int], None] | None = None,
) -> Iterator[Workflow | Diagnostic]:
    """Yield each Workflow of a DAG file, or of all DAG files below a folder, as soon as it is read.

    The processes that read are started at once.

    A folder that is an environment of MWAA (see ``mwaa``) is read as one.

    In the place of what cannot be read stands a Diagnostic, and the others go on. The order is that of the
    files' paths, and within a file that in which the DAGs are constructed.

    ``dag_ids`` selects DAGs; none means all: what is wrong with a file is told always, what is wrong with a
    DAG only if it is selected. ``timeout`` is what each file may take, in seconds. ``python`` is the
    interpreter whose Airflow reads the files. ``variables`` are values of Airflow's Variables, as JSON values
    by name. With ``allow_network``, the files may reach other machines while they are read. Up to ``jobs``
    processes read a large folder. ``timetables`` are what is known of plain schedules; what they leave open,
    the environment of MWAA may say, or that of this process. ``on_read`` is called after each file, with how
    many have been read and how many there are.

    Raises Dag2SfnError where nothing can be read at all.
    """
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".py"):
        raise Dag2SfnError(messages.of_missing_path(path))
    conditions = Conditions(timeout, python, variables or {}, allow_network, jobs)
    if on_read is not None:
        conditions = replace(conditions, on_read=on_read)
    if environment := MwaaEnvironment.at(path):
        path = environment.dags
        conditions = replace(conditions, surroundings=environment.surroundings())
    known = (timetables or Timetables()).otherwise(conditions.surroundings.timetables)
    conditions = replace(conditions, timetables=known.otherwise(Timetables.of_environment()))
    pins = environment.pins() if environment else {}
    items = _all_read(path, conditions, dag_ids)
    yield BEGUN
    for item in items:
        yield replace(item, pins=pins) if pins and isinstance(item, Workflow) else item


@begun
def _all_read(path: Path, conditions: Conditions, dag_ids: Sequence[str]) -> Iterator[Workflow | Diagnostic]:
    python = conditions.python
    try:
        reads = read_files(path, conditions)
        yield BEGUN
        yield from _loaded(path, reads, dag_ids, conditions.timeout)
    except AirflowUnusableError as error:
        raise Dag2SfnError(messages.of_unusable_airflow(str(error), python)) from error
    except FolderUnlistableError as error:
        raise Dag2SfnError(messages.of_unlistable_folder(path, str(error), error.one_folder)) from error


def _loaded(
    path: Path, reads: Iterable[FileRead], dag_ids: Sequence[str], timeout: float
) -> Iterator[Workflow | Diagnostic]:
    first_places: dict[str, str] = {}
    complete = True
    for read in reads:
        if read.failure:
            complete = False
            yield messages.of_failure(read, read.failure, timeout)
        for dag in read.dags:
            taken = first_places.get(dag.dag_id)
            first_places.setdefault(dag.dag_id, messages.place_of(read, dag))
            if dag_ids and dag.dag_id not in dag_ids:
                continue
            if taken:
                yield messages.of_duplicate(dag, taken)
            else:
                yield dag.workflow or messages.of_dag(dag)
    for dag_id in dag_ids:
        if dag_id not in first_places:
            yield messages.of_unknown_dag_id(dag_id, list(first_places), path)
    # A file that could not be read is complaint enough: it may be the one with the DAG.
    if not first_places and complete:
        yield messages.of_no_dag(path)
