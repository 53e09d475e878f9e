"""What a CloudFormation resource type has to say about itself; one subclass for each type.

A type is carried out as CloudFormation does it: through the service's own API, so that what a service would
refuse is refused here, in its words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

Properties = Mapping[str, Any]
Aws = Callable[[str], Any]
"""A boto3 client of a service, by its name, in the stack's region."""


@dataclass(frozen=True)
class Made:
    """A resource that exists: what ``Ref`` gives, and what ``Fn::GetAtt`` does."""

    id: str
    attributes: Mapping[str, str] = field(default_factory=dict)


class ResourceRefused(Exception):
    """A resource that CloudFormation itself would refuse; the message is its reason."""


class ResourceType:
    """One type. Methods may raise any error of the service: it becomes the reason of the rollback."""

    type_name: ClassVar[str]
    """As in templates: ``AWS::IAM::Role``."""
    attributes: ClassVar[tuple[str, ...]] = ()
    """What ``Fn::GetAtt`` knows."""
    name_property: ClassVar[str | None] = None
    """The property that names the resource; without it (or where it is None) a name is generated."""
    required: ClassVar[tuple[str, ...]] = ()
    replaced_with: ClassVar[tuple[str, ...]] = ()
    """Properties whose change makes a new resource ("Update requires: Replacement")."""

    def create(self, aws: Aws, name: str, properties: Properties) -> Made:
        """Create the resource. What can be set later is left to :meth:`settle`, which is called next."""
        raise NotImplementedError

    def settle(self, aws: Aws, made: Made, old: Properties, new: Properties) -> None:
        """Bring an existing resource from its old properties ({} just after its creation) to the new ones."""

    def refreshed(self, aws: Aws, made: Made) -> Made:
        """Return an existing resource with the attributes that it has after a change."""
        return made

    def delete(self, aws: Aws, made: Made, properties: Properties) -> None:
        """Delete the resource."""
        raise NotImplementedError

    def is_replaced(self, old: Properties, new: Properties) -> bool:
        """Whether this change needs a new resource."""
        return any(old.get(name) != new.get(name) for name in self.replaced_with)

    def check(self, logical_id: str, properties: Properties) -> None:
        """Raise :class:`ResourceRefused` if a required property is missing, in CloudFormation's words."""
        missing = [name for name in self.required if name not in properties]
        if missing:
            problems = "\n".join(f"#: required key [{name}] not found" for name in missing)
            raise ResourceRefused(
                f"Properties validation failed for resource {logical_id} with message:\n{problems}"
            )

    def has_cfn_attr(self, attribute: str) -> bool:
        """Moto's question whether ``Fn::GetAtt`` knows an attribute."""
        return attribute in self.attributes


def picked(properties: Properties, *names: str) -> dict[str, Any]:
    """Those of the properties that are given: API parameters that are called alike."""
    return {name: properties[name] for name in names if name in properties}


def camel_case(value: Any) -> Any:
    """CloudFormation's PascalCase as the camelCase of some APIs."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: camel_case(item) for key, item in value.items()}
    return [camel_case(item) for item in value] if isinstance(value, list) else value


def tags_of(properties: Properties) -> dict[str, str]:
    """A resource's tags by key."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def gone_tags(old: Properties, new: Properties) -> list[str]:
    """Keys of tags that the new properties have no more."""
    return sorted(tags_of(old).keys() - tags_of(new).keys())
