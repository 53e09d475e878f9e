"""How long pollers asked, folded from the events of their states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from converter.executions.machine_states import MachineStates
from converter.executions.results import Polling


@dataclass
class _Asked:
    start: datetime
    end: datetime | None = None
    times: int = 0


class Pollings:
    """The pollers of an execution as far as its events were added."""

    def __init__(self, states: MachineStates) -> None:
        self._states = states
        self._asked: dict[str, _Asked] = {}

    @property
    def status_calls(self) -> int:
        """How often pollers asked."""
        return sum(asked.times for asked in self._asked.values())

    def add_entered(self, state: str, at: datetime) -> None:
        """Note that a state was entered."""
        if poller := self._poller(state):
            self._asked.setdefault(poller, _Asked(at))

    def add_question(self, state: str, at: datetime) -> None:
        """Note that a state has called what it calls: a loop, and a retry, calls again and again."""
        if poller := self._poller(state):
            self._asked.setdefault(poller, _Asked(at)).times += 1

    def add_exited(self, state: str, at: datetime) -> None:
        """Note that a state was left."""
        poller = self._poller(state)
        if poller is not None and poller in self._asked:
            self._asked[poller].end = at

    def _poller(self, state: str) -> str | None:
        """Return the poller that a state is, or waits for; None if neither."""
        return state if state in self._states.pollers else self._states.waits.get(state)

    def results(self) -> tuple[Polling, ...]:
        """Return what is known by now, poller by poller, as far as it is known for whom they asked."""
        consumers, awaited = self._states.consumers, self._states.awaited
        return tuple(
            Polling(consumers[state], awaited.get(state, ()), asked.start, asked.end, asked.times)
            for state, asked in self._asked.items()
            if state in consumers
        )
