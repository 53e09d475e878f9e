from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from converter.planning.hitting import hit_all

SETS = st.lists(st.frozensets(st.integers(0, 9), min_size=1, max_size=4), max_size=14)


def hit(sets, dearness=lambda task: (task,)):
    return hit_all([tuple(sorted(members)) for members in sets], dearness, {})


@settings(max_examples=80, deadline=None)
@given(SETS)
def test_all_sets_are_hit_with_the_fewest_tasks(sets):
    found = hit(sets)
    assert found.proven
    assert all(found.chosen & members for members in sets)
    for fewer in combinations(range(10), len(found.chosen) - 1 if found.chosen else 0):
        assert not found.chosen or not all(members & set(fewer) for members in sets)


def test_among_equals_the_less_dear_task_is_taken():
    assert hit([{1, 2}]).chosen == {1}
    assert hit([{1, 2}], dearness=lambda task: (-task,)).chosen == {2}
    assert hit([{1, 2, 5}, {2, 1, 6}], dearness=lambda task: (-task,)).chosen == {2}


def test_a_clique_of_pairs_needs_all_tasks_but_one():
    found = hit(combinations(range(30), 2))
    assert found.proven
    assert len(found.chosen) == 29


def test_a_long_cycle_of_pairs_needs_half_of_its_tasks():
    found = hit([(task, (task + 1) % 401) for task in range(401)])
    assert found.proven
    assert len(found.chosen) == 201


def test_problems_already_solved_are_not_solved_again():
    solved = {}
    first = hit_all([(1, 2), (2, 3), (7, 8)], lambda task: (task,), solved)
    before = dict(solved)
    assert hit_all([(1, 2), (2, 3), (7, 8)], lambda task: (task,), solved) == first
    assert solved == before
