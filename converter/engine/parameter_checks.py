"""Parameters that a service integration refuses before it calls: the execution ends, nothing is scheduled.

Only what was recorded is checked. Most parameters are judged by the service itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from converter.engine.definition import Resource
from converter.engine.tasks import Json


def _is_map_of_lists(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(item, list) for item in value.values())


_CHECKS: Mapping[tuple[str, str], Mapping[str, Callable[[Json], bool]]] = {
    ("apigateway", "invoke"): {"Headers": _is_map_of_lists, "QueryParameters": _is_map_of_lists},
}


def refused_parameters(resource: Resource, parameters: Json) -> list[str]:
    """Return what is wrong with the parameters of a call, in AWS's words."""
    action = (resource.action or "").removesuffix(f".{resource.pattern}")
    checks = _CHECKS.get((resource.service or "", action), {})
    if not isinstance(parameters, dict):
        return []
    return [
        f"The value of the field '{name}' has an invalid format"
        for name, is_valid in checks.items()
        if name in parameters and not is_valid(parameters[name])
    ]
