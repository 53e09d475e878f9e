"""The engine's verdict on a definition, in the shape of ValidateStateMachineDefinition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from converter.engine import Definition, InvalidDefinition, UnsupportedDefinition, parse_definition
from converter.engine.data import parse_json
from converter.local.definition_ways import problems_of_references, problems_of_ways


@lru_cache(maxsize=256)
def parsed_definition(definition: str) -> Definition:
    """Parse a definition's text once, however often it is started.

    Raises what the engine raises, and ``InvalidDefinition`` for what AWS refuses besides.
    """
    try:
        parsed = parse_definition(definition)
    except InvalidDefinition as error:
        raise InvalidDefinition([*error.problems, *_further_problems(definition)]) from error
    if problems := _further_problems(definition):
        raise InvalidDefinition(problems)
    return parsed


def _further_problems(definition: str) -> list[str]:
    try:
        content = parse_json(definition)
    except ValueError:
        return []
    if not isinstance(content, dict):
        return []
    return [*problems_of_ways(content), *problems_of_references(content)]


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
