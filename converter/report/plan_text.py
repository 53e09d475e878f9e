"""A plan as a tree of text. Downward is later; each branch of a Parallel begins with a ``├─``::

    side by side
    ├─ side by side
    │  ├─ glue1
    │  └─ glue3
    │  report_a
    └─ glue2
       await glue3
       report_b

A Sequence takes no line and no indentation of its own, so that deep plans fit narrow terminals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from rich.text import Text

from converter.planning.plan import Await, Node, Parallel, Plan, Step
from converter.report.plan_view import PlanView, await_label, makespan_line, parallel_label

#: Columns of what is no terminal: more than any line has.
UNBOUNDED = 1_000_000
_BRANCH, _LAST_BRANCH, _PASSING, _PASSED = "├─ ", "└─ ", "│  ", "   "
#: Deeper lines show only their innermost levels: a plan may have thousands.
_WIDEST_PREFIX = 120
_CUT = "… "
#: For terminals that know no Unicode.
_ASCII = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "…": "~"})


def plan_text(view: PlanView, width: int, *, ascii_only: bool = False) -> Text:
    """Return the tree with its size below, and what exactness buys where durations are known.

    Lines are at most ``width`` columns wide; ids are broken where need be, never shortened.
    """
    text = Text().append(view.dag_id, "bold")
    for line in _lines(view.plan, min(width // 2, _WIDEST_PREFIX)):
        first, rest = line.prefix, line.later_prefix
        for part in wrap(line.label, max(width - len(first), 8), subsequent_indent="  "):
            shown = first.translate(_ASCII) if ascii_only else first
            text.append(f"\n{shown}", "dim").append(part, line.style)
            first = rest
    text.append(f"\n{view.size()}")
    if view.makespans:
        text.append(f"\n{makespan_line(view.makespans, view.tasks)}")
    return text


@dataclass(frozen=True)
class _Line:
    """``prefix`` leads to the label, ``later_prefix`` to what a narrow terminal has no room for beside it."""

    prefix: str
    later_prefix: str
    label: str
    style: str


def _lines(plan: Plan, widest: int) -> Iterator[_Line]:
    """Yield the lines of the tree. Prefixes are at most ``widest`` columns wide."""
    pending: list[tuple[Node, str, str]] = [(plan, "", "")]
    while pending:
        node, first, rest = pending.pop()
        if isinstance(node, Step):
            yield _Line(first, rest, node.task_id, "bold")
        elif isinstance(node, Await):
            yield _Line(first, rest, await_label(node), "cyan")
        elif isinstance(node, Parallel):
            yield _Line(first, rest, parallel_label(node), "dim")
            *others, last = node.children
            pending.append((last, _cut(rest + _LAST_BRANCH, widest), _cut(rest + _PASSED, widest)))
            branch, passing = _cut(rest + _BRANCH, widest), _cut(rest + _PASSING, widest)
            pending += ((child, branch, passing) for child in reversed(others))
        elif node.children:
            head, *others = node.children
            pending += ((child, rest, rest) for child in reversed(others))
            pending.append((head, first, rest))


def _cut(prefix: str, widest: int) -> str:
    """Return a prefix without its outermost levels, if it is too wide."""
    if len(prefix) <= widest:
        return prefix
    levels = max(1, (widest - len(_CUT)) // len(_PASSING))
    return _CUT + prefix[-levels * len(_PASSING) :]
