"""What a definition says of its own execution, where that is to be another one's: the run's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

#: Text in quotes, and what is of the execution that evaluates it.
_QUOTED_OR_OF_EXECUTION = re.compile(
    r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`"""
    r"""|\$states\.context\.Execution\.(?P<field>Id|StartTime|Name|Input)\b"""
)


def of_another_execution(value: Any, fields: Mapping[str, str]) -> Any:
    """Return a JSON value in whose expressions some fields of ``Execution`` are others, given as JSONata."""

    def changed(text: str) -> str:
        if not text.startswith("{%"):
            return text
        return _QUOTED_OR_OF_EXECUTION.sub(lambda found: fields.get(found["field"], found[0]), text)

    return with_texts(value, changed)


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a JSON value with all its strings changed, but for the names of members."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: with_texts(member, change) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_texts(member, change) for member in value]
    return value
