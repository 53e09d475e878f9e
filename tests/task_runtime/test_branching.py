"""Whom a branch or a short-circuit skips: each clause of it is told by one of these cases.

What Airflow does in them is compared in ``test_compared_with_airflow``, with its own operators.
"""

from collections.abc import Callable
from typing import Any

import pytest

from converter.task_runtime.dag2sfn_tasks import branching
from converter.task_runtime.dag2sfn_tasks.branching import Structure
from converter.task_runtime.dag2sfn_tasks.exceptions import AirflowException

#: ``choose`` → a, b, c and the group g (which begins with ``g.x``); c is behind a, too; ``far`` is no child.
STRUCTURE = Structure.of(
    {
        "tasks": {
            "choose": {"downstream": ["a", "b", "c", "g.x"]},
            "a": {"downstream": ["c"]},
            "b": {"downstream": []},
            "c": {"downstream": ["drop"]},
            "g.x": {"downstream": ["drop"]},
            "drop": {"downstream": [], "teardown": True},
            "far": {"downstream": ["b"]},
            "near_the_end": {"downstream": ["drop"]},
            "early": {"downstream": ["early_drop"]},
            "early_drop": {"downstream": ["after"], "teardown": True},
            "after": {"downstream": []},
        },
        "task_groups": {"g": ["g.x"]},
    }
)
UNKNOWN, WRONG = "Invalid tasks found", "must be either None"
#: What the callable returns → the children that are skipped, or what the error says.
CHOICES: tuple[tuple[Any, list[str] | str], ...] = (
    ("b", ["a", "c", "g.x"]),
    ("a", ["b", "g.x"]),
    (["a", "b"], ["g.x"]),
    (("b", "c"), ["a", "g.x"]),
    ("g", ["a", "b", "c"]),
    (["g", "b"], ["a", "c"]),
    ("far", ["a", "c", "g.x"]),
    (None, ["a", "b", "c", "g.x"]),
    ([], ["a", "b", "c", "g.x"]),
    ("nobody", UNKNOWN),
    (["b", "nobody"], UNKNOWN),
    (1, WRONG),
    (["b", 1], WRONG),
)
#: Task → whether a short-circuit there stops anything, with what lies behind and with its children alone.
SHORT_CIRCUITS = {
    "choose": (True, True),
    "near_the_end": (False, False),
    "early": (True, False),
    "drop": (False, False),
}


def outcome(chosen: Any) -> list[str] | str:
    try:
        return branching.not_followed(STRUCTURE, "choose", chosen)
    except AirflowException as error:
        return next(text for text in (UNKNOWN, WRONG) if text in str(error))


def all_cases_hold() -> bool:
    return all(outcome(chosen) == expected for chosen, expected in CHOICES) and all(
        (
            branching.has_something_to_skip(STRUCTURE, task, whatever_lies_behind=True),
            branching.has_something_to_skip(STRUCTURE, task, whatever_lies_behind=False),
        )
        == expected
        for task, expected in SHORT_CIRCUITS.items()
    )


def chosen_as(change: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """What is chosen is read wrongly."""
    original = branching._chosen_tasks
    return lambda patch: patch.setattr(
        branching, "_chosen_tasks", lambda structure, chosen: change(original, structure, chosen)
    )


def without_teardowns(patch: pytest.MonkeyPatch) -> None:
    original = branching.has_something_to_skip
    patch.setattr(
        branching,
        "has_something_to_skip",
        lambda structure, task, **how: original(
            Structure(structure.downstream, frozenset(), structure.groups), task, **how
        ),
    )


def short_circuits_that_look(*, far: bool) -> Callable[[pytest.MonkeyPatch], None]:
    original = branching.has_something_to_skip
    return lambda patch: patch.setattr(
        branching,
        "has_something_to_skip",
        lambda structure, task, **_: original(structure, task, whatever_lies_behind=far),
    )


def of_several(chosen: Any, take: Callable[[list[Any]], Any]) -> Any:
    return take(list(chosen)) if isinstance(chosen, (list, tuple)) and chosen else chosen


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "of several, only the first": chosen_as(
        lambda original, structure, chosen: original(structure, of_several(chosen, lambda them: them[0]))
    ),
    "a tuple is not several": chosen_as(
        lambda original, structure, chosen: original(structure, None if isinstance(chosen, tuple) else chosen)
    ),
    "a group is a task": chosen_as(
        lambda original, structure, chosen: original(
            Structure(structure.downstream, structure.teardowns, {}), chosen
        )
    ),
    "nothing chosen follows all": chosen_as(
        lambda original, structure, chosen: (
            structure.downstream if chosen is None else original(structure, chosen)
        )
    ),
    "an empty list follows all": chosen_as(
        lambda original, structure, chosen: (
            structure.downstream if chosen == [] else original(structure, chosen)
        )
    ),
    "what is no id is left out": chosen_as(
        lambda original, structure, chosen: original(
            structure, of_several(chosen, lambda them: [one for one in them if isinstance(one, str)])
        )
    ),
    "an unknown id is left out": chosen_as(
        lambda original, structure, chosen: (
            one for one in original(structure, chosen) if one in structure.task_ids
        )
    ),
    "who is no child is left out": chosen_as(
        lambda original, structure, chosen: (
            one
            for one in original(structure, chosen)
            if one in structure.downstream["choose"] or one not in structure.task_ids
        )
    ),
    "what is behind a choice is not followed": lambda patch: patch.setattr(
        Structure, "behind", lambda self, task: set()
    ),
    "teardowns are skipped": without_teardowns,
    "rules behind a short-circuit are never respected": short_circuits_that_look(far=True),
    "rules behind a short-circuit are always respected": short_circuits_that_look(far=False),
}


@pytest.mark.parametrize(("chosen", "expected"), CHOICES, ids=str)
def test_who_is_not_followed_is_skipped(chosen, expected):
    assert outcome(chosen) == expected


@pytest.mark.parametrize("task", SHORT_CIRCUITS)
def test_a_short_circuit_stops_what_is_no_teardown(task):
    found = [
        branching.has_something_to_skip(STRUCTURE, task, whatever_lies_behind=far) for far in (True, False)
    ]
    assert tuple(found) == SHORT_CIRCUITS[task]


@pytest.mark.parametrize("broken", BREAKS)
def test_a_break_of_one_clause_is_told_by_a_case(broken, monkeypatch):
    BREAKS[broken](monkeypatch)
    assert not all_cases_hold()
