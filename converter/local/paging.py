"""Pages of a list that may grow while a client reads it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class PageTokenError(ValueError):
    """A token that this list never gave out."""


def page(
    items: Sequence[Item], limit: int, token: str | None, *, key: Callable[[Item], str]
) -> tuple[list[Item], str | None]:
    """At most ``limit`` items from where ``token`` points, and the next page's token (None: it was the last).

    The token names the next item by its ``key``, not by its position: items that are added in front while a
    client pages do not shift the later pages. Raises :class:`PageTokenError`.
    """
    start = 0 if not token else _position(items, token, key)
    found = list(items[start : start + limit])
    rest = start + limit
    following = base64.urlsafe_b64encode(key(items[rest]).encode()).decode() if rest < len(items) else None
    return found, following


def _position(items: Sequence[Item], token: str, key: Callable[[Item], str]) -> int:
    try:
        wanted = base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError):
        raise PageTokenError(token) from None
    for position, item in enumerate(items):
        if key(item) == wanted:
            return position
    raise PageTokenError(token)
