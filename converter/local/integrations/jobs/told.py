"""What a job is told about its life here: seconds, outcome and error, wherever its arguments have room."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from converter.local.glue_runs import ERROR_ARGUMENT, OUTCOME_ARGUMENT, SECONDS_ARGUMENT, RunPlan

_NAMES = {SECONDS_ARGUMENT, OUTCOME_ARGUMENT, ERROR_ARGUMENT}
_IN_TEXT = re.compile(r"--local-(?:seconds|outcome|error)\b[= ]+(?:\"[^\"]*\"|'[^']*'|[^\s*]+)")


def plan_of(*sources: Any) -> RunPlan:
    """Return the plan that a job's definition and arguments hold; the later source wins.

    Environments, tags, parameter maps, argument lists and texts (SQL comments, command lines) are all
    searched: each service has room for a word elsewhere. Raises ``LocalArgumentError`` for a value that means
    nothing.
    """
    return RunPlan.from_arguments(dict(pair for source in sources for pair in _told(source)))


def _told(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from _told_by_mapping(value)
    elif isinstance(value, (list, tuple)):
        for item, following in zip_longest(value, value[1:]):
            if (name := _name(item)) and isinstance(following, str):
                yield name, following
            else:
                yield from _told(item)
    elif isinstance(value, str):
        for match in _IN_TEXT.findall(value):
            name, _, content = match.replace("=", " ", 1).partition(" ")
            yield name, content.strip().strip("\"'")


def _told_by_mapping(mapping: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    pair = {str(key).lower(): value for key, value in mapping.items()}
    if (name := _name(pair.get("name", pair.get("key")))) and "value" in pair:
        yield name, str(pair["value"])
        return
    for key, value in mapping.items():
        if name := _name(key):
            yield name, str(value)
        else:
            yield from _told(value)


def _name(word: Any) -> str | None:
    """``--local-seconds``, ``local-seconds`` and ``LOCAL_SECONDS`` are one name."""
    if not isinstance(word, str):
        return None
    name = "--" + word.lower().replace("_", "-").lstrip("-")
    return name if name in _NAMES else None
