"""The engine's verdict on a definition, in the shape of ValidateStateMachineDefinition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from converter.engine import InvalidDefinition, UnsupportedDefinition, parse_definition

parsed_definition = lru_cache(maxsize=256)(parse_definition)
"""Parse a definition's text once, however often it is started."""

_PROBLEM = re.compile(r"(?P<code>[A-Z_]+): (?P<message>.*?)(?: at (?P<location>/.*))?", re.DOTALL)
_UNSUPPORTED = re.compile(r"(?P<message>.*) at (?P<location>/.*)", re.DOTALL)
_UNSUPPORTED_CODE = "NOT_SUPPORTED_BY_THE_LOCAL_AWS"
"""Not one of AWS's codes: AWS might run the definition."""


def diagnostics(definition: str) -> list[dict[str, Any]]:
    """Every problem of a definition: ``severity``, ``code``, ``message``, and ``location`` where it has one.

    An empty list means that the definition can be created here.
    """
    try:
        parsed_definition(definition)
    except InvalidDefinition as error:
        return _described(error.problems, _PROBLEM)
    except UnsupportedDefinition as error:
        return _described(error.problems, _UNSUPPORTED)
    return []


def _described(problems: Sequence[str], form: re.Pattern[str]) -> list[dict[str, Any]]:
    described = []
    for problem in problems:
        match = form.fullmatch(problem)
        parts = {"message": problem} if match is None else match.groupdict()
        entry = {"severity": "ERROR", "code": _UNSUPPORTED_CODE, **parts}
        described.append({key: value for key, value in entry.items() if value is not None})
    return described
