"""Values of templates as an API wants them: CloudFormation takes ``"60"`` for 60 and true for ``"true"``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def coerce_parameters(client: Any) -> None:
    """Let a boto3 client convert the parameters of all its calls by the API's own description."""

    def convert(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.input_shape is not None:
            params.update(coerced(params, model.input_shape))

    client.meta.events.register("before-parameter-build", convert)


def coerced(value: Any, shape: Any) -> Any:  # noqa: PLR0911 - one for each kind of shape
    """The value as botocore's ``shape`` says; what cannot be converted stays for the API to refuse."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        return {
            name: coerced(item, shape.members[name]) if name in shape.members else item
            for name, item in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [coerced(item, shape.member) for item in value]
    if kind == "map" and isinstance(value, Mapping):
        return {name: coerced(item, shape.value) for name, item in value.items()}
    if kind == "string" and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind in {"integer", "long", "double", "float"} and isinstance(value, str):
        return _number(value, whole=kind in {"integer", "long"})
    return value


def _number(text: str, *, whole: bool) -> int | float | str:
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return text
