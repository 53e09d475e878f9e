"""What Step Functions keeps of a state machine: revisions, versions, aliases.

A machine has a current revision, which changes with every update; a version is a revision that was published
and never changes; an alias leads to one version, or to two by weight. ARNs are the machine's own, with
``:<number>`` for a version and ``:<name>`` for an alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_LOGGING_OFF = {"level": "OFF", "includeExecutionData": False}

INITIAL_REVISION = "INITIAL"
"""How a caller names the revision of a machine that was never updated (PublishStateMachineVersion)."""


@dataclass(frozen=True)
class Revision:
    """What an update changes and a version keeps. ``id`` is None until the machine's first update."""

    definition: str
    role_arn: str
    logging: Mapping[str, Any] = field(
        default_factory=lambda: {"level": "OFF", "includeExecutionData": False}
    )
    tracing: Mapping[str, Any] = field(default_factory=lambda: {"enabled": False})
    encryption: Mapping[str, Any] = field(default_factory=lambda: {"type": "AWS_OWNED_KEY"})
    id: str | None = None

    def is_same_machine(self, other: Revision) -> bool:
        """Whether CreateStateMachine takes ``other`` for a repetition: the role is not looked at."""
        ours = (self.definition, self.logging, self.tracing, self.encryption)
        return ours == (other.definition, other.logging, other.tracing, other.encryption)


@dataclass(frozen=True)
class Version:
    """A published revision."""

    arn: str
    number: int
    revision: Revision
    description: str | None
    created: datetime


@dataclass(frozen=True)
class Route:
    """One way an alias leads: ``weight`` percent of its executions run the version."""

    version_arn: str
    weight: int


@dataclass(frozen=True)
class Alias:
    """A name for a version, or for two."""

    arn: str
    name: str
    routes: tuple[Route, ...]
    description: str | None
    created: datetime
    updated: datetime


@dataclass
class Machine:
    """A state machine with everything that was published of it."""

    arn: str
    name: str
    revision: Revision
    created: datetime
    updated: datetime
    versions: dict[int, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    published: int = 0
    """The last version's number; numbers are not used again."""

    @property
    def version_of_revision(self) -> Version | None:
        """The version that holds the current revision, if it was published."""
        found = (version for version in self.versions.values() if version.revision == self.revision)
        return next(found, None)


@dataclass(frozen=True)
class Startable:
    """What StartExecution found behind an ARN: a revision, and through what it was reached."""

    machine_arn: str
    name: str
    revision: Revision
    updated: datetime
    version_arn: str | None = None
    alias_arn: str | None = None


def split_arn(arn: str) -> tuple[str, str | None]:
    """The machine's own ARN, and the version's number or alias's name behind it."""
    parts = arn.split(":")
    return ":".join(parts[:7]), parts[7] if len(parts) == 8 else None
