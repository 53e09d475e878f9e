"""Pages of a list that may grow while a client reads it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class PageTokenError(ValueError):
    """A token that this list never gave out."""


def page(
    items: Sequence[Item], limit: int, token: str | None, *, key: Callable[[Item], str]
) -> tuple[list[Item], str | None]:
    """At most ``limit`` items from where ``token`` points, and the next page's token (None: it was the last).

    The token names the next item by its ``key``: items that are added in front while a client pages do not
    shift the later pages. It also says where the item was, and there it is looked for first: a page costs
    what it holds, however long the list. Raises :class:`PageTokenError`.
    """
    start = 0 if not token else _position(items, token, key)
    found = list(items[start : start + limit])
    rest = start + limit
    return found, _token(rest, key(items[rest])) if rest < len(items) else None


def _token(position: int, key: str) -> str:
    return base64.urlsafe_b64encode(f"{position} {key}".encode()).decode()


def _position(items: Sequence[Item], token: str, key: Callable[[Item], str]) -> int:
    try:
        was_at, wanted = base64.urlsafe_b64decode(token.encode()).decode().split(" ", 1)
        likely = int(was_at)
    except ValueError:  # binascii.Error and UnicodeError are ValueErrors
        raise PageTokenError(token) from None
    if 0 <= likely < len(items) and key(items[likely]) == wanted:
        return likely
    for position, item in enumerate(items):
        if key(item) == wanted:
            return position
    raise PageTokenError(token)
