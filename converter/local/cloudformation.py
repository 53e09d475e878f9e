"""Stacks behind the moto server: updates that update, failures that roll back, unknown types refused.

moto creates stacks well. What it lacks, and what is here: an update reaches every resource whose *resolved*
properties changed (moto compares template text, so a machine is not updated when only the function that it
names was), outputs and failed updates are right through change sets too, and a resource type that moto would
skip with a warning is an error that says so.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import moto.cloudformation.urls
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import (
    NULL_MODELS,
    OutputMap,
    ResourceMap,
    clean_json,
    get_model_map,
    parse_and_update_resource,
)

logger = logging.getLogger(__name__)

_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]+)?\}")


class LocalResourceMap(ResourceMap):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """The resources of one stack."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._resource_json_map: dict[str, Any]
        self.resolved_parameters: dict[str, Any]
        self._applied: dict[str, Any] = {}
        self.current: str | None = None
        """The resource being worked on: named in the event when it fails."""

    def load(self) -> None:
        """Check a new stack's template, before anything is created."""
        _refuse_unknown_types(self._template)
        super().load()

    def create(self, template: dict[str, Any]) -> bool:
        """Create all resources of a new stack."""
        self.update(template)
        return bool(self.creation_complete())

    def update(self, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        """Bring the stack to a template: what is new, what changed, then remove what is gone."""
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
            self.current = name
            if self._is_wanted(name):
                self._bring_up_to_date(name)
        for name in reversed(list(in_order_of_reference(before))):
            self.current = name
            if name in self._applied and not (name in wanted and self._is_wanted(name)):
                self._remove(name, before[name])
        self.current = None

    def _is_wanted(self, name: str) -> bool:
        condition = self._resource_json_map[name].get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def _bring_up_to_date(self, name: str) -> None:
        declared = self._resource_json_map[name]
        applied = self._applied.get(name)
        if applied is not None and applied["Type"] != declared["Type"]:
            self._remove(name, applied)
            applied = None
        if applied is None:
            _ = self[name]  # creates it, and whatever it refers to
        elif applied != self._resolved(name):
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

    def _resolved(self, name: str) -> Any:
        return clean_json(copy.deepcopy(self._resource_json_map[name]), self)

    def _remove(self, name: str, declared: Mapping[str, Any]) -> None:
        resource = self._parsed_resources.pop(name, None)
        self._applied.pop(name, None)
        if resource is not None and declared.get("DeletionPolicy") != "Retain":
            self._delete_resource(resource, declared)

    def delete(self) -> None:
        """Delete what there is, the other way round than it was created."""
        for name in reversed(list(in_order_of_reference(self._resource_json_map))):
            if name in self._parsed_resources:
                self._remove(name, self._resource_json_map[name])
        # moto creates what it is asked for: nothing may be left to ask for.
        self._resource_json_map = {}


def _refuse_unknown_types(template: Mapping[str, Any]) -> None:
    known = {*get_model_map(), *NULL_MODELS}
    unknown = sorted(
        {
            resource["Type"]
            for resource in template.get("Resources", {}).values()
            if resource["Type"] not in known and not resource["Type"].startswith("Custom::")
        }
    )
    if unknown:
        # AWS's words; its list of types is longer than the local AWS's.
        raise ValidationError(message=f"Template format error: Unrecognized resource types: {unknown}")


def in_order_of_reference(resources: Mapping[str, Any]) -> Iterator[str]:
    """Names of resources, each after those it refers to; otherwise in the template's order."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done:
            return
        done.add(name)
        for other in _references(resources[name]):
            if other in resources:
                yield from visit(other)
        yield name

    for name in resources:
        yield from visit(name)


def _references(declared: Any) -> Iterator[str]:
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
                text = value if isinstance(value, str) else value[0]
                yield from _SUBSTITUTED.findall(text)
                yield from _references(value)
            else:
                yield from _references(value)
    elif isinstance(declared, list):
        for item in declared:
            yield from _references(item)


class LocalCloudFormation(CloudFormationBackend):  # type: ignore[misc]  # moto is not seen by mypy
    """One account and region of CloudFormation."""

    @property
    def _url_module(self) -> ModuleType:
        return moto.cloudformation.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    def create_stack(self, name: str, template: str, parameters: dict[str, Any], **options: Any) -> Stack:
        """Create a stack; if a resource fails, the stack ends as ROLLBACK_COMPLETE, as in AWS."""
        try:
            return super().create_stack(name, template, parameters, **options)
        # Whatever a resource's creation raises is the reason of the rollback.
        except Exception as error:
            stack = next((stack for stack in self.stacks.values() if stack.name == name), None)
            if stack is None or stack.status != "CREATE_IN_PROGRESS":
                raise  # the template was refused, or the name is taken
            _record_failure(stack, "CREATE_FAILED", error)
            _remove_resources(stack)
            _set_status(stack, "ROLLBACK_COMPLETE")
            return stack

    def update_stack(
        self,
        name: str,
        template: str,
        role_arn: str | None,
        parameters: list[dict[str, Any]],
        tags: dict[str, str] | None,
    ) -> Stack:
        """Update a stack, or roll back to what it was (UPDATE_ROLLBACK_COMPLETE)."""
        stack = self.get_stack(name)
        _refuse_unknown_types(Stack.parse_template(template))
        _apply(stack, template, self._resolve_update_parameters(stack, parameters), tags, "UPDATE")
        return stack

    def delete_stack(self, name_or_stack_id: str) -> None:
        """Delete a stack and its resources."""
        stack = next((s for s in self.stacks.values() if name_or_stack_id in (s.name, s.stack_id)), None)
        super().delete_stack(name_or_stack_id)
        if stack is not None:
            _remove_resources(stack)

    def create_change_set(
        self, stack_name: str, change_set_name: str, template: str, *args: Any, **options: Any
    ) -> tuple[str, str]:
        """Prepare a creation or an update."""
        _refuse_unknown_types(Stack.parse_template(template))
        created: tuple[str, str] = super().create_change_set(
            stack_name, change_set_name, template, *args, **options
        )
        return created

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        """Create or update the stack that the change set is for."""
        change_set = self.describe_change_set(change_set_name)
        stack = self.stacks[change_set.stack_id]
        kind = change_set.change_set_type
        _apply(stack, change_set.template, change_set.parameters, change_set.tags, kind)
        change_set.execution_status = "EXECUTE_COMPLETE"


def _apply(
    stack: Stack, template: str, parameters: dict[str, Any], tags: dict[str, str] | None, kind: str
) -> None:
    """Bring a stack to a template. ``kind`` is CREATE or UPDATE: the prefix of its status."""
    old_template, old_parameters = stack.template, stack.parameters
    _set_status(stack, f"{kind}_IN_PROGRESS")
    try:
        stack.update(template, stack.role_arn, parameters=parameters, tags=tags)
    # Whatever a resource's update raises is the reason of the rollback.
    except Exception as error:  # noqa: BLE001
        _record_failure(stack, f"{kind}_FAILED", error)
        if kind == "CREATE":
            _remove_resources(stack)
            _set_status(stack, "ROLLBACK_COMPLETE")
        else:
            stack.update(old_template, stack.role_arn, parameters=old_parameters, tags=None)
            _set_status(stack, "UPDATE_ROLLBACK_COMPLETE")
        return
    stack.parameters = parameters
    _set_status(stack, f"{kind}_COMPLETE")


def _remove_resources(stack: Stack) -> None:
    stack.resource_map.delete()
    stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)


def _set_status(stack: Stack, status: str) -> None:
    stack.status = status
    stack._add_stack_event(status)


def _record_failure(stack: Stack, status: str, error: Exception) -> None:
    """Say in the stack's events which resource failed, and why."""
    name = stack.resource_map.current
    logger.info("stack %s: %s failed", stack.name, name, exc_info=error)
    declared = stack.template_dict.get("Resources", {}).get(name, {})
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=name or stack.name,
            physical_resource_id="",
            resource_type=declared.get("Type", "AWS::CloudFormation::Stack"),
            resource_status=status,
            resource_status_reason=str(getattr(error, "message", "") or error),
            resource_properties=None,
        )
    )
