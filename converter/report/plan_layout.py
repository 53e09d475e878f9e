"""Where everything of a drawn plan stands: nested boxes, downward later, side by side beside each other.

All lengths are in pixels. A page has a width that boxes keep to where they can: branches that do not fit
beside each other go on below, as words do in a text, and a long Sequence goes on in another column.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from converter.planning.plan import Await, Node, Parallel, Plan, Sequence, Step
from converter.report.plan_labels import LINE_HEIGHT, Label, label_of
from converter.report.plan_packing import (
    ARROW,
    GUTTER,
    Extent,
    Packing,
    Place,
    one_after_another,
    side_by_side,
)

#: The width of a page, and from how many boxes on it is the larger one.
_PAGE_WIDTH, _LARGE_PAGE_WIDTH, _LARGE = 1_240, 1_840, 100
#: Boxes inside of many others get at least this width, and the page becomes wider.
_LEAST_WIDTH = 340
_STEP_WIDTH, STEP_PADDING_X, STEP_PADDING_Y = 64, 12, 8
_PADDING = 10
#: For the sign of a poller, and that of a task's state.
MARK_WIDTH = 18

_EMPTY = Packing((), 0.0, 0.0)

Point: TypeAlias = "tuple[float, float]"


class Box(NamedTuple):
    """One node in its place: a task, a poller, a Parallel, or one branch of a Parallel (a Sequence).

    ``label`` is that of a task or a poller.
    """

    node: Node
    x: float
    y: float
    width: float
    height: float
    label: Label | None = None

    @property
    def middle(self) -> float:
        """Where arrows enter and leave it."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height


@dataclass(frozen=True)
class Layout:
    """All boxes, in the order of the tree (outer before inner), and the arrows: lines through some points."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Point, ...], ...]

    @property
    def width(self) -> float:
        """The width of the whole."""
        return self.boxes[0].width

    @property
    def height(self) -> float:
        """The height of the whole."""
        return self.boxes[0].height


class _Measured(NamedTuple):
    """What a node needs, and how its children are packed in it."""

    extent: Extent
    packing: Packing = _EMPTY
    label: Label | None = None


def lay_out(plan: Plan, *, marks: bool = False) -> Layout:
    """Return the layout of a plan, beginning at (0, 0). ``marks``: with room in each task for its state's."""
    tree = _Tree(plan)
    measured = [_Measured(Extent(0.0, 0.0))] * len(tree.nodes)
    for number in reversed(range(len(tree.nodes))):  # children first
        measured[number] = _measure(tree, number, measured, marks=marks)
    boxes = {0: _box(plan, Place(0.0, 0.0, measured[0].extent.width), measured[0])}
    arrows: list[tuple[Point, ...]] = []
    for number, node in enumerate(tree.nodes):
        inside = list(_inside(boxes[number], number, tree, measured))
        boxes.update(zip(tree.children[number], inside, strict=True))
        if isinstance(node, Sequence):
            arrows.extend(_arrows(inside))
    return Layout(tuple(boxes[number] for number in range(len(tree.nodes))), tuple(arrows))


class _Tree:
    """The nodes of a plan, numbered in its order: parents come first."""

    def __init__(self, plan: Plan) -> None:
        self.nodes: list[Node] = []
        self.children: list[list[int]] = []
        self._depths: list[int] = []
        pending: list[tuple[Node, int]] = [(plan, -1)]
        while pending:  # it may be thousands of levels deep
            node, parent = pending.pop()
            number = len(self.nodes)
            self.nodes.append(node)
            self.children.append([])
            self._depths.append(0)
            if parent >= 0:
                self.children[parent].append(number)
                self._depths[number] = self._depths[parent] + 1
            if isinstance(node, (Sequence, Parallel)):
                pending += ((child, number) for child in reversed(node.children))
        leaves = sum(not children for children in self.children)
        self._page_width = _LARGE_PAGE_WIDTH if leaves > _LARGE else _PAGE_WIDTH

    def room(self, number: int) -> float:
        """Return the width for what is in a node's box."""
        return max(self._page_width - 2 * _PADDING * (self._depths[number] + 1), _LEAST_WIDTH)


def _measure(tree: _Tree, number: int, measured: SequenceOf[_Measured], *, marks: bool) -> _Measured:
    node = tree.nodes[number]
    if isinstance(node, (Step, Await)):
        label = label_of(node)
        marked = marks or isinstance(node, Await)
        width = label.width + 2 * STEP_PADDING_X + (MARK_WIDTH if marked else 0)
        height = len(label.lines) * LINE_HEIGHT + 2 * STEP_PADDING_Y
        return _Measured(Extent(max(width, _STEP_WIDTH), height), label=label)
    extents = [measured[child].extent for child in tree.children[number]]
    if not extents:  # a DAG without tasks
        return _Measured(Extent(0.0, 0.0))
    pack = one_after_another if isinstance(node, Sequence) else side_by_side
    packing = pack(extents, tree.room(number))
    return _Measured(Extent(packing.width + 2 * _PADDING, packing.height + 2 * _PADDING), packing)


def _inside(outer: Box, number: int, tree: _Tree, measured: SequenceOf[_Measured]) -> Iterator[Box]:
    """Yield the children of a box in their places. In a box that is wider than need be, they are centred."""
    x = outer.x + (outer.width - measured[number].packing.width) / 2
    y = outer.y + _PADDING
    for child, place in zip(tree.children[number], measured[number].packing.places, strict=True):
        yield _box(tree.nodes[child], Place(x + place.x, y + place.y, place.width), measured[child])


def _box(node: Node, place: Place, measured: _Measured) -> Box:
    return Box(node, place.x, place.y, place.width, measured.extent.height, measured.label)


def _arrows(boxes: SequenceOf[Box]) -> Iterator[tuple[Point, ...]]:
    """Yield the arrows of a Sequence: downward, and from the end of a column up to the head of the next."""
    for number, (box, following) in enumerate(pairwise(boxes)):
        start, end = (box.middle, box.bottom), (following.middle, following.y)
        if following.y >= box.bottom:
            yield start, end
            continue
        between = min(other.x for other in boxes[number + 1 :]) - GUTTER / 2
        below, above = box.bottom + ARROW / 2, following.y - ARROW / 2
        yield start, (start[0], below), (between, below), (between, above), (end[0], above), end
