import pytest

from converter.planning.order import make_order
from converter.planning.waiting import dearness, expected_finish

GRAPH = {"a": [], "b": [], "c": ["a", "b"], "d": ["b"]}


def test_a_task_ends_its_own_duration_after_the_last_of_its_upstream():
    order = make_order(GRAPH)
    finish = expected_finish(order, {"a": 10, "b": 30, "c": 5, "d": 1})
    assert dict(zip(order.names, finish, strict=True)) == {"a": 10, "b": 30, "c": 35, "d": 31}


def test_unknown_durations_are_the_mean_of_the_known_ones():
    order = make_order(GRAPH)
    assert expected_finish(order, {"a": 10, "b": 30})[order.names.index("c")] == pytest.approx(50)
    assert expected_finish(order, {})[order.names.index("c")] == 2


def test_an_await_is_dear_where_the_own_upstream_ends_long_before_the_shared_one():
    order = make_order(GRAPH)
    key = dearness(order, expected_finish(order, {"a": 10, "b": 30}))
    c, d = order.names.index("c"), order.names.index("d")
    assert key(c)[0] == 20  # behind a natively, then 20 s for b
    assert key(d)[0] == 30  # nothing to wait for natively
