"""What stands in the boxes of a drawn plan, in lines, and how wide that is.

Nothing is measured by a browser: ids are set in a font of one width for all characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import east_asian_width

from converter.planning.plan import Await, Step
from converter.report.plan_view import await_verb

#: Pixels. Monospaced fonts are 0.6 of their size wide, with little difference between them.
FONT_SIZE, LINE_HEIGHT = 13, 17
_COLUMN = 0.61 * FONT_SIZE
#: Columns after which an id goes on in the next line.
_LONGEST_LINE = 32
#: Tasks that a poller names before it only counts the rest: its tooltip has them all.
_NAMED = 4


class Line(NamedTuple):
    """One line; ``task`` is the one that it names, where it does."""

    text: str
    task: str = ""


@dataclass(frozen=True)
class Label:
    """The lines of one box; ``width`` is that of the longest, in pixels."""

    lines: tuple[Line, ...]

    @property
    def width(self) -> float:
        """The width of the longest line, in pixels."""
        return _COLUMN * max(_columns(line.text) for line in self.lines)


def label_of(node: Step | Await) -> Label:
    """Return the label of a task, which is its id in full, or of a poller."""
    if isinstance(node, Step):
        return Label(tuple(Line(text, node.task_id) for text in _broken(node.task_id)))
    return Label(tuple(_await_lines(node)))


def _await_lines(node: Await) -> Iterator[Line]:
    verb, only = await_verb(node), node.task_ids[0]
    if len(node.task_ids) == 1 and _columns(f"{verb} {only}") <= _LONGEST_LINE:
        yield Line(f"{verb} {only}", only)
        return
    yield Line(verb)
    named = node.task_ids if len(node.task_ids) <= _NAMED + 1 else node.task_ids[:_NAMED]
    for task in named:
        for text in _broken(task):
            yield Line(text, task)
    if more := len(node.task_ids) - len(named):
        yield Line(f"and {more} more")


def _broken(task_id: str) -> Iterator[str]:
    """Yield an id in lines, broken behind ``_``, ``.`` and ``-`` where there are any."""
    if _columns(task_id) <= _LONGEST_LINE:
        yield task_id
        return
    line = ""
    for part in re.split(r"(?<=[_.-])(?=[^_.-])", task_id):
        if line and _columns(line + part) > _LONGEST_LINE:
            yield line
            line = ""
        for character in part:
            if _columns(line + character) > _LONGEST_LINE:
                yield line
                line = ""
            line += character
    yield line


def _columns(text: str) -> int:
    """Return the width in columns, of which most East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "FW" else 1 for character in text)
