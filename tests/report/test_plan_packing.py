from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.report.plan_packing import ARROW, GAP, GUTTER, Extent, Packing, one_after_another, side_by_side

LENGTHS = st.floats(20, 900)
EXTENTS = st.lists(st.builds(Extent, LENGTHS, LENGTHS), min_size=1, max_size=25)


def assert_disjoint_and_inside(extents: list[Extent], packing: Packing) -> None:
    boxes = [
        (place.x, place.y, place.x + place.width, place.y + extent.height)
        for place, extent in zip(packing.places, extents, strict=True)
    ]
    for left, top, right, bottom in boxes:
        assert left >= 0
        assert top >= 0
        assert right <= packing.width + 0.01
        assert bottom <= packing.height + 0.01
    for one, other in combinations(boxes, 2):
        gaps = (other[0] - one[2], one[0] - other[2], other[1] - one[3], one[1] - other[3])
        assert max(gaps) >= GAP - 0.01, (one, other)


@given(EXTENTS)
def test_branches_do_not_touch_and_keep_to_the_width_where_they_can(extents: list[Extent]) -> None:
    packing = side_by_side(extents, 1_000)
    assert_disjoint_and_inside(extents, packing)
    assert packing.width <= 1_000.01
    for place, extent in zip(packing.places, extents, strict=True):
        assert extent.width <= place.width <= 1.6 * extent.width + 0.01


@given(EXTENTS)
def test_steps_do_not_touch_and_go_downward_or_to_a_column_on_the_right(extents: list[Extent]) -> None:
    packing = one_after_another(extents, 1_000)
    assert_disjoint_and_inside(extents, packing)
    for (place, extent), (following, _) in pairwise(zip(packing.places, extents, strict=True)):
        if following.y >= place.y + extent.height:
            assert following.y == pytest.approx(place.y + extent.height + ARROW)
        else:
            assert following.x > place.x + extent.width


def test_few_branches_stand_in_one_row_in_their_order() -> None:
    packing = side_by_side([Extent(100, 40), Extent(50, 50), Extent(80, 60)], 1_000)
    assert [(place.x, place.y) for place in packing.places] == [(0, 0), (110, 0), (170, 0)]


def test_many_equal_branches_fill_rows_in_their_order() -> None:
    packing = side_by_side([Extent(90, 30)] * 25, 1_000)
    assert packing.width <= 1_000
    places = [(place.y, place.x) for place in packing.places]
    assert places == sorted(places)
    assert len({place.x for place in packing.places}) > 3


def test_small_branches_stand_below_each_other_beside_a_high_one() -> None:
    packing = side_by_side([Extent(700, 300), *[Extent(200, 60)] * 4], 1_000)
    assert (packing.width, packing.height) == (910, 300)


def test_a_branch_that_is_too_wide_makes_the_page_wider() -> None:
    packing = side_by_side([Extent(1_500, 50), Extent(100, 50)], 1_000)
    assert packing.width == 1_500


def test_a_short_sequence_is_one_column_of_centred_steps() -> None:
    packing = one_after_another([Extent(100, 30), Extent(60, 30)], 1_000)
    assert [(place.x, place.y, place.width) for place in packing.places] == [(0, 0, 100), (20, 50, 60)]


def test_a_long_sequence_goes_on_in_another_column_with_room_for_the_arrow() -> None:
    packing = one_after_another([Extent(100, 30)] * 20, 1_000)
    # 20 * 30 + 19 * 20 = 980 is more than a column shall be high.
    assert packing.height == 10 * 30 + 9 * 20 + 2 * ARROW
    assert packing.width == 200 + GUTTER
    assert packing.places[0].y == packing.places[10].y == ARROW


def test_a_long_sequence_stays_in_one_column_where_there_is_no_room_or_little_gain() -> None:
    assert one_after_another([Extent(100, 30)] * 20, 150).width == 100
    assert one_after_another([Extent(300, 700), Extent(60, 30)], 1_000).width == 300
