"""The fields that inline and distributed Maps share, evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from converter.engine.data import compact_json
from converter.engine.definition import MapState
from converter.engine.failures import StateFailure
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


@dataclass(frozen=True)
class Tolerance:
    """How many items of a Map may fail. None where the field is absent; with both absent none may."""

    count: int | None
    percentage: float | None

    @classmethod
    def of(cls, visit: Visit, state: MapState) -> Tolerance:
        """Evaluate a Map's fields. Raises ``StateFailure``."""
        count, share = state.tolerated_failure_count, state.tolerated_failure_percentage
        return cls(
            None if count is None else non_negative(visit, count),
            None if share is None else percentage(visit, share),
        )

    @property
    def is_declared(self) -> bool:
        """Whether the Map has one of the two fields."""
        return self.count is not None or self.percentage is not None

    def is_exceeded(self, failed: int, total: int) -> bool:
        """Tell whether too many items failed: either threshold is enough."""
        if not self.is_declared:
            return failed > 0
        too_many = self.count is not None and failed > self.count
        too_large_a_share = self.percentage is not None and failed * 100 > self.percentage * total
        return too_many or too_large_a_share


def threshold_exceeded() -> StateFailure:
    """Return the failure of a Map of which too many items failed."""
    return StateFailure(
        "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
    )
