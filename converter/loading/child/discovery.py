"""Finds the DAG files of a folder: Airflow's own search, kept out of Python environments.

People convert the folder of a project, and the project's virtual environment lies in it. Airflow would walk
through it, and stumble: it refuses a folder that it reaches twice, and ``lib64`` is a link to ``lib``.
"""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from airflow.utils.file import list_py_file_paths

from converter.loading.paths import DagRoot

#: A file that marks its folder as a Python environment: of venv (PEP 405) and virtualenv, of conda.
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta/history")

#: What ``os.walk`` yields: a folder, the names of the folders in it, and of its files.
_Step = tuple[str, list[str], list[str]]


class UnlistableError(Exception):
    """Airflow cannot list the files of the folder.

    ``one_folder`` are two paths to the same folder, relative to the one that is listed, if that is why.
    """

    def __init__(self, error: Exception, one_folder: tuple[str, ...] = ()) -> None:
        super().__init__(str(error))
        self.error = error
        self.one_folder = one_folder


def find_files(root: DagRoot) -> tuple[list[str], list[str]]:
    """Return the DAG files and the zip archives of Python files that Airflow would read, each sorted.

    Airflow honours .airflowignore and passes over files that mention no DAG. Raises UnlistableError.
    """
    walk = _Walk(root.folder)
    try:
        with walk.in_place_of_pythons():
            listed = list_py_file_paths(root.folder, safe_mode=True)
    except RuntimeError as error:
        raise UnlistableError(error, walk.paths_to_one_folder()) from error
    except (OSError, ValueError) as error:
        # An .airflowignore that cannot be read, is not UTF-8, or has a line that is no pattern.
        raise UnlistableError(error) from error
    found = sorted(filter(root.contains, listed), key=lambda file: file.split(os.sep))
    suffixes = {file: Path(file).suffix.lower() for file in found}
    files = [file for file, suffix in suffixes.items() if suffix == ".py"]
    return files, [file for file, suffix in suffixes.items() if suffix == ".zip" and _holds_python(file)]


class _Walk:
    """Stands in for ``os.walk``: stays out of environments, and remembers which way it went.

    Airflow's search has no setting for the first, and its error does not tell the second.
    """

    def __init__(self, start: str) -> None:
        self._start = start
        self._visited: list[tuple[str, list[str]]] = []

    @contextlib.contextmanager
    def in_place_of_pythons(self) -> Iterator[None]:
        """Let ``os.walk`` be this."""
        pythons = os.walk

        def walk(top: str, **options: Any) -> Iterator[_Step]:
            return self._noting(pythons(top, **options))

        os.walk = walk  # type: ignore[assignment]  # narrower than what it stands in for, on purpose
        try:
            yield
        finally:
            os.walk = pythons

    def _noting(self, steps: Iterable[_Step]) -> Iterator[_Step]:
        for folder, below, files in steps:
            # Sorted, so that of several troubles the same one is met first on every machine.
            below[:] = sorted(name for name in below if not _is_environment(os.path.join(folder, name)))
            # The list itself: Airflow takes out of it what .airflowignore names.
            self._visited.append((folder, below))
            yield folder, below, files

    def paths_to_one_folder(self) -> tuple[str, ...]:
        """Return the first two paths on the way that lead to the same folder; none if there are no such."""
        path_to = {os.path.realpath(self._start): self._start}
        for folder, below in self._visited:
            for path in (os.path.join(folder, name) for name in below):
                known = path_to.setdefault(os.path.realpath(path), path)
                if known != path:
                    return os.path.relpath(known, self._start), os.path.relpath(path, self._start)
        return ()


def _is_environment(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, mark)) for mark in _ENVIRONMENT_MARKS)


def _holds_python(archive: str) -> bool:
    try:
        with zipfile.ZipFile(archive) as content:
            return any(Path(name).suffix == ".py" and "/" not in name for name in content.namelist())
    except zipfile.BadZipFile:
        # Nobody can say. Airflow would try to read it.
        return True
