"""The history of an execution: events with AWS's types, ids and links.

An event links to its predecessor in its own branch (``previous_event_id``), not to the event before it in
time. Which event that is follows recordings of AWS; see docs/engine.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

MAX_EVENTS = 25_000
"""Hard limit of an execution's history. Event 25,000 is the one that ends the execution (recorded)."""

# Most details are called after their event: taskScheduledEventDetails. These are not.
_SHARED_DETAILS = {"StateEntered": "stateEnteredEventDetails", "StateExited": "stateExitedEventDetails"}

# What ``includeExecutionData=False`` leaves out. A task's parameters stay (measured on AWS by others).
_DATA = frozenset(
    {"input", "inputDetails", "output", "outputDetails", "assignedVariables", "assignedVariablesDetails"}
)


@cache
def _details_key(event_type: str) -> str:
    for suffix, key in _SHARED_DETAILS.items():
        if event_type.endswith(suffix):
            return key
    return event_type[0].lower() + event_type[1:] + "EventDetails"


@dataclass(frozen=True)
class HistoryEvent:
    """One event. ``details`` is the content of the API's ``<details_key>``; None where AWS sends none."""

    id: int
    previous_event_id: int
    type: str
    timestamp: datetime
    details: Mapping[str, Any] | None = None

    @property
    def details_key(self) -> str:
        """Name of the details in the API: ``stateEnteredEventDetails``, ``taskFailedEventDetails``, …"""
        return _details_key(self.type)

    def to_api(self, *, include_data: bool = True) -> dict[str, Any]:
        """Return the event in the shape of botocore's GetExecutionHistory.

        With ``include_data=False`` (the API's ``includeExecutionData``) inputs and outputs are left out.
        """
        event: dict[str, Any] = {
            "timestamp": self.timestamp,
            "type": self.type,
            "id": self.id,
            "previousEventId": self.previous_event_id,
        }
        if self.details is not None:
            shown = self.details
            if not include_data:
                shown = {name: value for name, value in shown.items() if name not in _DATA}
            event[self.details_key] = dict(shown)
        return event


class History:
    """The growing list of an execution's events."""

    def __init__(self, now: Callable[[], datetime], on_event: Callable[[HistoryEvent], None] | None) -> None:
        self.events: list[HistoryEvent] = []
        self._now = now
        self._on_event = on_event

    def append(self, type_: str, previous: int, details: Mapping[str, Any] | None = None) -> int:
        """Add an event, tell ``on_event``, and return the event's id."""
        event = HistoryEvent(len(self.events) + 1, previous, type_, self._now(), details)
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)
        return event.id

    @property
    def has_room_for_one_more(self) -> bool:
        """Whether another event fits before the one that must end the execution."""
        return len(self.events) < MAX_EVENTS - 1

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[HistoryEvent]:
        return iter(self.events)


def with_text(field: str, text: str) -> dict[str, Any]:
    """Return the pair of members by which AWS shows a payload: the text and ``<field>Details``."""
    return {field: text, f"{field}Details": {"truncated": False}}
