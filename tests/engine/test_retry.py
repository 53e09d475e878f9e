from __future__ import annotations

from random import Random

import pytest

from converter.engine.retry import Retrier, RetryBudget, matches


@pytest.mark.parametrize(
    ("error", "names", "expected"),
    [
        ("Boom", ["Boom"], True),
        ("Boom", ["Other"], False),
        ("Boom", ["States.ALL"], True),
        (None, ["States.ALL"], True),
        ("Boom", ["States.TaskFailed"], True),
        ("States.Timeout", ["States.TaskFailed"], False),
        ("States.Timeout", ["States.HeartbeatTimeout"], False),
        ("States.DataLimitExceeded", ["States.ALL"], True),
        ("States.Runtime", ["States.ALL"], False),
        ("States.Runtime", ["States.Runtime"], False),
    ],
)
def test_error_names_match_as_the_language_says(error: str | None, names: list[str], expected: bool) -> None:
    assert matches(error, names) is expected


def test_delays_grow_by_the_backoff_rate_up_to_the_maximum() -> None:
    budget = RetryBudget(
        [Retrier(("E",), interval_seconds=2, max_attempts=5, backoff_rate=3, max_delay_seconds=30)], Random(0)
    )
    assert [budget.spend("E") for _ in range(6)] == [2, 6, 18, 30, 30, None]


def test_the_defaults_are_three_retries_after_one_two_and_four_seconds() -> None:
    budget = RetryBudget([Retrier(("E",))], Random(0))
    assert [budget.spend("E") for _ in range(4)] == [1, 2, 4, None]


def test_each_retrier_counts_its_own_tries() -> None:
    # The example of the Developer Guide, "Handling errors": ErrorA, ErrorB, ErrorC, ErrorB.
    budget = RetryBudget(
        [Retrier(("ErrorA", "ErrorB"), 1, 2, 2.0), Retrier(("ErrorC",), interval_seconds=5)], Random(0)
    )
    assert [budget.spend(error) for error in ("ErrorA", "ErrorB", "ErrorC", "ErrorB")] == [1, 2, 5, None]


def test_full_jitter_stays_between_nothing_and_the_delay() -> None:
    retrier = Retrier(("E",), interval_seconds=10, full_jitter=True)
    delays = {retrier.delay(1, Random(seed)) for seed in range(50)}
    assert len(delays) > 40
    assert all(0 <= delay <= 20 for delay in delays)


def test_a_delay_beyond_every_number_is_still_a_delay() -> None:
    assert Retrier(("E",), backoff_rate=10.0).delay(100_000, Random(0)) == 99_999_999
