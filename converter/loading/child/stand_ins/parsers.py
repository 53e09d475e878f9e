"""Lets JSON and YAML be made from, and read of, what is not known: configuration often passes through it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import yaml

from converter.loading.child.stand_ins.placeholders import Placeholder
from converter.loading.child.stand_ins.unknown import Unknown

_OF_YAML = ("full_load", "load", "load_all", "safe_load", "safe_load_all", "unsafe_load")


def let_parsers_pass_what_is_unknown() -> None:
    """Change Python's ``json`` and ``yaml`` for the rest of this process.

    ``json.loads`` of the template of a Variable's text gives that of what the text means. What is read of an
    unknown text, or an unknown file, is unknown; ``json.dumps`` writes its mark where it would refuse it.
    """
    json.load = _loading("json.load", json.load)
    json.loads = _loading("json.loads", json.loads)
    json.JSONEncoder.default = _encoding(json.JSONEncoder.default)  # type: ignore[method-assign]  # on purpose
    for name in _OF_YAML:
        setattr(yaml, name, _loading(f"yaml.{name}", getattr(yaml, name)))


def _loading(name: str, loads: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(loads)
    def loads_or_refers(text: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(text, Unknown):
            return text.given_to(name)
        if name == "json.loads" and isinstance(text, Placeholder) and text.expression.startswith("var.value"):
            return text.like(f"var.json{text.expression.removeprefix('var.value')}")
        return loads(text, *args, **kwargs)

    return loads_or_refers


def _encoding(default: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(default)
    def encode_or_mark(encoder: json.JSONEncoder, item: Any) -> Any:
        return str(item) if isinstance(item, Unknown) else default(encoder, item)

    return encode_or_mark
