"""Airflow's timetable → a document for the starter, or the reason why there is none.

Cron strings are read by croniter, as in Airflow: the starter gets their fields as plain numbers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from croniter.croniter import CroniterError

from converter.derived import derived
from converter.schedules.wakeups import Wakeup, minutes_between, wakeups_of
from converter.workflow import Schedule, Workflow

_DEPLOYED = (
    "CronDataIntervalTimetable",
    "CronTriggerTimetable",
    "MultipleCronTriggerTimetable",
    "DeltaDataIntervalTimetable",
    "DeltaTriggerTimetable",
)
#: Timetable → why it is not deployed, what to do instead.
_REFUSED = {
    "OnceTimetable": ("@once is a single run", "start it with `dag2sfn run`"),
    "AssetTriggeredTimetable": (
        "it hangs on assets, of which the machine knows nothing",
        "start it from the DAG that writes them, or by an EventBridge rule",
    ),
    "AssetOrTimeSchedule": (
        "it hangs on assets as well as on time",
        "give the time alone, and start it from the DAG that writes the assets",
    ),
    "EventsTimetable": ("it is a list of dates", "start its runs with `dag2sfn run --logical-date`"),
    "CronPartitionTimetable": ("it makes runs for partitions", "write the cron string alone"),
}
_REFUSED["DatasetTriggeredTimetable"] = _REFUSED["AssetTriggeredTimetable"]
_REFUSED["DatasetOrTimeSchedule"] = _REFUSED["AssetOrTimeSchedule"]
_OWN = ("it is a timetable of your own", "write the cron string that is nearest to it")
_EPOCH = "1970-01-01T00:00:00+00:00"
_RANGES = {"minutes": (0, 60), "hours": (0, 24), "days": (1, 32), "months": (1, 13), "weekdays": (0, 7)}


@dataclass(frozen=True)
class Timing:
    """A schedule that is deployed.

    ``document`` is what the starter reads; ``wakeups`` call it; ``zone`` is the time zone whose rules it
    needs, if any. ``differences`` are what is not as in Airflow, each with what to do about it.
    """

    document: Mapping[str, Any]
    wakeups: tuple[Wakeup, ...]
    zone: str | None = None
    differences: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Unscheduled:
    """A schedule that is not deployed: why, and what to do instead."""

    reason: str
    remedy: str


class _CannotBe(Exception):
    """The schedule cannot be deployed: reason and remedy."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.why = Unscheduled(reason, remedy)


@derived
def timing_of(workflow: Workflow) -> Timing | Unscheduled | None:
    """Return what becomes of a DAG's schedule; None if it has none."""
    schedule = workflow.schedule
    if schedule is None:
        return None
    try:
        if schedule.timetable == "ContinuousTimetable":
            return _continuous(workflow)
        if schedule.timetable not in _DEPLOYED:
            raise _CannotBe(*_REFUSED.get(schedule.timetable, _OWN))
        return _timing(workflow, schedule)
    except _CannotBe as error:
        return error.why


def _timing(workflow: Workflow, schedule: Schedule) -> Timing:
    common = {
        **_common(workflow),
        "zone": schedule.timezone or "UTC",
        "length": None if schedule.by_intervals else schedule.length,
    }
    if schedule.length is None:
        raise _CannotBe("its data interval has months or years of different lengths", "take a timedelta")
    if "Cron" not in schedule.timetable:
        return _even(common, schedule, _differences(workflow))
    expressions = schedule.expressions or (schedule.expression or "",)
    zone = _zone(common["zone"])
    crons = [cron_fields(expression) for expression in expressions]
    document = {**common, "schedule": " | ".join(expressions), "crons": crons}
    named = None if isinstance(zone, timezone) else common["zone"]
    return Timing(document, wakeups_of(crons, common["zone"], zone), named, _differences(workflow))


