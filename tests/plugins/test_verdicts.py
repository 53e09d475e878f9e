"""What a page's comparisons leave behind, on the local AWS."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from shadow_machines import BUCKET, make_shadow

from converter.comparison import Verdict
from converter.shadow.machines import Shadow
from converter.shadow.results import Result
from converter.shadow.store import ResultStore
from plugins.dag2sfn_pages import verdicts
from plugins.dag2sfn_pages.verdicts import PageStore

DAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_remembered", {})


@pytest.fixture
def shadow(session: Any) -> Shadow:
    return Shadow("orders", make_shadow(session, "orders"), DAY, BUCKET)


def result(shadow: Shadow, name: str, day: int, verdict: Verdict) -> Result:
    due = DAY + timedelta(days=day)
    return Result("orders", name, due, shadow.execution_arn(name), None, None, verdict)


def test_nothing_is_kept_and_what_is_kept_goes_before_a_memory(session: Any, shadow: Shadow) -> None:
    s3 = session.client("s3")
    page, command = PageStore(s3, shadow), ResultStore(s3, shadow)
    for day, (name, verdict) in enumerate(
        (("a", Verdict.EQUAL), ("b", Verdict.DIFFERENT), ("c", Verdict.NOT_COMPARABLE))
    ):
        page.put(result(shadow, name, day, verdict))
    assert command.last(9) == []
    assert [one.run_id for one in page.last(9)] == ["c", "b", "a"]
    assert [one.run_id for one in page.last(2)] == ["c", "b"]
    # With the team's rules, what differs may be equal, and the other way round.
    command.put(result(shadow, "a", 0, Verdict.DIFFERENT))
    command.put(result(shadow, "b", 1, Verdict.EQUAL))
    found = [one.verdict for one in page.last(9)]
    assert found == [Verdict.NOT_COMPARABLE, Verdict.EQUAL, Verdict.DIFFERENT]


def test_a_memory_ends_and_is_of_one_machine(
    session: Any, shadow: Shadow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "_MOST", 2)
    page = PageStore(session.client("s3"), shadow)
    for number in range(3):
        page.put(result(shadow, f"r{number}", number, Verdict.DIFFERENT))
    assert [one.run_id for one in page.last(9)] == ["r2", "r1"]
    other = Shadow("orders2", f"{shadow.machine_arn}2", DAY, BUCKET)
    assert PageStore(session.client("s3"), other).last(9) == []
    now = time.monotonic()
    monkeypatch.setattr(verdicts, "time", SimpleNamespace(monotonic=lambda: now + 601))
    assert page.last(9) == []
