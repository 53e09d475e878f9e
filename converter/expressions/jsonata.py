r"""Writes JSONata: string literals, names, objects, and whole values as a machine may hold them.

Every literal, name and expression of a machine is written here, so that a string of the author's stays
what it is, whatever it looks like to JSONata (``{% … %}``), to CloudFormation (``${…}``) or to ASL
(a key that ends in ``.$``).

>>> path("report-a", "state")
'`report-a`.state'
>>> literal("it's")
'"it\'s"'
>>> field_value("${x}")
"{% '$' & '{x}' %}"
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: Between the two characters of ``${``, ``{%`` and ``%}``: a literal is cut there, so that neither
#: CloudFormation nor ASL, which know nothing of JSONata's quotes, take it for theirs.
_MARKER = re.compile(r"(?<=\$)(?=\{)|(?<=\{)(?=%)|(?<=%)(?=\})")
_LONGEST_CHAIN = 30
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPERATOR_NAMES = frozenset({"and", "or", "in", "true", "false", "null", "function"})


@dataclass(frozen=True)
class Expression:
    """A JSONata expression, without its delimiters; ``str()`` gives it with them."""

    text: str

    def __str__(self) -> str:
        return f"{{% {self.text} %}}"


@dataclass(frozen=True)
class Substitution:
    """A value that the template fills in at deployment (DefinitionSubstitutions of AWS::StepFunctions)."""

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"


def literal(value: Any) -> str:
    """Return a JSON value as a JSONata expression. Raises ValueError for what JSON cannot hold."""
    if isinstance(value, Expression):
        return f"({value.text})"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_string(str(key))}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    return _scalar(value)


def path(*names: str) -> str:
    """Return a JSONata path over the names, quoted where JSONata would read them as something else."""
    return ".".join(map(_name, names))


def field_value(value: Any) -> Any:
    """Return a JSON value, with Expressions anywhere in it, as it stands in a field of a JSONata state."""
    if isinstance(value, str):
        return str(Expression(literal(value))) if _is_mistakable(value) else value
    if isinstance(value, (Expression, Substitution)):
        return str(value)
    if isinstance(value, (dict, Mapping)):  # most are dicts, which Mapping is slow to say
        keys = [str(key) for key in value]
        if any(_is_mistakable(key) or key.endswith(".$") for key in keys):
            return str(Expression(literal(value)))
        return {key: field_value(item) for key, item in zip(keys, value.values(), strict=True)}
    if isinstance(value, (list, tuple)):
        return [field_value(item) for item in value]
    _scalar(value)
    return value


def _is_mistakable(text: str) -> bool:
    return "${" in text or "{%" in text or "%}" in text


@lru_cache(maxsize=4096)
def _string(text: str) -> str:
    return chained("&", [_quoted(piece) for piece in _MARKER.split(text)])


def chained(operator: str, pieces: Sequence[str]) -> str:
    """Put pieces together by an operator that may be grouped at will.

    AWS refuses an expression of more than 100 nodes inside each other (measured by others), and a chain is as
    deep as it is long: long ones are put in brackets.

    >>> chained("&", ["$a", "'-'", "$b"])
    "$a & '-' & $b"
    """
    while len(pieces) > _LONGEST_CHAIN:
        pieces = [
            f"({f' {operator} '.join(pieces[start : start + _LONGEST_CHAIN])})"
            for start in range(0, len(pieces), _LONGEST_CHAIN)
        ]
    return f" {operator} ".join(pieces)


def _quoted(text: str) -> str:
    # JSONata has JSON's escapes; it has none for a single quote.
    escaped = json.dumps(text, ensure_ascii=False)
    return escaped if "'" in text else "'" + escaped[1:-1].replace('\\"', '"') + "'"


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ValueError(f"a {type(value).__name__} has no JSON form")


def _name(name: str) -> str:
    if _PLAIN_NAME.match(name) and name not in _OPERATOR_NAMES:
        return name
    if "`" in name:
        raise ValueError(f"JSONata cannot name {name!r}")
    return f"`{name}`"
