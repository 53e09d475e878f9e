"""The user's own rules: what may differ between the runs of their DAGs. A YAML or JSON file::

    ignore:
      - {task: "load*", path: "rows[*].loaded_at"}
    unordered:
      - {path: "files"}
    tolerance:
      - {task: train, path: score, absolute: 0.01}
      - {path: "**.seconds", relative: 0.5}
    mask:
      - 'batch-\\d+'
    tries: strict            # a task that succeeded in the end must have needed as many tries
    slower: 2.0              # a task, or the run, may take twice as long as in Airflow

In a path, ``*`` stands for one name or number, ``**`` for anything. Without ``task`` a rule is for every
task.
The path begins with the XCom's key only if that is not ``return_value``.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic

_PLACES = ("ignore", "unordered", "tolerance")
_MEMBERS = {*_PLACES, "mask", "tries", "slower"}


@dataclass(frozen=True)
class Place:
    """Values in outputs, by task and path. ``absolute`` and ``relative`` are tolerances for numbers."""

    task: str = "*"
    path: str = "**"
    absolute: float = 0.0
    relative: float = 0.0

    def has(self, task: str, path: str) -> bool:
        """Return whether a value of a task is in this place."""
        return fnmatch.fnmatchcase(task, self.task) and bool(_pattern(self.path).fullmatch(path))


@dataclass(frozen=True)
class Rules:
    """What may differ."""

    ignore: tuple[Place, ...] = ()
    unordered: tuple[Place, ...] = ()
    tolerance: tuple[Place, ...] = ()
    mask: tuple[re.Pattern[str], ...] = ()
    strict_tries: bool = False
    slower: float | None = None

    def ignores(self, task: str, path: str) -> bool:
        """Return whether a value is not compared."""
        return any(place.has(task, path) for place in self.ignore)

    def is_unordered(self, task: str, path: str) -> bool:
        """Return whether the order of a list does not count."""
        return any(place.has(task, path) for place in self.unordered)

    def tolerates(self, task: str, path: str, left: Any, right: Any) -> str | None:
        """Return why two numbers that differ are near enough, None if they are not."""
        if not all(
            isinstance(value, (int, float)) and not isinstance(value, bool) for value in (left, right)
        ):
            return None
        for place in self.tolerance:
            allowed = max(place.absolute, place.relative * max(abs(left), abs(right)))
            if place.has(task, path) and abs(left - right) <= allowed:
                return f"{left} and {right} are within the tolerance of your rules"
        return None

    def masked(self, text: str) -> str:
        """Return a text without what the user masks."""
        for pattern in self.mask:
            text = pattern.sub("<masked>", text)
        return text


NO_RULES = Rules()


def read_rules(path: Path) -> Rules:
    """Return the rules of a file. Raises Dag2SfnError (D704) with everything that is wrong in it."""
    try:
        text = path.read_text("utf-8")
        data = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, [f"it cannot be read: {getattr(error, 'strerror', None) or error}"]) from None
    except (ValueError, yaml.YAMLError) as error:
        raise _unusable(path, [f"it is neither YAML nor JSON: {' '.join(str(error).split())}"]) from None
    if not isinstance(data, dict):
        raise _unusable(path, ["it is no mapping of rules"])
    problems: list[str] = [f"there is no rule {name!r}" for name in sorted(map(str, {*data} - _MEMBERS))]
    places = {name: _places(data.get(name, []), name, problems) for name in _PLACES}
    rules = Rules(
        **places,
        mask=_masks(data.get("mask", []), problems),
        strict_tries=_tries(data.get("tries", "final"), problems),
        slower=_factor(data.get("slower"), problems),
    )
    if problems:
        raise _unusable(path, problems)
    return rules


def _places(listed: Any, name: str, problems: list[str]) -> tuple[Place, ...]:
    found = []
    for number, item in enumerate(listed if isinstance(listed, list) else [None]):
        allowed = {"task": str, "path": str} | (
            {"absolute": (int, float), "relative": (int, float)} if name == "tolerance" else {}
        )
        known = isinstance(item, dict) and all(
            isinstance(value, allowed.get(key, ())) for key, value in item.items()
        )
        if known and item:
            found.append(Place(**item))
        else:
            problems.append(f"{name}[{number}] is no mapping of {', '.join(allowed)}")
    return tuple(found)


def _masks(listed: Any, problems: list[str]) -> tuple[re.Pattern[str], ...]:
    found = []
    for number, text in enumerate(listed if isinstance(listed, list) else [None]):
        try:
            found.append(re.compile(text))
        except (re.error, TypeError) as error:
            problems.append(f"mask[{number}] is no regular expression: {error}")
    return tuple(found)


def _tries(value: Any, problems: list[str]) -> bool:
    if value not in ("final", "strict"):
        problems.append("tries is neither 'final' nor 'strict'")
    return bool(value == "strict")


def _factor(value: Any, problems: list[str]) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        problems.append("slower is no number above 0")
        return None
    return float(value)


@lru_cache(maxsize=1024)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", path)
    wild = {"**": ".*", "*": r"[^.\[\]]*"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _unusable(path: Path, problems: list[str]) -> Dag2SfnError:
    return Dag2SfnError(
        *(
            Diagnostic(d.RULES_UNUSABLE, f"{path}: {problem}", "see docs/comparison.md for the form of rules")
            for problem in problems
        )
    )
