"""Reading states: each type's fields and what they must be. The query language reads its own share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from converter.engine.definition import (
    ChoiceRule,
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    State,
    States,
    SucceedState,
    TaskState,
    Transition,
    WaitState,
)
from converter.engine.distribution_reading import read_distribution
from converter.engine.field_parsing import read_catchers, read_resource, read_retriers
from converter.engine.jsonata_reading import JsonataReader
from converter.engine.jsonpath_reading import JsonPathReader
from converter.engine.language_reading import LanguageReader
from converter.engine.problems import Fields

_MAX_NAME = 80  # Service Quotas: state name
_PROCESSOR_FIELDS = frozenset({"StartAt", "States", "ProcessorConfig", "Comment"})

LANGUAGES: dict[str, LanguageReader] = {"JSONata": JsonataReader(), "JSONPath": JsonPathReader()}
"""Name of a query language → what reads its fields."""


@dataclass(frozen=True)
class StateReader:
    """What is known on the way down: the machine's query language and where each state name was seen."""

    language: str
    names: dict[str, str]


def read_states(fields: Fields, reader: StateReader) -> States:
    """Read ``StartAt`` and ``States`` of a machine, branch or item processor."""
    start = fields.required("StartAt", "string")
    contents: dict[str, Any] = fields.required("States", "object") or {}
    if "States" in fields and not contents:
        fields.problems.invalid(fields.at("States"), "Expected at least one state")
    if start is not None and start not in contents:
        _missing_target(fields, "StartAt", start)
    states: dict[str, State] = {}
    for name, content in contents.items():
        path = f"{fields.path}/States/{name}"
        _check_name(name, path, reader, fields)
        if not isinstance(content, dict):
            fields.problems.invalid(path, "Expected value to be an object")
            continue
        state = _read_state(name, Fields(content, path, fields.problems), reader)
        if state is not None:
            states[name] = state
            _check_targets(Fields(content, path, fields.problems), contents)
    return States(start or "", states)


def _check_name(name: str, path: str, reader: StateReader, fields: Fields) -> None:
    if not 1 <= len(name) <= _MAX_NAME:
        fields.problems.invalid(path, f"The name of a state has 1 to {_MAX_NAME} characters")
    if name in reader.names:
        fields.problems.invalid(
            path, f"Duplicate State name: {name}, also at {reader.names[name]}", "DUPLICATE_STATE_NAME"
        )
    reader.names[name] = path


def _check_targets(fields: Fields, siblings: dict[str, Any]) -> None:
    for name in ("Next", "Default"):
        target = fields.raw(name)
        if isinstance(target, str) and target not in siblings:
            _missing_target(fields, name, target)
    for group in ("Choices", "Catch"):
        entries = fields.raw(group)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            target = entry.get("Next") if isinstance(entry, dict) else None
            if isinstance(target, str) and target not in siblings:
                _missing_target(
                    Fields(entry, f"{fields.path}/{group}[{index}]", fields.problems), "Next", target
                )


def _missing_target(fields: Fields, name: str, target: str) -> None:
    fields.problems.invalid(
        fields.at(name), f"Missing '{name}' target: {target}", "MISSING_TRANSITION_TARGET"
    )


def _read_state(name: str, fields: Fields, reader: StateReader) -> State | None:
    type_ = fields.required("Type", "string")
    if type_ is None:
        return None
    if type_ not in _READERS:
        fields.problems.invalid(
            fields.at("Type"), f"Value is not valid. Allowed values: [{', '.join(_READERS)}]"
        )
        return None
    language = _language(fields, reader)
    fields.refuse_unknown(language.fields[type_], f"a {type_} state in {language.name} mode")
    return _READERS[type_](name, fields, reader, language)


def _language(fields: Fields, reader: StateReader) -> LanguageReader:
    name = fields.optional("QueryLanguage", "string") or reader.language
    if name not in LANGUAGES:
        fields.problems.invalid(
            fields.at("QueryLanguage"), "Value is not valid. Allowed values: [JSONPath, JSONata]"
        )
        name = reader.language
    if name == "JSONPath" and reader.language == "JSONata":
        fields.problems.invalid(
            fields.at("QueryLanguage"), "A state of a JSONata state machine cannot use JSONPath"
        )
    return LANGUAGES[name]


