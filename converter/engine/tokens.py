"""Task tokens: who waits for which, and the answers that come from outside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from converter.engine.data import parse_json
from converter.engine.errors import UnknownTaskToken
from converter.engine.tasks import Json, TaskFailure


@dataclass
class Ticket:
    """One waiting task. ``answer`` resolves to the task's result, or to its :class:`TaskFailure`."""

    answer: asyncio.Future[Json]
    last_heartbeat: float
    """Loop time of the last sign of life."""


class TokenDesk:
    """The tokens of one execution. All methods must be called in the execution's event loop."""

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}

    def open(self, token: str) -> Ticket:
        """Let a task wait for a token."""
        loop = asyncio.get_running_loop()
        ticket = Ticket(loop.create_future(), loop.time())
        self._tickets[token] = ticket
        return ticket

    def close(self, token: str) -> None:
        """Forget a token: its task has ended one way or another."""
        ticket = self._tickets.pop(token, None)
        if ticket is not None:
            ticket.answer.cancel()

    def __contains__(self, token: str) -> bool:
        return token in self._tickets

    def succeed(self, token: str, output_text: str) -> None:
        """Answer with a result. Raises ``ValueError`` if the text is no JSON, else as :meth:`fail`."""
        output = parse_json(output_text)
        self._waiting(token).answer.set_result(output)

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """Answer with a failure. Raises :class:`UnknownTaskToken` if nobody waits for the token."""
        self._waiting(token).answer.set_exception(TaskFailure(error, cause))

    def beat(self, token: str) -> None:
        """Take a sign of life. Raises :class:`UnknownTaskToken` if nobody waits for the token."""
        ticket = self._waiting(token)
        ticket.last_heartbeat = asyncio.get_running_loop().time()

    def _waiting(self, token: str) -> Ticket:
        ticket = self._tickets.get(token)
        if ticket is None or ticket.answer.done():
            raise UnknownTaskToken(f"No task waits for the token {token}")
        return ticket
