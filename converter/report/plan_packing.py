"""How boxes fill a width: branches beside and below each other, the steps of a Sequence in columns.

All lengths are in pixels. Places are offsets from the top left corner of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from typing import NamedTuple

#: Between branches; between the steps of a Sequence, for the arrow; between its columns.
GAP, ARROW, GUTTER = 10.0, 20.0, 36.0
#: A Sequence that is higher than this goes on in another column, where that makes it this much lower.
_COLUMN_HEIGHT, _WORTHWHILE = 640.0, 0.75
#: Branches are rather put beside than below each other: a pixel of height is worth so many of width.
_ASPECT = 6.0
#: Branches of one column are made as wide as each other, unless one would be mostly empty.
_MOST_STRETCHED = 1.6


class Extent(NamedTuple):
    """What a box needs."""

    width: float
    height: float


class Place(NamedTuple):
    """Where a box goes, and how wide it shall be."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Packing:
    """The places of some boxes, in the order in which they were given, and what they need together."""

    places: tuple[Place, ...]
    width: float
    height: float


@dataclass
class _Column:
    """Boxes below each other, by number."""

    gap: float
    boxes: list[int] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def height_with(self, extent: Extent) -> float:
        return self.height + (self.gap if self.boxes else 0.0) + extent.height

    def put(self, box: int, extent: Extent) -> None:
        self.height = self.height_with(extent)
        self.width = max(self.width, extent.width)
        self.boxes.append(box)


def side_by_side(extents: SequenceOf[Extent], room: float) -> Packing:
    """Return the best of several ways to pack boxes into a width, which only a wider box exceeds.

    All in one row; in columns, which suits boxes that are alike; in rows of columns, which suits others.
    """
    packings = [*_in_columns(extents, room), _in_rows(extents, room)]
    best = min(packings, key=lambda packing: (max(packing.width / _ASPECT, packing.height), packing.width))
    places = tuple(
        place if place.width <= _MOST_STRETCHED * extent.width else place._replace(width=extent.width)
        for place, extent in zip(best.places, extents, strict=True)
    )
    return Packing(places, best.width, best.height)


def one_after_another(extents: SequenceOf[Extent], room: float) -> Packing:
    """Return the packing of a Sequence: one column, or if that is too high and there is room, a few."""
    (whole,) = columns = _cut(extents, float("inf"))
    if whole.height > _COLUMN_HEIGHT:
        highest = max(extent.height for extent in extents)
        narrowest = min(extent.width for extent in extents)
        most = int(min(whole.height // _COLUMN_HEIGHT + 1, room // (narrowest + GUTTER)))
        for count in range(most, 1, -1):
            columns = _cut(extents, max(highest, whole.height / count))
            lower = max(column.height for column in columns) <= _WORTHWHILE * whole.height
            if lower and _width(columns, GUTTER) <= room:
                break
        else:
            columns = [whole]
    # Arrows from column to column pass above and below them.
    bow = ARROW if len(columns) > 1 else 0.0
    places = dict(_places(columns, extents, bow, GUTTER))
    centred = [
        Place(place.x + (place.width - extent.width) / 2, place.y, extent.width)
        for place, extent in zip(_in_order(places), extents, strict=True)
    ]
    height = max(column.height for column in columns) + 2 * bow
    return Packing(tuple(centred), _width(columns, GUTTER), height)


def _in_columns(extents: SequenceOf[Extent], room: float) -> Iterator[Packing]:
    """Yield packings into one column, two columns, …, each box to where there is most room, row by row."""
    for count in range(1, len(extents) + 1):
        columns = [_Column(GAP) for _ in range(count)]
        # In one row they keep their order. In several, the highest come first.
        for box in range(count) if count == len(extents) else _highest_first(extents):
            min(columns, key=lambda column: column.height).put(box, extents[box])
        width = _width(columns, GAP)
        if count > 1 and width > room:
            return
        height = max(column.height for column in columns)
        yield Packing(_in_order(dict(_places(columns, extents, 0.0, GAP))), width, height)


def _in_rows(extents: SequenceOf[Extent], room: float) -> Packing:
    """Return the packing into rows of columns that are no higher than the row's first."""
    rows: list[list[_Column]] = []
    for box in _highest_first(extents):
        extent = extents[box]
        column = (
            next((column for column in rows[-1] if _fits_below(extent, column, rows[-1])), None)
            if rows
            else None
        )
        if column is None:
            column = _Column(GAP)
            if rows and _width(rows[-1], GAP) + GAP + extent.width <= room:
                rows[-1].append(column)
            else:
                rows.append([column])
        column.put(box, extent)
    places: dict[int, Place] = {}
    y = 0.0
    for row in rows:
        places.update(_places(row, extents, y, GAP))
        y += row[0].height + GAP
    return Packing(_in_order(places), max(_width(row, GAP) for row in rows), y - GAP)


def _fits_below(extent: Extent, column: _Column, row: SequenceOf[_Column]) -> bool:
    return extent.width <= column.width and column.height_with(extent) <= row[0].height


def _highest_first(extents: SequenceOf[Extent]) -> list[int]:
    """Return the numbers of the boxes; those of one height keep their order."""
    return sorted(range(len(extents)), key=lambda box: -extents[box].height)


def _cut(extents: SequenceOf[Extent], limit: float) -> list[_Column]:
    """Return the boxes in columns no higher than the limit."""
    columns = [_Column(ARROW)]
    for box, extent in enumerate(extents):
        if columns[-1].boxes and columns[-1].height_with(extent) > limit:
            columns.append(_Column(ARROW))
        columns[-1].put(box, extent)
    return columns


def _width(columns: SequenceOf[_Column], between: float) -> float:
    return sum(column.width for column in columns) + between * (len(columns) - 1)


def _places(
    columns: SequenceOf[_Column], extents: SequenceOf[Extent], top: float, between: float
) -> Iterator[tuple[int, Place]]:
    """Yield box → place, for columns beside each other."""
    x = 0.0
    for column in columns:
        y = top
        for box in column.boxes:
            yield box, Place(x, y, column.width)
            y += extents[box].height + column.gap
        x += column.width + between


def _in_order(places: dict[int, Place]) -> tuple[Place, ...]:
    return tuple(places[box] for box in range(len(places)))
