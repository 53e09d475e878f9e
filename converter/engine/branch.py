"""A line of control: the machine itself, a branch of a Parallel, an iteration of a Map.

It knows the last event in its line, to which the next one links, its variables, and what is open in it, so
that it can be aborted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter.engine.data import Data
from converter.engine.definition import MapState, ParallelState, State, TaskState, WaitState
from converter.engine.tasks import Json

if TYPE_CHECKING:
    from converter.engine.runtime import Runtime

# Passing states (Pass, Choice, Succeed, Fail) are never interrupted: AWS has no event for that.
_ABORTABLE: dict[type[Any], str] = {
    TaskState: "Task",
    WaitState: "Wait",
    ParallelState: "Parallel",
    MapState: "Map",
}


@dataclass(frozen=True)
class MapItem:
    """Which iteration of which Map a branch is."""

    map_name: str
    index: int
    value: Json

    @property
    def details(self) -> dict[str, Json]:
        """The iteration as an event shows it."""
        return {"name": self.map_name, "index": self.index}


class Branch:
    """One line of control in one execution."""

    def __init__(
        self, runtime: Runtime, last_event: int, variables: Mapping[str, Data], item: MapItem | None = None
    ) -> None:
        self.runtime = runtime
        self.last_event = last_event
        # A copy: inner scopes read outer variables, and what they assign vanishes with them.
        self.variables = dict(variables)
        self.item = item
        self.state: State | None = None
        """The state that this line is in now."""
        self.children: list[Branch] = []
        """Lines that the state runs now: a Parallel's branches, a Map's iterations."""
        self.aborted = False

    def record(
        self, type_: str, details: Mapping[str, Any] | None = None, *, previous: int | None = None
    ) -> int:
        """Add an event to the history, link it, and move this line on to it. Returns the event's id."""
        self.last_event = self.record_aside(type_, details, previous=previous)
        return self.last_event

    def record_aside(
        self, type_: str, details: Mapping[str, Any] | None = None, *, previous: int | None = None
    ) -> int:
        """Add an event that links to this line, and to which nothing in the line will link."""
        if self.aborted:
            # A backend that survived its cancellation came back: it has no say any more.
            raise asyncio.CancelledError
        return self.runtime.record(type_, self.last_event if previous is None else previous, details)

    def abort(self, culprit: int) -> None:
        """End this line and all lines in it. Their Aborted events link to the event that is to blame.

        An iteration is aborted before the state that it was in (measured on AWS by others).
        """
        if self.aborted:
            return
        if self.item is not None:
            self.runtime.record("MapIterationAborted", culprit, self.item.details)
        self._record_aborted_state(culprit)
        for child in self.children:
            child.abort(culprit)
        self.aborted = True

    def abort_failed_task(self) -> None:
        """Note that the Task which failed this branch of a Parallel is over (recorded, for Tasks only)."""
        if isinstance(self.state, TaskState):
            self._record_aborted_state(self.last_event)
        self.aborted = True

    def silence(self) -> None:
        """End this line and all lines in it without events: the execution has ended."""
        self.aborted = True
        for child in self.children:
            child.silence()

    def _record_aborted_state(self, culprit: int) -> None:
        name = None if self.state is None else _ABORTABLE.get(type(self.state))
        if name is not None:
            self.runtime.record(f"{name}StateAborted", culprit)
