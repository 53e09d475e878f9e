from hypothesis import given, settings
from hypothesis import strategies as st

from converter.planning.anchoring import anchor
from converter.planning.breaking import choose_awaiting
from converter.planning.decompose import stuck_parts
from converter.planning.order import make_order


def anchored(graph, awaiting, finish):
    """Task → what it waits for natively, in names, for the tasks in ``awaiting``."""
    order = make_order(graph)
    chosen = sum(1 << order.names.index(task) for task in awaiting)
    native = anchor(order, chosen, [finish[name] for name in order.names])
    return {
        task: {
            name for number, name in enumerate(order.names) if native[order.names.index(task)] >> number & 1
        }
        for task in awaiting
    }


def test_of_two_upstream_tasks_the_later_one_is_waited_for_natively():
    graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    assert anchored(graph, ["d"], {"a": 9, "b": 1, "c": 10, "d": 10}) == {"d": {"a"}}
    assert anchored(graph, ["d"], {"a": 1, "b": 9, "c": 2, "d": 10}) == {"d": {"b"}}


def test_a_task_that_can_wait_natively_for_all_its_upstream_needs_no_await():
    graph = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]}
    assert anchored(graph, ["d"], {"a": 1, "b": 2, "c": 2, "d": 3}) == {"d": {"b", "c"}}


def test_of_equals_the_end_of_a_branch_is_taken_and_not_its_middle():
    graph = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"]}
    assert anchored(graph, ["d"], {"a": 1, "b": 1, "c": 2, "d": 2}) == {"d": {"b"}}


@st.composite
def graphs(draw):
    count, share = draw(st.integers(4, 16)), draw(st.integers(1, 6))
    return {
        f"t{number}": [f"t{up}" for up in range(number) if draw(st.integers(0, share)) == 0]
        for number in range(count)
    }


@settings(max_examples=50, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_anchored_tasks_still_let_the_dag_fall_apart_and_none_could_be_anchored_further(graph, rng):
    order = make_order(graph)
    awaiting = choose_awaiting(order, lambda task: (-task,)).awaiting
    native = anchor(order, awaiting, [rng.random() for _ in order.names])
    assert not stuck_parts(order, order.everything, native)
    for task, ups in native.items():
        assert not ups & ~order.direct[task]
        assert awaiting >> task & 1 or ups == order.direct[task]
        for up in range(task):
            if (order.direct[task] & ~ups) >> up & 1:
                more = {**native, task: ups | 1 << up}
                assert stuck_parts(order, order.everything, more)
