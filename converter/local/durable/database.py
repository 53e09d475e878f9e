"""SQLite files that survive a kill at any moment, and belong to one process at a time."""

from __future__ import annotations

import sqlite3
from importlib.metadata import version
from pathlib import Path

from converter import __version__


class StateUnusable(OSError):
    """The folder cannot be used: another process has it, or another version wrote it."""


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or create a file. Commits survive the process, not the machine: they are not waited for on disk.

    The connection may be used from any thread, by one at a time. Raises :class:`StateUnusable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"CREATE TABLE IF NOT EXISTS written (by TEXT);\n{schema}")
    except sqlite3.OperationalError as error:
        taken = "locked" in str(error)
        problem = "another process uses it" if taken else str(error)
        raise StateUnusable(f"{path.parent}: {problem}") from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise StateUnusable(f"{path}: {error}") from error
    _check_version(connection, path)
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    # State is pickled objects of moto and of ours: another version may have other classes.
    present = f"dag2sfn {__version__}, moto {version('moto')}"
    row = connection.execute("SELECT by FROM written").fetchone()
    if row is None:
        connection.execute("INSERT INTO written VALUES (?)", (present,))
    elif row[0] != present:
        connection.close()
        raise StateUnusable(f"{path.parent}: written by {row[0]}, this is {present}; use another folder")
