"""The folder of a durable local AWS: opened and read back at its start, written until its end."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from converter.local.durable.database import StateUnusable
from converter.local.durable.journal import Journal
from converter.local.durable.keeper import EVERYTHING, Keeper
from converter.local.durable.services import Services
from converter.local.executions import Executions


class DurableState:
    """Everything on disk. Raises StateUnusable when it is opened.

    ``parts`` are what moto's services refer to outside moto, by name. The services must be there, empty.
    """

    def __init__(self, folder: Path, parts: Mapping[str, object], executions: Executions) -> None:
        self._executions = executions
        self._keeper: Keeper | None = None
        with ExitStack() as opened:
            self._services = Services(folder, parts)
            opened.callback(self._services.close)
            journal = Journal(folder)
            opened.callback(journal.close)
            try:
                self._services.restore()
                executions.restore(journal)
            except (pickle.UnpicklingError, AttributeError, EOFError, ImportError, KeyError) as error:
                raise StateUnusable(f"{folder}: it cannot be read ({error!r}); use another folder") from error
            self._files = opened.pop_all()

    def guard(self, application: Callable[..., Any]) -> Keeper:
        """The same WSGI application, but it answers when what it tells is on disk."""
        self._keeper = Keeper(self._services, application)
        return self._keeper

    def save_all(self) -> None:
        """Write the present states of all services."""
        if self._keeper is not None:
            self._keeper.keep(EVERYTHING)

    def leave(self) -> None:
        """Save a last time and write no more: what ends from now on ends because the process does."""
        if self._keeper is not None:
            self._keeper.close()
        self._executions.journal = None

    def close(self) -> None:
        """Close the files."""
        self._files.close()
