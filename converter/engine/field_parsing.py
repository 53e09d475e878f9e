"""Reading the fields that several types of state share: templates, transitions, Retry, Catch, Resource."""

from __future__ import annotations

import math
import re
from typing import Any

from converter.engine.definition import Catcher, Resource, Transition
from converter.engine.problems import Fields
from converter.engine.query import Template, TemplateSyntaxError, is_expression
from converter.engine.retry import Retrier
from converter.engine.tasks import Json

_INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?P<service>(?:aws-sdk:)?[^:]+):"
    r"(?P<action>[^:.]+(?:\.(?P<pattern>sync:2|sync|waitForTaskToken))?)"
)
_LAMBDA = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
_RETRIER_FIELDS = {"IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}


def read_template(
    fields: Fields, name: str, type_: str | None = None, location: str | None = None
) -> Template | None:
    """Return a field as a template, None where it is absent.

    ``type_`` is the JSON type that a constant must have (an expression is checked when it is evaluated).
    ``location`` is how errors at run time name the field, if not by ``name``.
    """
    if name not in fields:
        return None
    value = fields.raw(name)
    if type_ is not None and not is_expression(value) and fields.optional(name, type_) is None:
        return None
    return _template(fields, value, name, location or name)


def read_whole_number(fields: Fields, name: str, at_least: int) -> Template | None:
    """Return a field that takes a whole number as a template; a constant is checked here."""
    value = fields.raw(name)
    if isinstance(value, (int, float)) and (not isinstance(value, int) or value < at_least):
        fields.problems.invalid(fields.at(name), f"Expected value to be an integer of at least {at_least}")
        return None
    return read_template(fields, name, "number")


def _template(fields: Fields, value: Json, name: str, location: str) -> Template | None:
    try:
        return Template(value, location)
    except TemplateSyntaxError as error:
        fields.problems.invalid(
            fields.at(name), f"The JSONata expression of '{error.location}' is invalid: {error}"
        )
        return None


def read_transition(fields: Fields, prefix: str = "", *, needs_target: bool = True) -> Transition:
    """Read ``Next`` or ``End``, ``Assign`` and ``Output``. ``prefix`` goes before their locations."""
    target = fields.optional("Next", "string")
    end = fields.optional("End", "boolean")
    if needs_target and (target is None) == (end is not True):
        fields.problems.invalid(fields.path, "Exactly one of these fields is required: [Next, End]")
    output = read_template(fields, "Output", location=f"{prefix}Output")
    return Transition(target, _read_assign(fields, prefix), output)


def _read_assign(fields: Fields, prefix: str) -> dict[str, Template] | None:
    variables: dict[str, Any] | None = fields.optional("Assign", "object")
    if variables is None:
        return None
    templates = {
        name: _template(fields, value, "Assign", f"{prefix}Assign/{name}")
        for name, value in variables.items()
    }
    return {name: template for name, template in templates.items() if template is not None}


def read_catchers(fields: Fields) -> tuple[Catcher, ...]:
    """Read ``Catch``."""
    catchers = []
    for index, entry in enumerate(_entries(fields, "Catch")):
        entry.refuse_unknown({"ErrorEquals", "Next", "Assign", "Output", "Comment"}, "Catch in JSONata mode")
        entry.required("Next", "string")
        transition = read_transition(entry, f"Catch[{index}]/", needs_target=False)
        catchers.append(Catcher(_error_equals(entry), transition))
    return tuple(catchers)


def read_retriers(fields: Fields) -> tuple[Retrier, ...]:
    """Read ``Retry``."""
    return tuple(_read_retrier(entry) for entry in _entries(fields, "Retry"))


def _read_retrier(entry: Fields) -> Retrier:
    entry.refuse_unknown(_RETRIER_FIELDS | {"ErrorEquals", "Comment"}, "Retry")
    jitter = entry.optional("JitterStrategy", "string") or "NONE"
    if jitter not in ("FULL", "NONE"):
        entry.problems.invalid(entry.at("JitterStrategy"), "Value is not valid. Allowed values: [FULL, NONE]")
    defaults = Retrier(())
    return Retrier(
        _error_equals(entry),
        _number(entry, "IntervalSeconds", defaults.interval_seconds, least=1, whole=True),
        int(_number(entry, "MaxAttempts", defaults.max_attempts, least=0, whole=True)),
        _number(entry, "BackoffRate", defaults.backoff_rate, least=1),
        _number(entry, "MaxDelaySeconds", math.inf, least=1, whole=True),
        full_jitter=jitter == "FULL",
    )


def _number(fields: Fields, name: str, default: float, *, least: float, whole: bool = False) -> float:
    value: float | None = fields.optional(name, "number")
    if value is None:
        return default
    if value < least or (whole and not isinstance(value, int)):
        kind = "an integer" if whole else "a number"
        fields.problems.invalid(fields.at(name), f"Expected value to be {kind} of at least {least:g}")
    return value


def _entries(fields: Fields, name: str) -> list[Fields]:
    entries = []
    for index, content in enumerate(fields.optional(name, "array") or []):
        path = f"{fields.path}/{name}[{index}]"
        if isinstance(content, dict):
            entries.append(Fields(content, path, fields.problems))
        else:
            fields.problems.invalid(path, "Expected value to be an object")
    for entry in entries[:-1]:
        if entry.raw("ErrorEquals") == ["States.ALL"]:
            entry.problems.invalid(entry.path, "An entry for States.ALL must be the last one")
    return entries


def _error_equals(fields: Fields) -> tuple[str, ...]:
    names = fields.required("ErrorEquals", "array") or []
    if "ErrorEquals" in fields and not names:
        fields.problems.invalid(fields.at("ErrorEquals"), "Expected at least one error name")
    if any(not isinstance(name, str) for name in names):
        fields.problems.invalid(fields.at("ErrorEquals"), "Expected every error name to be a string")
    if "States.ALL" in names and len(names) > 1:
        fields.problems.invalid(fields.at("ErrorEquals"), "States.ALL must appear alone")
    return tuple(str(name) for name in names)


def read_resource(fields: Fields) -> Resource:
    """Read ``Resource``: a service integration, or a Lambda function by its ARN."""
    arn: str = fields.required("Resource", "string") or ""
    match = _INTEGRATION.fullmatch(arn)
    if match and match["service"] != "activity":
        return Resource(arn, match["service"], match["action"], match["pattern"] or "")
    if arn and not _LAMBDA.fullmatch(arn):
        kind = "Activities" if ":activity:" in arn else f"Resource '{arn}'"
        fields.problems.unsupported(fields.at("Resource"), kind)
    return Resource(arn)
