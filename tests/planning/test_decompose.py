from hypothesis import given, settings
from hypothesis import strategies as st

from converter.planning.decompose import Decomposition, Part, series_parts, stuck_parts
from converter.planning.order import bits, make_order


@st.composite
def partly_native(draw):
    """An order, and for each task which of its direct upstream tasks it natively waits for."""
    count = draw(st.integers(2, 14))
    share = draw(st.integers(1, 5))
    order = make_order(
        {
            str(task): [str(up) for up in range(task) if draw(st.integers(0, share)) == 0]
            for task in range(count)
        }
    )
    native = {
        task: sum(1 << up for up in bits(order.direct[task]) if draw(st.booleans())) for task in range(count)
    }
    return order, native


def naive_components(native, tasks):
    parts = []
    for task in bits(tasks):
        touching = [part for part in parts if native[task] & part]
        parts = [part for part in parts if part not in touching] + [sum(touching) | 1 << task]
    return sorted(parts, key=lambda part: part & -part)


def naive_series(order, tasks):
    """Cut behind every prefix that comes completely before the rest."""
    parts, done = [], 0
    ranked = sorted(bits(tasks), key=lambda task: (order.before[task] & tasks).bit_count())
    for length in range(1, len(ranked) + 1):
        prefix = sum(1 << task for task in ranked[:length])
        if all(not prefix & ~order.before[task] for task in ranked[length:]):
            parts.append(prefix ^ done)
            done = prefix
    return parts


def naive_stuck(order, tasks, native):
    if tasks & (tasks - 1) == 0:
        return []
    parts = naive_components(native, tasks)
    if len(parts) == 1:
        parts = naive_series(order, tasks)
    if len(parts) == 1:
        return [tasks]
    return [stuck for part in parts for stuck in naive_stuck(order, part, native)]


@settings(max_examples=80, deadline=None)
@given(partly_native())
def test_splitting_off_single_tasks_ends_in_the_same_stuck_sets(case):
    order, native = case
    found = stuck_parts(order, order.everything, native)
    assert bool(found) == bool(naive_stuck(order, order.everything, native))
    for stuck in found:
        assert naive_stuck(order, stuck, native) == [stuck]


@settings(max_examples=60, deadline=None)
@given(partly_native())
def test_series_parts_are_all_the_cuts_there_are(case):
    order, _ = case
    assert series_parts(order, order.everything) == naive_series(order, order.everything)


@settings(max_examples=60, deadline=None)
@given(partly_native())
def test_components_known_from_a_split_are_the_components(case):
    order, native = case
    pending = [Part(order.everything)]
    decomposition = Decomposition(order, order.everything, native)
    while pending:
        part = pending.pop()
        if part.components is not None:
            assert sorted(part.components) == sorted(naive_components(native, part.tasks))
        if part.tasks & (part.tasks - 1) and (split := decomposition.split(part)):
            pending.extend(split.parts)


def test_a_set_that_only_an_order_without_native_dependencies_holds_together_falls_apart():
    order = make_order({"a": [], "b": [], "c": ["a"], "d": ["a", "b"]})
    assert stuck_parts(order, order.everything, {2: order.direct[2], 3: order.direct[3]})
    assert stuck_parts(order, order.everything, {2: order.direct[2]}) == []
