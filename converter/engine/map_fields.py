"""The fields that inline and distributed Maps share, evaluated."""

from __future__ import annotations

from converter.engine.data import compact_json
from converter.engine.definition import MapState
from converter.engine.scope import Field, QueryError
from converter.engine.tasks import Json
from converter.engine.visit import Visit


def map_items(visit: Visit, state: MapState) -> list[Json]:
    """Return what the Map iterates over. Raises ``StateFailure`` if it is no array."""
    items = visit.input.value if state.items is None else visit.evaluate(state.items, expected="array")
    if isinstance(items, list):
        return items
    problem = f"Map state input must be an array but was: {compact_json(items)}"
    raise visit.field_failure(QueryError(problem, None))


def non_negative(visit: Visit, template: Field | None) -> int:
    """Return a whole number, 0 where the field is absent. Raises ``StateFailure``."""
    if template is None:
        return 0
    value = visit.evaluate(template, expected="number")
    if not isinstance(value, int) or value < 0:
        raise visit.field_failure(template.unexpected(value, "a non-negative integer"))
    return value


def percentage(visit: Visit, template: Field | None) -> float:
    """Return a percentage, 0 where the field is absent. Raises ``StateFailure``."""
    if template is None:
        return 0
    value: float = visit.evaluate(template, expected="number")
    if not 0 <= value <= 100:
        raise visit.field_failure(template.unexpected(value, "a number between 0 and 100"))
    return value
