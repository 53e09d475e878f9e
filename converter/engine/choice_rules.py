"""Choice rules of JSONPath states: comparisons of a Variable, and And, Or and Not of rules.

A comparison with a value of another type is false; a Variable that leads nowhere ends the execution, unless
the comparison is IsPresent. Source: the Amazon States Language specification, "Choice State".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from converter.engine.instants import parse_instant
from converter.engine.jsonpath_fields import Source
from converter.engine.jsonpath_language import NothingThere, PathQuery
from converter.engine.scope import FieldError, PathError, Scope, json_type
from converter.engine.tasks import Json

Compare = Callable[[Json, Json], bool]


class Rule(Protocol):
    """A rule that is true or false."""

    def holds(self, document: Json, scope: Scope) -> bool:
        """Tell whether the rule is true. Raises ``PathError``."""
        ...


@dataclass(frozen=True)
class Every:
    """And."""

    rules: Sequence[Rule]

    def holds(self, document: Json, scope: Scope) -> bool:
        """Tell whether all rules are true; stops at the first that is not."""
        return all(rule.holds(document, scope) for rule in self.rules)


@dataclass(frozen=True)
class Either:
    """Or."""

    rules: Sequence[Rule]

    def holds(self, document: Json, scope: Scope) -> bool:
        """Tell whether a rule is true; stops at the first that is."""
        return any(rule.holds(document, scope) for rule in self.rules)


@dataclass(frozen=True)
class Negation:
    """Not."""

    rule: Rule

    def holds(self, document: Json, scope: Scope) -> bool:
        """Tell whether the rule is false."""
        return not self.rule.holds(document, scope)


@dataclass(frozen=True)
class Presence:
    """IsPresent."""

    variable: PathQuery
    wanted: bool

    def holds(self, document: Json, scope: Scope) -> bool:
        """Tell whether the variable leads somewhere, or nowhere, as wanted."""
        try:
            self.variable.evaluate(document, scope)
        except NothingThere:
            return not self.wanted
        return self.wanted


@dataclass(frozen=True)
class Comparison:
    """One comparison. ``expected`` is a value, or, for ``…Path``, the path to it."""

    variable: PathQuery
    compare: Compare
    expected: Json | PathQuery

    def holds(self, document: Json, scope: Scope) -> bool:
        """Compare."""
        expected = self.expected
        if isinstance(expected, PathQuery):
            expected = _value(expected, document, scope)
        return self.compare(_value(self.variable, document, scope), expected)


def _value(query: PathQuery, document: Json, scope: Scope) -> Json:
    try:
        return query.evaluate(document, scope)
    except NothingThere as missing:
        raise PathError(
            f"Invalid path '{missing.path}': The choice state's condition path references an invalid value."
        ) from missing


@dataclass(frozen=True)
class RuleField:
    """A rule as the condition of a Choice."""

    rule: Rule
    source: Source
    is_constant = False

    def evaluate(self, scope: Scope, _expected: str | None = None) -> Json:
        """Tell whether the rule is true."""
        return self.rule.holds(self.source.document(scope), scope)

    def unexpected(self, _value: Json, requirement: str) -> FieldError:
        """Return the error for a value that is none."""
        return PathError(f"The rule must be {requirement}")


def _of_type(type_: str, compare: Callable[[Json, Json], bool]) -> Compare:
    def run(value: Json, expected: Json) -> bool:
        return json_type(value) == json_type(expected) == type_ and compare(value, expected)

    return run


def _timestamps(compare: Callable[[Json, Json], bool]) -> Compare:
    def run(value: Json, expected: Json) -> bool:
        left, right = _instant(value), _instant(expected)
        return left is not None and right is not None and compare(left, right)

    return run


def _instant(value: Json) -> Json:
    return parse_instant(value) if isinstance(value, str) else None


def _tests(is_so: Callable[[Json], bool]) -> Compare:
    return lambda value, expected: is_so(value) is expected


def _matches(text: str, pattern: str) -> bool:
    """``*`` stands for any text; ``\\*`` and ``\\\\`` for themselves."""
    pieces = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    expression = "".join(
        ".*" if piece == "*" else re.escape(piece[1:] if piece in (r"\*", r"\\") else piece)
        for piece in pieces
    )
    return re.fullmatch(expression, text, re.DOTALL) is not None


_ORDERINGS = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}

COMPARISONS: dict[str, tuple[str, Compare]] = {
    "BooleanEquals": ("boolean", _of_type("boolean", operator.eq)),
    "StringMatches": ("string", _of_type("string", _matches)),
    **{f"String{name}": ("string", _of_type("string", compare)) for name, compare in _ORDERINGS.items()},
    **{f"Numeric{name}": ("number", _of_type("number", compare)) for name, compare in _ORDERINGS.items()},
    **{f"Timestamp{name}": ("string", _timestamps(compare)) for name, compare in _ORDERINGS.items()},
    "IsNull": ("boolean", _tests(lambda value: value is None)),
    "IsNumeric": ("boolean", _tests(lambda value: json_type(value) == "number")),
    "IsString": ("boolean", _tests(lambda value: isinstance(value, str))),
    "IsBoolean": ("boolean", _tests(lambda value: isinstance(value, bool))),
    "IsTimestamp": ("boolean", _tests(lambda value: _instant(value) is not None)),
}
"""Name of a comparison → JSON type of the value that it takes, and how it compares."""

COMPARISONS_WITH_PATHS = {
    f"{name}Path": compare
    for name, (_, compare) in COMPARISONS.items()
    if not name.startswith("Is") and name != "StringMatches"
}
"""Comparisons with the value at a path."""
