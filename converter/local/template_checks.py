"""What CloudFormation refuses about a template before it touches any resource."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import NULL_MODELS, get_model_map

_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]+)?\}")


def check_template(template: Mapping[str, Any]) -> None:
    """Raise moto's ValidationError, in CloudFormation's words, for a template that cannot be carried out."""
    resources: Mapping[str, Any] = template.get("Resources") or {}
    _refuse_unknown_types(resources)
    _refuse_unresolved(resources, {*resources, *(template.get("Parameters") or {})})
    list(in_order_of_reference(resources))


def _refuse_unknown_types(resources: Mapping[str, Any]) -> None:
    known = {*get_model_map(), *NULL_MODELS}
    unknown = sorted(
        {
            resource["Type"]
            for resource in resources.values()
            if resource["Type"] not in known and not resource["Type"].startswith("Custom::")
        }
    )
    if unknown:
        # AWS's words; its list of types is longer than the local AWS's.
        raise ValidationError(message=f"Template format error: Unrecognized resource types: {unknown}")


def _refuse_unresolved(resources: Mapping[str, Any], names: Collection[str]) -> None:
    unresolved = sorted(
        {
            name
            for resource in resources.values()
            for name in references(resource)
            if name not in names and not name.startswith("AWS::")
        }
    )
    if unresolved:
        listed = ", ".join(unresolved)
        raise ValidationError(
            message=f"Template format error: Unresolved resource dependencies [{listed}] in the Resources "
            "block of the template"
        )


def in_order_of_reference(resources: Mapping[str, Any]) -> Iterator[str]:
    """Names of resources, each after those it refers to; otherwise in the template's order.

    Raises moto's ValidationError if resources refer to each other in a circle.
    """
    done: set[str] = set()
    open_: list[str] = []

    def visit(name: str) -> Iterator[str]:
        if name in done:
            return
        if name in open_:
            circle = ", ".join(open_[open_.index(name) :])
            raise ValidationError(message=f"Circular dependency between resources: [{circle}]")
        open_.append(name)
        for other in references(resources[name]):
            if other in resources:
                yield from visit(other)
        open_.pop()
        done.add(name)
        yield name

    for name in resources:
        yield from visit(name)


def references(declared: Any) -> Iterator[str]:
    """Every name that a resource mentions: Ref, GetAtt, Sub and DependsOn."""
    if isinstance(declared, Mapping):
        for key, value in declared.items():
            if key == "Ref":
                yield value
            elif key == "DependsOn":
                yield from [value] if isinstance(value, str) else value
            elif key == "Fn::GetAtt":
                yield value.split(".")[0] if isinstance(value, str) else value[0]
            elif key == "Fn::Sub":
                yield from _substituted(value)
            else:
                yield from references(value)
    elif isinstance(declared, list):
        for item in declared:
            yield from references(item)


def _substituted(value: Any) -> Iterator[str]:
    text, own = (value, {}) if isinstance(value, str) else value
    yield from (name for name in _SUBSTITUTED.findall(text) if name not in own)
    yield from references(own)
