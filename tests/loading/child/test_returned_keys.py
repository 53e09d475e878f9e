"""Which keys the dicts have that a function returns."""

from __future__ import annotations

import pytest

from converter.loading.child.returned_keys import returned_keys

DAYS = ("a", "b")


def listed():
    return [{"job": "x", "args": {}}, {"args": {}, "job": "y"}]


def comprehended():
    return [{"job": day} for day in DAYS if day]


def appended():
    found = []
    for day in DAYS:
        found.append({"job": day, "args": [{"other": 1}]})
    return found


def noted():
    found: list[dict[str, str]] = [{"job": "x"}]
    found.append(dict(job="y"))
    return found


def in_several_ways():
    if DAYS:
        return [{"job": "x"}]
    return [{"job": day} for day in DAYS]


def with_a_helper():
    def helper():
        return 7

    return [{"job": helper()}]


async def awaited():
    return [{"job": "x"}]


@pytest.mark.parametrize(
    ("function", "keys"),
    [
        (listed, ("args", "job")),
        (comprehended, ("job",)),
        (appended, ("args", "job")),
        (noted, ("job",)),
        (in_several_ways, ("job",)),
        (with_a_helper, ("job",)),
        (awaited, ("job",)),
    ],
)
def test_dicts_that_are_written_out_are_seen(function, keys):
    assert returned_keys(function, in_list=True) == keys


def uneven():
    return [{"job": "x"}, {"job": "y", "args": {}}]


def spread(more):
    return [{"job": "x", **more}]


def computed(name):
    return [{name: "x"}]


def from_elsewhere(rows):
    return rows


def changed():
    found = [{"job": "x"}]
    found[0]["args"] = {}
    return found


def extended(more):
    found = [{"job": "x"}]
    found.extend(more)
    return found


def another_name():
    found = [{"job": "x"}]
    other = found
    other.append({})
    return found


def two_names():
    found = other = []
    other.append({"job": "x", "args": {}})
    found.append({"job": "x"})
    return found


def added_to(rows):
    rows.append({"job": "x"})
    return rows


def yielding():
    yield {"job": "x"}


def one():
    return {"job": "x"}


def nothing():
    return []


def changed_inside():
    found = [{"job": "x"}]

    def change():
        found.append({"args": {}})

    change()
    return found


@pytest.mark.parametrize(
    "function",
    [
        uneven, spread, computed, from_elsewhere, changed, extended, another_name,
        two_names, added_to, yielding, one, nothing, changed_inside, lambda: [{"job": "x"}], len, None,
    ],
)  # fmt: skip
def test_what_may_be_otherwise_is_not_known(function):
    assert returned_keys(function, in_list=True) is None


def test_an_instance_of_a_mapped_task_returns_one():
    assert returned_keys(one, in_list=False) == ("job",)
    assert returned_keys(listed, in_list=False) is None
