"""Notes which stand-ins a DAG file needed: each thing once, with the line that needed it first."""

from __future__ import annotations

from collections.abc import Callable

from converter.workflow import Location, StandIn, StandInKind


class Ledger:
    """What was stood in for while the present file was read.

    ``here`` returns the line of the author's files that is being executed, None if there is none.
    """

    def __init__(self, here: Callable[[], Location | None]) -> None:
        self._here = here
        self._file = Location("")
        self._noted: dict[tuple[StandInKind, str, str], StandIn] = {}

    def begin(self, file: Location) -> None:
        """Start afresh, for another DAG file."""
        self._file = file
        self._noted.clear()

    def note(self, kind: StandInKind, name: str, detail: str = "", place: Location | None = None) -> None:
        """Note that a stand-in was used, at ``place`` if it is not the line that is being executed.

        The same again in the same file is not noted again.
        """
        if (kind, name, detail) not in self._noted:
            place = place or self._here() or self._file
            self._noted[kind, name, detail] = StandIn(kind, name, detail, place)

    def has(self, *kinds: StandInKind) -> bool:
        """Return whether one of these kinds was needed by the present file so far."""
        return any(item.kind in kinds for item in self._noted.values())

    def noted(self) -> tuple[StandIn, ...]:
        """Return what was noted for the present file, in the order in which it was needed."""
        return tuple(self._noted.values())
