"""Reading the choice rules of JSONPath states."""

from __future__ import annotations

from converter.engine.choice_rules import (
    COMPARISONS,
    COMPARISONS_WITH_PATHS,
    Comparison,
    Either,
    Every,
    Negation,
    Presence,
    Rule,
)
from converter.engine.instants import parse_instant
from converter.engine.jsonpath_language import PathQuery, compile_path_query
from converter.engine.paths import InvalidPath
from converter.engine.problems import Fields

_BOOLEANS = ("And", "Or", "Not")
_COMPARISON_NAMES = (*COMPARISONS, *COMPARISONS_WITH_PATHS, "IsPresent")
_TOP_FIELDS = frozenset({"Next", "Assign", "Comment"})


def read_rule(rule: Fields, *, is_top: bool) -> Rule | None:
    """Read a rule. Only a top-level rule has Next and Assign. None where something is wrong with it."""
    kinds = [name for name in (*_BOOLEANS, *_COMPARISON_NAMES) if name in rule]
    if len(kinds) != 1:
        rule.problems.invalid(rule.path, "Exactly one comparison, And, Or or Not is required in a rule")
        return None
    kind = kinds[0]
    own = {kind} if kind in _BOOLEANS else {kind, "Variable"}
    rule.refuse_unknown(own | (_TOP_FIELDS if is_top else {"Comment"}), "a rule in JSONPath mode")
    return _read_boolean(rule, kind) if kind in _BOOLEANS else _read_comparison(rule, kind)


def _read_boolean(rule: Fields, kind: str) -> Rule | None:
    if kind == "Not":
        inner = rule.optional("Not", "object")
        negated = None if inner is None else read_rule(_inner(rule, "Not", inner), is_top=False)
        return None if negated is None else Negation(negated)
    entries = rule.optional(kind, "array")
    if entries == []:
        rule.problems.invalid(rule.at(kind), "Expected at least one rule")
    rules = []
    for index, entry in enumerate(entries or []):
        if not isinstance(entry, dict):
            rule.problems.invalid(f"{rule.at(kind)}[{index}]", "Expected value to be an object")
            continue
        read = read_rule(_inner(rule, f"{kind}[{index}]", entry), is_top=False)
        if read is not None:
            rules.append(read)
    return Every(rules) if kind == "And" else Either(rules)


def _inner(rule: Fields, place: str, content: dict[str, object]) -> Fields:
    return Fields(content, rule.at(place), rule.problems)


def _read_comparison(rule: Fields, kind: str) -> Rule | None:
    rule.required("Variable", "string")
    variable = _path(rule, "Variable")
    if variable is None:
        return None
    if kind in COMPARISONS_WITH_PATHS:
        other = _path(rule, kind)
        return None if other is None else Comparison(variable, COMPARISONS_WITH_PATHS[kind], other)
    type_, compare = ("boolean", None) if kind == "IsPresent" else COMPARISONS[kind]
    expected = rule.optional(kind, type_)
    if expected is None:
        return None
    if kind.startswith("Timestamp") and parse_instant(expected) is None:
        rule.problems.invalid(rule.at(kind), "Expected value to be an ISO-8601 date-time")
    return Presence(variable, expected) if compare is None else Comparison(variable, compare, expected)


def _path(rule: Fields, name: str) -> PathQuery | None:
    text = rule.optional(name, "string")
    if text is None:
        return None
    try:
        return compile_path_query(text)
    except InvalidPath:
        rule.problems.invalid(rule.at(name), "Value is not a valid JSONPath")
        return None
