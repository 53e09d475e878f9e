"""The deep difference of two values, and what must differ between two runs however equal they are.

Two runs cannot have the same job run ids, execution ARNs and moments. These are replaced by what they are
before texts are compared; what is then equal is no difference, but is noted. A moment counts as one only
inside its own run's time: a wrong date in an output stays a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from converter.comparison.overrides import NO_OVERRIDES, Overrides
from converter.comparison.rules import NO_RULES, Rules

#: How far outside its run a moment may lie: clocks of different machines, and what happens around the run.
_SLACK = timedelta(minutes=1)
_ABSENT = object()
#: A shorter text that names a run may be in other texts by chance.
_SHORTEST_NAME = 6

_IDS = (
    ("an execution of {0}", r"arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:([\w-]+):[\w.-]+(?::[\w-]+)?"),
    ("a Glue run id", r"\bjr_[0-9a-f]{64}(?:_attempt_\d+)?\b"),
    ("a UUID", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    ("an EMR cluster id", r"\bj-[A-Z0-9]{8,20}\b"),
    ("an EMR step id", r"\bs-[A-Z0-9]{8,20}\b"),
)
_ID_PATTERNS = tuple((what, re.compile(pattern)) for what, pattern in _IDS)
_MOMENT = re.compile(
    r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?![\d:])",
)


class Pair(NamedTuple):
    """Two values that differ, and where: ``rows[3].id``."""

    path: str
    airflow: Any
    step_functions: Any


@dataclass(frozen=True)
class Own:
    """What belongs to one run alone: texts that name it, and its time."""

    names: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def is_moment(self, moment: datetime) -> bool:
        """Return whether a moment is one of the run's."""
        if self.start is None:
            return False
        return self.start - _SLACK <= moment <= (self.end or datetime.now(timezone.utc)) + _SLACK


