from __future__ import annotations

import pytest

from converter.local.paging import PageTokenError, page


def test_pages_cover_the_list_once() -> None:
    items, seen, token = list("abcdefg"), [], None
    while True:
        found, token = page(items, 3, token, key=str)
        seen.append(found)
        if token is None:
            break
    assert seen == [["a", "b", "c"], ["d", "e", "f"], ["g"]]


def test_the_last_full_page_has_no_token() -> None:
    assert page(["a", "b"], 2, None, key=str) == (["a", "b"], None)


@pytest.mark.parametrize("token", ["nonsense!", "eA==", "é"])
def test_a_token_of_another_list_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError):
        page(["a"], 1, token, key=str)


def test_items_added_in_front_do_not_shift_the_later_pages() -> None:
    _, token = page(list("abcd"), 2, None, key=str)
    assert page(["new", *"abcd"], 2, token, key=str) == (["c", "d"], None)


def test_a_page_of_a_long_list_costs_what_it_holds() -> None:
    asked = []

    def key(number: int) -> str:
        asked.append(number)
        return str(number)

    _, token = page(range(100_000), 90_000, None, key=key)
    found, _ = page(range(100_000), 10, token, key=key)
    assert found == list(range(90_000, 90_010))
    assert len(asked) < 5
