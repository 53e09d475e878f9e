"""Lets JSON be made from, and read of, things that are not known: configuration often passes through it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from converter.loading.child.stand_ins.placeholders import Placeholder
from converter.loading.child.stand_ins.unknown import Unknown


def let_json_pass_what_is_unknown() -> None:
    """Change Python's ``json`` for the rest of this process.

    ``json.loads`` of the template of a Variable's text gives that of what the text means; ``json.dumps``
    writes the mark of an unknown object where it would refuse it.
    """
    json.loads = _loading(json.loads)
    json.JSONEncoder.default = _encoding(json.JSONEncoder.default)  # type: ignore[method-assign]  # on purpose


def _loading(loads: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(loads)
    def loads_or_refers(text: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(text, Placeholder) and text.expression.startswith("var.value"):
            return text.like(f"var.json{text.expression.removeprefix('var.value')}")
        return loads(text, *args, **kwargs)

    return loads_or_refers


def _encoding(default: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(default)
    def encode_or_mark(encoder: json.JSONEncoder, item: Any) -> Any:
        return str(item) if isinstance(item, Unknown) else default(encoder, item)

    return encode_or_mark
