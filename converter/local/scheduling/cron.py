"""The six fields of an EventBridge cron expression, and the days and times that they name.

``minutes hours day-of-month month day-of-week year``; a day of the week is 1 to 7 or SUN to SAT. ``L``, ``W``
and ``#`` as AWS documents them ("Schedule types on EventBridge Scheduler"). Day of month and day of week
exclude each other: one of them is ``?``.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LAST_YEAR = 2199

DayRule = Callable[[date], bool]


class CronError(ValueError):
    """The text is no cron expression of EventBridge Scheduler."""


@dataclass(frozen=True)
class Cron:
    """A cron expression, read. Times are local: the time zone is somebody else's."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    is_day: DayRule

    def after(self, moment: datetime) -> Iterator[datetime]:
        """All times from ``moment`` on (naive, inclusive), in order, until the last year that cron knows."""
        day = moment.date()
        while day.year <= LAST_YEAR:
            if day.year not in self.years:
                day = date(day.year + 1, 1, 1)
            elif day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            else:
                if self.is_day(day):
                    times = (time(hour, minute) for hour in self.hours for minute in self.minutes)
                    yield from (found for each in times if (found := datetime.combine(day, each)) >= moment)
                day += timedelta(days=1)


def parse_cron(fields: str) -> Cron:
    """Read what stands between the parentheses of ``cron(…)``. Raises :class:`CronError`."""
    parts = fields.split()
    if len(parts) != 6:
        raise CronError(f"expected 6 fields, found {len(parts)}")
    minutes, hours, of_month, months, of_week, years = (part.upper() for part in parts)
    if (of_month == "?") == (of_week == "?"):
        raise CronError("one of day-of-month and day-of-week must be ?, and not both")
    return Cron(
        minutes=_numbers(minutes, 0, 59),
        hours=_numbers(hours, 0, 23),
        months=frozenset(_numbers(months, 1, 12, MONTHS)),
        years=frozenset(_numbers(years, 1970, LAST_YEAR)),
        is_day=_days_of_month(of_month) if of_week == "?" else _days_of_week(of_week),
    )


def _numbers(field: str, low: int, high: int, names: Sequence[str] = ()) -> tuple[int, ...]:
    """The numbers that a field of numbers, names, ranges and steps means, sorted."""

    def number(text: str) -> int:
        value = low + names.index(text) if text in names else int(text) if text.isdecimal() else -1
        if not low <= value <= high:
            raise CronError(f"{text!r} is no value from {low} to {high}")
        return value

    found: set[int] = set()
    for part in field.split(","):
        body, slash, step_text = part.partition("/")
        step = int(step_text) if step_text.isdecimal() else 0
        if slash and step < 1:
            raise CronError(f"{part!r} has no step")
        first_text, dash, last_text = body.partition("-")
        if body == "*":
            first, last = low, high
        elif dash:
            first, last = number(first_text), number(last_text)
        else:
            first = number(body)
            last = high if slash else first
        if first > last:
            raise CronError(f"{part!r} ends before it begins")
        found.update(range(first, last + 1, step or 1))
    return tuple(sorted(found))


def _days_of_month(field: str) -> DayRule:
    if field in {"L", "LW"}:
        return lambda day: day.day == _last_day(day, only_weekdays=field == "LW")
    if nearest := re.fullmatch(r"(\d{1,2})W", field):
        wanted = _numbers(nearest[1], 1, 31)[0]
        return lambda day: day == _nearest_weekday(day, wanted)
    days = frozenset(_numbers(field, 1, 31))
    return lambda day: day.day in days


def _last_day(day: date, *, only_weekdays: bool) -> int:
    last = calendar.monthrange(day.year, day.month)[1]
    weekday = date(day.year, day.month, last).weekday()
    return last - max(0, weekday - 4) if only_weekdays else last


def _nearest_weekday(day: date, wanted: int) -> date | None:
    """The Monday to Friday nearest to a day of this month, in the same month."""
    last = calendar.monthrange(day.year, day.month)[1]
    if wanted > last:
        return None
    target = date(day.year, day.month, wanted)
    if target.weekday() == 5:
        return target - timedelta(days=1) if wanted > 1 else target + timedelta(days=2)
    if target.weekday() == 6:
        return target + timedelta(days=1) if wanted < last else target - timedelta(days=2)
    return target


def _days_of_week(field: str) -> DayRule:
    if field == "L":
        return lambda day: _weekday(day) == 7
    if last := re.fullmatch(r"(\w+)L", field):
        wanted = _numbers(last[1], 1, 7, WEEKDAYS)[0]
        return lambda day: _weekday(day) == wanted and (day + timedelta(days=7)).month != day.month
    if numbered := re.fullmatch(r"(\w+)#([1-5])", field):
        wanted, which = _numbers(numbered[1], 1, 7, WEEKDAYS)[0], int(numbered[2])
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == which
    days = frozenset(_numbers(field, 1, 7, WEEKDAYS))
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1
