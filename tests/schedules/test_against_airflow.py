"""A year of runs: what EventBridge Scheduler and the starter make of it, beside Airflow's own timetables."""

from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow_timetables import runs_in_airflow
from workflows import workflow

from converter.local.scheduling.expressions import parse_expression
from converter.schedules import Timing, timing_of
from converter.schedules.dag2sfn_starter.timetable import Timetable
from converter.workflow import Schedule

START, END = "2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00"
#: Clocks that change at 1:00 UTC, at 2:00 local time, by half an hour in the south, and not at all.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
#: Days on which clocks change in one of them.
CHANGES = [f"2026-{day}T00:00:00+00:00" for day in ("03-08", "03-29", "04-05", "10-04", "10-25", "11-01")]
_TABLE = """
    0 0 * * *  | 0 0 * * 0  | 0 0 1 * *  | 0 0 1 */3 * | 0 0 1 1 * | 30 2 * * * | 0 2 * * *
    15 1 * * * | 59 1 * * * | 0 3 * * *  | 0,30 2 * * * | 30 2,3 * * * | 15,45 1-3 * * 0 | 0 */3 * 4,10 *
    0 1-23/2 * * 0 | 30 22 * 3,10 * | 17 */6 * * * | 0 6 * * 1-5 | 0 6 * * mon,wed,fri | 0 22 * * sat,sun
    30 23 * * * | 45 23 31 12 * | 0 0 13 * 5 | 0 12 1,15 * 1 | 0 9 1-7 * mon | 30 2 29 * 0 | 0 0 29 2 *
    0 0 l * * | 0 12 1,l * * | 0 8 * * 5#2 | 0 8 * * l5 | 0 8 * * 1#1,3#3 | 0 0 * jan,jul * | 5 4 * * sun
    0 0 1-31 * 1 | 0 12 * 2-4 1-7 | */20 9-11 * * 1 | 0 0,12 1 */2 * | 10 10 10 10 * | 0 7 * * 7
    0 2 * 3,10,11 0 | 0 0 15 * 1-5 | 0 3 29-31 * * | 1 1 1 1 1
"""
EXPRESSIONS = [text.strip() for line in _TABLE.split("\n") for text in line.split("|") if text.strip()]


def test_the_table_has_at_least_forty_expressions() -> None:
    assert len(set(EXPRESSIONS)) >= 44
    assert {len(text.split()) for text in EXPRESSIONS} == {5}


def runs_by_the_starter(case: dict[str, Any]) -> list[list[str]]:
    """The starter called whenever EventBridge Scheduler would: what is due, in the order of the calls."""
    timing = timing_of(scheduled(case))
    assert isinstance(timing, Timing)
    zone = None if timing.zone is None else ZoneInfo(timing.zone)
    timetable = Timetable(timing.document, zone)
    first, last = datetime.fromisoformat(START), datetime.fromisoformat(END)
    called: set[datetime] = set()
    for wakeup in timing.wakeups:
        expression = parse_expression(wakeup.expression, wakeup.zone)
        moment: datetime | None = first - timedelta(seconds=1)
        while (moment := expression.due_after(moment, first)) and moment <= last:
            called.add(moment.astimezone(timezone.utc))
    runs = {run.due: run for run in timetable.between(first, last)}
    assert runs.keys() <= called
    # Each call stands alone; to ask all of them would take minutes.
    changes = [datetime.fromisoformat(day) for day in CHANGES]
    for number, moment in enumerate(sorted(called)):
        if number % 97 == 0 or any(abs(moment - change) < timedelta(days=1.5) for change in changes):
            assert timetable.at(moment) == runs.get(moment)
    return [
        [time.isoformat() for time in (run.due, run.start, run.end, timetable.latest_until(run))]
        for run in runs.values()
    ]


def asked(ours: list[list[str]], theirs: list[list[str | None]]) -> list[list[str | None]]:
    """Our runs, without what Airflow was not asked: it takes half of its time."""
    return [
        [*run[:3], run[3] if other[3] is not None else None]
        for run, other in zip_longest(ours, theirs, fillvalue=[None] * 4)
    ]


