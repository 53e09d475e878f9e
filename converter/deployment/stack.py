"""One CloudFormation stack: create, update or delete it, and wait for the end, telling what happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from converter import diagnostics as d
from converter.deployment.troubles import error_code, error_message
from converter.diagnostics import Dag2SfnError, Diagnostic

if TYPE_CHECKING:
    from boto3.session import Session

#: Takes one line for each thing that happens.
Progress = Callable[[str], object]

POLL_SECONDS = 2.0
#: Nothing in such a stack has ever worked, and CloudFormation takes no update for it.
_NEVER_CREATED = frozenset({"CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})
_NEVER_CREATED |= {"ROLLBACK_FAILED"}
_WELL_ENDED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"})
#: CloudFormation takes back what it had begun beside a failed resource: a consequence, not a cause.
_CONSEQUENCES = ("cancelled", "canceled")


class Stack:
    """A stack of this name in the session's account and region, whether it exists or not.

    Methods raise Dag2SfnError (D402) when CloudFormation fails, and botocore's errors.
    """

    def __init__(self, session: Session, name: str, on_progress: Progress) -> None:
        self._client: Any = session.client("cloudformation")
        self._on_progress = on_progress
        self._seen: set[str] = set()
        self.name = name

    def describe(self) -> Mapping[str, Any] | None:
        """Return CloudFormation's description, None if there is no such stack."""
        return self._described(self.name)

    def is_usable(self, description: Mapping[str, Any]) -> bool:
        """Return whether something works in it that an update can change."""
        return description["StackStatus"] not in _NEVER_CREATED

    def template(self) -> str:
        """Return the template that is deployed."""
        body = self._client.get_template(StackName=self.name, TemplateStage="Original")["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)

    def physical_ids(self) -> dict[str, str]:
        """Return logical id → physical id of its resources."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            item["LogicalResourceId"]: item.get("PhysicalResourceId", "")
            for page in pages
            for item in page["StackResourceSummaries"]
        }

    def create(self, request: Mapping[str, Any]) -> None:
        """Create the stack and wait until it is complete. ``request``: arguments of CreateStack."""
        self._wait(self._client.create_stack(StackName=self.name, **request)["StackId"])

    def update(self, request: Mapping[str, Any]) -> bool:
        """Update the stack and wait until it is complete; return False if there was nothing to do."""
        self._remember_events()
        try:
            stack_id = self._client.update_stack(StackName=self.name, **request)["StackId"]
        except ClientError as error:
            if error_code(error) == "ValidationError" and "No updates are to be performed" in str(error):
                return False
            raise
        self._wait(stack_id)
        return True

    def delete(self) -> bool:
        """Delete the stack and wait until it is gone; return False if there was none."""
        description = self.describe()
        if description is None:
            return False
        self._refuse_if_busy(description["StackStatus"])
        self._remember_events()
        self._client.delete_stack(StackName=self.name)
        # By its name, a deleted stack cannot be described any more.
        self._wait(description["StackId"])
        return True

    def make_ready(self) -> Mapping[str, Any] | None:
        """Return the description of a stack that can be updated, None if it has to be created.

        What is left of a creation that failed is deleted.
        """
        description = self.describe()
        if description is None:
            return None
        status = description["StackStatus"]
        if status in _NEVER_CREATED:
            self._on_progress(f"{self.name}: deleting what is left of a creation that failed ({status})")
            self.delete()
            return None
        self._refuse_if_busy(status)
        return description

    def _refuse_if_busy(self, status: str) -> None:
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise self._failure(f"is being changed by somebody else ({status})", "wait until that is done")
        if status == "UPDATE_ROLLBACK_FAILED":
            raise self._failure(
                "could not be rolled back after an update that failed (UPDATE_ROLLBACK_FAILED)",
                "continue the rollback in the CloudFormation console, then deploy again",
            )

    def _described(self, name_or_id: str) -> Mapping[str, Any] | None:
        try:
            description: Mapping[str, Any] = self._client.describe_stacks(StackName=name_or_id)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no code of its own for this.
            if error_code(error) == "ValidationError" and "does not exist" in error_message(error):
                return None
            raise
        return description

    def _wait(self, stack_id: str) -> None:
        """Tell each new event until the stack has ended; raise what failed first."""
        failed: list[Mapping[str, Any]] = []
        while True:
            # The status first: whatever led to it is then among the events.
            description = self._described(stack_id)
            status = description["StackStatus"] if description else "DELETE_COMPLETE"
            for event in self._new_events(stack_id):
                self._on_progress(_line(event))
                if event["ResourceStatus"].endswith("_FAILED"):
                    failed.append(event)
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(POLL_SECONDS)
        if status not in _WELL_ENDED:
            raise self._failure(f"ended as {status}: {_reason(failed)}", "mend that, then try again")

    def _remember_events(self) -> None:
        """Events that exist before a change are not told."""
        self._new_events(self.name)

    def _new_events(self, name_or_id: str) -> list[Mapping[str, Any]]:
        """Return the events not returned before, oldest first."""
        new: list[Mapping[str, Any]] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=name_or_id):
            unseen = [event for event in page["StackEvents"] if event["EventId"] not in self._seen]
            new += unseen
            if len(unseen) < len(page["StackEvents"]):
                break  # newest first: from here on, all have been seen
        self._seen.update(event["EventId"] for event in new)
        return new[::-1]

    def _failure(self, problem: str, remedy: str) -> Dag2SfnError:
        return Dag2SfnError(Diagnostic(d.DEPLOYMENT_FAILED, f"the stack {self.name} {problem}", remedy))


def parameters_of(description: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the parameters of a stack as it is described; none of one that is not there."""
    described = description.get("Parameters", ()) if description else ()
    return {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in described}


def _line(event: Mapping[str, Any]) -> str:
    reason = event.get("ResourceStatusReason")
    return f"{event['LogicalResourceId']}: {event['ResourceStatus']}" + (f" ({reason})" if reason else "")


def _reason(failed: list[Mapping[str, Any]]) -> str:
    causes = [
        event
        for event in failed
        if not any(word in event.get("ResourceStatusReason", "").lower() for word in _CONSEQUENCES)
    ]
    if not causes:
        return "CloudFormation gives no reason"
    first = causes[0]
    reason = first.get("ResourceStatusReason") or first["ResourceStatus"]
    return f"{first['LogicalResourceId']} ({first['ResourceType']}): {reason.rstrip('.')}"
