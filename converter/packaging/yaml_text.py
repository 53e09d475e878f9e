"""Writes YAML for people: keys in the order given, comments, and CloudFormation's short forms.

PyYAML decides how a scalar is quoted; it has no comments, and no say over blank lines, so the structure is
written here.

>>> print(yaml_text({"Role": Note("whose", GetAtt("MachineRole", "Arn")), "Days": 90}), end="")
# whose
Role: !GetAtt MachineRole.Arn
<BLANKLINE>
Days: 90
"""

from __future__ import annotations

import functools
import io
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_WIDTH = 110
_STEP = 2
#: Down to this depth, entries that have entries of their own are set apart by blank lines: sections of a
#: template, and resources.
_AIRY_DEPTH = 1
#: ASCII from a letter on, without what means something in YAML: a hash, a colon before a blank or at the end,
#: and a blank at the end. Most texts are such, and to analyze each takes its time.
_PLAIN = re.compile(r"[A-Za-z](?:[ -\"$-9;-~]|:(?=[!-~]))*(?<! )")
#: What PyYAML knows of texts; nothing is written by it.
_DUMPER: Any = yaml.SafeDumper(io.StringIO(), allow_unicode=True)


class _Reference:
    """What CloudFormation fills in; as text, in its short form."""


@dataclass(frozen=True, order=True)
class Ref(_Reference):
    """``!Ref``: a parameter's value, a resource's physical id, or a pseudo parameter."""

    name: str

    def __str__(self) -> str:
        return f"!Ref {self.name}"


@dataclass(frozen=True, order=True)
class GetAtt(_Reference):
    """``!GetAtt``: an attribute of a resource."""

    resource: str
    attribute: str

    def __str__(self) -> str:
        return f"!GetAtt {self.resource}.{self.attribute}"


@dataclass(frozen=True, order=True)
class Sub(_Reference):
    """``!Sub``: text with ``${…}`` in it."""

    text: str

    def __str__(self) -> str:
        return f"!Sub {_scalar(self.text)}"


@dataclass(frozen=True)
class Note:
    """A value with a comment above it."""

    comment: str
    value: Any


class Constant(dict[str, Any]):
    """A mapping that many documents have alike: its lines are worked out once. Nobody changes it."""

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        super().__init__(mapping)
        self._lines: dict[int, list[str]] = {}

    def lines_at(self, depth: int) -> list[str]:
        """Return the lines that it has at a depth, the first without what stands before it."""
        if depth not in self._lines:
            self._lines[depth] = []
            _entries(self, depth, "", self._lines[depth])
        return self._lines[depth]


def yaml_text(document: Mapping[str, Any]) -> str:
    """Return a document as YAML. Values: dicts, lists, scalars, and the classes of this module."""
    lines: list[str] = []
    _entries(document, 0, "", lines)
    return "\n".join(lines) + "\n"


def _entries(mapping: Mapping[str, Any], depth: int, lead: str, lines: list[str]) -> None:
    """Add the lines of a mapping: ``lead`` is what stands before the first, which may be that of an item."""
    indent = " " * (_STEP * depth)
    is_airy = depth <= _AIRY_DEPTH
    for position, (key, noted) in enumerate(mapping.items()):
        if is_airy and position and (depth == 0 or isinstance(_without_note(noted), dict)):
            lines.append("")
        if type(noted) is str:  # most are
            lines.append(f"{lead}{_scalar(key)}: {_scalar(noted)}")
        else:
            value = noted
            if type(noted) is Note:
                value = noted.value
                lead = _comment(noted, depth, lead, lines)
            text = _inline(value)
            if text is None:
                lines.append(f"{lead}{_scalar(key)}:")
                _block(value, depth + 1, indent + " " * _STEP, lines)
            else:
                lines.append(f"{lead}{_scalar(key)}: {text}")
        lead = indent


def _items(values: Sequence[Any], depth: int, lead: str, lines: list[str]) -> None:
    indent = " " * (_STEP * depth)
    for noted in values:
        if type(noted) is str:
            lines.append(f"{lead}- {_scalar(noted)}")
        else:
            value = noted
            if type(noted) is Note:
                value = noted.value
                lead = _comment(noted, depth, lead, lines)
            text = _inline(value)
            if text is None:
                _block(value, depth + 1, f"{lead}- ", lines)
            else:
                lines.append(f"{lead}- {text}")
        lead = indent


def _without_note(noted: Any) -> Any:
    return noted.value if type(noted) is Note else noted


def _block(value: Any, depth: int, lead: str, lines: list[str]) -> None:
    if type(value) is Constant:
        first, *others = value.lines_at(depth)
        lines.append(f"{lead}{first}")
        lines += others
    elif isinstance(value, dict):
        _entries(value, depth, lead, lines)
    else:
        _items(value, depth, lead, lines)


def _comment(note: Note, depth: int, lead: str, lines: list[str]) -> str:
    """Add a comment; return what stands before the value that it is about."""
    for line in _wrapped(note.comment, _WIDTH - depth * _STEP - 2):
        lines.append(f"{lead}# {line}")
        lead = " " * (_STEP * depth)
    return lead


@functools.lru_cache(maxsize=1024)
def _wrapped(comment: str, width: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(comment, width, break_on_hyphens=False))


def _inline(value: Any) -> str | None:
    """Return how a value stands in a line; None if it takes lines of its own."""
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, (list, tuple)):
        # Numbers read best in a row.
        in_a_row = all(isinstance(item, int) for item in value)
        return f"[{', '.join(map(_scalar, value))}]" if in_a_row else None
    return str(value) if isinstance(value, _Reference) else _scalar(value)


@functools.lru_cache(maxsize=4096, typed=True)
def _scalar(value: Any) -> str:
    style = None
    if isinstance(value, str):
        if _needs_no_quotes(value):
            return value
        # PyYAML may fold what is not printable over lines; between double quotes it escapes it.
        style = None if value.isprintable() else '"'
    # As the item of a list, a scalar is not followed by a document marker.
    return yaml.safe_dump([value], default_style=style, width=sys.maxsize, allow_unicode=True)[2:-1]


def _needs_no_quotes(text: str) -> bool:
    """Whether PyYAML would write a text as it is. To have it written takes several times as long."""
    is_plain = _PLAIN.fullmatch(text) or (
        text.isprintable() and _DUMPER.analyze_scalar(text).allow_block_plain
    )
    return bool(
        is_plain and _DUMPER.resolve(yaml.ScalarNode, text, (True, False)) == _DUMPER.DEFAULT_SCALAR_TAG
    )
