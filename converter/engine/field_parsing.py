"""Reading the fields that several types of state share in both query languages: Retry, Catch, Resource."""

from __future__ import annotations

import math
import re

from converter.engine.definition import Catcher, Resource
from converter.engine.language_reading import LanguageReader
from converter.engine.problems import Fields
from converter.engine.retry import Retrier

_INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?P<service>(?:aws-sdk:)?[^:]+):"
    r"(?P<action>[^:.]+(?:\.(?P<pattern>sync:2|sync|waitForTaskToken))?)"
)
_LAMBDA = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
_ACTIVITY = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:activity:.+")
_RETRIER_FIELDS = {"IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"}


def read_catchers(fields: Fields, language: LanguageReader) -> tuple[Catcher, ...]:
    """Read ``Catch``."""
    catchers = []
    for index, entry in enumerate(_entries(fields, "Catch")):
        entry.refuse_unknown(language.catcher_fields, f"Catch in {language.name} mode")
        entry.required("Next", "string")
        catchers.append(Catcher(_error_equals(entry), language.catcher_transition(entry, index, fields)))
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
    """Read ``Resource``: a service integration, or a Lambda function or an activity by its ARN."""
    arn: str = fields.required("Resource", "string") or ""
    if _ACTIVITY.fullmatch(arn):
        return Resource(arn, pattern="activity")
    match = _INTEGRATION.fullmatch(arn)
    if match:
        return Resource(arn, match["service"], match["action"], match["pattern"] or "")
    if arn and not _LAMBDA.fullmatch(arn):
        fields.problems.unsupported(fields.at("Resource"), f"Resource '{arn}'")
    return Resource(arn)