def _common(workflow: Workflow) -> dict[str, Any]:
    dates = {name: workflow.settings.get(name) for name in ("start_date", "end_date")}
    for name, date in dates.items():
        if date is not None and not isinstance(date, str):
            raise _CannotBe(f"its {name} is not known", f"write the {name} as a date")
    # Airflow 2 named a run after its logical date, Airflow 3 after the moment at which it is due.
    named_after = "start" if str(workflow.airflow_version).startswith("2.") else "due"
    return {"dag_id": workflow.dag_id, **dates, "run_id_from": named_after}


def _differences(workflow: Workflow) -> tuple[tuple[str, str], ...]:
    if workflow.settings.get("catchup") is not True:
        return ()
    difference = "catchup: runs that were due while the schedule was off are not made up for by themselves"
    return ((difference, "start them with `dag2sfn backfill`"),)


def _even(common: dict[str, Any], schedule: Schedule, of_catchup: tuple[tuple[str, str], ...]) -> Timing:
    try:
        seconds = float(schedule.expression or "")
    except ValueError:
        raise _CannotBe(
            f"{schedule.expression} has months or years of different lengths", "write a cron string"
        ) from None
    if seconds <= 0 or seconds % 60:
        raise _CannotBe(
            "EventBridge Scheduler knows no part of a minute", "take a timedelta of whole minutes"
        )
    # Without catchup, Airflow counts intervals from 1970 on, as soon as the start_date is over.
    from_the_start = bool(of_catchup) or not schedule.by_intervals
    if from_the_start and common["start_date"] is None:
        raise _CannotBe("without a start_date it is not known from when on to count", "give the DAG one")
    anchor = common["start_date"] if from_the_start else _EPOCH
    document = {
        **common,
        "schedule": str(timedelta(seconds=seconds)),
        "seconds": int(seconds),
        "anchor": anchor,
    }
    return Timing(document, minutes_between(int(seconds) // 60, anchor), None, of_catchup)


def _continuous(workflow: Workflow) -> Timing:
    document = {
        **_common(workflow),
        "schedule": "@continuous",
        "zone": "UTC",
        "length": None,
        "seconds": 60,
        "anchor": _EPOCH,
        "continuous": True,
    }
    difference = (
        "@continuous: whether the run before has ended is looked at once a minute; the next one's data "
        "interval is the minute before its start",
        "count on no pause shorter than a minute",
    )
    return Timing(document, minutes_between(1, _EPOCH), None, (difference,))


@functools.lru_cache(maxsize=256)
def cron_fields(expression: str) -> Mapping[str, Any]:
    """Return the fields of a cron string as the starter takes them."""
    if re.search(r"\dW|W\d", expression, re.IGNORECASE):
        raise _CannotBe(
            f"'{expression}': the nearest weekday (W) is not known to the starter", "write the days"
        )
    if re.search(r"\b[HR]\b|\b[HR]\(", expression):
        raise _CannotBe(f"'{expression}' leaves a field to a hash or to chance", "write a number")
    try:
        read = croniter(expression)
        read.get_next(datetime)
    except (CroniterError, ValueError, KeyError) as error:
        raise _CannotBe(f"'{expression}' is no cron string with a next time: {error}", "mend it") from None
    if len(read.expanded) > len(_RANGES):
        raise _CannotBe(
            f"'{expression}' has seconds, or years, and EventBridge Scheduler knows no part of a minute",
            "write five fields",
        )
    fields: dict[str, Any] = {}
    for (name, _), values in zip(_RANGES.items(), read.expanded, strict=True):
        fields[name] = None if values == ["*"] else sorted(values, key=str if "l" in values else None)
    fields["nth"] = {
        str(weekday): sorted(which, key=str) for weekday, which in sorted(read.nth_weekday_of_month.items())
    }
    return fields


def _zone(name: str) -> timezone | ZoneInfo:
    if name == "UTC":
        return timezone.utc
    try:
        if name[0] in "+-":
            offset = datetime.strptime(name, "%z").utcoffset()
            return timezone(offset or timedelta())
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _CannotBe(
            f"its time zone, '{name}', has no rules in the IANA database", "name another"
        ) from None
