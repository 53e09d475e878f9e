from dataclasses import dataclass, replace

import pytest

from converter.derived import derived


@dataclass(frozen=True)
class Thing:
    name: str


def test_each_object_keeps_its_own_result() -> None:
    asked: list[str] = []

    @derived
    def upper(thing: Thing) -> list[str]:
        asked.append(thing.name)
        return [thing.name.upper()]

    one, equal = Thing("a"), Thing("a")
    assert upper(one) is upper(one)
    assert upper(equal) == ["A"]
    assert asked == ["a", "a"]
    assert upper(replace(one, name="b")) == ["B"]
    assert one == equal


def test_two_functions_do_not_share() -> None:
    def make(suffix: str):  # type: ignore[no-untyped-def]
        def first(thing: Thing) -> str:
            return thing.name + suffix

        def second(thing: Thing) -> str:
            return suffix + thing.name

        return derived(first), derived(second)

    first, second = make("!")
    thing = Thing("a")
    assert (first(thing), second(thing), first(thing)) == ("a!", "!a", "a!")


def test_an_error_is_not_kept() -> None:
    @derived
    def fails(thing: Thing) -> None:
        raise ValueError(thing.name)

    thing = Thing("a")
    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            fails(thing)
    assert vars(thing) == {"name": "a"}
