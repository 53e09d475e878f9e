"""When EventBridge Scheduler is to call the starter: at least whenever a run is due.

The starter knows exactly which runs are due, so that a call too many does no harm. EventBridge's own cron
says the same as Unix's, but for daylight saving: it leaves out local times that clocks skip, and takes those
that come twice once. Where a cron string has such times, the starter is called in UTC, at all times of the
day that may be meant. Source: EventBridge Scheduler User Guide, "Schedule types" and "Daylight saving time on
EventBridge Scheduler".
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from typing import Any

#: The years whose changes of clocks are looked at; rules of daylight saving hold on.
_YEARS = range(2020, 2038)
_MINUTES_OF_DAY = 24 * 60
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class Wakeup:
    """A schedule of EventBridge Scheduler: expression and time zone."""

    expression: str
    zone: str = "UTC"


def wakeups_of(crons: Sequence[Mapping[str, Any]], name: str, zone: tzinfo) -> tuple[Wakeup, ...]:
    """Return the schedules for the fields of cron strings in a time zone."""
    is_fixed = isinstance(zone, timezone)
    found: list[Wakeup] = []
    for fields in crons:
        if not is_fixed and not _meets_a_change(fields, name, zone):
            found += [Wakeup(expression, name) for expression in _as_it_stands(fields)]
        elif zone == timezone.utc:
            found += [Wakeup(expression) for expression in _as_it_stands(fields)]
        else:
            found.append(_in_utc(fields, zone, name))
    return tuple(dict.fromkeys(found))


def minutes_between(minutes: int, anchor: str) -> tuple[Wakeup, ...]:
    """Return the schedule for every so many minutes, counted from an anchor (ISO 8601)."""
    # Days have no remainder of it: the starter knows on which of these times a run is due.
    step = math.gcd(minutes, _MINUTES_OF_DAY)
    moment = datetime.fromisoformat(anchor.replace("Z", "+00:00"))
    moment = moment.astimezone(timezone.utc) if moment.tzinfo else moment
    first = (moment.hour * 60 + moment.minute) % step
    return (Wakeup(_daily(range(first, _MINUTES_OF_DAY, step))),)


def _as_it_stands(fields: Mapping[str, Any]) -> list[str]:
    """Return EventBridge's form of cron strings: one, or two where day of month or day of week will do."""
    time, months = f"{_list(fields['minutes'])} {_list(fields['hours'])}", _list(fields["months"])
    found = []
    if fields["days"] is not None or fields["weekdays"] is None:
        found += [f"cron({time} {days} {months} ? *)" for days in _days_of_month(fields["days"])]
    if fields["weekdays"] is not None:
        found += [f"cron({time} ? {months} {days} *)" for days in _days_of_week(fields)]
    return found


def _days_of_month(days: list[Any] | None) -> list[str]:
    numbers = None if days is None else [day for day in days if day != "l"]
    # L stands alone.
    return ([_list(numbers)] if numbers or days is None else []) + (["L"] if days and "l" in days else [])


def _days_of_week(fields: Mapping[str, Any]) -> list[str]:
    nth = fields["nth"]
    if not nth:
        return [",".join(_WEEKDAYS[day] for day in fields["weekdays"])]
    return [
        f"{int(weekday) + 1}L" if which == "l" else f"{int(weekday) + 1}#{which}"
        for weekday, occurrences in nth.items()
        for which in occurrences
    ]


def _list(numbers: Iterable[int] | None) -> str:
    if numbers is None:
        return "*"
    values = list(numbers)
    steps = {later - earlier for earlier, later in pairwise(values)}
    if len(values) > 3 and len(steps) == 1:
        (step,) = steps
        return f"{values[0]}-{values[-1]}" + (f"/{step}" if step > 1 else "")
    return ",".join(map(str, values))


def _in_utc(fields: Mapping[str, Any], zone: tzinfo, name: str) -> Wakeup:
    """Return the schedule at all times of the day that local ones may mean, on every day."""
    times = {
        (hour * 60 + minute - offset) % _MINUTES_OF_DAY
        for offset in _offsets(name, zone)
        for hour in (range(24) if fields["hours"] is None else fields["hours"])
        for minute in (range(60) if fields["minutes"] is None else fields["minutes"])
    }
    return Wakeup(_daily(sorted(times)))


def _daily(times: Iterable[int]) -> str:
    """Return one expression for times of the day in minutes: each hour that has one, and each minute."""
    values = list(times)
    hours = sorted({time // 60 for time in values})
    minutes = sorted({time % 60 for time in values})
    every_hour, every_minute = len(hours) == 24, len(minutes) == 60
    return f"cron({_list(None if every_minute else minutes)} {_list(None if every_hour else hours)} * * ? *)"


def _meets_a_change(fields: Mapping[str, Any], name: str, zone: tzinfo) -> bool:
    """Whether a cron string names times that clocks skip, or that come twice."""
    if fields["hours"] is None:
        return bool(_changes(name, zone))
    return any(
        first < hour * 60 + 60 and hour * 60 < last
        for first, last in _changes(name, zone)
        for hour in fields["hours"]
    )


def _offsets(name: str, zone: tzinfo) -> list[int]:
    """Return the minutes that local time is ahead of UTC, in summer and in winter."""
    if isinstance(zone, timezone):
        return [_minutes(zone.utcoffset(None))]
    return sorted({offset for _, offset in _course(name, zone)})


@functools.cache
def _changes(name: str, zone: tzinfo) -> tuple[tuple[int, int], ...]:
    """Return the spans of the local day, in minutes, that clocks skip or go through twice."""
    spans = set()
    course = _course(name, zone)
    for (_, before), (moment, after) in pairwise(course):
        if before != after:
            earlier, later = sorted((before, after))
            begin = (moment.hour * 60 + moment.minute + earlier) % _MINUTES_OF_DAY
            spans.add((begin, begin + later - earlier))
    # A span over midnight belongs to two days.
    return tuple(sorted(spans | {(first - _MINUTES_OF_DAY, last - _MINUTES_OF_DAY) for first, last in spans}))


@functools.cache
def _course(name: str, zone: tzinfo) -> tuple[tuple[datetime, int], ...]:
    """Return every change of clocks in UTC, with the offset from then on in minutes; first the beginning."""
    moment = datetime(_YEARS.start, 1, 1, tzinfo=timezone.utc)
    course = [(moment, _offset(zone, moment))]
    while moment.year < _YEARS.stop:
        later = moment + timedelta(days=1)
        if _offset(zone, later) != course[-1][1]:
            course.append(_change_between(zone, moment, later))
        moment = later
    return tuple(course)


def _change_between(zone: tzinfo, first: datetime, last: datetime) -> tuple[datetime, int]:
    before = _offset(zone, first)
    while last - first > timedelta(minutes=1):
        middle = first + timedelta(minutes=(last - first) // timedelta(minutes=2))
        first, last = (middle, last) if _offset(zone, middle) == before else (first, middle)
    return last, _offset(zone, last)


def _offset(zone: tzinfo, moment: datetime) -> int:
    return _minutes(moment.astimezone(zone).utcoffset())


def _minutes(offset: timedelta | None) -> int:
    return (offset or timedelta()) // timedelta(minutes=1)
