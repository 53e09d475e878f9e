"""What may leave a task: JSON, because the machine's data is JSON."""

import math
from collections.abc import Mapping
from typing import Any


def as_json(value: Any, what: str) -> Any:
    """Return a value as JSON has it: tuples are lists, keys are strings.

    Raises TypeError, or ValueError for NaN and infinities, naming the place inside ``what``.
    """
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ValueError(f"{what} is {value}, which has no JSON form")
    if isinstance(value, Mapping):
        return {str(key): as_json(item, f"{what}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(item, f"{what}[{index}]") for index, item in enumerate(value)]
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    hint = "its isoformat()" if hasattr(value, "isoformat") else "text, numbers, lists and dicts"
    raise TypeError(
        f"{what} is a {kind}, which has no JSON form: an XCom in Step Functions is JSON; use {hint}"
    )