class ValueDiff:
    """Compares values of two runs; ``pairs`` and ``notes`` collect what it finds."""

    def __init__(
        self,
        airflow: Own,
        step_functions: Own,
        task: str,
        rules: Rules = NO_RULES,
        overrides: Overrides = NO_OVERRIDES,
    ) -> None:
        self._airflow, self._machine = airflow, step_functions
        self._task, self._rules, self._overrides = task, rules, overrides
        self.pairs: list[Pair] = []
        self.notes: list[str] = []

    def compare(self, airflow: Any, machine: Any, path: str = "") -> None:
        """Compare two values, and all that is in them."""
        if self._rules.ignores(self._task, path):
            if not same(airflow, machine):
                self.notes.append(f"{path or 'the value'} differs and is ignored by your rules")
        elif isinstance(airflow, Mapping) and isinstance(machine, Mapping):
            machine = self._named_as(airflow, machine)
            for name in sorted({*airflow, *machine}, key=str):
                inner = f"{path}.{name}" if path else str(name)
                self.compare(airflow.get(name, _ABSENT), machine.get(name, _ABSENT), inner)
        elif isinstance(airflow, list) and isinstance(machine, list):
            self._compare_lists(airflow, machine, path)
        else:
            self._compare_leaves(airflow, machine, path)

    def _named_as(self, airflow: Mapping[str, Any], machine: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the machine's members under Airflow's names, where a name is an overridden one."""
        theirs = {
            self._overrides.in_airflow(name): name
            for name in airflow
            if isinstance(name, str) and name not in machine
        }
        if not theirs:
            return machine
        return {
            name if name in airflow else theirs.get(self._overrides.on_machine(str(name)), name): value
            for name, value in machine.items()
        }

    def _compare_lists(self, airflow: list[Any], machine: list[Any], path: str) -> None:
        if self._rules.is_unordered(self._task, path):
            airflow, machine = sorted(airflow, key=_sort_key), sorted(machine, key=_sort_key)
        for index in range(max(len(airflow), len(machine))):
            left, right = (side[index] if index < len(side) else _ABSENT for side in (airflow, machine))
            self.compare(left, right, f"{path}[{index}]")

    def _compare_leaves(self, airflow: Any, machine: Any, path: str) -> None:
        if same(airflow, machine):
            return
        reason = self._must_differ(airflow, machine) or self._rules.tolerates(
            self._task, path, airflow, machine
        )
        if reason:
            self.notes.append(f"{path}: {reason}" if path else reason)
        else:
            self.pairs.append(
                Pair(path, *(None if value is _ABSENT else value for value in (airflow, machine)))
            )

    def _must_differ(self, airflow: Any, machine: Any) -> str | None:
        """Return why two values have to differ, None if they need not."""
        if isinstance(airflow, str) and isinstance(machine, str):
            return self._texts_must_differ(airflow, machine)
        if _is_number(airflow) and _is_number(machine):
            both = self._airflow.is_moment, self._machine.is_moment
            if _moment_of_number(airflow, both[0]) and _moment_of_number(machine, both[1]):
                return "a moment of the run: differs between any two runs"
        return None

    def _texts_must_differ(self, airflow: str, machine: str) -> str | None:
        theirs, ours = self._overrides.in_airflow(airflow), self._overrides.on_machine(machine)
        left, found = masked(self._rules.masked(theirs), self._airflow)
        right, _ = masked(self._rules.masked(ours), self._machine)
        if left != right:
            return None
        if theirs != airflow:
            return ", ".join([f"'{machine}' is what the overrides make of '{airflow}'", *found])
        return f"{', '.join(found) or 'what your rules mask'}: differs between any two runs"


def same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal. Booleans are no numbers; 3 is 3.0; no value is null.

    >>> same({"a": [1]}, {"a": [1.0]}), same(1, True), same(None, 0)
    (True, False, False)
    """
    if left is _ABSENT or right is _ABSENT:
        return (left is _ABSENT or left is None) and (right is _ABSENT or right is None)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def masked(text: str, own: Own) -> tuple[str, list[str]]:
    """Return a text with what belongs to its run alone replaced, and the kinds of what was.

    >>> masked("job jr_" + "0" * 64, Own())
    ('job <a Glue run id>', ['a Glue run id'])
    """
    kinds: list[str] = []
    for name in sorted((name for name in own.names if len(name) >= _SHORTEST_NAME), key=len, reverse=True):
        if name in text:
            text = text.replace(name, "<the run>")
            kinds.append("the run's own name")
    for what, pattern in _ID_PATTERNS:
        text = pattern.sub(lambda match, what=what: _noted(kinds, what.format(*match.groups())), text)  # type: ignore[misc]
    text = _MOMENT.sub(
        lambda match: _noted(kinds, "a moment of the run") if _is_of(match[0], own) else match[0], text
    )
    return text, list(dict.fromkeys(kinds))


def _noted(kinds: list[str], what: str) -> str:
    kinds.append(what)
    return f"<{what}>"


def _is_of(text: str, own: Own) -> bool:
    moment = parsed_moment(text)
    return moment is not None and own.is_moment(moment)


def parsed_moment(text: str) -> datetime | None:
    """Return the moment that an ISO 8601 text says, in UTC if it has no zone; None if it says none."""
    fraction = re.sub(r"\.(\d{1,9})", lambda match: "." + match[1][:6].ljust(6, "0"), text)
    try:
        moment = datetime.fromisoformat(fraction.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _moment_of_number(value: float, is_moment: Any) -> bool:
    """Return whether a number is a moment of the run, in seconds or milliseconds since 1970."""
    for seconds in (value, value / 1000):
        if 1e9 < seconds < 1e11 and is_moment(datetime.fromtimestamp(seconds, timezone.utc)):
            return True
    return False


def _sort_key(value: Any) -> str:
    return "|".join(_flat(value))


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name in sorted(value, key=str):
            yield from (str(name), *_flat(value[name]))
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield f"{type(value).__name__}:{value}"
