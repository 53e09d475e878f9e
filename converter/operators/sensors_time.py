"""Sensors that wait for a moment: a Wait, which Airflow's polling of the clock makes a little later."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.parts import Until
from converter.operators.registry import converts
from converter.operators.sensing import take_sensing, waiting_step
from converter.operators.step import Step
from converter.workflow import Opaque

_SENSORS = "airflow.providers.standard.sensors"
_DAY = 86_400_000
_WEEK_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
#: Date, hour and minute, second, offset from UTC. Without an offset a time is in UTC, as Airflow reads it.
_PATTERN = r"/^\s*(\d\d\d\d-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d))?(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?\s*$/"


@converts(f"{_SENSORS}.date_time.DateTimeSensor", f"{_SENSORS}.date_time.DateTimeSensorAsync")
def date_time(args: Arguments) -> Step:
    """Waits until the moment that ``target_time`` names, a text (with templates) or a datetime."""
    sensing = take_sensing(args)
    args.set_aside("start_from_trigger", "end_from_trigger", "trigger_kwargs")
    target = args.take("target_time")
    if isinstance(target, Expression):
        return waiting_step(args, sensing, _moment_of_text(target))
    try:
        moment = datetime.datetime.fromisoformat(target.strip().replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        if not isinstance(target, Opaque):
            problem, remedy = (
                f"target_time is {target!r}",
                "write an ISO 8601 time: 2026-01-01T06:00:00+00:00",
            )
            args.report(d.BAD_ARGUMENT, problem, remedy)
        return waiting_step(args, sensing, Expression("0"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    return waiting_step(args, sensing, Expression(str(round(moment.timestamp() * 1000))))


def _moment_of_text(text: Expression) -> Expression:
    """Return the milliseconds since 1970 of a text that only the run knows; what is no time fails the try."""
    problem = literal("target_time is no ISO 8601 time: ")
    return Expression(
        f"($text := $string({text.text}); $found := $match($text, {_PATTERN}).groups; "
        f"$exists($found) ? $toMillis($found[0] & 'T' & ($found[1] ? $found[1] : '00:00') & ':' & "
        "($found[2] ? $found[2] : '00') & 'Z') - ($zone := $replace($string($found[3]), ':', ''); "
        "$length($zone) = 5 ? ($substring($zone, 0, 1) = '-' ? -1 : 1) * "
        "($number($substring($zone, 1, 2)) * 60 + $number($substring($zone, 3, 2))) * 60000 : 0)"
        f" : $error({problem} & $text))"
    )


@converts(f"{_SENSORS}.time.TimeSensor", f"{_SENSORS}.time.TimeSensorAsync")
def time_of_day(args: Arguments) -> Step:
    """Waits until ``target_time`` of the day on which the try begins. The DAG's time zone has to be UTC."""
    sensing = take_sensing(args)
    args.set_aside("start_from_trigger", "end_from_trigger", "trigger_kwargs")
    target = args.take("target_time")
    zone = args.timezone
    if zone not in (None, "UTC", "Etc/UTC"):
        remedy = "use DateTimeSensor with a time in UTC, or give the DAG start_date in UTC"
        args.report(d.SENSOR_CHOICE, f"the time is in {zone}, whose offset from UTC changes", remedy)
    try:
        at = datetime.time.fromisoformat(target)
    except (TypeError, ValueError):
        if not isinstance(target, Opaque):
            args.report(d.BAD_ARGUMENT, f"target_time is {target!r}", "write datetime.time(6, 0)")
        at = datetime.time()
    since_midnight = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + at.microsecond // 1000
    return waiting_step(args, sensing, Expression(f"{_MIDNIGHT} + {since_midnight}"))


_MIDNIGHT = f"$floor($since / {_DAY}) * {_DAY}"


@converts(f"{_SENSORS}.time_delta.TimeDeltaSensor", f"{_SENSORS}.time_delta.TimeDeltaSensorAsync")
def time_delta(args: Arguments) -> Step:
    """Waits until ``delta`` after the end of the run's data interval, or after the start of a run without."""
    sensing = take_sensing(args)
    args.set_aside("end_from_trigger")
    milliseconds = _duration(args, "delta")
    end = "$states.context.Execution.Input.data_interval_end"
    base = f"$toMillis($exists({end}) and {end} != null ? {_utc(end)} : $states.context.Execution.StartTime)"
    return waiting_step(args, sensing, Expression(f"{base} + {milliseconds}"))


def _utc(date: str) -> str:
    """Return a date of the run's input, which is in UTC, as ``$toMillis`` reads it."""
    return f"$substring({date}, 0, 19) & 'Z'"


@converts(f"{_SENSORS}.time_delta.WaitSensor")
def wait(args: Arguments) -> Step:
    """Waits ``time_to_wait`` from the beginning of the try; as in Airflow, without regard to its timeout."""
    sensing = take_sensing(args)
    milliseconds = _duration(args, "time_to_wait")
    whole = f"$floor({milliseconds} / 1000) * 1000"
    step = waiting_step(args, sensing, Expression("0"))
    until = Until(Expression(f"$since + {whole}"), unhurried=sensing.deferrable)
    return Step(step.task_id, step.operator, parts=(until,), can_skip=step.can_skip)


def _duration(args: Arguments, name: str) -> str:
    """Return a duration in milliseconds, as JSONata: a timedelta, or a number or template of minutes."""
    value = args.take(name)
    if isinstance(value, Expression):
        return f"$floor($number({value.text})) * 60000"
    if isinstance(value, dict) and set(value) == {"seconds"}:
        return str(round(value["seconds"] * 1000))
    try:
        return str(int(value) * 60_000)
    except (TypeError, ValueError):
        if not isinstance(value, Opaque):
            args.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a timedelta")
        return "0"


@converts(f"{_SENSORS}.weekday.DayOfWeekSensor")
def day_of_week(args: Arguments) -> Step:
    """Waits until it is one of the days of the week, in UTC."""
    sensing = take_sensing(args)
    if args.take("use_task_logical_date") or args.take("use_task_execution_day"):
        remedy = "use a branch or short-circuit on the logical date's day"
        args.report(d.SENSOR_CHOICE, "the day of the logical date never changes while it waits", remedy)
    days = _week_days(args)
    today = f"(($floor($since / {_DAY}) + 3) % 7)"  # 1970-01-01 was a Thursday; Monday is 0
    ahead = f"$min($map({literal(days)}, function($day) {{($day - {today} + 7) % 7}}))"
    return waiting_step(
        args, sensing, Expression(f"({ahead}) = 0 ? $since : {_MIDNIGHT} + ({ahead}) * {_DAY}")
    )


def _week_days(args: Arguments) -> list[int]:
    value = args.take("week_day")
    names: Sequence[object] = value if isinstance(value, list) else [value]
    found = []
    for name in names:
        if isinstance(name, int) and 1 <= name <= 7:  # the enum's numbers
            found.append(name - 1)
        elif isinstance(name, str) and name.upper() in _WEEK_DAYS:
            found.append(_WEEK_DAYS.index(name.upper()))
        elif not isinstance(name, Opaque):
            args.report(d.BAD_ARGUMENT, f"week_day is {name!r}", "write names of days: 'MONDAY'")
    return sorted(set(found)) or [0]
