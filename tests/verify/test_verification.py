"""Generated DAGs of everything that decides outcomes: the machine against the simulated Airflow."""

import pytest
from random_dags import random_dag
from scale import scaled
from verifying import verifier_of

from converter.asl.options import PollerStyle

SMALL, LARGE = range(16), range(10_000, 10_001)
#: With ten scenarios each; ten times as many in a long run.
FULL_SMALL, FULL_LARGE = scaled(130_000, 60), scaled(140_000, 4)
#: DAGs (seed, largest number of tasks) that have shown mistakes of the compiler, and what these were about.
TELLING = {
    (1_168, 12): "a one_failed behind a poller",
    (2_030, 40): "the order of passes, on its way through the table",
    (5_015, 40): "one_* and a skip: what is upstream may be known later than its time says",
    (20_023, 40): "a rule that an indirect setup holds until a skip has overwritten what it was about",
    (30_578, 12): "a poller whose own branch knows setups",
    (30_640, 12): "one_* and a skip: so may who has the task skipped",
    (50_223, 12): "a branch that was upstream_failed before it was skipped, and what is behind it alone",
    (50_246, 12): "as 20023, with another rule",
    (110_411, 12): "passes of one moment: an upstream task whose success another implies",
    (110_460, 12): "as 110411",
}


def check(seed, scenarios, largest):
    verifier = verifier_of(random_dag(seed, largest))
    result = verifier.verify(range(scenarios))
    assert result.scenarios == scenarios
    assert result.divergences == (), f"random_dag({seed}, {largest})"
    assert result.approximations.keys() <= verifier.codes, "what is approximated is declared"


def test_random_dags_end_as_in_airflow(each_poller_style):
    # Half of them with each style; the longer tests play all with both.
    for seed in SMALL[list(PollerStyle).index(each_poller_style) :: 2]:
        check(seed, 3, 10)


@pytest.mark.parametrize("seed", LARGE)
def test_large_random_dags_end_as_in_airflow(seed):
    check(seed, 2, 40)


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SMALL[::20])
def test_hundreds_of_random_dags_end_as_in_airflow(first):
    for seed in range(first, first + 20):
        check(seed, 10, 12)


@pytest.mark.full
@pytest.mark.parametrize("seed", FULL_LARGE)
def test_many_large_random_dags_end_as_in_airflow(seed):
    check(seed, 10, 40)


@pytest.mark.parametrize(("seed", "largest"), [dag for dag in TELLING if dag[1] <= 12], ids=str)
def test_dags_that_have_shown_mistakes_end_as_in_airflow(seed, largest):
    check(seed, 3, largest)


@pytest.mark.full
@pytest.mark.usefixtures("each_poller_style")
@pytest.mark.parametrize(("seed", "largest"), TELLING, ids=str)
def test_they_do_so_in_more_scenarios_with_pollers_of_each_style(seed, largest):
    check(seed, 10, largest)
