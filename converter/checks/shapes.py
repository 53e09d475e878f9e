"""Reads JSON and YAML that may hold anything: what has another form than expected is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def object_of(value: Any) -> Mapping[str, Any]:
    """Return an object, an empty one in the place of anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return an array, an empty one in the place of anything else."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """Return a string, an empty one in the place of anything else."""
    return value if isinstance(value, str) else ""


def objects_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of an array."""
    return [item for item in list_of(value) if isinstance(item, dict)]


def texts_of(value: Any) -> list[str]:
    """Return the strings of an array."""
    return [item for item in list_of(value) if isinstance(item, str)]
