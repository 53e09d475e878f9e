"""Reading states: each type's fields, what they must be, and what this engine does not run."""

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
from converter.engine.field_parsing import (
    read_catchers,
    read_resource,
    read_retriers,
    read_template,
    read_transition,
    read_whole_number,
)
from converter.engine.problems import Fields

_MAX_NAME = 80  # Service Quotas: state name
_COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
_LEAVING = frozenset({"Next", "End", "Assign", "Output"})
_HANDLING = frozenset({"Retry", "Catch"})
_FIELDS: dict[str, frozenset[str]] = {
    "Pass": _COMMON | _LEAVING,
    "Succeed": _COMMON | {"Output"},
    "Fail": _COMMON | {"Error", "Cause"},
    "Wait": _COMMON | _LEAVING | {"Seconds", "Timestamp"},
    "Choice": _COMMON | {"Choices", "Default", "Assign", "Output"},
    "Task": _COMMON
    | _LEAVING
    | _HANDLING
    | {"Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
    "Parallel": _COMMON | _LEAVING | _HANDLING | {"Branches", "Arguments"},
    "Map": _COMMON
    | _LEAVING
    | _HANDLING
    | {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency"}
    | {"ToleratedFailureCount", "ToleratedFailurePercentage"}
    | {"ItemReader", "ItemBatcher", "ResultWriter", "Label"},
}
_DISTRIBUTED_FIELDS = ("ItemReader", "ItemBatcher", "ResultWriter", "Label")


@dataclass(frozen=True)
class StateReader:
    """What is known on the way down: the query language in force and where each state name was seen."""

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
    language = fields.optional("QueryLanguage", "string") or reader.language
    if language == "JSONPath":
        if reader.language == "JSONata":
            fields.problems.invalid(
                fields.at("QueryLanguage"), "A state of a JSONata state machine cannot use JSONPath"
            )
        fields.problems.unsupported(
            fields.path, 'Query language JSONPath (the default: write "QueryLanguage": "JSONata")'
        )
        return None
    fields.refuse_unknown(_FIELDS[type_], f"a {type_} state in JSONata mode")
    return _READERS[type_](name, fields, reader)


def _read_pass(name: str, fields: Fields, _: StateReader) -> State:
    return PassState(name, read_transition(fields))


def _read_succeed(name: str, fields: Fields, _: StateReader) -> State:
    return SucceedState(name, read_template(fields, "Output"))


def _read_fail(name: str, fields: Fields, _: StateReader) -> State:
    return FailState(name, read_template(fields, "Error", "string"), read_template(fields, "Cause", "string"))


def _read_wait(name: str, fields: Fields, _: StateReader) -> State:
    if ("Seconds" in fields) == ("Timestamp" in fields):
        fields.problems.invalid(fields.path, "Exactly one of these fields is required: [Seconds, Timestamp]")
    seconds = read_whole_number(fields, "Seconds", at_least=0)
    return WaitState(name, seconds, read_template(fields, "Timestamp", "string"), read_transition(fields))


def _read_choice(name: str, fields: Fields, _: StateReader) -> State:
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
        rule.refuse_unknown({"Condition", "Next", "Assign", "Output", "Comment"}, "a rule in JSONata mode")
        rule.required("Next", "string")
        if "Condition" not in rule:
            fields.problems.invalid(path, "These fields are required: [Condition]")
            continue
        condition = read_template(rule, "Condition", "boolean", f"Choices[{index}]/Condition")
        if condition is not None:
            rules.append(ChoiceRule(condition, read_transition(rule, f"Choices[{index}]/")))
    default = fields.optional("Default", "string")
    otherwise = None if default is None else replace(_without_target(fields), next=default)
    return ChoiceState(name, tuple(rules), otherwise)


def _without_target(fields: Fields) -> Transition:
    return read_transition(fields, needs_target=False)


def _read_task(name: str, fields: Fields, _: StateReader) -> State:
    return TaskState(
        name,
        read_retriers(fields),
        read_catchers(fields),
        read_transition(fields),
        read_resource(fields),
        read_template(fields, "Arguments"),
        read_whole_number(fields, "TimeoutSeconds", at_least=1),
        read_whole_number(fields, "HeartbeatSeconds", at_least=1),
        _read_role(fields),
    )


def _read_role(fields: Fields) -> Any:
    credentials = fields.optional("Credentials", "object")
    if credentials is None:
        return None
    inner = Fields(credentials, fields.at("Credentials"), fields.problems)
    inner.refuse_unknown({"RoleArn"}, "Credentials in JSONata mode")
    return read_template(inner, "RoleArn", "string", "Credentials/RoleArn")


def _read_parallel(name: str, fields: Fields, reader: StateReader) -> State:
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
        read_catchers(fields),
        read_transition(fields),
        tuple(branches),
        read_template(fields, "Arguments"),
    )


def _read_map(name: str, fields: Fields, reader: StateReader) -> State:
    content = fields.required("ItemProcessor", "object")
    processor = Fields(content or {}, fields.at("ItemProcessor"), fields.problems)
    processor.refuse_unknown({"StartAt", "States", "ProcessorConfig", "Comment"}, "an item processor")
    config = processor.optional("ProcessorConfig", "object") or {}
    if config.get("Mode", "INLINE") != "INLINE":
        fields.problems.unsupported(processor.at("ProcessorConfig"), f"Map in {config['Mode']} mode")
    for field in _DISTRIBUTED_FIELDS:
        if field in fields:
            fields.problems.unsupported(fields.at(field), f"Field '{field}' of a distributed Map")
    return MapState(
        name,
        read_retriers(fields),
        read_catchers(fields),
        read_transition(fields),
        read_states(processor, reader) if content is not None else States("", {}),
        read_template(fields, "Items", "array"),
        read_template(fields, "ItemSelector"),
        read_whole_number(fields, "MaxConcurrency", at_least=0),
        read_whole_number(fields, "ToleratedFailureCount", at_least=0),
        read_template(fields, "ToleratedFailurePercentage", "number"),
    )


_READERS: dict[str, Callable[[str, Fields, StateReader], State]] = {
    "Task": _read_task,
    "Pass": _read_pass,
    "Choice": _read_choice,
    "Wait": _read_wait,
    "Succeed": _read_succeed,
    "Fail": _read_fail,
    "Parallel": _read_parallel,
    "Map": _read_map,
}
