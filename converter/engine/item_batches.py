"""ItemBatcher: the items of a distributed Map in groups, each the input of one execution."""

from __future__ import annotations

from collections.abc import Iterator

from converter.engine.data import compact_json
from converter.engine.definition import ItemBatcher
from converter.engine.map_fields import non_negative
from converter.engine.tasks import Json
from converter.engine.visit import Visit


def make_batches(visit: Visit, batcher: ItemBatcher, items: list[Json]) -> list[Json]:
    """Return the batches: ``{"BatchInput": …, "Items": […]}``, without BatchInput if there is none.

    A batch ends where another item would make it too long or, in bytes of its JSON text, too large.
    """
    most_items = non_negative(visit, batcher.max_items) or len(items)
    most_bytes = non_negative(visit, batcher.max_bytes)
    shared = {} if batcher.batch_input is None else {"BatchInput": visit.evaluate(batcher.batch_input)}
    return [{**shared, "Items": group} for group in _groups(items, shared, most_items, most_bytes)]


def _groups(
    items: list[Json], shared: dict[str, Json], most_items: int, most_bytes: int
) -> Iterator[list[Json]]:
    empty = _size({**shared, "Items": []})
    group: list[Json] = []
    size = empty
    for item in items:
        added = _size(item) + 1  # and a comma
        if group and (len(group) == most_items or (most_bytes and size + added > most_bytes)):
            yield group
            group, size = [], empty
        group.append(item)
        size += added
    if group:
        yield group


def _size(value: Json) -> int:
    return len(compact_json(value).encode())
