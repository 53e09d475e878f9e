"""Mapped tasks: what they are expanded over, and one instance of them as an operator of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from .operators import Decorated, MappedOperator
from .references import items_of, row_of
from .taskflow import returns_mapping

#: Airflow's ``[core] max_map_length``.
LONGEST_LIST = 1024


class XComForMappingNotPushed(TypeError):
    """A task that others are expanded over returns nothing."""


class UnmappableXComTypePushed(TypeError):
    """A task that others are expanded over returns what is no list or dict."""


class UnmappableXComLengthPushed(ValueError):
    """A task that others are expanded over returns too long a list."""


def instance_of(mapped: MappedOperator, context: Mapping[str, Any]) -> Any:
    """Return the operator that runs for the map index of the context.

    Raises ValueError, TypeError or IndexError where the task is not expanded over lists, dicts or
    (``expand_kwargs``) lists of dicts.
    """
    index = context["ti"].map_index
    if index < 0:
        raise RuntimeError("can't resolve task-mapping argument without expanding")
    is_row = mapped.rows is not None
    given = row_of(mapped.rows, context, index) if is_row else items_of(mapped.expand, context, index)
    arguments = dict(mapped.partial_kwargs)
    is_decorated = issubclass(mapped.mapped_class, Decorated)
    if is_decorated:
        function = arguments["python_callable"]
        arguments["op_kwargs"] = {**(arguments.get("op_kwargs") or {}), **given}
        if arguments.get("multiple_outputs") is None:
            arguments["multiple_outputs"] = returns_mapping(function)
    else:
        arguments |= given
    made = mapped.mapped_class(**{**arguments, "default_args": mapped.default_args})
    made.task_id, made.dag = mapped.task_id, mapped.dag
    return made


def check_return_value(value: Any) -> None:
    """Raise what Airflow raises if other tasks cannot be expanded over a return value."""
    if value is None:
        raise XComForMappingNotPushed("did not push XCom for task mapping")
    if not isinstance(value, (Sequence, dict)) or isinstance(value, (str, bytes, bytearray)):
        raise UnmappableXComTypePushed(f"unmappable return type {type(value).__qualname__!r}")
    if len(value) > LONGEST_LIST:
        raise UnmappableXComLengthPushed(
            f"unmappable return value length: {len(value)} > {LONGEST_LIST} (max_map_length)"
        )
