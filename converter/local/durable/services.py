"""The states of moto's services on disk."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from converter.local.durable.database import open_database
from converter.local.durable.freezing import Place, backend_at, freeze, places_in_use, thaw

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS services (
    service TEXT, account TEXT, region TEXT, state BLOB, PRIMARY KEY (service, account, region)
) WITHOUT ROWID;
"""
TRIES = 50
PAUSE_SECONDS = 0.01


class Services:
    """All services' states. ``parts`` are what they refer to outside moto, by name. Raises StateUnusable."""

    def __init__(self, folder: Path, parts: Mapping[str, object]) -> None:
        self._database = open_database(folder / "services.db", _SCHEMA)
        self._parts = parts
        self._lock = threading.Lock()
        self._unfrozen: set[str] = set()

    def restore(self) -> None:
        """Give moto's services the states on disk."""
        rows = self._database.execute("SELECT service, account, region, state FROM services").fetchall()
        backends = [
            (backend_at((service, account, region)), state) for service, account, region, state in rows
        ]
        for backend, state in backends:
            thaw(backend, state, self._parts)
        for backend, _ in backends:
            # Ours, where a state alone is not enough: schedules wait for their times again.
            if hasattr(backend, "restored"):
                backend.restored()

    def save(self, services: Iterable[str]) -> None:
        """Write the present states of some services, in all accounts and regions."""
        wanted = set(services)
        with self._lock:
            for place in list(places_in_use().values()):
                if place[0] in wanted:
                    self._save_one(place)

    def save_all(self) -> None:
        """Write the present states of all services, and forget those of services that are gone."""
        places = list(places_in_use().values())
        with self._lock:
            self._database.execute("DELETE FROM services")
            for place in places:
                self._save_one(place)

    def _save_one(self, place: Place) -> None:
        state = self._frozen(place)
        if state is not None:
            self._database.execute("INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?)", (*place, state))

    def _frozen(self, place: Place) -> bytes | None:
        for _ in range(TRIES):
            try:
                return freeze(backend_at(place), self._parts)
            except RuntimeError:  # a dictionary changed while it was read: another request is at work
                time.sleep(PAUSE_SECONDS)
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                self._tell_once(place[0], error)
                return None
        logger.error("the state of %s is not on disk: it changed all the time", place[0])
        return None

    def _tell_once(self, service: str, error: Exception) -> None:
        if service not in self._unfrozen:
            self._unfrozen.add(service)
            logger.warning("the state of %s is not kept: %s", service, error)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()
