"""Values as Airflow keeps them in XComs, as the JSON values that they stand for.

Airflow keeps what JSON does not know (tuples, sets, dates, and objects) with the name of its class. An
execution has JSON only, so both are compared in that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

#: ``airflow.sdk.serde``: the class, and the data, of what is not plain JSON.
_CLASS, _DATA = "__classname__", "__data__"
#: Of Airflow 2.
_OLD_CLASS, _OLD_DATA = "__type", "__var"
_SEQUENCES = ("builtins.tuple", "builtins.list", "tuple", "list")
_SETS = ("builtins.set", "builtins.frozenset", "set", "frozenset")
_DATES = ("datetime.datetime", "pendulum.datetime.DateTime", "datetime")


def plain(value: Any) -> Any:
    """Return a value of JSON for a value that Airflow has written.

    >>> plain({"__classname__": "builtins.tuple", "__version__": 1, "__data__": [1, 2]})
    [1, 2]
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    for name, data in ((_CLASS, _DATA), (_OLD_CLASS, _OLD_DATA)):
        if name in value and data in value:
            return _decoded(str(value[name]), value[data])
    return {key: plain(item) for key, item in value.items()}


def _decoded(class_name: str, data: Any) -> Any:
    if class_name in _SEQUENCES:
        return [plain(item) for item in data]
    if class_name in _SETS:
        return sorted((plain(item) for item in data), key=lambda item: json.dumps(item, sort_keys=True))
    if class_name in _DATES:
        seconds = data.get("timestamp") if isinstance(data, Mapping) else data
        if isinstance(seconds, (int, float)):
            return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    return plain(data)