def _read_pass(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    return PassState(name, language.transition(fields), language.result(fields))


def _read_succeed(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    return SucceedState(name, language.transition(fields, needs_target=False))


def _read_fail(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    return FailState(name, language.text(fields, "Error"), language.text(fields, "Cause"))


def _read_wait(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    seconds, timestamp = language.wait(fields)
    return WaitState(name, seconds, timestamp, language.transition(fields))


def _read_choice(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    rules = []
    entries = fields.required("Choices", "array")
    if entries is not None and not entries:
        fields.problems.invalid(fields.at("Choices"), "Expected at least one rule")
    for index, entry in enumerate(entries or []):
        path = f"{fields.path}/Choices[{index}]"
        if not isinstance(entry, dict):
            fields.problems.invalid(path, "Expected value to be an object")
            continue
        rule = Fields(entry, path, fields.problems)
        if language.rule_fields is not None:
            rule.refuse_unknown(language.rule_fields, f"a rule in {language.name} mode")
        rule.required("Next", "string")
        condition = language.condition(rule, index, fields)
        if condition is not None:
            rules.append(ChoiceRule(condition, language.rule_transition(rule, index, fields)))
    return ChoiceState(name, tuple(rules), _read_default(fields, language))


def _read_default(fields: Fields, language: LanguageReader) -> Transition | None:
    default = fields.optional("Default", "string")
    return None if default is None else replace(language.transition(fields, needs_target=False), next=default)


def _read_task(name: str, fields: Fields, _: StateReader, language: LanguageReader) -> State:
    return TaskState(
        name,
        read_retriers(fields),
        read_catchers(fields, language),
        language.transition(fields),
        read_resource(fields),
        language.arguments(fields),
        language.whole_number(fields, "TimeoutSeconds", 1, fields),
        language.whole_number(fields, "HeartbeatSeconds", 1, fields),
        language.role(fields),
    )


def _read_parallel(name: str, fields: Fields, reader: StateReader, language: LanguageReader) -> State:
    branches = []
    for index, content in enumerate(fields.required("Branches", "array") or []):
        path = f"{fields.path}/Branches[{index}]"
        if not isinstance(content, dict):
            fields.problems.invalid(path, "Expected value to be an object")
            continue
        branch = Fields(content, path, fields.problems)
        branch.refuse_unknown({"StartAt", "States", "Comment"}, "a branch")
        branches.append(read_states(branch, reader))
    if fields.raw("Branches") == []:
        fields.problems.invalid(fields.at("Branches"), "Expected at least one branch")
    return ParallelState(
        name,
        read_retriers(fields),
        read_catchers(fields, language),
        language.transition(fields),
        tuple(branches),
        language.arguments(fields),
    )


def _read_map(name: str, fields: Fields, reader: StateReader, language: LanguageReader) -> State:
    processor = _read_processor(fields)
    return MapState(
        name,
        read_retriers(fields),
        read_catchers(fields, language),
        language.transition(fields),
        States("", {}) if processor is None else read_states(processor, reader),
        language.items(fields),
        language.item_selector(fields),
        language.whole_number(fields, "MaxConcurrency", 0, fields),
        language.whole_number(fields, "ToleratedFailureCount", 0, fields),
        language.percentage(fields, "ToleratedFailurePercentage"),
        None if processor is None else read_distribution(fields, processor, language),
    )


def _read_processor(fields: Fields) -> Fields | None:
    """Read the item processor, which was called Iterator once."""
    name = "Iterator" if "Iterator" in fields else "ItemProcessor"
    if name == "Iterator" and "ItemProcessor" in fields:
        fields.problems.invalid(fields.path, "You cannot specify both [ItemProcessor] and [Iterator]")
    content = fields.required(name, "object")
    if content is None:
        return None
    processor = Fields(content, fields.at(name), fields.problems)
    processor.refuse_unknown(_PROCESSOR_FIELDS, "an item processor")
    return processor


_READERS: dict[str, Callable[[str, Fields, StateReader, LanguageReader], State]] = {
    "Task": _read_task,
    "Pass": _read_pass,
    "Choice": _read_choice,
    "Wait": _read_wait,
    "Succeed": _read_succeed,
    "Fail": _read_fail,
    "Parallel": _read_parallel,
    "Map": _read_map,
}
