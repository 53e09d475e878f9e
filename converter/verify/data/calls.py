"""What a task's service is called with: as the machine calls it, and as it would with what Airflow renders.

The latter is the conversion of the same task with the rendered values in place of its templates. What the
machine adds of its own accord (names of executions, numbers of tries) stands in both as expressions, and is
not compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from converter.asl.tasks import RUN_ARGUMENT
from converter.diagnostics import refuses
from converter.expressions.jsonata import Expression, Substitution
from converter.operators import step_of
from converter.operators.step import Step
from converter.workflow import Task, Workflow

#: What is not there, in place of a value.
MISSING = "(missing)"


@dataclass(frozen=True)
class Difference:
    """Where two values differ, as a path, and both of them."""

    place: str
    expected: Any
    actual: Any


def as_if_written(task: Task, rendered: Mapping[str, Any], workflow: Workflow) -> Step | None:
    """Return what a task with these values, and no templates, is converted to; None if it is refused."""
    plain = replace(
        task,
        arguments=rendered,
        template_fields=(),
        is_mapped=False,
        expansion=None,
        mapped_group="",
        upstream=(),
    )
    step, problems = step_of(plain, workflow)
    return None if step is None or refuses(problems) else step


def differences(expected: Any, actual: Any, place: str = "") -> Iterator[Difference]:
    """Yield where what was handed over differs from what is expected; expressions in that may be anything."""
    if isinstance(expected, Expression):
        return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in dict.fromkeys((*expected, *actual)):
            if key != RUN_ARGUMENT:
                yield from differences(expected.get(key, MISSING), actual.get(key, MISSING), f"{place}.{key}")
        return
    if isinstance(expected, Substitution):
        expected = str(expected)
    if isinstance(expected, tuple):
        expected = list(expected)
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
        return
    if not _same(expected, actual):
        yield Difference(place.strip("."), expected, actual)


def _same(expected: Any, actual: Any) -> bool:
    """Whether two values that are not taken apart are the same; blanks in JSON texts do not matter."""
    if isinstance(expected, bool) is not isinstance(actual, bool):
        return False
    if expected == actual:
        return True
    if not (
        isinstance(expected, str) and isinstance(actual, str) and expected[:1] == actual[:1] in ("{", "[")
    ):
        return False
    try:
        return bool(json.loads(expected) == json.loads(actual))
    except ValueError:
        return False
