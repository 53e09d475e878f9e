"""Draws what is in a run: its conf and dates, and what tasks return and push."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from converter.verify.data.wanted import RETURN_VALUE, Origin, Shape
from converter.workflow import Opaque, Value

_TEXTS: tuple[str, ...] = (
    "",
    "a",
    "part/b",
    "it's",
    'say "x"',
    "tab\t",
    "ü",
    "${x}",
    "{{ ds }}",
    "{% y %}",
    "$.x",
    "back\\s",
    "1",
    " 7 ",
    "True",
    "a,b,,c",
    "2024-05-06",
    "line\nbreak\n",
)
_NUMBERS = (0, 1, 2, -3, 12, 99999, 0.5, -1.25, 123456789012)
#: Around the ends of months and years, leap days, and changes of clocks.
_DATES = """
    2023-12-31T23:59:59 2024-01-01T00:00:00 2024-02-29T12:00:00.000100 2024-03-10T07:30:00
    2024-03-31T00:59:59 2024-10-27T01:00:00.123456 2024-11-03T06:00:00 2026-01-01T00:00:00
""".split()
#: How often something is not what its readers take it for.
_STRANGE = 0.04
#: How often an instance returns nothing, though it succeeds.
_NOTHING = 0.15


@dataclass(frozen=True)
class Pushed:
    """What a task, or an instance of one, pushes when it succeeds. A ``value`` of None is not pushed."""

    value: Any = None
    keys: Mapping[str, Any] = field(default_factory=dict)

    def by_key(self) -> dict[str, Any]:
        """Return the XComs by their keys."""
        returned = {} if self.value is None else {RETURN_VALUE: self.value}
        return {**returned, **self.keys}


NOTHING = Pushed()
#: The input of a run without anything in it.
PLAIN_RUN: Mapping[str, Any] = {
    "conf": {},
    "params": {},
    "run_id": "verify",
    "logical_date": "2026-01-01T00:00:00+00:00",
    "data_interval_start": "2026-01-01T00:00:00+00:00",
    "data_interval_end": "2026-01-01T00:00:00+00:00",
}


class Contents:
    """Draws values for one scenario. ``plain``: such that no template fails for want of something.

    ``shapes`` say what templates ask for, and ``items`` what others are expanded over, by task.
    """

    def __init__(
        self, seed: str, shapes: Mapping[Origin, Shape], items: Mapping[str, Shape], *, plain: bool
    ) -> None:
        self._rng = Random(seed)  # noqa: S311 - repeatable on purpose
        self._shapes = shapes
        self._items = items
        self._plain = plain

    def run(self, params: Mapping[str, Value]) -> dict[str, Any]:
        """Return a run's input: its dates, and a conf that may override params."""
        start = datetime.fromisoformat("2026-01-01T00:00:00" if self._plain else self._rng.choice(_DATES))
        start = start.replace(tzinfo=timezone.utc)
        end = start + timedelta(seconds=0 if self._plain else self._rng.choice((0, 3600, 86_400)))
        conf = self._object(self._shapes.get(("conf",), Shape()))
        required = {name for name, value in params.items() if isinstance(value, Opaque)}
        asked = self._shapes.get(("params",), Shape()).members
        for name, shape in asked.items():
            if name in required or name not in params or (not self._plain and self._rng.random() < 0.3):
                conf[name] = self._value(shape)
        return {
            **PLAIN_RUN,
            "conf": conf,
            "logical_date": start.isoformat(),
            "data_interval_start": start.isoformat(),
            "data_interval_end": end.isoformat(),
        }

    def pushed(self, task: str, count: int | None = None) -> Pushed:
        """Return what a task pushes. ``count``: it returns so many items, as others are expanded over it.

        Of a mapped task it is what one instance pushes.
        """
        keys = {
            origin[2]: self._value(shape)
            for origin, shape in self._shapes.items()
            if origin[:2] == ("xcom", task) and origin[2] != RETURN_VALUE and (self._plain or self._likely())
        }
        if count is not None:
            listed = [self._value(self._items.get(task, Shape())) for _ in range(count)]
            as_dict = not self._plain and count > 0 and self._rng.random() < 0.15
            return Pushed(
                {f"k{number}": item for number, item in enumerate(listed)} if as_dict else listed, keys
            )
        asked = self._items.get(task) or self._shapes.get(("xcom", task, RETURN_VALUE))
        if not self._plain and self._rng.random() < _NOTHING:
            return Pushed(None, keys)
        return Pushed(self._value(asked or Shape()), keys)

    def _likely(self) -> bool:
        return self._rng.random() >= _STRANGE

    def _value(self, shape: Shape) -> Any:
        if not self._plain and not self._likely():
            return self._rng.choice((None, True, 7, "other", [], {}, ["x", 1], {"k": "v"}))
        if shape.members:
            return self._object(shape)
        if shape.is_list:
            return [self._scalar() for _ in range(2 if self._plain else self._rng.choice((0, 1, 2, 3)))]
        return self._scalar()

    def _object(self, shape: Shape) -> dict[str, Any]:
        return {
            name: self._value(inner)
            for name, inner in shape.members.items()
            if self._plain or shape.is_whole or self._likely()
        }

    def _scalar(self) -> Any:
        if self._plain:
            return "text"
        kind = self._rng.random()
        if kind < 0.75:
            return self._rng.choice(_TEXTS)
        return self._rng.choice(_NUMBERS) if kind < 0.92 else self._rng.choice((True, False, None))
