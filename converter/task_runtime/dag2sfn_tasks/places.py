"""Lets files be read by paths that they have elsewhere: ``/opt/airflow/dags/sql/load.sql``.

It is about reading alone: what writes, or makes folders, does so where it is told. Also used where DAG files
are loaded, so that nothing is imported here but Python's own.
"""

import builtins
import functools
import glob
import io
import os
import pathlib
import pkgutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: What takes a path as its first argument, or by this name, and only looks.
_LOOKS = ("access", "chdir", "listdir", "lstat", "scandir", "stat")
_NAMES = ("path", "file")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_stat = os.stat


def is_there(path: str) -> bool:
    """Return whether there is a file or folder of this very path."""
    try:
        _stat(path)
    except (OSError, ValueError):
        return False
    return True


def lend_places(places: Mapping[str, str], folder: Path) -> None:
    """Let what is below absolute paths be read in the folders, below ``folder``, that they stand for.

    A path may begin with ``$AIRFLOW_HOME``. Where something is, it is read.
    """
    known = {os.path.expandvars(path): folder / other for path, other in places.items()}

    def instead_of(path: str) -> str | None:
        path = os.path.normpath(path)
        for name, other in known.items():
            if path == name or path.startswith(f"{name}/"):
                place = os.path.normpath(f"{other}{path[len(name) :]}")
                return place if is_there(place) and not is_there(path) else None
        return None

    if known:
        read_elsewhere(instead_of)
        sys.path_hooks.insert(0, lambda path: _finder(instead_of(path)))


def _finder(folder: str | None) -> Any:
    """Return what finds modules in a folder, as Python asks the functions in ``sys.path_hooks``."""
    found = folder and pkgutil.get_importer(folder)
    if not found:
        raise ImportError
    return found


def read_elsewhere(instead_of: Callable[[str], str | None]) -> None:
    """Let Python's own functions read absolute paths where ``instead_of`` says, if it says so.

    For the rest of this process; in libraries, too: pathlib, glob, os.path and Jinja look by these.
    """

    def found(path: Any) -> Any:
        text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else ""
        other = instead_of(text) if isinstance(text, str) and text.startswith("/") else None
        return path if other is None else other

    def looking(function: Callable[..., Any], writes: Callable[..., bool]) -> Callable[..., Any]:
        @functools.wraps(function)
        def look(*args: Any, **named: Any) -> Any:
            if not writes(*args[1:], **named):
                args = (found(args[0]), *args[1:]) if args else args
                named = {name: found(value) if name in _NAMES else value for name, value in named.items()}
            return function(*args, **named)

        return look

    own = {name: getattr(os, name) for name in _LOOKS}
    looks = {name: looking(function, lambda *args, **named: False) for name, function in own.items()}
    for name, look in looks.items():
        setattr(os, name, look)
    os.open = looking(os.open, lambda flags=0, *args, **named: bool(flags & _WRITES))
    own["open"] = io.open
    builtins.open = io.open = looks["open"] = looking(io.open, _is_writing)
    # Python 3.10 and 3.13 keep the functions themselves.
    for keeper in (getattr(pathlib, "_NormalAccessor", None), getattr(glob, "_StringGlobber", None)):
        for name, function in own.items():
            if getattr(keeper, name, None) is function:
                setattr(keeper, name, staticmethod(looks[name]))


def _is_writing(mode: Any = "r", *args: Any, **named: Any) -> bool:
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))
