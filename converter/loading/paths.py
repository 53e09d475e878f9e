"""How the path of a DAG file is written in locations and messages: the same on every machine."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

#: Code that is not the author's, though it may lie below the author's DAG files: the converter, if it is used
#: from a checkout, and the standard library, if Python is installed in the author's home.
_NOT_THE_AUTHORS = tuple(
    os.path.abspath(folder) for folder in (Path(__file__).parents[1], Path(os.__file__).parent)
)


@dataclass(frozen=True)
class DagRoot:
    """The folder whose DAG files are read.

    ``folder`` is absolute; ``given`` is the same folder as the user wrote it; ``current`` is the current
    directory when reading began (a DAG file may change it).
    """

    folder: str
    given: str
    current: str

    @classmethod
    def of(cls, path: Path) -> DagRoot:
        """Return the root of a file (the folder it is in) or of a folder (itself)."""
        given = path if path.is_dir() else path.parent
        return cls(os.path.abspath(given), given.as_posix(), os.getcwd())

    def shown(self, file: str) -> str:
        """Return how to write an absolute path: relative to the current directory, else as it was given."""
        file = os.path.normpath(file)
        for folder, prefix in ((self.current, ""), (self.folder, self.given)):
            if _is_below(file, folder):
                below = file[len(os.path.join(folder, "")) :].replace(os.sep, "/")
                return below if prefix in ("", ".") else posixpath.join(prefix, below)
        return Path(file).as_posix()

    def contains(self, file: str) -> bool:
        """Return whether an absolute path is the author's own.

        It is in the folder, and not in an installed package, in Python itself, or in the converter.
        """
        if not _is_below(file, self.folder):
            return False
        if any(_is_below(file, other) for other in self._excepted):
            return False
        # Most are told apart by this alone; else, whether a whole part of the path is called so.
        below = file[len(self.folder) :]
        if "-packages" not in below:
            return True
        return {"site-packages", "dist-packages"}.isdisjoint(below.split(os.sep))

    @cached_property
    def _excepted(self) -> tuple[str, ...]:
        # A folder in the midst of one of these was given on purpose: its files count.
        return tuple(other for other in _NOT_THE_AUTHORS if _is_below(other, self.folder))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))
