"""Writes the files of a folder; those that many folders have alike are written once, and then linked.

In a folder of DAGs with Python tasks, nearly all files are the function's own and Jinja's: to create them
anew for each DAG takes longer than to convert it, and half a megabyte each.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias


class Alike(bytes):
    """The content of a file that many folders have alike."""


#: A file as it was when it was written: what it is, how large, and when it was changed last.
_State: TypeAlias = tuple[int, int, int]

#: In an output folder: each content that is shared, where it was last written, and the file's state then.
_Shared: TypeAlias = dict[Alike, tuple[str, _State]]
_shared: defaultdict[Path, _Shared] = defaultdict(dict)


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files (path in the folder → content) to a new folder. Raises OSError.

    Those whose content is :class:`Alike` may be hard links to files of the folders that
    :func:`remember_files` was told of.
    """
    shared = _shared[folder.parent]
    os.makedirs(folder, exist_ok=True)
    made = {""}
    for name, content in files.items():
        path = f"{folder}/{name}"
        _make_folders(folder, name.rpartition("/")[0], made)
        if not (isinstance(content, Alike) and _linked(shared, path, content)):
            with open(path, "wb") as file:
                # Bytes, always: Windows would change the line ends of text.
                file.write(content.encode() if isinstance(content, str) else content)


def _make_folders(folder: Path, name: str, made: set[str]) -> None:
    """Make a folder below a new one, and those above it that are not ``made``."""
    if name not in made:
        _make_folders(folder, name.rpartition("/")[0], made)
        os.mkdir(f"{folder}/{name}")
        made.add(name)


def remember_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Let later folders beside this one have links to those of its files that they have alike."""
    shared = _shared[folder.parent]
    for name, content in files.items():
        if isinstance(content, Alike) and content not in shared:
            path = f"{folder}/{name}"
            shared[content] = path, _state_of(path)


def _linked(shared: _Shared, path: str, content: Alike) -> bool:
    """Link to the file of that content, if there is one, and nobody has changed it since."""
    known = shared.get(content)
    if known is None:
        return False
    source, state = known
    try:
        if _state_of(source) == state:
            os.link(source, path)
            return True
    except OSError:
        pass  # it is gone, or has as many links as it can have
    del shared[content]
    return False


def _state_of(path: str) -> _State:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns
