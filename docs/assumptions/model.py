"""What an assumption is. Each module declares those of its subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docs.assumptions.world import World

Check = Callable[["World"], None]


class Differs(Exception):
    """AWS does otherwise than assumed; the text says what it did."""


class CannotTell(Exception):
    """The check could not be made here; the text says why."""


@dataclass(frozen=True)
class Assumption:
    """One thing that is taken to be so. ``id`` is stable.

    ``check`` raises Differs if it is not so, CannotTell if that cannot be found out. Without one, ``by_hand``
    says how to find out, and ``why`` why no program does. ``dollars`` is what a check costs at most.
    """

    id: str
    text: str
    check: Check | None = None
    why: str = ""
    by_hand: str = ""
    dollars: float = 0.001


ASSUMPTIONS: dict[str, Assumption] = {}


def _add(assumption: Assumption) -> None:
    if assumption.id in ASSUMPTIONS:
        raise ValueError(f"the assumption {assumption.id} is declared twice")
    ASSUMPTIONS[assumption.id] = assumption


def assumed(id: str, text: str, *, dollars: float = 0.001) -> Callable[[Check], Check]:
    """Declare an assumption that the decorated function checks."""

    def declare(check: Check) -> Check:
        _add(Assumption(id, text, check, dollars=dollars))
        return check

    return declare


def by_hand(id: str, text: str, how: str, why: str) -> None:
    """Declare an assumption that no program checks."""
    _add(Assumption(id, text, why=why, by_hand=how))


def expect(is_so: object, otherwise: str) -> None:
    """Raise Differs unless something is so."""
    if not is_so:
        raise Differs(otherwise)
