"""How far each DAG has come: its file, its Bundle, its stack, and what differs between them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter import diagnostics as d
from converter.deployment.deploy import preview_of
from converter.deployment.preview import Preview
from converter.deployment.stack import Stack, parameters_of
from converter.deployment.troubles import aws_troubles_explained
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import DAG_ID_TAG
from converter.packaging.manifest import MANIFEST, Manifest, read_manifest
from converter.packaging.settings import SCHEDULE_STATE

if TYPE_CHECKING:
    from boto3.session import Session


class Source(str, Enum):
    """What has become of the DAG file since it was converted."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    MISSING = "missing"


class Deployed(str, Enum):
    """How the stack stands to the Bundle. ``UNKNOWN``: there is no Bundle to compare it with."""

    NO = "no"
    AS_CONVERTED = "as converted"
    DIFFERENT = "different"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Status:
    """How far a DAG has come.

    ``bundle`` and ``source`` are None for a DAG that is deployed and has no Bundle in the folder, ``changes``
    says what deploying the Bundle would change, ``schedule`` is ``on``, ``off`` or None (no schedule is
    deployed), ``stack_status`` is CloudFormation's. ``problem`` is why a Bundle could not be compared.
    """

    dag_id: str
    bundle: Path | None
    source: Source | None
    source_file: str | None
    deployed: Deployed
    stack_status: str | None = None
    schedule: str | None = None
    changes: Preview | None = None
    problem: str | None = None

    @property
    def is_in_step(self) -> bool:
        """Whether the DAG file, its Bundle and its stack are of one state."""
        return self.source is Source.UNCHANGED and self.deployed is Deployed.AS_CONVERTED

    def line(self) -> str:
        """Return the status as a line for people."""
        what = {
            Deployed.NO: "not deployed",
            Deployed.AS_CONVERTED: "deployed as converted",
            Deployed.DIFFERENT: "deployed, but not as converted: see `dag2sfn deploy --dry-run`",
            Deployed.BROKEN: f"its stack was never created ({self.stack_status}); deploy it again",
            Deployed.UNKNOWN: "deployed, without a bundle in this folder",
        }[self.deployed]
        file: dict[Source | None, str] = {
            Source.CHANGED: f"{self.source_file} has changed since it was converted; ",
            Source.MISSING: f"{self.source_file} is not there, seen from this folder; ",
        }
        schedule = f"; schedule {self.schedule}" if self.schedule else ""
        return f"{self.dag_id}: {file.get(self.source, '')}{self.problem or what}{schedule}"

    def to_json(self) -> dict[str, Any]:
        """Return the status as JSON."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **fields,
            "bundle": None if self.bundle is None else str(self.bundle),
            "source": None if self.source is None else self.source.value,
            "deployed": self.deployed.value,
            "changes": None if self.changes is None else self.changes.to_json(),
            "in_step": self.is_in_step,
        }


def statuses(
    folder: Path, session: Session, on_read: Callable[[int, int], object] = lambda done, of: None
) -> list[Status]:
    """Return the status of each Bundle in a folder, then of each DAG that is deployed without one there.

    ``on_read`` is called with how many Bundles have been looked at, of how many. Raises Dag2SfnError: D403 if
    AWS cannot be used, D420 if the folder cannot be read.
    """
    directories = _bundles(folder)
    with aws_troubles_explained():
        stacks = {description["StackName"]: description for description in _stacks(session)}
    found = []
    for number, directory in enumerate(directories, 1):
        try:
            manifest = read_manifest(directory)
        except Dag2SfnError as error:
            found.append(_unreadable(directory, error))
        else:
            found.append(_of_bundle(directory, manifest, stacks.pop(manifest.stack_name, None), session))
        on_read(number, len(directories))
    for description in stacks.values():
        tags = {tag["Key"]: tag["Value"] for tag in description.get("Tags", ())}
        if DAG_ID_TAG in tags:
            alone = Status(tags[DAG_ID_TAG], None, None, None, Deployed.UNKNOWN, **_of_stack(description))
            found.append(alone)
    return found


def _unreadable(directory: Path, error: Dag2SfnError) -> Status:
    return Status(directory.name, directory, None, None, Deployed.UNKNOWN, problem=str(error))


def _bundles(folder: Path) -> list[Path]:
    """Return the Bundles in a folder, or the folder itself. What is being written has a dot in front."""
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problem = f"{folder} cannot be read: {error.strerror}"
        remedy = "give the folder that `dag2sfn convert` wrote bundles to"
        raise Dag2SfnError(Diagnostic(d.NO_BUNDLES_FOLDER, problem, remedy)) from None
    return [path for path in (folder, *inside) if (path / MANIFEST).is_file()]


def _stacks(session: Session) -> Iterator[Mapping[str, Any]]:
    for page in session.client("cloudformation").get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]


def _of_stack(description: Mapping[str, Any]) -> dict[str, Any]:
    switch = parameters_of(description).get(SCHEDULE_STATE)
    schedule = None if switch is None else "on" if switch == "ENABLED" else "off"
    return {"stack_status": description["StackStatus"], "schedule": schedule}


def _of_bundle(
    directory: Path, manifest: Manifest, description: Mapping[str, Any] | None, session: Session
) -> Status:
    known: dict[str, Any] = {
        "dag_id": manifest.dag_id,
        "bundle": directory,
        "source": _source(manifest),
        "source_file": manifest.source.file,
    }
    if description is None:
        return Status(**known, deployed=Deployed.NO)
    known |= _of_stack(description)
    if not Stack(session, manifest.stack_name, lambda message: None).is_usable(description):
        return Status(**known, deployed=Deployed.BROKEN)
    try:
        changes = preview_of(directory, session)
    except Dag2SfnError as error:
        return Status(**known, deployed=Deployed.UNKNOWN, problem=str(error))
    deployed = Deployed.AS_CONVERTED if changes.is_empty else Deployed.DIFFERENT
    return Status(**known, deployed=deployed, changes=changes)


def _source(manifest: Manifest) -> Source:
    try:
        content = Path(manifest.source.file).read_bytes()
    except OSError:
        return Source.MISSING
    unchanged = hashlib.sha256(content).hexdigest() == manifest.source_sha256
    return Source.UNCHANGED if unchanged else Source.CHANGED
