from __future__ import annotations

from converter.engine.java_habits import hash_map_order, java_text


def test_names_come_in_the_order_of_hash_buckets() -> None:
    # "Aa" and "BB" have the same hash code (2112), so they share a bucket; "a" is 97, "b" 98, "q" 113.
    assert hash_map_order(["BB", "Aa"]) == ["BB", "Aa"]
    assert hash_map_order(["b", "a"]) == ["a", "b"]
    # 16 buckets: 113 & 15 == 1 like 97, and 112 & 15 == 0.
    assert hash_map_order(["q", "a", "p"]) == ["p", "q", "a"]


def test_more_than_twelve_names_take_thirty_two_buckets() -> None:
    # 32 buckets: "p" (112 & 31 == 16) now comes after "a" (97 & 31 == 1).
    names = list("abcdefghijklp")
    assert hash_map_order(reversed(names)) == names


def test_structures_are_written_as_java_writes_them() -> None:
    assert java_text({"a": [1, "x", None], "b": {"c": True}}) == "{a=[1, x, null], b={c=true}}"
