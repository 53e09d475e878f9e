"""Schedule expressions: ``cron(…)``, ``rate(…)`` and ``at(…)``, and when they are due.

Source: "Schedule types on EventBridge Scheduler". Cron and at are read in a time zone: a local time that
clocks skip in spring is left out, one that comes twice in autumn counts once. A rate counts from the
schedule's start date, else from its creation, which is its first invocation; a day is 24 hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from converter.local.scheduling.cron import Cron, CronError, parse_cron

_FORM = re.compile(r"(cron|rate|at)\((.*)\)")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class ExpressionError(ValueError):
    """An expression or a time zone that AWS would refuse; the message is its."""


class Expression(Protocol):
    """When a schedule is due."""

    def due_after(self, moment: datetime, base: datetime) -> datetime | None:
        """The first time after ``moment``; None: never again. Both are aware; so is the result, in UTC.

        ``base`` is where a rate counts from.
        """
        ...


@dataclass(frozen=True)
class CronExpression:
    """Due at the times of a cron expression in a time zone."""

    cron: Cron
    zone: ZoneInfo

    def due_after(self, moment: datetime, base: datetime) -> datetime | None:
        """See :class:`Expression`."""
        # An hour back: when clocks are put back, a local time later than now's may be in the past.
        local = (moment.astimezone(self.zone) - timedelta(hours=1)).replace(tzinfo=None)
        for naive in self.cron.after(local):
            due = _instant(naive, self.zone)
            if due is not None and due > moment:
                return due
        return None


@dataclass(frozen=True)
class RateExpression:
    """Due at a base, and once in every period after it."""

    period: timedelta

    def due_after(self, moment: datetime, base: datetime) -> datetime | None:
        """See :class:`Expression`."""
        if moment < base:
            return base
        return base + ((moment - base) // self.period + 1) * self.period


@dataclass(frozen=True)
class AtExpression:
    """Due once, unless that was in the past already when the schedule was made."""

    instant: datetime

    def due_after(self, moment: datetime, base: datetime) -> datetime | None:
        """See :class:`Expression`."""
        return self.instant if self.instant > moment else None


def parse_expression(text: str, zone_name: str) -> Expression:
    """Read an expression, and a time zone by its IANA name. Raises :class:`ExpressionError`."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ExpressionError(f"Invalid time zone {zone_name}.") from None
    invalid = f"Invalid Schedule Expression {text}."
    match = _FORM.fullmatch(text)
    if match is None:
        raise ExpressionError(invalid)
    kind, body = match.groups()
    try:
        if kind == "cron":
            return CronExpression(parse_cron(body), zone)
        if kind == "at":
            return _read_at(body, zone)
    except ExpressionError:
        raise
    except CronError as error:
        raise ExpressionError(f"{invalid} ({error})") from error
    except ValueError:
        raise ExpressionError(invalid) from None
    rate = _RATE.fullmatch(body)
    if rate is None:
        raise ExpressionError(invalid)
    return RateExpression(int(rate[1]) * _UNITS[rate[2]])


def _read_at(body: str, zone: ZoneInfo) -> AtExpression:
    instant = _instant(datetime.strptime(body, "%Y-%m-%dT%H:%M:%S"), zone)
    if instant is None:
        raise ExpressionError(f"Invalid Schedule Expression at({body}). (the clock skips this time)")
    return AtExpression(instant)


def _instant(naive: datetime, zone: ZoneInfo) -> datetime | None:
    """A local time in UTC, the first of two; None for one that the clock skips."""
    instant = naive.replace(tzinfo=zone).astimezone(timezone.utc)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == naive else None
