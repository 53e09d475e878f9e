"""State names: the task's id, or a helper's job for a task. ASCII, at most 80 characters, unique.

Names follow from the DAG alone, never from counters over the machine, so that a small change of the DAG
makes a small change of the machine. An Airflow task id has no blank and no colon; every helper's name has
one, so they never collide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

MAX_LENGTH = 80
#: The Fail state at the end of a machine, whatever its tasks are called.
RUN_FAILED = "run: failed"


def state_name(text: str) -> str:
    """Return ``text`` as a state name; what must be cut or replaced is made up for by a short hash."""
    ascii_text = text.encode("ascii", "replace").decode().replace("?", "_") if not text.isascii() else text
    if ascii_text == text and len(text) <= MAX_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{ascii_text[: MAX_LENGTH - 9]}~{digest}"


def listing(tasks: Sequence[str]) -> str:
    """Return a short enumeration: ``a``, ``a and b``, ``a and 3 more``."""
    if len(tasks) <= 2:
        return " and ".join(tasks)
    return f"{tasks[0]} and {len(tasks) - 1} more"


class Names:
    """Hands out unique names."""

    def __init__(self) -> None:
        self._taken: set[str] = {RUN_FAILED}

    def unique(self, text: str) -> str:
        """Return ``text`` as a state name, with a number where an earlier state has that name."""
        name = state_name(text)
        number = 1
        while name in self._taken:
            number += 1
            name = state_name(f"{text} ({number})")
        self._taken.add(name)
        return name
