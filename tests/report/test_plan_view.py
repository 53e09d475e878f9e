from __future__ import annotations

import pytest

from converter.planning.makespan import Makespans
from converter.planning.plan import Await, Parallel, Plan, Sequence, Step
from converter.report.plan_view import PlanView, await_label, in_words, makespan_line


@pytest.mark.parametrize(
    ("plan", "edges", "size"),
    [
        (Step("a"), (), "1 task, 0 dependencies, 0 pollers"),
        (
            Parallel((Step("a"), Sequence((Await(("a",)), Step("b"))))),
            (("a", "b"),),
            "2 tasks, 1 dependency, 1 poller",
        ),
        (Sequence(()), (), "0 tasks, 0 dependencies, 0 pollers"),
    ],
)
def test_a_plan_has_a_size(plan: Plan, edges: tuple[tuple[str, str], ...], size: str) -> None:
    assert PlanView("etl", plan, edges).size() == size


def test_large_numbers_are_grouped() -> None:
    tasks = tuple(Step(f"t{number}") for number in range(1_200))
    edges = tuple((f"t{number}", f"t{number + 1}") for number in range(1_199))
    assert PlanView("etl", Sequence(tasks), edges).size() == "1,200 tasks, 1,199 dependencies, 0 pollers"


def test_an_await_says_for_what_it_waits() -> None:
    assert await_label(Await(("a", "b"))) == "await a, b"
    assert await_label(Await(("a", "b"), any=True)) == "await any of a, b"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.44, "0.4 s"),
        (9.0, "9 s"),
        (12.4, "12 s"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (4_020, "1 h 7 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_told_in_their_two_largest_units(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_the_makespan_line_says_what_exactness_buys() -> None:
    makespans = Makespans(4_050.0, 7_200.0, 4_020.0, ("glue2", "report_b"), "report_a", 2_400.0, 30, known=5)
    assert makespan_line(makespans, tasks=5) == (
        "expected makespan: exact 1 h 8 min, barrier 2 h, critical path 1 h 7 min (glue2 > report_b); "
        "exact ends report_a 40 min before the barrier does; pollers ask every 30 s"
    )


def test_a_long_critical_path_is_shortened_and_guesses_are_admitted() -> None:
    path = tuple(f"t{number}" for number in range(10))
    makespans = Makespans(100.0, 100.0, 100.0, path, "t0", 0.0, 30, known=8)
    assert makespan_line(makespans, tasks=10) == (
        "expected makespan: exact 1 min 40 s, barrier 1 min 40 s, critical path 1 min 40 s "
        "(t0 > t1 > … 6 more … > t8 > t9); pollers ask every 30 s; "
        "2 tasks without a known duration taken as average"
    )
