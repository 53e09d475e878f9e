"""Between a Task's JSON and a service's API: names, JSON strings and dates, led by the API's own description.

Step Functions spells every parameter and result in PascalCase (``aws-sdk:`` calls as the SDK for Java does:
``DbInstances``), takes an object where the API wants JSON text, and has no dates. What the API wants is read
from botocore's model of the operation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from converter.expressions.java_names import member_name

Json = Any
Shape = Any  # botocore's kinds of shapes have no common type with their members
DateFormat = Callable[[datetime], "str | int"]


class UnknownFieldError(ValueError):
    """An argument that the API action does not have."""


def compact(value: Json) -> str:
    """JSON text as Step Functions writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def epoch_milliseconds(moment: datetime) -> int:
    """How optimised integrations show dates."""
    return int(moment.timestamp() * 1000)


def iso_instant(moment: datetime) -> str:
    """How AWS SDK integrations show dates: ``2026-01-01T00:00:00.120Z``, without an empty fraction."""
    utc = moment.astimezone(timezone.utc)
    precision = "milliseconds" if utc.microsecond // 1000 else "seconds"
    return utc.isoformat(timespec=precision).replace("+00:00", "Z")


def to_api(arguments: Json, shape: Shape, path: str = "") -> Any:  # noqa: PLR0911 - one for each kind of shape
    """A Task's arguments as boto3 wants them. Raises :class:`UnknownFieldError`."""
    if shape is None:  # an action without parameters
        return {}
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):  # any JSON
        return arguments
    if kind == "structure" and isinstance(arguments, Mapping):
        members = {
            spelled: (name, member)
            for name, member in shape.members.items()
            for spelled in (_pascal(name), member_name(name))
        }
        converted = {}
        for name, value in arguments.items():
            if name not in members:
                raise UnknownFieldError(f"The field '{path}{name}' is not supported by Step Functions")
            api_name, member = members[name]
            converted[api_name] = to_api(value, member, f"{path}{name}.")
        return converted
    if kind == "list" and isinstance(arguments, list):
        return [to_api(item, shape.member, path) for item in arguments]
    if kind == "map" and isinstance(arguments, Mapping):
        return {key: to_api(value, shape.value, path) for key, value in arguments.items()}
    if kind == "string" and isinstance(arguments, (Mapping, list)):
        return compact(arguments)
    if kind == "blob":
        return arguments.encode() if isinstance(arguments, str) else compact(arguments).encode()
    return arguments


def from_api(  # noqa: PLR0911 - one for each kind of shape
    result: Any, shape: Shape, dates: DateFormat, spelled: Callable[[str], str] | None = None
) -> Json:
    """A boto3 result as a Task shows it: dates by ``dates``, absent members left out.

    Names are in PascalCase, and as ``spelled`` says.
    """
    spelled = spelled or _pascal
    if shape is None:  # an action without a result
        return {}
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return result
    if kind == "structure":
        shown = {
            spelled(name): from_api(result[name], member, dates, spelled)
            for name, member in shape.members.items()
            if result.get(name) is not None
        }
        return dict(sorted(shown.items()))
    if kind == "list":
        return [from_api(item, shape.member, dates, spelled) for item in result]
    if kind == "map":
        return {key: from_api(value, shape.value, dates, spelled) for key, value in result.items()}
    if kind == "blob":
        return _text(result)
    if isinstance(result, datetime):
        return dates(result)
    return result


def _text(blob: Any) -> str:
    content = blob if isinstance(blob, bytes) else blob.read()
    try:
        return str(content.decode())
    except UnicodeDecodeError:
        return base64.b64encode(content).decode()


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]