def scheduled(case: dict[str, Any]) -> Any:
    expressions = case.get("expressions", [str(case.get("seconds"))])
    return workflow(
        schedule=Schedule(
            case["timetable"],
            expression=expressions[0],
            timezone=case.get("zone"),
            expressions=tuple(expressions) if len(expressions) > 1 else (),
            length=case.get("length", 0.0),
        ),
        settings={"start_date": START, "catchup": True, "end_date": case.get("end_date")},
    )


def case(timetable: str, zone: str, *expressions: str, **more: Any) -> dict[str, Any]:
    return {
        "timetable": timetable,
        "zone": zone,
        "expressions": expressions,
        "start": START,
        "end": END,
        **more,
    }


INTERVALS, MOMENTS = "CronDataIntervalTimetable", "CronTriggerTimetable"
QUICK = [
    *(case(INTERVALS, zone, "30 2 * * *") for zone in ZONES[:3]),
    case(MOMENTS, "Europe/Berlin", "0,30 2 * * 0"),
    case(INTERVALS, "Europe/Berlin", "15,45 1-3 * 3 0"),
    case(INTERVALS, "UTC", "0 0 13 * 5"),
    case(INTERVALS, "America/New_York", "0 8 * * 5#2", end_date="2026-08-15T00:00:00+00:00"),
    case(
        "MultipleCronTriggerTimetable", "Europe/Berlin", "30 2 * * 0", "0 2 1 * *", "0 0 15 * 5", length=3600
    ),
    {"timetable": "DeltaDataIntervalTimetable", "seconds": 31 * 3600, "start": START, "end": END},
    {"timetable": "DeltaTriggerTimetable", "seconds": 86400 * 3, "length": 60, "start": START, "end": END},
    case(INTERVALS, "+05:30", "15 1 * * 1"),
]
MORE = [
    case(MOMENTS, "UTC", "0 8 * * l5", end_date="2026-08-28T08:00:00+00:00"),
    {"timetable": "DeltaDataIntervalTimetable", "seconds": 7 * 3600, "start": START, "end": END},
    {"timetable": "DeltaTriggerTimetable", "seconds": 150 * 60, "start": START, "end": END},
    case(MOMENTS, "Europe/Berlin", "30 */6 * * *", length=3600),
    case(INTERVALS, "Europe/Berlin", "0 * * * *"),
]


@pytest.fixture(scope="module")
def in_airflow() -> list[list[list[str]]]:
    return runs_in_airflow(QUICK)


@pytest.mark.parametrize("index", range(len(QUICK)))
def test_a_year_of_runs_is_that_of_airflow(index: int, in_airflow: list[list[list[str]]]) -> None:
    expected = in_airflow[index]
    assert expected
    assert runs_by_the_starter(QUICK[index]) == expected


@pytest.mark.full
@pytest.mark.parametrize(
    ("timetable", "zone"), [*((INTERVALS, zone) for zone in ZONES), (MOMENTS, "America/New_York")]
)
def test_a_year_of_every_expression_is_that_of_airflow(timetable: str, zone: str) -> None:
    cases = [case(timetable, zone, expression, asks_near=CHANGES) for expression in EXPRESSIONS]
    wrong = {
        case["expressions"][0]: (ours, theirs)
        for case, theirs in zip(cases, runs_in_airflow(cases), strict=True)
        if (ours := asked(runs_by_the_starter(case), theirs)) != theirs
    }
    assert not wrong


@pytest.mark.full
def test_a_year_of_time_spans_and_of_every_hour_is_that_of_airflow() -> None:
    cases = [{**case, "asks_near": CHANGES} for case in MORE]
    found = runs_in_airflow(cases)
    assert [
        asked(runs_by_the_starter(case), theirs) for case, theirs in zip(cases, found, strict=True)
    ] == found
