"""Moments as tasks see them: pendulum's if it is packaged, else datetimes with its most used methods."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

#: pendulum's tokens (its documentation, "Formatter") that strftime can say.
_TOKENS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "DDDD": "%j", "DD": "%d",
    "dddd": "%A", "ddd": "%a", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "SSSSSS": "%f", "A": "%p",
}  # fmt: skip
_TOKEN = re.compile(r"\[([^\]]*)\]|" + "|".join(sorted(_TOKENS, key=len, reverse=True)))
_UNITS = ("year", "month", "week", "day", "hour", "minute", "second")


class Moment(datetime):
    """A datetime that also speaks as pendulum's does."""

    def add(self, *, years: int = 0, months: int = 0, **parts: float) -> "Moment":
        """Return a later moment: years, months, weeks, days, hours, minutes, seconds, microseconds."""
        month = self.month - 1 + months + 12 * years
        year, month = self.year + month // 12, month % 12 + 1
        day = min(self.day, _days_of_month(year, month))
        return _as_moment(self.replace(year=year, month=month, day=day) + timedelta(**parts))

    def subtract(self, **parts: Any) -> "Moment":
        """Return an earlier moment."""
        return self.add(**{name: -amount for name, amount in parts.items()})

    def in_timezone(self, zone: str) -> "Moment":
        """Return the same moment in another time zone."""
        return _as_moment(self.astimezone(ZoneInfo(zone)))

    in_tz = in_timezone

    def start_of(self, unit: str) -> "Moment":
        """Return the first moment of the year, month, week, day, hour, minute or second."""
        place = _UNITS.index(unit)
        start = self.subtract(days=self.weekday()) if unit == "week" else self
        fields: dict[str, Any] = {"microsecond": 0}
        for smaller in _UNITS[place + 1 :]:
            fields[smaller] = 1 if smaller in ("month", "day") else 0
        if unit == "week":
            fields.pop("day")
        fields.pop("week", None)
        return _as_moment(start.replace(**fields))

    def end_of(self, unit: str) -> "Moment":
        """Return the last moment of the year, month, week, day, hour, minute or second."""
        return self.start_of(unit).add(**{f"{unit}s": 1}).subtract(microseconds=1)

    def format(self, pattern: str) -> str:
        """Return the moment as text, after pendulum's pattern (`YYYY-MM-DD HH:mm:ss`)."""
        return _TOKEN.sub(
            lambda found: found[1] if found[1] is not None else self.strftime(_TOKENS[found[0]]), pattern
        )

    def to_date_string(self) -> str:
        """Return the date, as in ISO 8601."""
        return self.strftime("%Y-%m-%d")

    def to_datetime_string(self) -> str:
        """Return date and time, without zone."""
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def to_iso8601_string(self) -> str:
        """Return it as ISO 8601, with Z for UTC."""
        return self.isoformat().replace("+00:00", "Z")

    @property
    def int_timestamp(self) -> int:
        """Whole seconds since 1970."""
        return int(self.timestamp())


def moment(text: str | None) -> Any:
    """Return the moment of an ISO 8601 text, None for None."""
    if text is None:
        return None
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if parsed.tzinfo is None or parsed.utcoffset() == timedelta(0):
        parsed = parsed.replace(tzinfo=timezone.utc)
    try:
        import pendulum
    except ImportError:
        return _as_moment(parsed)
    # A stand-in, which it is where the DAG file imports a pendulum that is not packaged, has no file.
    return pendulum.instance(parsed) if hasattr(pendulum, "__file__") else _as_moment(parsed)


def _as_moment(value: datetime) -> Moment:
    return Moment(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        value.tzinfo,
        fold=value.fold,
    )


def _days_of_month(year: int, month: int) -> int:
    following = datetime(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
