"""The resources of one stack: created, updated, replaced and deleted in order of reference.

moto reads templates and resolves their functions; the types in ``stack_resources`` are carried out here, all
others by moto. An update reaches every resource whose *resolved* properties changed (moto compares template
text, so a machine would not be updated when only the function that it names was).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.cloudformation.parsing import ResourceMap, clean_json, parse_and_update_resource

from converter.local.clients import Clients
from converter.local.stack_resources import TYPES, Made, ResourceRefused, ResourceType
from converter.local.stack_resources.coercion import coerce_parameters
from converter.local.template_checks import check_template, in_order_of_reference

logger = logging.getLogger(__name__)

NAME_PART = 24  # of a generated name: two of them and 14 characters fit into a role's 64


class StackResource:
    """One of our resources as moto looks at it: by ``physical_resource_id`` and ``get_cfn_attribute``."""

    def __init__(self, logical_id: str, type_name: str, made: Made, properties: Mapping[str, Any]) -> None:
        self.logical_resource_id = logical_id
        self.cf_resource_type = type_name
        self.made = made
        self.properties = properties
        self.is_complete = False
        """False while what :meth:`ResourceType.settle` sets is not there yet."""

    @property
    def type(self) -> ResourceType:
        """What carries it out."""
        return TYPES[self.cf_resource_type]

    @property
    def physical_resource_id(self) -> str:
        """What ``Ref`` gives."""
        return self.made.id

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """The value for ``Fn::GetAtt``."""
        if attribute_name not in self.made.attributes:
            raise UnformattedGetAttTemplateException
        return self.made.attributes[attribute_name]

    def is_created(self) -> bool:
        """Resources here exist at once."""
        return True


class LocalResourceMap(ResourceMap):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """The resources of one stack."""

    def __init__(self, *args: Any, clients: Clients, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clients = clients
        self._resource_json_map: dict[str, Any]
        self.resolved_parameters: dict[str, Any]
        self._applied: dict[str, Any] = {}
        self._replaced: dict[str, StackResource] = {}
        """Resources that a new one took the place of, until the update has succeeded."""
        self.current: str | None = None
        """The resource being worked on: named in the event when it fails."""
        self.current_is_new = False
        """Whether it did not exist before."""
        self._rolls_back = False

    def load(self) -> None:
        """Check a new stack's template, before anything is created."""
        check_template(self._template)
        super().load()

    def __getitem__(self, key: str) -> Any:
        """A resource, parameter or mapping; None for a resource of ours that is not there (yet)."""
        declared = self._resource_json_map.get(key)
        if key not in self._parsed_resources and declared is not None and declared["Type"] in TYPES:
            return None
        return super().__getitem__(key)

    def load_parameters(self) -> None:
        """Resolve the parameters; a list is told as it was given, with commas."""
        super().load_parameters()
        for name, value in self.resolved_parameters.items():
            if isinstance(value, list):
                self.resolved_parameters[name] = _CommaDelimited(value)

    def create(self, template: dict[str, Any]) -> bool:
        """Create all resources of a new stack."""
        self.update(template)
        return bool(self.creation_complete())

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        """Bring the stack to a template: what is new, what changed, then remove what is gone.

        If it raises, nothing was removed yet, and :meth:`roll_back` leads back.
        """
        before = {} if not self._applied else self._resource_json_map
        self._template = template
        if parameters is not None:
            self.input_parameters = parameters
            self.resolved_parameters = {}
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()
        self._resource_json_map = wanted = template["Resources"]
        for name in in_order_of_reference(wanted):
            self.current, self.current_is_new = name, name not in self._applied
            if self._is_wanted(name):
                self._bring_up_to_date(name)
        self._clean_up(before)
        self.current = None

    def roll_back(self, template: dict[str, Any], parameters: dict[str, Any]) -> None:
        """Bring the stack back to the template from before a failed :meth:`update`."""
        for name, original in self._replaced.items():
            replacement = self._parsed_resources[name]
            self._parsed_resources[name] = original
            self._applied[name]["Properties"] = original.properties
            if replacement.physical_resource_id != original.physical_resource_id:
                _delete(replacement, self._client)
        self._replaced = {}
        self._rolls_back = True
        try:
            self.update(template, parameters)
        finally:
            self._rolls_back = False

    def _is_wanted(self, name: str) -> bool:
        condition = self._resource_json_map[name].get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def _bring_up_to_date(self, name: str) -> None:
        declared = self._resource_json_map[name]
        applied = self._applied.get(name)
        if applied is not None and applied["Type"] != declared["Type"]:
            self._remove(name, applied)
            applied = None
        wanted = self._resolved(name)
        if declared["Type"] in TYPES:
            self._carry_out(name, wanted)
        elif applied is None:
            _ = self[name]  # moto creates it, and whatever it refers to
        elif applied != wanted:
            changed = parse_and_update_resource(
                name,
                copy.deepcopy(declared),
                self,
                account_id=self._account_id,
                region_name=self._region_name,
            )
            # None: moto has no update for this type, the resource stays as it is.
            if changed is not None:
                self._parsed_resources[name] = changed
        self._applied[name] = self._resolved(name)

    def _carry_out(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Create, update or replace a resource of ours."""
        properties = wanted.get("Properties", {})
        type_ = TYPES[wanted["Type"]]
        existing: StackResource | None = self._parsed_resources.get(name)
        if existing is not None and existing.is_complete and existing.properties == properties:
            return
        type_.check(name, properties)
        if existing is None:
            self._make(name, type_, properties)
        elif type_.is_replaced(existing.properties, properties):
            self._refuse_taken_name(name, type_, existing.properties, properties)
            self._make(name, type_, properties)
            self._replaced.setdefault(name, existing)
        else:
            existing.is_complete = False
            type_.settle(self._client, existing.made, existing.properties, properties)
            existing.made = type_.refreshed(self._client, existing.made)
            existing.properties, existing.is_complete = properties, True

    def _make(self, name: str, type_: ResourceType, properties: Mapping[str, Any]) -> None:
        made = type_.create(self._client, self._physical_name(name, type_, properties), properties)
        resource = StackResource(name, type_.type_name, made, properties)
        # Known before it is complete: should the rest fail, the roll-back deletes it.
        self._parsed_resources[name] = resource
        self._applied[name] = {"Type": type_.type_name, "Properties": properties}
        type_.settle(self._client, made, {}, properties)
        resource.is_complete = True

    def _physical_name(self, name: str, type_: ResourceType, properties: Mapping[str, Any]) -> str:
        given = None if type_.name_property is None else properties.get(type_.name_property)
        if given is not None:
            return str(given)
        stack: str = self._parsed_resources["AWS::StackName"]
        return f"{stack[:NAME_PART]}-{name[:NAME_PART]}-{token_hex(6).upper()}"

    def _refuse_taken_name(
        self, name: str, type_: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> None:
        named_by = type_.name_property
        if named_by is not None and named_by in new and new[named_by] == old.get(named_by):
            raise ResourceRefused(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {new[named_by]} and update the stack again."
            )

    def _client(self, service: str) -> Any:
        return self._clients.get(service, self._region_name, prepare=coerce_parameters)

    def _resolved(self, name: str) -> Any:
        return _without_no_values(clean_json(copy.deepcopy(self._resource_json_map[name]), self))

    def _clean_up(self, before: Mapping[str, Any]) -> None:
        """Delete what was replaced and what the template has no more."""
        for name, original in reversed(self._replaced.items()):
            # The same version may have been published again: it is not to be deleted.
            is_same = original.physical_resource_id == self._parsed_resources[name].physical_resource_id
            if not is_same and self._resource_json_map[name].get("UpdateReplacePolicy") != "Retain":
                self._despite_errors(name, _delete, original, self._client)
        self._replaced = {}
        wanted = self._resource_json_map
        for name in reversed(list(in_order_of_reference(before))):
            if name in self._applied and not (name in wanted and self._is_wanted(name)):
                self._despite_errors(name, self._remove, name, before[name])

    def _despite_errors(self, name: str, action: Callable[..., None], *args: Any) -> None:
        """Delete something; in AWS an update is complete although its clean-up failed."""
        try:
            action(*args)
        # Whatever a service has against a deletion.
        except Exception:
            logger.exception("%s could not be deleted", name)

    def _remove(self, name: str, declared: Mapping[str, Any]) -> None:
        resource = self._parsed_resources.get(name)
        if resource is not None and not self._is_retained(declared):
            if isinstance(resource, StackResource):
                _delete(resource, self._client)
            else:
                self._delete_resource(resource, declared)
        self._parsed_resources.pop(name, None)
        self._applied.pop(name, None)

    def _is_retained(self, declared: Mapping[str, Any]) -> bool:
        policy = declared.get("DeletionPolicy")
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not self._rolls_back)

    def delete(self, *, rolls_back: bool = False) -> None:
        """Delete what there is, the other way round than it was created.

        ``rolls_back``: because its creation failed.
        """
        self._rolls_back = rolls_back
        for name in reversed(list(in_order_of_reference(self._resource_json_map))):
            self.current = name
            if name in self._parsed_resources:
                self._remove(name, self._resource_json_map[name])
        # moto creates what it is asked for: nothing may be left to ask for.
        self._resource_json_map = {}


class _CommaDelimited(list[Any]):
    """The value of a CommaDelimitedList, whose text moto shows in DescribeStacks."""

    def __str__(self) -> str:
        return ",".join(map(str, self))


def _without_no_values(value: Any) -> Any:
    """Remove ``AWS::NoValue`` from lists too; moto leaves it there as None."""
    if isinstance(value, dict):
        return {key: _without_no_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_no_values(item) for item in value if item is not None]
    return value


def _delete(resource: StackResource, aws: Callable[[str], Any]) -> None:
    """Delete a resource; one that somebody has deleted by hand is as good, in AWS too."""
    try:
        resource.type.delete(aws, resource.made, resource.properties)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not any(word in code for word in ("NotFound", "NoSuch", "DoesNotExist")):
            raise
        logger.info("%s was gone already: %s", resource.logical_resource_id, code)
