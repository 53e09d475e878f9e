"""Which fields there are in a definition, and what they hold.

Sources: Amazon States Language specification (states-language.net); Step Functions Developer Guide,
"Discovering workflow states" and "Transforming data with JSONata".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from converter.checks.machine import is_expression

#: The largest number of seconds, attempts and items that a field takes (specification: 99999999).
LARGEST = 99_999_999


@dataclass(frozen=True)
class Kind:
    """What a field holds. ``name`` completes the sentence "it must be …"."""

    name: str
    accepts: Callable[[Any], bool]

    @property
    def or_expression(self) -> Kind:
        """The same, or a JSONata expression."""
        return replace(self, accepts=lambda value: is_expression(value) or self.accepts(value))

    @property
    def or_null(self) -> Kind:
        """The same, or null."""
        return Kind(f"{self.name} or null", lambda value: value is None or self.accepts(value))


def whole_number(least: int) -> Kind:
    """Return the kind of whole numbers of at least this size."""
    return Kind(
        f"a whole number from {least} to {LARGEST:,}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


ANY = Kind("anything", lambda value: True)
TEXT = Kind("a string", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
OBJECTS = Kind(
    "an array of objects, at least one",
    lambda value: isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value),
)
ARRAY = Kind("an array", lambda value: isinstance(value, list))
STATES = Kind(
    "an object of states, at least one",
    lambda value: (
        isinstance(value, dict) and bool(value) and all(isinstance(v, dict) for v in value.values())
    ),
)
PERCENTAGE = Kind("a number from 0 to 100", lambda value: _is_number(value) and 0 <= value <= 100)
BACKOFF = Kind("a number of at least 1.0", lambda value: _is_number(value) and value >= 1)
QUERY_LANGUAGE = Kind("JSONata or JSONPath", lambda value: value in ("JSONata", "JSONPath"))
JITTER = Kind("FULL or NONE", lambda value: value in ("FULL", "NONE"))
MODE = Kind("INLINE or DISTRIBUTED", lambda value: value in ("INLINE", "DISTRIBUTED"))
EXECUTION_TYPE = Kind("STANDARD or EXPRESS", lambda value: value in ("STANDARD", "EXPRESS"))
ERROR_NAMES = Kind(
    "an array of error names, at least one",
    lambda value: isinstance(value, list) and bool(value) and all([isinstance(item, str) for item in value]),
)

Fields = Mapping[str, Kind]

_BLOCK: Fields = {"StartAt": TEXT, "States": STATES, "Comment": TEXT}
MACHINE: Fields = {
    **_BLOCK,
    "Version": Kind("1.0", lambda value: value == "1.0"),
    "TimeoutSeconds": whole_number(1),
    "QueryLanguage": QUERY_LANGUAGE,
}
BRANCH: Fields = _BLOCK
PROCESSOR: Fields = {**_BLOCK, "ProcessorConfig": OBJECT}
PROCESSOR_CONFIG: Fields = {"Mode": MODE, "ExecutionType": EXECUTION_TYPE}
RETRIER: Fields = {
    "ErrorEquals": ERROR_NAMES,
    "IntervalSeconds": whole_number(1),
    "MaxAttempts": whole_number(0),
    "BackoffRate": BACKOFF,
    "MaxDelaySeconds": whole_number(1),
    "JitterStrategy": JITTER,
    "Comment": TEXT,
}

_COMMON: Fields = {"Type": TEXT, "Comment": TEXT, "QueryLanguage": QUERY_LANGUAGE}
_LEAVING: Fields = {"Next": TEXT, "End": FLAG}
_HANDLING: Fields = {"Retry": ARRAY, "Catch": ARRAY}
_DISTRIBUTED: Fields = {"ItemReader": OBJECT, "ItemBatcher": OBJECT, "ResultWriter": OBJECT, "Label": TEXT}
_MAP: Fields = {
    **_HANDLING,
    **_DISTRIBUTED,
    "ItemProcessor": OBJECT,
    "ItemSelector": ANY,
    "MaxConcurrency": whole_number(0).or_expression,
    "ToleratedFailureCount": whole_number(0).or_expression,
    "ToleratedFailurePercentage": PERCENTAGE.or_expression,
}
_TASK: Fields = {
    **_HANDLING,
    "Resource": TEXT,
    "TimeoutSeconds": whole_number(1).or_expression,
    "HeartbeatSeconds": whole_number(1).or_expression,
    "Credentials": OBJECT,
}
_WAIT: Fields = {"Seconds": whole_number(0).or_expression, "Timestamp": TEXT}
_FAIL: Fields = {"Error": TEXT, "Cause": TEXT}

_ASSIGN: Fields = {"Assign": OBJECT}
_OUTPUT: Fields = {"Output": ANY}
_PATHS: Fields = {"InputPath": TEXT.or_null, "OutputPath": TEXT.or_null}
_RESULT_PATHS: Fields = {"Parameters": ANY, "ResultPath": TEXT.or_null}
_CALL_PATHS: Fields = {**_PATHS, **_RESULT_PATHS, "ResultSelector": OBJECT}

#: Query language → type of state → its fields.
STATE_FIELDS: Mapping[str, Mapping[str, Fields]] = {
    "JSONata": {
        "Pass": {**_COMMON, **_LEAVING, **_ASSIGN, **_OUTPUT},
        "Succeed": {**_COMMON, **_OUTPUT},
        "Fail": {**_COMMON, **_FAIL},
        "Wait": {**_COMMON, **_LEAVING, **_ASSIGN, **_OUTPUT, **_WAIT},
        "Choice": {**_COMMON, **_ASSIGN, **_OUTPUT, "Choices": OBJECTS, "Default": TEXT},
        "Task": {**_COMMON, **_LEAVING, **_ASSIGN, **_OUTPUT, **_TASK, "Arguments": ANY},
        "Parallel": {
            **_COMMON, **_LEAVING, **_ASSIGN, **_OUTPUT, **_HANDLING, "Branches": OBJECTS, "Arguments": ANY,
        },
        "Map": {**_COMMON, **_LEAVING, **_ASSIGN, **_OUTPUT, **_MAP, "Items": ARRAY.or_expression},
    },
    "JSONPath": {
        "Pass": {**_COMMON, **_LEAVING, **_ASSIGN, **_PATHS, **_RESULT_PATHS, "Result": ANY},
        "Succeed": {**_COMMON, **_PATHS},
        "Fail": {**_COMMON, **_FAIL, "ErrorPath": TEXT, "CausePath": TEXT},
        "Wait": {
            **_COMMON, **_LEAVING, **_ASSIGN, **_PATHS, **_WAIT, "SecondsPath": TEXT, "TimestampPath": TEXT,
        },
        "Choice": {**_COMMON, **_ASSIGN, **_PATHS, "Choices": OBJECTS, "Default": TEXT},
        "Task": {
            **_COMMON, **_LEAVING, **_ASSIGN, **_CALL_PATHS, **_TASK,
            "TimeoutSecondsPath": TEXT, "HeartbeatSecondsPath": TEXT,
        },
        "Parallel": {**_COMMON, **_LEAVING, **_ASSIGN, **_CALL_PATHS, **_HANDLING, "Branches": OBJECTS},
        "Map": {
            **_COMMON, **_LEAVING, **_ASSIGN, **_CALL_PATHS, **_MAP,
            "Iterator": OBJECT, "ItemsPath": TEXT, "MaxConcurrencyPath": TEXT,
            "ToleratedFailureCountPath": TEXT, "ToleratedFailurePercentagePath": TEXT,
        },
    },
}  # fmt: skip

#: Type of state → fields that must be there, besides Type.
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
#: Type of state → fields of which exactly one must be there.
ONE_OF: Mapping[str, tuple[str, ...]] = {
    "Wait": ("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
    "Map": ("ItemProcessor", "Iterator"),
}
#: Types of states that go on to another, or end their block.
GOING_ON = ("Pass", "Task", "Wait", "Parallel", "Map")
ONLY_DISTRIBUTED = tuple(_DISTRIBUTED)

#: Query language → fields of a catcher and of a rule of a Choice. In JSONPath mode a rule is a comparison,
#: whose many operators are not checked here.
CATCHER: Mapping[str, Fields] = {
    "JSONata": {"ErrorEquals": ERROR_NAMES, "Next": TEXT, "Assign": OBJECT, "Output": ANY, "Comment": TEXT},
    "JSONPath": {
        "ErrorEquals": ERROR_NAMES,
        "Next": TEXT,
        "Assign": OBJECT,
        "ResultPath": TEXT.or_null,
        "Comment": TEXT,
    },
}
CHOICE_RULE: Fields = {
    "Condition": FLAG.or_expression,
    "Next": TEXT,
    "Assign": OBJECT,
    "Output": ANY,
    "Comment": TEXT,
}
