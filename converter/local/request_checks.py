"""What AWS refuses before it looks at a call: what is no JSON, no operation, of a wrong type or size.

The service's own model says what a request holds, so moto and our answers see nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moto.core.responses import method_names_from_class
from moto.core.utils import camelcase_to_underscores

from converter.local.integrations.service_names import service_model

_JSON_NAMES = {bool: "TRUE_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE", str: "STRING_VALUE"}
_NUMBERS = ("integer", "long", "float", "double")
_TYPES: dict[str, Any] = {
    **dict.fromkeys(("structure", "map"), dict),
    **dict.fromkeys(("integer", "long"), int),
    **dict.fromkeys(("float", "double"), (int, float)),
    "list": list,
    "string": str,
    "boolean": bool,
}
_TOO_SHORT = "Member must have {what} greater than or equal to {limit}"
_TOO_LONG = "Member must have {what} less than or equal to {limit}"


class _Unreadable(Exception):
    """The body does not have the shape of the request. The message is AWS's."""


class CheckedRequests:
    """Mixed into a service's responses: answers what cannot be a request of it."""

    def _dispatch(self, request: Any, full_url: str | None = None, headers: Any = None) -> Any:
        refused = self._refusal(str(request.headers.get("X-Amz-Target", "")), request.data)
        if refused is None:
            return super()._dispatch(request, full_url, headers)  # type: ignore[misc]  # moto's
        code, message = refused
        answer = {"__type": code} | ({"message": message} if message else {})
        return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer)

    def _refusal(self, target: str, body: bytes) -> tuple[str, str] | None:
        action = target.rpartition(".")[2]
        model = service_model(self.boto3_service_name)  # type: ignore[attr-defined]  # moto has it
        if action not in model.operation_names:
            return "UnknownOperationException", ""
        if camelcase_to_underscores(action) not in method_names_from_class(type(self)):
            return "UnknownOperationException", f"The local AWS has no {action}"
        shape = model.operation_model(action).input_shape
        try:
            given = json.loads(body or b"{}")
            found = list(_problems(given, shape, "")) if shape else []
        except _Unreadable as problem:
            return "SerializationException", str(problem)
        except (ValueError, RecursionError):  # a UnicodeError is a ValueError
            return "SerializationException", ""
        if not found:
            return None
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
        return "ValidationException", f"{count}: {'; '.join(found)}"


def _problems(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Yield what breaks a limit of the model. Raises _Unreadable if the value has another type."""
    _check_type(value, shape.type_name)
    yield from _limits(value, shape, path)
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield _broken("null", f"{path}{name}", "Member must not be null")
    for item, member, where in _inside(value, shape, path):
        if item is not None:
            yield from _problems(item, member, where)


def _inside(value: Any, shape: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield value.get(name), member, f"{path}{name}"
    elif shape.type_name == "list":
        for number, item in enumerate(value, 1):
            yield item, shape.member, f"{path}.{number}.member."
    elif shape.type_name == "map":
        for key, item in value.items():
            yield item, shape.value, f"{path}.{key}.member."


def _check_type(value: Any, wanted: str) -> None:
    types = _TYPES.get(wanted)
    if types and not (isinstance(value, types) and isinstance(value, bool) == (wanted == "boolean")):
        raise _Unreadable(_mismatch(value, wanted))
    if isinstance(value, str):
        value.encode()  # half a surrogate pair is no text


def _mismatch(value: Any, wanted: str) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    if wanted in ("structure", "map", "list"):
        return f"Expected {'list' if wanted == 'list' else 'map'} or null"
    name = "FALSE_VALUE" if value is False else _JSON_NAMES.get(type(value), "NULL_VALUE")
    return f"{name} cannot be converted to {wanted.title()}"


def _limits(value: Any, shape: Any, path: str) -> Iterator[str]:
    wanted, limits = shape.type_name, shape.metadata
    if wanted == "string" and shape.enum and value not in shape.enum:
        yield _broken(f"'{value}'", path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    what = "value" if wanted in _NUMBERS else "length"
    size = value if wanted in _NUMBERS else len(value) if isinstance(value, str | list | dict) else None
    if size is None:
        return
    told = "" if limits.get("sensitive") or isinstance(value, list | dict) else f"'{value}'"
    if "min" in limits and size < limits["min"]:
        yield _broken(told, path, _TOO_SHORT.format(what=what, limit=limits["min"]))
    if "max" in limits and size > limits["max"]:
        yield _broken(told, path, _TOO_LONG.format(what=what, limit=limits["max"]))


def _broken(told: str, path: str, constraint: str) -> str:
    value = f"Value {told}".rstrip()
    return f"{value} at '{path.rstrip('.')}' failed to satisfy constraint: {constraint}"
