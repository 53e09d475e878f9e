"""Mapped branches and short-circuits: their instances skip only what is mapped, which is refused."""

from dataclasses import replace

import pytest
from mapped import grouped, listed, mapped
from workflows import branch, empty, latest_only, python, short_circuit, workflow

from converter.operators import steps_of


def skipping(behind, make=branch, **fields):
    """Return what is said of a mapped branch or short-circuit before another task, and its step."""
    steps, problems = steps_of(workflow(replace(mapped(make("t"), x=listed(1, 2)), **fields), behind))
    return steps["t"], [(problem.code.id, problem.problem) for problem in problems]


@pytest.mark.parametrize("make", [branch, short_circuit])
@pytest.mark.parametrize("group", ["", "g"])
def test_a_mapped_branch_or_short_circuit_skips_no_task_that_is_not_mapped(make, group):
    step, ((code, problem),) = skipping(empty("b", "t"), make, mapped_group=group)
    assert (step.orders_skips, step.skip, code) == (None, None, "D289")
    assert "skip nothing, as in Airflow, because 'b' is not mapped" in problem


@pytest.mark.parametrize("make", [branch, short_circuit])
def test_one_right_before_mapped_tasks_is_refused(make):
    ((code, problem),) = skipping(mapped(python("b", "t"), x=listed(1)), make)[1]
    assert (code, "the one of 'b' that has its index" in problem) == ("D208", True)


def test_one_in_a_mapped_group_is_refused_if_the_group_goes_on_behind_it():
    behind = grouped(python("b", "t"), x=listed(1, 2))
    ((code, problem),) = skipping(behind, mapped_group="g")[1]
    assert (code, "apache/airflow issue 67265" in problem) == ("D208", True)


def test_a_mapped_latest_only_is_refused():
    found = dict(skipping(empty("b", "t"), latest_only)[1])
    assert "LatestOnlyOperator" in found["D208"]


def test_a_mapped_branch_that_is_a_leaf_is_a_mapped_python_task():
    assert skipping(empty("b"))[1] == []
