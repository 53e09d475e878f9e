"""Puts the clock forward for DAG files, to see what they make of the time at which they are imported."""

from __future__ import annotations

import contextlib
import datetime
import time
import types
from collections.abc import Iterator
from typing import Any

import pendulum

from converter.loading.child.stand_ins.names import overlaid

#: Another year, month, day, weekday, hour, minute and second.
_FORWARD = datetime.timedelta(days=405, hours=5, minutes=7, seconds=13)


class _Type(type):
    """The type of a class that takes the place of another one, also where it is asked what is of it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__mro__[1])


class _Datetime(datetime.datetime, metaclass=_Type):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return super().now(tz) + _FORWARD

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


class _Date(datetime.date, metaclass=_Type):
    @classmethod
    def today(cls) -> Any:
        return super().today() + _FORWARD


def _time() -> float:
    return time.time() + _FORWARD.total_seconds()


_MODULES: dict[str, dict[str, Any]] = {
    "datetime": {"datetime": _Datetime, "date": _Date},
    "time": {
        "time": _time,
        "time_ns": lambda: int(_time() * 1e9),
        "gmtime": lambda seconds=None: time.gmtime(_time() if seconds is None else seconds),
        "localtime": lambda seconds=None: time.localtime(_time() if seconds is None else seconds),
        "strftime": lambda form, at=None: time.strftime(form, at or time.localtime(_time())),
    },
    "pendulum": {
        "now": lambda tz=None: pendulum.now(tz) + _FORWARD,
        "today": lambda tz="local": pendulum.today(tz) + _FORWARD,
        "tomorrow": lambda tz="local": pendulum.tomorrow(tz) + _FORWARD,
        "yesterday": lambda tz="local": pendulum.yesterday(tz) + _FORWARD,
    },
}


class Clock:
    """The clock of DAG files: the real one, or :meth:`forward`."""

    def __init__(self) -> None:
        self._is_forward = False

    @contextlib.contextmanager
    def forward(self) -> Iterator[None]:
        """Let files that are imported meanwhile find another time."""
        self._is_forward = True
        try:
            yield
        finally:
            self._is_forward = False

    def seen(self, name: str, module: types.ModuleType) -> types.ModuleType:
        """Return a module as a file that imports it by a name sees it."""
        names = _MODULES.get(name) if self._is_forward else None
        return overlaid(module, names) if names else module
