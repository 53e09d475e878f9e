"""Texts that an execution has instead of Airflow's on purpose: names of jobs, buckets, topics."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

#: Shorter texts, and numbers, are in other texts by chance.
_SHORTEST = 3


@dataclass(frozen=True)
class Overrides:
    """Pairs of what Airflow has and what the machine has instead."""

    instead: tuple[tuple[str, str], ...] = ()

    def in_airflow(self, text: str) -> str:
        """Return a text of Airflow's in which a token stands for what is overridden."""
        return self._replaced(text, self._of_airflow)

    def on_machine(self, text: str) -> str:
        """Return a text of the machine's with the same tokens, also where it has what Airflow has."""
        return self._replaced(text, self._of_both)

    def _replaced(self, text: str, pattern: re.Pattern[str] | None) -> str:
        if pattern is None:
            return text
        return pattern.sub(lambda match: f"<{self._tokens[match[0]]}, overridden>", text)

    @cached_property
    def _usable(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            pair
            for pair in self.instead
            if all(len(text) >= _SHORTEST and not text.isdigit() for text in pair)
        )

    @cached_property
    def _tokens(self) -> dict[str, str]:
        """Each text with one that stands for all that stand for each other."""
        tokens: dict[str, str] = {}
        for old, new in self._usable:
            keep = tokens.setdefault(old, old)
            gone = tokens.setdefault(new, keep)
            tokens = {text: keep if token == gone else token for text, token in tokens.items()}
        return tokens

    @cached_property
    def _of_airflow(self) -> re.Pattern[str] | None:
        return _any_of(old for old, _ in self._usable)

    @cached_property
    def _of_both(self) -> re.Pattern[str] | None:
        return _any_of(text for pair in self._usable for text in pair)


NO_OVERRIDES = Overrides()


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern of the texts, the longest first, that does not begin or end inside a word."""
    longest_first = sorted(set(texts), key=lambda text: (-len(text), text))
    if not longest_first:
        return None
    return re.compile("|".join(map(_whole, longest_first)))


def _whole(text: str) -> str:
    before = r"(?<![A-Za-z0-9])" if text[0].isalnum() else ""
    behind = r"(?![A-Za-z0-9])" if text[-1].isalnum() else ""
    return f"{before}{re.escape(text)}{behind}"
