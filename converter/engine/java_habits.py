"""Two habits of Java that show in what AWS answers.

The service evaluates JSONPath states in Java: names from a ``HashMap`` come out in the order of its buckets,
and ``States.Format`` writes structures as ``toString`` does. Outputs are compared and hashed by their text,
so the order is part of the behaviour. Both follow recordings of AWS and the Java API documentation.
"""

from __future__ import annotations

from collections.abc import Iterable

from converter.engine.data import compact_json
from converter.engine.tasks import Json

_FIRST_BUCKETS = 16
_LOAD_FACTOR = 0.75


def hash_map_order(names: Iterable[str]) -> list[str]:
    """Return distinct names in the order in which a ``java.util.HashMap`` iterates over them."""
    names = list(names)
    buckets = _FIRST_BUCKETS
    while len(names) > buckets * _LOAD_FACTOR:
        buckets *= 2
    return sorted(names, key=lambda name: _spread_hash(name) & (buckets - 1))


def _spread_hash(text: str) -> int:
    """Return ``String.hashCode`` with its upper half mixed into the lower one, as ``HashMap`` does."""
    units = text.encode("utf-16-be")
    code = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return code ^ (code >> 16)


def java_text(value: Json) -> str:
    """Return a JSON value as ``toString`` writes it: ``{name=[1, two], other=null}``."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={java_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(item) for item in value) + "]"
    return compact_json(value)
