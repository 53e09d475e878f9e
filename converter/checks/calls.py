"""Tasks: the service and action exist, and the arguments are those that the action takes.

Values that are known only at run time or deployment are left out, and so is what the service alone can judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from converter import diagnostics as d
from converter.checks.findings import Finding, about_state
from converter.checks.integrations import (
    OPTIMISED,
    OWN_FORMS,
    Call,
    api_of,
    call_of,
    input_shape,
    is_resource,
    operations_of,
)
from converter.checks.machine import MachineTree, State, is_filled_in_later
from converter.diagnostics import Code

#: Members for which Step Functions turns JSON into the text that the API takes.
_JSON_TEXTS = frozenset(
    {"Input", "Output", "Payload", "Message", "MessageBody", "Detail", "Body", "SecretString"}
)
_NUMBERS = ("integer", "long", "float", "double")


@dataclass(frozen=True)
class _Complaint:
    code: Code
    problem: str
    remedy: str


def check_calls(machine: MachineTree) -> Iterator[Finding]:
    """Find calls that there are not (D521), and arguments: unknown (D522), missing (D523), wrong (D524)."""
    for state in machine.states:
        if state.type == "Task" and state.text("Resource"):
            for found in _complaints(state):
                yield about_state(found.code, state, found.problem, found.remedy)


def _complaints(state: State) -> Iterable[_Complaint]:
    resource = state.text("Resource")
    call = call_of(resource)
    return _resource_complaints(resource) or (_argument_complaints(call, state) if call else ())


@lru_cache(maxsize=256)
def _resource_complaints(resource: str) -> tuple[_Complaint, ...]:
    call = call_of(resource)
    if call is not None:
        return tuple(_call_complaints(call))
    if is_resource(resource):
        return ()
    problem = f"'{resource}' is no resource of a Task"
    return (_Complaint(d.UNKNOWN_CALL, problem, "use arn:aws:states:::<service>:<action>"),)


def _call_complaints(call: Call) -> Iterator[_Complaint]:
    """Yield what is wrong with the name of a call."""
    if not call.is_sdk and call.service not in OPTIMISED:
        problem = f"there is no optimised integration of a service '{call.service}'"
        yield _Complaint(d.UNKNOWN_CALL, problem, f"try aws-sdk:{call.service}:{call.action}")
        return
    known = {} if call.is_sdk else OPTIMISED[call.service].actions
    if not call.is_sdk and call.action not in known:
        problem = f"the integration of '{call.service}' has no action '{call.action}'"
        yield _Complaint(d.UNKNOWN_CALL, problem, _similar(call.action, known))
        return
    patterns = ("", "waitForTaskToken") if call.is_sdk else known[call.action]
    if call.pattern not in patterns:
        allowed = ", ".join(f".{pattern}" for pattern in patterns if pattern) or "no pattern"
        problem = f"{call.name} cannot be called with '.{call.pattern}'"
        yield _Complaint(d.UNKNOWN_CALL, problem, f"it allows {allowed}")
    if call.is_sdk:
        service, operation = api_of(call)
        if not service:
            problem = f"the AWS SDK has no service '{call.service}'"
            yield _Complaint(d.UNKNOWN_CALL, problem, "use the Java SDK's name, in small letters")
        elif operation not in (operations := operations_of(service)):
            # Java spells abbreviations otherwise: describeDbInstances for DescribeDBInstances.
            if operation.lower() not in {name.lower() for name in operations}:
                known_actions = [name[:1].lower() + name[1:] for name in operations]
                problem = f"the service '{call.service}' has no action '{call.action}'"
                yield _Complaint(d.UNKNOWN_CALL, problem, _similar(call.action, known_actions))
        elif call.action[:1].isupper():
            problem = f"the action '{call.action}' begins with a capital"
            yield _Complaint(d.UNKNOWN_CALL, problem, f"write {call.action[:1].lower()}{call.action[1:]}")


def _argument_complaints(call: Call, state: State) -> Iterator[_Complaint]:
    arguments = state.arguments if state.arguments is not None else {}
    if is_filled_in_later(arguments):
        return
    if not isinstance(arguments, dict):
        yield _Complaint(d.BAD_CALL_ARGUMENT, f"the arguments of {call.name} are no object", "give an object")
        return
    given = _without_path_marks(arguments)
    if call.name in OWN_FORMS:
        required, others = OWN_FORMS[call.name]
        yield from _member_complaints(call.name, given, required, (*required, *others))
        return
    extra = () if call.is_sdk else OPTIMISED[call.service].extra.get(call.action, ())
    arguments = {name: value for name, value in given.items() if name not in extra}
    yield from _Reading(call).value(arguments, _input_of(call), "")


@lru_cache(maxsize=256)
def _input_of(call: Call) -> Any:
    """Return botocore's shape of what a call takes, None where it takes nothing."""
    service, operation = api_of(call)
    operations = operations_of(service)
    named = operation if operation in operations else _spelled_otherwise(operation, operations) or operation
    return input_shape(service, named)


class _Later:
    """A value that is known only at run time: a member whose name ended in ``.$``, in JSONPath mode."""


