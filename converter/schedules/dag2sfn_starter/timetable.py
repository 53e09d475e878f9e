"""When runs are due, and for which data interval: Airflow's timetables, without Airflow.

A timetable is a JSON document, made when the DAG is converted::

    {"zone": "Europe/Berlin", "start_date": "<ISO 8601>", "end_date": null,
     "crons": [{"minutes": [0], "hours": [6], "days": null, "months": null, "weekdays": [1], "nth": {}}],
     "length": null}

``crons`` are the fields of cron strings, null where any value will do; ``nth`` has the occurrences in the
month of a weekday (``"l"``: the last). Several are those of one timetable. Instead of ``crons`` there may be
``"seconds": 3600, "anchor": "<ISO 8601>"``: a run every so many seconds, one of them at the anchor. With
``"length": null`` a run stands for the time since the run before (Airflow's *data interval* timetables); with
a number, for so many seconds before it is due (*trigger* timetables, mostly 0). ``zone`` is ``UTC``, an
offset (``+05:30``), or a name whose rules are beside this file.

Daylight saving as in Airflow: a local time that clocks skip is that much later, one that comes twice is the
second one; and a cron string whose hours are ``*`` counts hours that pass, not those on the clock.
"""

import calendar
import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

UTC = datetime.timezone.utc
#: The rules of the time zone, where it has any: its file of the IANA database.
ZONE_FILE = Path(__file__).with_name("zone.tzif")
_DAY = datetime.timedelta(days=1)
#: How far a cron string is searched for its next time: 29 February may be eight years away.
_LONGEST_GAP = 9 * 366
#: Clocks are never put forward or back by more.
_CLOCKS_SETTLED = datetime.timedelta(days=2)


@dataclass(frozen=True)
class Run:
    """A run: when it is due, and its data interval. All in UTC."""

    due: datetime.datetime
    start: datetime.datetime
    end: datetime.datetime


class Beat(Protocol):
    """A row of moments without beginning and end."""

    def after(self, moment: datetime.datetime) -> datetime.datetime:
        """Return the first one after a moment."""

    def before(self, moment: datetime.datetime) -> datetime.datetime:
        """Return the last one before a moment."""


class Timetable:
    """All runs of a DAG."""

    def __init__(self, document: Mapping[str, Any], zone: datetime.tzinfo | None = None) -> None:
        """``zone`` is the time zone, instead of the one whose rules are beside this file."""
        dates = (document.get(name) for name in ("start_date", "end_date"))
        self._first, self._last = (instant(date) if date else None for date in dates)
        length = document.get("length")
        self._length = None if length is None else datetime.timedelta(seconds=length)
        self._beat: Beat
        if "crons" in document:
            zone = zone or zone_of(document["zone"])
            self._beat = _CronBeat([Cron(fields) for fields in document["crons"]], zone)
        else:
            period = datetime.timedelta(seconds=document["seconds"])
            self._beat = _EvenBeat(instant(document["anchor"]), period)

    def at(self, moment: datetime.datetime) -> Run | None:
        """Return the run that is due at a moment, None if there is none."""
        return next(self.between(moment, moment), None)

    def between(self, first: datetime.datetime, last: datetime.datetime) -> Iterator[Run]:
        """Yield the runs that are due from one moment to another, both inclusive, in order."""
        # Airflow goes from run to run, and where clocks change the way matters: begin well before.
        before = self._beat.before(first - _CLOCKS_SETTLED)
        due = self._beat.after(before)
        while due <= last:
            run = self._run(before, due)
            if due >= first and run is not None:
                yield run
            before, due = self._following(before, due)

    def for_dates(self, first: datetime.datetime, last: datetime.datetime) -> Iterator[Run]:
        """Yield the runs whose logical dates are from one moment to another, both inclusive, in order."""
        # A run is due when its interval ends, at the earliest at its logical date.
        latest = self._beat.after(self._beat.after(last)) if self._length is None else last + self._length
        for run in self.between(first, latest):
            if first <= run.start <= last:
                yield run

    def latest_until(self, run: Run) -> datetime.datetime:
        """Return how long LatestOnlyOperator takes a run for the latest: until the next one is due."""
        if self._length is not None:
            return self._beat.after(run.due)
        later = self._beat.after(run.due)
        aligned = run.due if self._beat.before(later) == run.due else later
        return self._beat.after(max(aligned, self._aligned_to_before(run.due)))

    def _following(
        self, begin: datetime.datetime, end: datetime.datetime
    ) -> tuple[datetime.datetime, datetime.datetime]:
        """Return the interval after one. Airflow aligns its end anew, which matters where clocks skip."""
        if self._length is not None:
            return end, self._beat.after(end)
        aligned = self._aligned_to_before(end)
        if aligned <= begin:
            aligned = self._beat.after(aligned)
        return aligned, self._beat.after(aligned)

    def _aligned_to_before(self, moment: datetime.datetime) -> datetime.datetime:
        earlier = self._beat.before(moment)
        return moment if self._beat.after(earlier) == moment else earlier

    def _run(self, before: datetime.datetime, due: datetime.datetime) -> Run | None:
        start = before if self._length is None else due - self._length
        counted = start if self._length is None else due
        if (self._first and counted < self._first) or (self._last and counted > self._last):
            return None
        return Run(due, start, due)


