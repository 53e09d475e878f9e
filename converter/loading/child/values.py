"""Turns whatever a DAG file passes as an argument into a JSON value, or an Opaque where there is none.

===============================  ====================================================================
None, bool, int, str             themselves (subclasses become the plain type)
float                            itself; NaN and the infinities are Opaque, JSON has no form for them
Enum                             its value
datetime, date, time             ISO 8601 string
timedelta                        ``{"seconds": float}``
mapping                          dict in the order of insertion, keys as strings
list, tuple                      list
set, frozenset                   list, sorted by the members' JSON form
an argument of a mapped group    Opaque of the kind ``GROUP_ARGUMENT``
everything else                  Opaque
what is made of something        Opaque of the kind ``unknown`` (see ``stand_ins.unknown``)
unknown
===============================  ====================================================================

The text of an Opaque is made of names and values, never of ``repr``: the same DAG gives the same text in
every process, under every hash seed, in every folder.
"""

from __future__ import annotations

import datetime
import functools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from converter.loading.child.airflow_names import DAG, AbstractOperator, MappedArgument, PlainXComArg, XComArg
from converter.loading.child.stand_ins.moved import todays_name
from converter.loading.child.stand_ins.placeholders import Placeholder
from converter.loading.child.stand_ins.unknown import Unknown, mark_in, shown
from converter.workflow import GROUP_ARGUMENT, LIST_TEMPLATE, Opaque, Value, to_json

#: Airflow imports ``etl.py`` as ``unusual_prefix_<hash of its path>_etl`` (airflow.utils.file).
_DAG_MODULE_PREFIX = re.compile(r"^unusual_prefix_[0-9a-f]+_")

#: For how many classes is kept what is known of them: the files of a folder share theirs, and have own ones.
CLASSES_KEPT = 1000

_LONGEST_TEXT = 500

#: Types of what is its own JSON value.
_AS_THEY_ARE = frozenset({type(None), bool, int})

#: What has members; the plain types first, as to ask for a Mapping takes its time.
_CONTAINERS = (dict, list, tuple, set, frozenset, Mapping)

#: The kind of an Opaque of which not even the class is known.
_UNKNOWN = "unknown"


def dotted_name(item: object) -> str:
    """Return ``module.name`` of a class or function, with a DAG file's module named as its file is."""
    module = str(getattr(item, "__module__", None) or "builtins")
    if module.startswith("unusual_prefix_"):
        module = _DAG_MODULE_PREFIX.sub("", module)
    return f"{module}.{getattr(item, '__qualname__', type(item).__qualname__)}"


@functools.lru_cache(CLASSES_KEPT)
def class_name(item: type) -> str:
    """Return the dotted name of an operator's class, as it is called in the Airflow of today."""
    name = dotted_name(item)
    return todays_name(name) or name


def as_value(item: object, _containers: frozenset[int] = frozenset()) -> Value:
    """Return the JSON value of an object (see the module), with an :class:`Opaque` where it has none."""
    kind = type(item)
    if kind in _AS_THEY_ARE:  # most are this, or plain texts
        return item
    if kind is str:
        return _text_value(item)
    if isinstance(item, Unknown):
        return Opaque(_UNKNOWN, shown(item))
    if isinstance(item, Enum):
        return as_value(item.value, _containers)
    if isinstance(item, (int, float, str, datetime.date, datetime.time, datetime.timedelta)):
        return _scalar_value(item)
    return _container_value(item, _containers)


def _text_value(text: Any) -> Value:
    unknown = mark_in(text)
    return text if unknown is None else Opaque(_UNKNOWN, unknown)


def _scalar_value(item: str | float | datetime.date | datetime.time | datetime.timedelta) -> Value:
    if isinstance(item, datetime.timedelta):
        return {"seconds": item.total_seconds()}
    if isinstance(item, (datetime.date, datetime.time)):
        return item.isoformat()
    if isinstance(item, Placeholder) and item.is_list:
        return Opaque(LIST_TEMPLATE, str.__str__(item))
    if isinstance(item, str):
        # The text of a subclass, which may have a __str__ of its own.
        return _text_value(str.__str__(item))
    if isinstance(item, int):
        return int(item)
    return float(item) if math.isfinite(item) else Opaque("builtins.float", str(float(item)))


def _container_value(item: object, containers: frozenset[int]) -> Value:
    if isinstance(item, MappedArgument):
        return Opaque(GROUP_ARGUMENT, item._key)
    if not isinstance(item, _CONTAINERS):
        return Opaque(dotted_name(type(item)), _text(item, containers))
    if id(item) in containers:
        return Opaque(dotted_name(type(item)), "contains itself")
    inner = containers | {id(item)}
    if isinstance(item, (dict, Mapping)):
        named = {str(as_value(key)): as_value(member, inner) for key, member in item.items()}
        if len(named) == len(item):
            return named
        return Opaque(dotted_name(type(item)), "has keys that are equal as strings")
    members = [as_value(member, inner) for member in item]
    return members if isinstance(item, (list, tuple)) else sorted(members, key=_json)


def _json(value: Value) -> str:
    return json.dumps(to_json(value), sort_keys=True)


def _xcom_text(reference: XComArg) -> str:
    """Return the Jinja expression that Airflow gives for a plain reference, else the tasks referred to."""
    if isinstance(reference, PlainXComArg):
        return str(reference)
    tasks = dict.fromkeys(operator.task_id for operator, _ in reference.iter_references())
    return f"{type(reference).__name__} of {', '.join(tasks)}"


_TEXTS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (AbstractOperator, lambda task: f"task {task.task_id}"),
    (DAG, lambda dag: f"DAG {dag.dag_id}"),
    (XComArg, _xcom_text),
    ((bytes, bytearray), lambda data: repr(bytes(data))),
    ((Decimal, UUID, PurePath, datetime.tzinfo), str),
)


def _text(item: object, containers: frozenset[int]) -> str:
    for kind, text in _TEXTS:
        if isinstance(item, kind):
            return text(item)
    if isinstance(item, functools.partial):
        return _text(item.func, containers)
    if hasattr(item, "__qualname__"):
        return _name_and_line(item)
    return _name_and_fields(item, containers)


def _name_and_line(item: object) -> str:
    name = dotted_name(item)
    code = getattr(item, "__code__", None)
    # A lambda has no name of its own to find it by.
    return f"{name} (line {code.co_firstlineno})" if code and name.endswith("<lambda>") else name


def _name_and_fields(item: object, containers: frozenset[int]) -> str:
    name = dotted_name(type(item))
    if id(item) in containers:
        return name
    inner = containers | {id(item)}
    fields = ", ".join(
        f"{field}={_json(as_value(getattr(item, field, None), inner))}" for field in _shown_fields(item)
    )
    text = f"{name}({fields})" if fields else name
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _shown_fields(item: object) -> Iterator[str]:
    """Yield the fields of an attrs object or dataclass that its own ``repr`` would show."""
    attrs_fields = getattr(type(item), "__attrs_attrs__", ())
    dataclass_fields = getattr(type(item), "__dataclass_fields__", {}).values()
    for field in (*attrs_fields, *dataclass_fields):
        if field.repr and not field.name.startswith("_"):
            yield field.name
