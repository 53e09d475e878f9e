from graphlib import CycleError
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflows import empty, partial_fan_in, workflow

from converter.planning import Await, Parallel, Sequence, Step, awaits, plan_workflow
from converter.planning.makespan import Span, compare, critical_path, timeline
from converter.planning.strategies import plan_by_layers
from converter.workflow import TriggerRule

#: 12, 65 and 25 minutes for the jobs, two for each report.
MINUTES = {"glue1": 12, "glue2": 65, "glue3": 25, "report_a": 2, "report_b": 2}
SECONDS = {task: 60.0 * minutes for task, minutes in MINUTES.items()}


@st.composite
def timed_workflows(draw):
    count = draw(st.integers(1, 10))
    tasks = [
        empty(f"t{number}", *(f"t{up}" for up in range(number) if draw(st.booleans())))
        for number in range(count)
    ]
    seconds = {task.task_id: float(draw(st.integers(0, 500))) for task in tasks}
    return workflow(*tasks), seconds


def longest_path(flow, seconds):
    """The longest path by trying them all: shares nothing with the module."""
    upstream = {task.task_id: task.upstream for task in flow.tasks}

    def end(task):
        return seconds[task] + max(map(end, upstream[task]), default=0.0)

    return max(map(end, upstream))


def test_what_exactness_buys_the_example():
    flow = partial_fan_in()
    worth = compare(flow, plan_workflow(flow, SECONDS), SECONDS, 30)
    assert (worth.exact, worth.barrier, worth.bound) == (67 * 60, 67 * 60, 67 * 60)
    assert worth.critical_path == ("glue2", "report_b")
    # report_a: after 25 + 2 minutes, instead of 65 + 2.
    assert (worth.advanced, worth.advance) == ("report_a", 40 * 60)


def test_the_makespan_itself_is_shorter_where_the_long_task_is_not_the_last_one():
    flow = workflow(empty("a"), empty("b"), empty("c", "a"), empty("d", "b"))
    seconds = {"a": 100.0, "b": 1.0, "c": 1.0, "d": 100.0}
    worth = compare(flow, plan_workflow(flow), seconds, 30)
    assert (worth.exact, worth.barrier, worth.bound) == (101, 200, 101)
    assert worth.critical_path == ("a", "c")


def test_without_a_known_duration_nothing_is_compared():
    flow = partial_fan_in()
    assert compare(flow, plan_workflow(flow), {"other": 1.0}, 30) is None
    assert compare(workflow(), Sequence(()), {}, 30) is None


def test_a_task_without_a_known_duration_counts_as_average():
    flow = workflow(empty("a"), empty("b", "a"), empty("c", "b"))
    worth = compare(flow, plan_workflow(flow), {"a": 10.0, "b": 20.0}, 30)
    assert worth.known == 2
    assert worth.exact == 10 + 20 + 15


@pytest.mark.parametrize(
    ("ready", "served"),
    [
        (50, 100),  # before the Await begins, at 100: the first question is the last
        (100, 100),
        (101, 130),
        (130, 130),
        (161, 190),
    ],
)
def test_an_await_asks_when_it_begins_and_then_at_every_interval(ready, served):
    plan = Parallel((Step("slow"), Sequence((Step("a"), Await(("slow",)), Step("b")))))
    spans = timeline(plan, {"slow": ready, "a": 100, "b": 1}, 30)
    assert spans["b"] == Span(served, served + 1)


def test_an_await_for_any_task_ends_with_the_first_of_them():
    plan = Parallel((Step("slow"), Step("fast"), Sequence((Await(("slow", "fast"), any=True), Step("c")))))
    assert timeline(plan, {"slow": 100, "fast": 20, "c": 1}, 0)["c"] == Span(20, 21)


def test_awaits_that_wait_for_each_other_are_an_error():
    plan = Parallel((Sequence((Await(("b",)), Step("a"))), Sequence((Await(("a",)), Step("b")))))
    with pytest.raises(CycleError):
        timeline(plan, {"a": 1, "b": 1}, 0)


def test_a_task_whose_first_upstream_task_decides_is_critical_behind_that_one():
    flow = workflow(
        empty("slow"), empty("fast"), empty("c", "slow", "fast", trigger_rule=TriggerRule.ONE_DONE)
    )
    assert critical_path(flow, {"slow": 10, "fast": 1, "c": 100}) == ("fast", "c")


@settings(max_examples=60, deadline=None)
@given(timed_workflows())
def test_without_polling_an_exact_plan_takes_as_long_as_its_critical_path(timed):
    flow, seconds = timed
    spans = timeline(plan_workflow(flow, seconds), seconds, 0)
    path = critical_path(flow, seconds)
    assert max(span.end for span in spans.values()) == longest_path(flow, seconds)
    assert sum(seconds[task] for task in path) == longest_path(flow, seconds)
    upstream = {task.task_id: task.upstream for task in flow.tasks}
    assert all(before in upstream[after] for before, after in pairwise(path))


@settings(max_examples=60, deadline=None)
@given(timed_workflows())
def test_polling_costs_at_most_an_interval_for_each_await(timed):
    flow, seconds = timed
    plan = plan_workflow(flow, seconds)
    end = max(span.end for span in timeline(plan, seconds, 30).values())
    assert 0 <= end - longest_path(flow, seconds) <= 30 * len(awaits(plan))


@settings(max_examples=60, deadline=None)
@given(timed_workflows())
def test_a_barrier_keeps_every_dependency_and_is_never_faster(timed):
    flow, seconds = timed
    spans = timeline(plan_by_layers(flow), seconds, 0)
    for task in flow.tasks:
        assert all(spans[up].end <= spans[task.task_id].start for up in task.upstream)
    assert max(span.end for span in spans.values()) >= longest_path(flow, seconds)


def test_a_plan_may_be_deeper_than_the_stack_of_python():
    plan = Step("last")
    for level in range(3_000):
        plan = Sequence((Step(f"t{level}"), Parallel((Step(f"s{level}"), plan))))
    seconds = dict.fromkeys([f"{kind}{level}" for kind in "ts" for level in range(3_000)] + ["last"], 1.0)
    assert timeline(plan, seconds, 30)["last"].end == 3_001
