"""Generated DAGs of everything that decides outcomes: the machine against the simulated Airflow."""

import pytest
from random_dags import random_dag
from verifying import verified

pytestmark = pytest.mark.usefixtures("each_poller_style")

SMALL, LARGE = range(40), range(10_000, 10_003)
FULL_SMALL, FULL_LARGE = range(1_000, 1_200), range(20_000, 20_030)


def check(seeds, scenarios, *, largest, smallest=3):
    for seed in seeds:
        result = verified(random_dag(seed, largest, smallest), range(scenarios))
        assert result.scenarios == scenarios
        assert result.divergences == (), f"random_dag({seed}, {largest}, {smallest})"


@pytest.mark.parametrize("first", SMALL[::10])
def test_random_dags_end_as_in_airflow(first):
    check(SMALL[first : first + 10], 3, largest=10)


@pytest.mark.parametrize("seed", LARGE)
def test_large_random_dags_end_as_in_airflow(seed):
    check([seed], 2, largest=40, smallest=20)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SMALL[::20])
def test_hundreds_of_random_dags_end_as_in_airflow(first):
    check(range(first, first + 20), 10, largest=12)


@pytest.mark.full
@pytest.mark.parametrize("seed", FULL_LARGE)
def test_many_large_random_dags_end_as_in_airflow(seed):
    check([seed], 5, largest=40, smallest=20)


@pytest.mark.xfail(strict=True, reason="docs/semantics.md, the proof: long cascades at one moment")
def test_a_long_cascade_at_one_moment_is_decided_pass_by_pass():
    check([10_005], 2, largest=40, smallest=20)
