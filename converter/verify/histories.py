"""The histories of an execution and of those of its Map Runs: events with the instances they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from converter.engine import Execution, HistoryEvent

#: An event, the Map that it is in (empty: in none), and the index of the iteration.
EventOfInstance: TypeAlias = tuple[HistoryEvent, str, int | None]


def events_of(execution: Execution) -> Iterator[EventOfInstance]:
    """Yield the events of all histories."""
    for history in histories_of(execution):
        yield from history


def histories_of(execution: Execution) -> Iterator[Iterator[EventOfInstance]]:
    """Yield the events of the execution itself, then those of each execution of its Map Runs."""
    yield _told(execution.history)
    for run in execution.map_runs:
        for index, child in enumerate(run.children):
            yield ((event, run.state_name, index) for event in child.history.events)


def _told(history: Sequence[HistoryEvent]) -> Iterator[EventOfInstance]:
    inside: dict[int, tuple[str, int]] = {}
    for event in history:
        if event.type == "MapIterationStarted":
            details = event.details or {}
            inside[event.id] = details["name"], details["index"]
        elif not event.type.startswith("Map") and event.previous_event_id in inside:
            inside[event.id] = inside[event.previous_event_id]
        map_name, index = inside.get(event.id, ("", None))
        yield event, map_name, index
