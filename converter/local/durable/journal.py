"""Executions and their events on disk, each written when it comes to be."""

from __future__ import annotations

import logging
import pickle
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from converter.engine import HistoryEvent
from converter.local.durable.database import open_database
from converter.local.machine_model import Startable

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (number INTEGER PRIMARY KEY, arn TEXT UNIQUE, beginning BLOB);
CREATE TABLE IF NOT EXISTS events (
    execution INTEGER, id INTEGER, event BLOB, PRIMARY KEY (execution, id)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Beginning:
    """What an execution was started with."""

    arn: str
    name: str
    input_text: str
    started: Startable
    start_date: datetime


class Journal:
    """All executions of a local AWS. Thread-safe. Raises StateUnusable when it is opened."""

    def __init__(self, folder: Path) -> None:
        self._database = open_database(folder / "executions.db", _SCHEMA)
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = dict(self._database.execute("SELECT arn, number FROM executions"))

    def begin(self, beginning: Beginning) -> None:
        """Write that an execution exists."""
        with self._lock:
            cursor = self._database.execute(
                "INSERT INTO executions (arn, beginning) VALUES (?, ?)",
                (beginning.arn, pickle.dumps(beginning)),
            )
            if cursor.lastrowid is not None:
                self._numbers[beginning.arn] = cursor.lastrowid

    def add(self, arn: str, event: HistoryEvent) -> None:
        """Write an event. A disk that fails is logged: the execution itself goes on."""
        try:
            with self._lock:
                number = self._numbers.get(arn)
                if number is not None:  # else it was forgotten meanwhile
                    row = (number, event.id, pickle.dumps(event))
                    self._database.execute("INSERT INTO events VALUES (?, ?, ?)", row)
        except sqlite3.Error:
            logger.exception("event %s of %s is not on disk", event.id, arn)

    def read(self) -> Iterator[tuple[Beginning, list[HistoryEvent]]]:
        """Yield every execution with its events, in the order in which they were started."""
        for number, content in self._database.execute(
            "SELECT number, beginning FROM executions ORDER BY number"
        ).fetchall():
            rows = self._database.execute(
                "SELECT event FROM events WHERE execution = ? ORDER BY id", (number,)
            )
            # Written by this program, in a folder of its user's.
            yield pickle.loads(content), [pickle.loads(event) for (event,) in rows]  # noqa: S301

    def forget(self, arns: Iterable[str]) -> None:
        """Remove executions."""
        with self._lock:
            for arn in arns:
                number = self._numbers.pop(arn, None)
                self._database.execute("DELETE FROM events WHERE execution = ?", (number,))
                self._database.execute("DELETE FROM executions WHERE number = ?", (number,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()