class _EvenBeat:
    def __init__(self, anchor: datetime.datetime, period: datetime.timedelta) -> None:
        self._anchor, self._period = anchor, period

    def after(self, moment: datetime.datetime) -> datetime.datetime:
        return self._anchor + ((moment - self._anchor) // self._period + 1) * self._period

    def before(self, moment: datetime.datetime) -> datetime.datetime:
        return self._anchor - ((self._anchor - moment) // self._period + 1) * self._period


class _CronBeat:
    def __init__(self, crons: "list[Cron]", zone: datetime.tzinfo) -> None:
        self._crons, self._zone = crons, zone

    def after(self, moment: datetime.datetime) -> datetime.datetime:
        return min(self._neighbour(cron, moment, cron.after) for cron in self._crons)

    def before(self, moment: datetime.datetime) -> datetime.datetime:
        return max(self._neighbour(cron, moment, cron.before) for cron in self._crons)

    def _neighbour(self, cron: "Cron", moment: datetime.datetime, look: Any) -> datetime.datetime:
        clock = moment.astimezone(self._zone).replace(tzinfo=None)
        found = look(clock)
        return moment + (found - clock) if cron.is_every_hour else self._on_clock(found)

    def _on_clock(self, clock: datetime.datetime) -> datetime.datetime:
        second = clock.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
        if second.astimezone(self._zone).replace(tzinfo=None) == clock:
            return second
        return clock.replace(tzinfo=self._zone, fold=0).astimezone(UTC)


class Cron:
    """The fields of a cron string, and the times that they name. Times are local, without a zone."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.is_every_hour = fields["hours"] is None
        self._times = [
            datetime.time(hour, minute)
            for hour in (range(24) if self.is_every_hour else fields["hours"])
            for minute in (range(60) if fields["minutes"] is None else fields["minutes"])
        ]
        self._days, self._months, self._weekdays = (fields[name] for name in ("days", "months", "weekdays"))
        self._nth: Mapping[str, Any] = fields["nth"]

    def after(self, clock: datetime.datetime) -> datetime.datetime:
        """Return the first time after one."""
        for day in self._from(clock.date(), _DAY):
            position = bisect_right(self._times, clock.time()) if day == clock.date() else 0
            if position < len(self._times):
                return datetime.datetime.combine(day, self._times[position])
        raise ValueError("the cron string names no day")

    def before(self, clock: datetime.datetime) -> datetime.datetime:
        """Return the last time before one."""
        for day in self._from(clock.date(), -_DAY):
            position = bisect_left(self._times, clock.time()) if day == clock.date() else len(self._times)
            if position > 0:
                return datetime.datetime.combine(day, self._times[position - 1])
        raise ValueError("the cron string names no day")

    def _from(self, day: datetime.date, step: datetime.timedelta) -> Iterator[datetime.date]:
        for _ in range(_LONGEST_GAP):
            if (self._months is None or day.month in self._months) and self._is_day(day):
                yield day
            day += step

    def _is_day(self, day: datetime.date) -> bool:
        # Where both are given, either will do: so it is in Unix.
        if self._days is not None and self._weekdays is not None:
            return self._is_day_of_month(day) or self._is_day_of_week(day)
        return (self._days is None or self._is_day_of_month(day)) and (
            self._weekdays is None or self._is_day_of_week(day)
        )

    def _is_day_of_month(self, day: datetime.date) -> bool:
        return day.day in self._days or ("l" in self._days and day.day == _days_in_month(day))

    def _is_day_of_week(self, day: datetime.date) -> bool:
        weekday = day.isoweekday() % 7
        if weekday not in self._weekdays:
            return False
        occurrences = self._nth.get(str(weekday))
        if occurrences is None:
            return True
        return (day.day - 1) // 7 + 1 in occurrences or (
            "l" in occurrences and day.day + 7 > _days_in_month(day)
        )


def _days_in_month(day: datetime.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def instant(text: str) -> datetime.datetime:
    """Return a moment in UTC. Without a time zone, it is in UTC."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def zone_of(name: str) -> datetime.tzinfo:
    """Return a time zone: UTC, an offset, or the one whose rules are beside this file."""
    if name == "UTC":
        return UTC
    if name[0] in "+-":
        return datetime.datetime.strptime(name, "%z").tzinfo or UTC
    with ZONE_FILE.open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)
