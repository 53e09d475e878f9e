"""The state machines of one account and region, and what a start by ARN runs."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from random import Random
from typing import Any
from uuid import uuid4

from converter.local.machine_model import (
    INITIAL_REVISION,
    Alias,
    Machine,
    Revision,
    Route,
    Startable,
    Version,
    split_arn,
)
from converter.local.stepfunctions_errors import (
    ConflictError,
    ResourceNotFoundError,
    StateMachineAlreadyExistsError,
    StateMachineDoesNotExistError,
    ValidationError,
)


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(timezone.utc)


class Machines:
    """The machines of one account and region. Thread-safe."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}
        self._lock = threading.RLock()
        self._random = Random()  # noqa: S311 - distributes starts, protects nothing

    def all(self) -> list[Machine]:
        """All machines, the oldest first."""
        return list(self._machines.values())

    def get(self, arn: str) -> Machine:
        """The machine of an unqualified ARN. Raises StateMachineDoesNotExistError."""
        machine = self._machines.get(arn)
        if machine is None:
            raise StateMachineDoesNotExistError(arn)
        return machine

    def create(self, arn: str, name: str, revision: Revision) -> Machine:
        """Create a machine; the same one again is the one that exists.

        Raises StateMachineAlreadyExistsError if its definition or configuration differs.
        """
        with self._lock:
            existing = self._machines.get(arn)
            if existing is None:
                moment = now()
                return self._machines.setdefault(arn, Machine(arn, name, revision, moment, moment))
            if not existing.revision.is_same_machine(revision):
                raise StateMachineAlreadyExistsError(f"State Machine Already Exists: '{arn}'")
            return existing

    def update(self, arn: str, changes: Mapping[str, Any]) -> Machine:
        """Give a machine a new revision. ``changes`` are fields of :class:`Revision`."""
        with self._lock:
            machine = self.get(arn)
            machine.revision = replace(machine.revision, **changes, id=str(uuid4()))
            machine.updated = now()
            return machine

    def delete(self, arn: str) -> None:
        """Delete a machine with its versions and aliases; one that does not exist is no error."""
        with self._lock:
            self._machines.pop(arn, None)

    def publish(self, arn: str, description: str | None = None, revision_id: str | None = None) -> Version:
        """Make the current revision a version; one that it already has is returned.

        ``revision_id`` must be the current one's if it is given (``INITIAL`` before the first update).
        Raises ConflictError.
        """
        with self._lock:
            machine = self.get(arn)
            current = machine.revision.id or INITIAL_REVISION
            if revision_id not in (None, current):
                raise ConflictError(
                    f"Failed to publish the State Machine version for revision {revision_id}. "
                    f"The current State Machine revision is {current}."
                )
            existing = machine.version_of_revision
            if existing is not None:
                if description not in (None, existing.description):
                    raise ConflictError(
                        f"Version {existing.number} of this revision exists with another description"
                    )
                return existing
            number = machine.published + 1
            version = Version(f"{arn}:{number}", number, machine.revision, description, now())
            machine.versions[number] = version
            machine.published = number
            return version

    def version(self, arn: str) -> Version:
        """The version of a qualified ARN. Raises StateMachineDoesNotExistError."""
        machine_arn, qualifier = split_arn(arn)
        machine = self._machines.get(machine_arn)
        number = int(qualifier) if qualifier is not None and qualifier.isdecimal() else 0
        if machine is None or number not in machine.versions:
            raise StateMachineDoesNotExistError(arn)
        return machine.versions[number]

    def delete_version(self, arn: str) -> None:
        """Delete a version, unless an alias leads to it (ConflictError); none is no error."""
        with self._lock:
            machine_arn, _ = split_arn(arn)
            machine = self._machines.get(machine_arn)
            if machine is None:
                return
            users = [a.name for a in machine.aliases.values() if any(r.version_arn == arn for r in a.routes)]
            if users:
                raise ConflictError(
                    "Version to be deleted must not be referenced by an alias. "
                    f"Current list of aliases referencing this version: [{', '.join(users)}]"
                )
            machine.versions = {number: v for number, v in machine.versions.items() if v.arn != arn}

    def create_alias(self, name: str, routes: tuple[Route, ...], description: str | None) -> Alias:
        """Create an alias; the same one again is the one that exists. Raises ConflictError."""
        with self._lock:
            machine = self._machine_of(routes)
            existing = machine.aliases.get(name)
            if existing is not None:
                if (existing.routes, existing.description) != (routes, description):
                    raise ConflictError(
                        "Failed to create alias because an alias with the same name and a different routing "
                        "configuration already exists."
                    )
                return existing
            moment = now()
            alias = Alias(f"{machine.arn}:{name}", name, routes, description, moment, moment)
            return machine.aliases.setdefault(name, alias)

    def alias(self, arn: str) -> Alias:
        """The alias of an ARN. Raises ResourceNotFoundError."""
        machine_arn, name = split_arn(arn)
        machine = self._machines.get(machine_arn)
        alias = None if machine is None or name is None else machine.aliases.get(name)
        if alias is None:
            raise ResourceNotFoundError(f"Request references a resource that does not exist: '{arn}'")
        return alias

    def update_alias(self, arn: str, routes: tuple[Route, ...] | None, description: str | None) -> Alias:
        """Change where an alias leads or how it is described; None leaves it as it is."""
        with self._lock:
            alias = self.alias(arn)
            machine = self._machine_of(alias.routes if routes is None else routes)
            if arn != f"{machine.arn}:{alias.name}":
                raise ValidationError("An alias must stay with the versions of its state machine.")
            changed = replace(
                alias,
                routes=routes or alias.routes,
                description=alias.description if description is None else description,
                updated=now(),
            )
            machine.aliases[alias.name] = changed
            return changed

    def delete_alias(self, arn: str) -> None:
        """Delete an alias. Raises ResourceNotFoundError."""
        with self._lock:
            alias = self.alias(arn)
            del self.get(split_arn(arn)[0]).aliases[alias.name]

    def _machine_of(self, routes: tuple[Route, ...]) -> Machine:
        """The machine whose versions these are. Raises ResourceNotFoundError."""
        for route in routes:
            try:
                self.version(route.version_arn)
            except StateMachineDoesNotExistError:
                raise ResourceNotFoundError(
                    f"Request references a resource that does not exist: '{route.version_arn}'"
                ) from None
        return self.get(split_arn(routes[0].version_arn)[0])

    def startable(self, arn: str) -> Startable:
        """What a start by this ARN (a machine's, a version's or an alias's) runs.

        Raises StateMachineDoesNotExistError.
        """
        machine_arn, qualifier = split_arn(arn)
        if qualifier is None:
            machine = self.get(arn)
            return Startable(arn, machine.name, machine.revision, machine.updated)
        owner = self._machines.get(machine_arn)
        alias = None if owner is None else owner.aliases.get(qualifier)
        if alias is None:
            version = self.version(arn)
        else:
            weights = [route.weight for route in alias.routes]
            version = self.version(self._random.choices(alias.routes, weights)[0].version_arn)
        return Startable(
            machine_arn,
            self.get(machine_arn).name,
            version.revision,
            version.created,
            version_arn=version.arn,
            alias_arn=None if alias is None else alias.arn,
        )
