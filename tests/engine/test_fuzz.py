"""Any definition with any input gives a result or a clear error: never a hang, never a traceback."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType

import pytest
from fuzzed_machines import Case, case
from scale import SCALE

from converter.engine import (
    Deadlock,
    InvalidDefinition,
    InvalidExecutionInput,
    SimulatedBackend,
    TaskCall,
    TaskResult,
    UnsupportedDefinition,
    parse_definition,
    run_virtual,
)

SECONDS = 90
"""Of computing that a case may take; 25,000 events of small states take about three."""
TASKS = [
    TaskResult(seconds=5, output={"a": 1, "items": [1, 2]}),
    TaskResult(seconds=5, output={"a": 1, "items": [1, 2]}),
    TaskResult(output=None),
    TaskResult(output="text"),
    TaskResult(seconds=1, error="Some.Error", cause='{"why": 1}'),
    TaskResult(error="States.TaskFailed"),
    TaskResult(output="x" * 270_000),
    TaskResult(seconds=float("inf")),
]


class TooLong(BaseException):
    """No error of the engine's: nothing there may catch it."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def interrupt(_: int, __: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def play(one: Case, seed: int) -> str:
    """Run a case and return how it ended."""
    rng = Random(seed)

    def behave(_: TaskCall) -> TaskResult:
        return rng.choice(TASKS)

    try:
        definition = parse_definition(one.definition)
    except (InvalidDefinition, UnsupportedDefinition) as refusal:
        return type(refusal).__name__
    try:
        execution = run_virtual(definition, one.input, SimulatedBackend(behave), seed=seed)
    except (Deadlock, InvalidExecutionInput) as refusal:
        return type(refusal).__name__
    assert execution.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    assert (
        execution.status == "SUCCEEDED"
        or execution.error is not None
        or execution.cause is not None
        or "Fail" in one.definition
    )
    assert len(execution.history) <= 25_000
    assert "Traceback" not in (execution.cause or "")
    return execution.status


def play_all(seeds: range) -> Counter[str]:
    ends: Counter[str] = Counter()
    for seed in seeds:
        try:
            with at_most(SECONDS):
                ends[play(case(seed), seed)] += 1
        except (Exception, TooLong) as problem:
            raise AssertionError(f"seed {seed}: {problem!r}") from problem
    return ends


def test_random_machines_end_with_a_result_or_a_clear_error() -> None:
    ends = play_all(range(100))
    assert min(ends["SUCCEEDED"], ends["FAILED"], ends["InvalidDefinition"]) > 5, ends


@pytest.mark.full
@pytest.mark.parametrize("start", (range(500) if SCALE == 1 else range(1_000 * SCALE))[::250])
def test_many_random_machines_end(start: int) -> None:
    play_all(range(start, start + 250))
