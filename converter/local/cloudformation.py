"""Stacks behind the moto server: failures that roll back, templates refused as a whole.

moto keeps stacks, change sets and events. What it lacks, and what is here and in ``stack_map``: outputs and
failed updates are right through change sets too, and a resource type that moto would skip with a warning is
an error that says so.
"""

from __future__ import annotations

import logging
import threading
from types import ModuleType
from typing import Any

import moto.cloudformation.urls
from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import AlreadyExistsException
from moto.cloudformation.models import CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import OutputMap
from moto.cloudformation.utils import generate_stack_id

from converter.local.template_checks import check_template

logger = logging.getLogger(__name__)
_NAMES = threading.Lock()


class LocalCloudFormation(CloudFormationBackend):  # type: ignore[misc]  # moto is not seen by mypy: its classes are Any
    """One account and region of CloudFormation."""

    @property
    def _url_module(self) -> ModuleType:
        return moto.cloudformation.urls  # type: ignore[no-any-return]  # moto is not seen by mypy

    def create_stack(
        self,
        name: str,
        template: str,
        parameters: dict[str, Any],
        tags: dict[str, str] | None = None,
        **options: Any,
    ) -> Stack:
        """Create a stack; if a resource fails, the stack ends as ROLLBACK_COMPLETE, as in AWS."""
        with _NAMES:  # two creations of one name at once: the second is refused
            if name in [stack.name for stack in self.stacks.values()]:
                raise AlreadyExistsException(f"Stack {name} already exists")
            stack = Stack(
                stack_id=generate_stack_id(name, self.region_name, self.account_id),
                name=name,
                template=template,
                parameters=parameters,
                account_id=self.account_id,
                region_name=self.region_name,
                tags=tags,
                cross_stack_resources=self.exports,
                **options,
            )
            self.stacks[stack.stack_id] = stack
        self._apply(stack, template, parameters, tags, "CREATE")
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
        check_template(Stack.parse_template(template))
        stack.role_arn = role_arn
        self._apply(stack, template, self._resolve_update_parameters(stack, parameters), tags, "UPDATE")
        return stack

    def delete_stack(self, name_or_stack_id: str) -> None:
        """Delete a stack and its resources; if one cannot be deleted, the stack stays as DELETE_FAILED."""
        stack = next((s for s in self.stacks.values() if name_or_stack_id in (s.name, s.stack_id)), None)
        if stack is None:
            return  # AWS has nothing against it either
        _set_status(stack, "DELETE_IN_PROGRESS")
        try:
            _remove_resources(stack)
        # Whatever a service has against a deletion is the reason why the stack stays.
        except Exception as error:  # noqa: BLE001
            _record_failure(stack, "DELETE_FAILED", error)
            _set_status(stack, "DELETE_FAILED")
            return
        for name in [n for n, export in self.exports.items() if export.exporting_stack_id == stack.stack_id]:
            del self.exports[name]
        _set_status(stack, "DELETE_COMPLETE")
        self.deleted_stacks[stack.stack_id] = self.stacks.pop(stack.stack_id)

    def create_change_set(
        self, stack_name: str, change_set_name: str, template: str, *args: Any, **options: Any
    ) -> tuple[str, str]:
        """Prepare a creation or an update."""
        check_template(Stack.parse_template(template))
        created: tuple[str, str] = super().create_change_set(
            stack_name, change_set_name, template, *args, **options
        )
        return created

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        """Create or update the stack that the change set is for."""
        change_set = self.describe_change_set(change_set_name)
        stack = self.stacks[change_set.stack_id]
        kind = change_set.change_set_type
        self._apply(stack, change_set.template, change_set.parameters, change_set.tags, kind)
        change_set.execution_status = "EXECUTE_COMPLETE"

    def _apply(
        self, stack: Stack, template: str, parameters: dict[str, Any], tags: dict[str, str] | None, kind: str
    ) -> None:
        """Bring a stack to a template. ``kind`` is CREATE or UPDATE: the prefix of its status."""
        old_template, old_parameters = stack.template, stack.parameters
        _set_status(stack, f"{kind}_IN_PROGRESS")
        try:
            _use_template(stack, template)
            stack.resource_map.update(stack.template_dict, parameters)
            self._validate_export_uniqueness(stack)
        # Whatever a resource's creation or update raises is the reason of the rollback.
        except Exception as error:  # noqa: BLE001
            created = kind == "CREATE" or stack.resource_map.current_is_new
            _record_failure(stack, "CREATE_FAILED" if created else "UPDATE_FAILED", error)
            if kind == "CREATE":
                _undo_creation(stack)
            else:
                _undo_update(stack, old_template, old_parameters)
            return
        stack.parameters = parameters
        stack.description = stack.template_dict.get("Description")
        if tags is not None:
            stack.tags = tags
        self.exports.update({export.name: export for export in stack.exports})
        _set_status(stack, f"{kind}_COMPLETE")


def _use_template(stack: Stack, template: str) -> None:
    stack.template = template
    stack.template_dict = Stack.parse_template(template)
    stack.output_map = OutputMap(stack.resource_map, stack.template_dict, stack.stack_id)


def _undo_creation(stack: Stack) -> None:
    _set_status(stack, "ROLLBACK_IN_PROGRESS")
    try:
        _remove_resources(stack, rolls_back=True)
    # A deletion that fails must not hide why the creation did.
    except Exception as error:  # noqa: BLE001
        _record_failure(stack, "DELETE_FAILED", error)
        _set_status(stack, "ROLLBACK_FAILED")
        return
    _set_status(stack, "ROLLBACK_COMPLETE")


def _undo_update(stack: Stack, template: str, parameters: dict[str, Any]) -> None:
    _set_status(stack, "UPDATE_ROLLBACK_IN_PROGRESS")
    _use_template(stack, template)
    try:
        stack.resource_map.roll_back(stack.template_dict, parameters)
    # A rollback that fails must not hide why the update did.
    except Exception as error:  # noqa: BLE001
        _record_failure(stack, "UPDATE_FAILED", error)
        _set_status(stack, "UPDATE_ROLLBACK_FAILED")
        return
    _set_status(stack, "UPDATE_ROLLBACK_COMPLETE")


def _remove_resources(stack: Stack, *, rolls_back: bool = False) -> None:
    stack.resource_map.delete(rolls_back=rolls_back)
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
            resource_status_reason=_reason(error),
            resource_properties=None,
        )
    )


def _reason(error: Exception) -> str:
    """An error as a stack's events tell it: what the service said, without boto3's words around it."""
    if isinstance(error, ClientError):
        detail = error.response["Error"]
        return f"{detail.get('Message', '')} (Error Code: {detail.get('Code', '')})"
    return str(getattr(error, "message", "") or error)
