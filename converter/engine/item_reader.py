"""ItemReader: the items of a distributed Map from S3, through the execution's backend."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from converter.engine.data import parse_json
from converter.engine.definition import ItemReader
from converter.engine.failures import StateFailure
from converter.engine.java_habits import hash_map_order
from converter.engine.tasks import Json
from converter.engine.visit import Visit

_MOST_ITEMS = 100_000_000
"""Upper limit of MaxItems (Step Functions Developer Guide, "ItemReader")."""


async def read_items(visit: Visit, reader: ItemReader) -> list[Json]:
    """Read a Map's items. Raises ``StateFailure`` (``States.ItemReaderFailed``) where that fails."""
    arguments = visit.evaluate(reader.arguments)
    limit = _limit(visit, reader)
    if reader.input_type == "LISTING":
        return await _listed_objects(visit, arguments, limit)
    answer = await visit.call_service("s3:getObject", arguments, failing_as="States.ItemReaderFailed")
    items = _PARSERS[reader.input_type](str(answer.get("Body", "")), reader)
    return items[:limit]


def _limit(visit: Visit, reader: ItemReader) -> int:
    """Return the most items to read. 0 means no limit, as if the field were absent (recorded)."""
    value = 0 if reader.max_items is None else visit.evaluate(reader.max_items, expected="number")
    number = int(value)
    if number < 0:
        raise _failed("field MaxItems must be positive")
    return number or _MOST_ITEMS


def _failed(cause: str) -> StateFailure:
    return StateFailure("States.ItemReaderFailed", cause)


async def _listed_objects(visit: Visit, arguments: dict[str, Json], limit: int) -> list[Json]:
    """Return what S3 says of each object, page by page."""
    objects: list[Json] = []
    page: dict[str, Any] = {"NextContinuationToken": None}
    while len(objects) < limit and "NextContinuationToken" in page:
        token = page["NextContinuationToken"]
        request = arguments if token is None else {**arguments, "ContinuationToken": token}
        page = await visit.call_service("s3:listObjectsV2", request, failing_as="States.ItemReaderFailed")
        objects += [_listed(entry) for entry in page.get("Contents", [])]
    return objects[:limit]


def _listed(entry: dict[str, Json]) -> Json:
    """Return an entry of the listing as a Map has it: ``ETag`` is ``Etag`` there (recorded)."""
    named = {"Etag" if name == "ETag" else name: value for name, value in entry.items()}
    order = ("Etag", "LastModified", "Key", "Size", "StorageClass")
    return {name: named[name] for name in order if name in named}


def _parse_json(text: str, _: ItemReader) -> list[Json]:
    items = _parsed(text)
    if not isinstance(items, list):
        raise _failed("Attempting to map over non-iterable node.")
    return items


def _parse_json_lines(text: str, _: ItemReader) -> list[Json]:
    return [_parsed(line) for line in text.splitlines() if line.strip()]


def _parsed(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError as error:
        raise _failed(f"The object is no JSON: {error}") from error


def _parse_csv(text: str, reader: ItemReader) -> list[Json]:
    """Return rows as objects, names in the order of a Java map (recorded); missing fields are empty."""
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=reader.delimiter) if row]
    headers = list(reader.headers)
    if reader.header_location == "FIRST_ROW":
        headers, rows = (rows[0], rows[1:]) if rows else ([], [])
    if len(set(headers)) < len(headers):
        raise _failed("CSV headers cannot contain duplicates.")
    columns = [(name, headers.index(name)) for name in hash_map_order(headers)]
    return [{name: row[i] if i < len(row) else "" for name, i in columns} for row in rows]


_PARSERS: dict[str, Callable[[str, ItemReader], list[Json]]] = {
    "JSON": _parse_json,
    "JSONL": _parse_json_lines,
    "CSV": _parse_csv,
}
