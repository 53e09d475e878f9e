"""Values that only the run knows, where names in them would have to be spelled otherwise.

What is written in the file is spelled at conversion, as Step Functions spells it (``service_models``): ECS's
``containerOverrides`` are its ``ContainerOverrides``. What a template or another task gives comes as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from converter.expressions.jsonata import Expression
from converter.operators.parts import Call, Poll
from converter.operators.service_models import repeated_places, respelled_places
from converter.operators.step import Step


def not_spelled(step: Step) -> Iterator[str]:
    """Yield the places of such values, as the arguments of the step's calls name them."""
    for resource, arguments in _calls(step):
        if isinstance(arguments, Mapping) and (places := respelled_places(resource)):
            yield from _given_later(arguments, "", "", places, repeated_places(resource))


def _calls(step: Step) -> Iterator[tuple[str, Any]]:
    if step.resource is not None and not step.parts:
        yield step.resource, step.arguments
    for part in step.parts:
        found = (part.ask, part.between, *part.also) if isinstance(part, Poll) else (part,)
        yield from ((call.resource, call.arguments) for call in found if isinstance(call, Call))


def _given_later(
    value: Any, shown: str, where: str, places: frozenset[str], repeated: Mapping[str, str]
) -> Iterator[str]:
    """Yield such places as the author has them; ``where`` is the place as ``places`` and ``repeated`` do."""
    where = repeated.get(where, where)
    if isinstance(value, Expression) and where in places:
        yield shown
    elif isinstance(value, Mapping):
        # The names of a map are the author's own.
        is_map = any(f"{place}.".startswith(f"{where}.*.") for place in places)
        for name, item in value.items():
            inner = "*" if is_map else name
            below = f"{where}.{inner.lower()}".lstrip(".")
            yield from _given_later(item, f"{shown}.{inner}".lstrip("."), below, places, repeated)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _given_later(item, shown, where, places, repeated)
