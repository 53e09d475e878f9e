"""A plan as a drawing: SVG that needs nothing else, for a file, a report or a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from enum import Enum
from functools import lru_cache
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from converter.planning.plan import Await, Parallel, Sequence, Step
from converter.report.plan_labels import LINE_HEIGHT, Line
from converter.report.plan_layout import (
    MARK_WIDTH,
    STEP_PADDING_X,
    STEP_PADDING_Y,
    Box,
    Layout,
    Point,
    lay_out,
)
from converter.report.plan_style import MARKS, POLLER_MARK, style_sheet
from converter.report.plan_view import PlanView, await_label

_MARGIN, _HEADER, _LEGEND_ROW = 24, 60, 24
_LEAST_WIDTH = 420
#: A character of the title, and of other words that are no ids: more than the average is.
_TITLE_WIDTH, _WORD_WIDTH = 10.0, 6.8
#: A sample in the legend with the blank behind it; between one entry and the next.
_SAMPLE, _BETWEEN_SAMPLES = 26, 18
#: With more lines from awaited tasks to their pollers than this, they would hide what they lead to.
_MOST_WIRES = 12
#: Where letters stand on their line, and the half of a mark's height above that.
_BASELINE, _RISE = 12.5, 4.5


def plan_svg(
    view: PlanView, *, states: Mapping[str, str] | None = None, links: Mapping[str, str] | None = None
) -> str:
    """Return the drawing of one plan.

    ``states``: task → how it ended (an outcome, or ``running``), shown by colour and mark; tasks without one
    look as in a plan. ``links``: task → the URL to which its box leads.

    The id of a task's element is ``plan-DAG--TASK``: pollers link there, and so may pages.
    """
    drawing = _Drawing(view, states or {}, links or {})
    return "\n".join(drawing.elements()) + "\n"


class _Drawing:
    def __init__(self, view: PlanView, states: Mapping[str, str], links: Mapping[str, str]) -> None:
        self._view = view
        # An Outcome is a str, and yet formats as "Outcome.SUCCESS".
        self._states = {
            task: state.value if isinstance(state, Enum) else state for task, state in states.items()
        }
        self._links = links
        self._layout = lay_out(view.plan, marks=bool(states))

    def elements(self) -> Iterator[str]:
        """Yield the lines of the document, what lies below first."""
        layout = self._layout
        inner = max(layout.width, _TITLE_WIDTH * len(self._view.dag_id), _LEAST_WIDTH)
        legend = _legend_rows(self._legend(), inner)
        width, bottom = inner + 2 * _MARGIN, _HEADER + layout.height
        height = bottom + _MARGIN + _LEGEND_ROW * len(legend) + _MARGIN / 2
        name, size = escape(self._view.dag_id), escape(self._view.size())
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="dag2sfn-plan" role="graphics-document document" '
            f'width="{_px(width)}" height="{_px(height)}" viewBox="0 0 {_px(width)} {_px(height)}">'
        )
        yield f"<title>{name}</title>"
        yield f"<desc>The plan of {name}: {size}.</desc>"
        yield f"<style>\n{style_sheet()}</style>"
        yield '<rect class="page" width="100%" height="100%"/>'
        yield f'<text class="title" x="{_MARGIN}" y="30">{name}</text>'
        yield f'<text class="words" x="{_MARGIN}" y="48">{size}</text>'
        yield f'<g transform="translate({_px((width - layout.width) / 2)} {_HEADER})">'
        # The whole DAG is no branch, and has no box of its own.
        yield from (
            _container(box)
            for number, box in enumerate(layout.boxes)
            if isinstance(box.node, Parallel) or (number and isinstance(box.node, Sequence))
        )
        yield from _wires(layout)
        yield from (_arrow(points) for points in layout.arrows)
        for box in layout.boxes:
            if isinstance(box.node, Step):
                yield self._step(box, box.node)
            elif isinstance(box.node, Await):
                yield self._poller(box, box.node)
        yield "</g>"
        for number, row in enumerate(legend):
            y = bottom + _MARGIN + (number + 0.5) * _LEGEND_ROW
            yield f'<g transform="translate({_MARGIN} {_px(y)})">{row}</g>'
        yield "</svg>"

    def _step(self, box: Box, step: Step) -> str:
        state = self._states.get(step.task_id, "")
        shown = f" {state}" if state in MARKS else ""
        title = f"{step.task_id}: {state}" if state else step.task_id
        middle = box.middle + (MARK_WIDTH / 2 if self._states else 0)
        content = _rect(box, 5)
        for y, line in _lines(box):
            content += f'<text x="{_px(middle)}" y="{_px(y)}">{escape(line.text)}</text>'
        if shown:
            content += _mark(MARKS[state], box)
        if url := self._links.get(step.task_id):
            content = f"<a href={quoteattr(url)}>{content}</a>"
        return (
            f'<g class="step{shown}" id={quoteattr(self._anchor(step.task_id))}>'
            f"<title>{escape(title)}</title>{content}</g>"
        )

    def _poller(self, box: Box, node: Await) -> str:
        content = _rect(box, 13) + _mark(POLLER_MARK, box)
        x = _px(box.x + STEP_PADDING_X + MARK_WIDTH)
        for y, line in _lines(box):
            text = f'<text x="{x}" y="{_px(y)}">{escape(line.text)}</text>'
            if line.task:
                text = f"<a href={quoteattr('#' + quote(self._anchor(line.task)))}>{text}</a>"
            content += text
        return f'<g class="poller"><title>{escape(await_label(node))}</title>{content}</g>'

    def _anchor(self, task_id: str) -> str:
        return f"plan-{self._view.dag_id}--{task_id}"

    def _legend(self) -> Iterator[tuple[str, str]]:
        """Yield what the forms and colours mean, as far as they occur: a sample and its words."""
        if self._layout.arrows:
            yield '<path class="arrow" d="M10 -8 L10 7 M6.5 3.5 L10 7 L13.5 3.5"/>', "then"
        if any(isinstance(box.node, Parallel) for box in self._layout.boxes):
            yield '<rect class="parallel" x="0.5" y="-7.5" width="19" height="15" rx="4"/>', "side by side"
        if self._view.awaits:
            rect = '<rect x="0.5" y="-7.5" width="19" height="15" rx="7"/>'
            yield f'<g class="poller">{rect}</g>', "waits for a task of another branch"
        for state in [state for state in MARKS if state in self._states.values()]:
            rect = '<rect x="0.5" y="-7.5" width="19" height="15" rx="4"/>'
            mark = f'<path class="mark" transform="translate(10 0)" d="{MARKS[state]}"/>'
            yield f'<g class="step {state}">{rect}{mark}</g>', state.replace("_", " ")


def _legend_rows(entries: Iterator[tuple[str, str]], width: float) -> list[str]:
    """Return the rows of a legend that is no wider than that; each begins at (0, 0)."""
    rows: list[str] = []
    x = width
    for sample, words in entries:
        needed = _SAMPLE + _WORD_WIDTH * len(words)
        if x + needed > width:
            rows.append("")
            x = 0.0
        rows[-1] += f'<g transform="translate({_px(x)} 0)">{sample}'
        rows[-1] += f'<text class="words" x="{_SAMPLE}" y="4">{words}</text></g>'
        x += needed + _BETWEEN_SAMPLES
    return rows


def _lines(box: Box) -> Iterator[tuple[float, Line]]:
    """Yield the lines of a box, each with where its letters stand."""
    for number, line in enumerate(box.label.lines if box.label else ()):
        yield box.y + STEP_PADDING_Y + number * LINE_HEIGHT + _BASELINE, line


def _container(box: Box) -> str:
    kind, radius = ("parallel", 8) if isinstance(box.node, Parallel) else ("branch", 6)
    return _rect(box, radius, kind)


def _rect(box: Box, radius: float, kind: str = "") -> str:
    name = f'class="{kind}" ' if kind else ""
    return (
        f'<rect {name}x="{_px(box.x)}" y="{_px(box.y)}" width="{_px(box.width)}" '
        f'height="{_px(box.height)}" rx="{radius}"/>'
    )


def _mark(path: str, box: Box) -> str:
    """Return a mark at the left of a box, at the height of its first line."""
    x, y = box.x + STEP_PADDING_X + 5, box.y + STEP_PADDING_Y + _BASELINE - _RISE
    return f'<path class="mark" transform="translate({_px(x)} {_px(y)})" d="{path}"/>'


def _arrow(points: SequenceOf[Point]) -> str:
    """Return a line that ends with a head, downward."""
    x, y = points[-1]
    line = " L".join(f"{_px(x)} {_px(y)}" for x, y in (*points[:-1], (x, y - 2)))
    head = f"M{_px(x - 3.5)} {_px(y - 5.5)} L{_px(x)} {_px(y - 2)} L{_px(x + 3.5)} {_px(y - 5.5)}"
    return f'<path class="arrow" d="M{line} {head}"/>'


def _wires(layout: Layout) -> Iterator[str]:
    """Yield the lines from awaited tasks to their pollers, unless they are too many."""
    places = {box.node.task_id: box for box in layout.boxes if isinstance(box.node, Step)}
    ends = [
        (places[task], box)
        for box in layout.boxes
        if isinstance(box.node, Await)
        for task in box.node.task_ids
    ]
    if len(ends) > _MOST_WIRES:
        return
    for task, poller in ends:
        yield f'<path class="wire" d="{_curve(task, poller)}"/>'


def _curve(task: Box, poller: Box) -> str:
    """Return a curve from one box to another: between their sides, or where those are not free, below."""
    rightward = task.x + task.width < poller.x
    if rightward or poller.x + poller.width < task.x:
        x1 = task.x + task.width if rightward else task.x
        x2 = poller.x if rightward else poller.x + poller.width
        y1, y2 = task.y + task.height / 2, poller.y + poller.height / 2
        bend = (x2 - x1) / 2
        return (
            f"M{_px(x1)} {_px(y1)} C{_px(x1 + bend)} {_px(y1)} {_px(x2 - bend)} {_px(y2)} {_px(x2)} {_px(y2)}"
        )
    downward = task.y < poller.y
    y1 = task.y + task.height if downward else task.y
    y2 = poller.y if downward else poller.y + poller.height
    bend = (y2 - y1) / 2
    x1, x2 = task.middle, poller.middle
    return f"M{_px(x1)} {_px(y1)} C{_px(x1)} {_px(y1 + bend)} {_px(x2)} {_px(y2 - bend)} {_px(x2)} {_px(y2)}"


@lru_cache(maxsize=4096)
def _px(length: float) -> str:
    """Return a length with one decimal at most."""
    return f"{length:.1f}".removesuffix(".0")
