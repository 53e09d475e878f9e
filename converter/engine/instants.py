"""Instants as Step Functions reads them: RFC 3339 with a ``T`` and an offset."""

from __future__ import annotations

import re
from datetime import datetime, timezone

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


def parse_instant(text: str) -> datetime | None:
    """Parse ``2016-03-14T01:59:00.243Z`` (any number of decimals, any offset); None if it is no instant."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    seconds, decimals, offset = match.groups()
    offset = "+00:00" if offset == "Z" else offset
    try:
        instant = datetime.fromisoformat(f"{seconds}.{(decimals or '').ljust(6, '0')[:6]}{offset}")
    except ValueError:  # the thirteenth month
        return None
    return instant.astimezone(timezone.utc)
