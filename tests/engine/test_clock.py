from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from converter.engine import Deadlock, RealClock, VirtualClock

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def test_a_year_passes_in_no_time() -> None:
    clock = VirtualClock(START)
    clock.run(asyncio.sleep(365 * 86400))  # it ends
    assert clock.now() == START + timedelta(days=365)


def test_sleepers_wake_in_the_order_of_their_times() -> None:
    woken = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(seconds)

    async def main() -> None:
        await asyncio.gather(sleep(3), sleep(1), sleep(2.5))

    VirtualClock(START).run(main())
    assert woken == [1, 2.5, 3]


def test_waiting_for_nothing_is_an_error_and_no_hang() -> None:
    async def wait_forever() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Deadlock, match="nothing is scheduled"):
        VirtualClock(START).run(wait_forever())


def test_a_virtual_clock_needs_to_know_its_time_zone() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        VirtualClock(datetime(2026, 1, 1))


def test_the_real_clock_tells_the_time_in_utc() -> None:
    assert RealClock().now().utcoffset() == timedelta(0)