def _without_path_marks(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object's members by their names without ``.$``."""
    if not any([name.endswith(".$") for name in members]):
        return members
    return {
        name.removesuffix(".$"): _Later() if name.endswith(".$") else item for name, item in members.items()
    }


@dataclass(frozen=True)
class _Reading:
    """Holds values against botocore's shapes."""

    call: Call

    def value(self, value: Any, shape: Any, where: str) -> Iterator[_Complaint]:
        """Yield what is wrong with a value; ``where`` is the path to it."""
        if isinstance(value, _Later) or is_filled_in_later(value):
            return
        kind = "structure" if shape is None else shape.type_name
        if kind == "structure" and isinstance(value, dict):
            yield from self._structure(value, shape, where)
        elif kind == "list" and isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.value(item, shape.member, f"{where}[{index}]")
        elif kind == "map" and isinstance(value, dict):
            for name, item in _without_path_marks(value).items():
                yield from self.value(item, shape.value, f"{where}.{name}")
        elif not _fits(value, kind, where):
            problem = f"the argument '{where}' of {self.call.name} is no {_KIND_NAMES.get(kind, kind)}"
            yield _Complaint(
                d.BAD_CALL_ARGUMENT, problem, f"give {_KIND_REMEDIES.get(kind, 'another value')}"
            )
        elif kind == "string" and shape.enum and isinstance(value, str) and value not in shape.enum:
            problem = f"the argument '{where}' of {self.call.name} cannot be '{value}'"
            yield _Complaint(d.BAD_CALL_ARGUMENT, problem, _similar(value, shape.enum))

    def _structure(self, value: Mapping[str, Any], shape: Any, where: str) -> Iterator[_Complaint]:
        if shape is not None and shape.is_document_type:  # any JSON
            return
        members, required = _members_of(shape)
        prefix = f"{where}." if where else ""
        found = {}
        for name, item in _without_path_marks(value).items():
            known = name if name in members else _spelled_otherwise(name, members)
            if not known or (known != name and (not self.call.is_sdk or name[:1].islower())):
                yield _unknown(self.call.name, prefix, name, members)
            if known:
                found[known] = item
        for name in required:
            if name not in found:
                yield _missing(self.call.name, prefix, name)
        for name, item in found.items():
            yield from self.value(item, shape.members[members[name]], prefix + name)


@lru_cache(maxsize=1024)
def _members_of(shape: Any) -> tuple[Mapping[str, str], Sequence[str]]:
    """Return a structure's members, as Tasks spell them → as the API does, and which of them it requires."""
    if shape is None:
        return {}, ()
    required = [
        _capital(name)
        for name in shape.required_members
        # The SDK fills in what makes a call safe to repeat.
        if not shape.members[name].metadata.get("idempotencyToken")
    ]
    return {_capital(name): name for name in shape.members}, required


def _spelled_otherwise(name: str, members: Iterable[str]) -> str:
    """Return the member that Java spells so: DbClusterIdentifier for DBClusterIdentifier; "" for none."""
    return next((member for member in members if member.lower() == name.lower()), "")


_KIND_NAMES = {
    "structure": "object",
    "map": "object",
    "list": "array",
    "timestamp": "point in time",
    "blob": "text",
}
_KIND_REMEDIES = {
    **dict.fromkeys(("structure", "map"), "an object"),
    **dict.fromkeys(_NUMBERS, "a number, without quotes"),
    "list": "an array",
    "string": "a string",
    "boolean": "true or false",
    "timestamp": "an ISO 8601 text",
}


def _fits(value: Any, kind: str, where: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in _NUMBERS:
        whole = kind in ("integer", "long")
        return isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if kind == "timestamp":
        return isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if kind == "string":
        is_json = where.rpartition(".")[2] in _JSON_TEXTS
        return isinstance(value, str) or (is_json and isinstance(value, (dict, list)))
    # A blob takes text, and a payload any JSON.
    return kind == "blob"


def _member_complaints(
    call: str, given: Mapping[str, Any], required: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[_Complaint]:
    for name in given:
        if name not in known:
            yield _unknown(call, "", name, known)
    for name in required:
        if name not in given:
            yield _missing(call, "", name)


def _unknown(call: str, prefix: str, name: str, known: Any) -> _Complaint:
    problem = f"{call} takes no argument '{prefix}{name}'"
    return _Complaint(d.UNKNOWN_CALL_ARGUMENT, problem, _similar(name, known, prefix))


def _missing(call: str, prefix: str, name: str) -> _Complaint:
    problem = f"the argument '{prefix}{name}' of {call} is missing"
    return _Complaint(d.MISSING_CALL_ARGUMENT, problem, "add it")


def _similar(name: str, known: Any, prefix: str = "") -> str:
    names = sorted(known)
    by_case = [other for other in names if other.lower() == name.lower()]
    similar = by_case or get_close_matches(name, names, n=1)
    if similar:
        return f"write '{prefix}{similar[0]}'"
    return f"it has {', '.join(names)}" if 0 < len(names) <= 12 else "remove it"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
