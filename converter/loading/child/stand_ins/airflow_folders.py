"""Folders of Airflow's own machines: files name what lies beside them by where it is there.

``open("/opt/airflow/dags/sql/load.sql")`` reads the file that lies in the folder that was given, if there is
one, and nothing at ``/opt/airflow``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.paths import DagRoot
from converter.task_runtime.dag2sfn_tasks.places import is_there, read_elsewhere
from converter.workflow import StandInKind

#: Where Airflow is at home as a rule: in its own image, on MWAA and with Astronomer, with Cloud Composer, and
#: where somebody has installed it.
_HOME = re.compile(r"(/opt/airflow|/usr/local/airflow|/(?:root|home/[^/]+)/airflow|/home/airflow)/(.+)")
#: What of the home that Airflow has while files are read is a project's; it looks there for more itself.
_OF_PROJECTS = ("dags", "include")


class AirflowFolders:
    """Finds what files name by a path on Airflow's machines, and notes in ``ledger`` where it was.

    ``root`` is the folder of DAG files, ``plugins`` those of an environment's plugins; ``home`` is what
    ``AIRFLOW_HOME`` says while files are read.
    """

    def __init__(self, root: DagRoot, plugins: Sequence[str], home: str, ledger: Ledger) -> None:
        self._root = root
        self._plugins = plugins
        self._ledger = ledger
        self._home = os.path.join(home, "")
        self._project = _project_of(root.folder)
        #: The last one that was put right.
        self._path: list[str] = []

    def install(self) -> None:
        """Let files be read so, for the rest of this process."""
        read_elsewhere(self.instead_of)

    def put_right(self, path: list[str]) -> None:
        """Replace such folders where modules are looked for. Asked at each import; most change nothing."""
        if path == self._path:
            return
        for index, entry in enumerate(path):
            if isinstance(entry, str) and (other := self.instead_of(entry)):
                path[index] = other
        self._path = list(path)

    def instead_of(self, path: str) -> str | None:
        """Return the path of what an absolute path means; None if it is none of Airflow's, or is there."""
        if path.startswith(self._home):
            home, below = "$AIRFLOW_HOME", os.path.normpath(path[len(self._home) :])
            if below.partition("/")[0] not in _OF_PROJECTS:
                return None
        elif _HOME.match(path) and (found := _HOME.fullmatch(os.path.normpath(path))):
            home, below = found.groups()
        else:
            return None
        if is_there(path):
            return None
        parts = below.split("/")
        for count, folder in self._candidates(parts):
            place = os.path.join(folder, *parts[count:])
            if is_there(place):
                self._ledger.note(StandInKind.PLACE, "/".join((home, *parts[:count])), self._shown(folder))
                return place
        return None

    def _candidates(self, parts: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield how many of the parts below the home may stand for a folder, or a file, and for which."""
        if self._project:
            yield 1, os.path.join(self._project, parts[0])
        for index, part in enumerate(parts):
            if part == "dags":
                yield index + 1, self._root.folder
        if parts[0] == "plugins":
            yield from ((1, folder) for folder in self._plugins)
        yield 1, os.path.join(self._root.folder, parts[0])

    def _shown(self, folder: str) -> str:
        if folder in self._plugins and os.path.basename(folder) != "plugins":
            return "plugins.zip"
        return self._root.given if folder == self._root.folder else self._root.shown(folder)


def _project_of(folder: str) -> str:
    """Return the folder in which the nearest ``dags`` is, from a folder upwards; "" if there is none.

    >>> _project_of("/work/etl/dags/team"), _project_of("/work/etl")
    ('/work/etl', '')
    """
    for _ in range(3):
        folder, name = os.path.split(folder)
        if name == "dags":
            return folder
    return ""
