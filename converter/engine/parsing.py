"""From the text of a definition to :class:`~converter.engine.definition.Definition`, or to all its problems.

Checked here: types and required fields, unknown fields by name, every target of Next, Default and Catch,
state names (unique in the whole machine, at most 80 characters), variables that an inner scope must not
assign, and the syntax of every expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.engine.data import parse_json
from converter.engine.definition import Definition, States
from converter.engine.errors import InvalidDefinition
from converter.engine.problems import Fields, Problems
from converter.engine.scopes import check_assignments
from converter.engine.state_parsing import LANGUAGES, StateReader, read_states

_MACHINE_FIELDS = frozenset({"StartAt", "States", "Comment", "Version", "TimeoutSeconds", "QueryLanguage"})
_MAX_BYTES = 1024 * 1024  # Service Quotas: state machine definition size


def parse_definition(definition: str | Mapping[str, Any]) -> Definition:
    """Parse a definition, given as JSON text or as the object itself.

    Raises :class:`~converter.engine.errors.InvalidDefinition` with every problem found, or, if there is none,
    :class:`~converter.engine.errors.UnsupportedDefinition` with everything that this engine does not run.
    """
    content = _object_of(definition)
    problems = Problems()
    fields = Fields(content, "", problems)
    fields.refuse_unknown(_MACHINE_FIELDS, "the state machine")
    language = fields.optional("QueryLanguage", "string") or "JSONPath"
    if language not in LANGUAGES:
        problems.invalid("/QueryLanguage", "Value is not valid. Allowed values: [JSONPath, JSONata]")
        language = "JSONPath"
    if fields.raw("Version") not in (None, "1.0"):
        problems.invalid("/Version", "Value is not valid. Allowed values: [1.0]")
    timeout = fields.optional("TimeoutSeconds", "number")
    if timeout is not None and (not isinstance(timeout, int) or timeout < 1):
        problems.invalid("/TimeoutSeconds", "Expected value to be a positive integer")
    reader = StateReader(language, names={})
    states = read_states(fields, reader)
    check_assignments(states, problems)
    problems.raise_if_any()
    return Definition(states, timeout, fields.optional("Comment", "string"))


def _object_of(definition: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(definition, str):
        return definition
    if len(definition.encode()) > _MAX_BYTES:
        raise InvalidDefinition([f"DEFINITION_TOO_LARGE: The definition exceeds {_MAX_BYTES} bytes"])
    try:
        content = parse_json(definition)
    except ValueError as error:
        raise InvalidDefinition([f"INVALID_JSON_DESCRIPTION: {error}"]) from error
    if not isinstance(content, dict):
        raise InvalidDefinition(["INVALID_JSON_DESCRIPTION: The definition must be a JSON object"])
    return content


__all__ = ["Definition", "States", "parse_definition"]
