import pytest
from workflows import PARTIAL_FAN_IN

from converter.planning import Await, Parallel, Sequence, Step, assert_exact
from converter.planning.exactness import InexactPlanError

JOBS = Parallel((Step("glue1"), Step("glue2"), Step("glue3")))


def test_a_barrier_that_the_dag_does_not_have_is_found():
    plan = Sequence((JOBS, Parallel((Step("report_a"), Step("report_b")))))
    with pytest.raises(InexactPlanError, match="orders 'glue2' before 'report_a'"):
        assert_exact(plan, PARTIAL_FAN_IN)


def test_a_missing_dependency_is_found():
    plan = Parallel(
        (
            Sequence((Parallel((Step("glue1"), Step("glue3"))), Step("report_a"))),
            Sequence((Step("glue2"), Step("report_b"))),
        )
    )
    with pytest.raises(InexactPlanError, match="does not order 'glue3' before 'report_b'"):
        assert_exact(plan, PARTIAL_FAN_IN)


def test_a_missing_task_is_found():
    with pytest.raises(InexactPlanError, match="the plan runs"):
        assert_exact(JOBS, PARTIAL_FAN_IN)


def test_a_task_that_runs_twice_is_found():
    with pytest.raises(InexactPlanError, match="twice"):
        assert_exact(Parallel((Step("a"), Step("a"))), {"a": ()})


def test_awaits_that_wait_for_each_other_are_found():
    plan = Parallel((Sequence((Await(("b",)), Step("a"))), Sequence((Await(("a",)), Step("b")))))
    with pytest.raises(InexactPlanError, match="wait for each other"):
        assert_exact(plan, {"a": ("b",), "b": ()})


def test_an_await_for_a_task_that_does_not_run_is_found():
    plan = Sequence((Await(("ghost",)), Step("a")))
    with pytest.raises(InexactPlanError, match="awaits \\['ghost'\\]"):
        assert_exact(plan, {"a": ()})


def test_a_barrier_between_two_layers_of_a_thousand_is_proved_without_a_million_pairs():
    first = tuple(Step(f"a{number}") for number in range(1_000))
    second = tuple(Step(f"b{number}") for number in range(1_000))
    graph = {step.task_id: () for step in first} | {"middle": tuple(step.task_id for step in first)}
    graph |= {step.task_id: ("middle",) for step in second}
    rest = (Step("middle"), Parallel(second))
    assert_exact(Sequence((Parallel(first), *rest)), graph)
    with pytest.raises(InexactPlanError, match="does not order 'a999' before 'middle'"):
        assert_exact(
            Parallel((first[-1], Sequence((Parallel(first[:-1]), Step("middle"), Parallel(second))))), graph
        )
