"""What is deployed, as the files of a Bundle give it: read and made ready before AWS is asked anything."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.json_text import compact_json
from converter.packaging import (
    CHILDREN,
    CHILDREN_PREFIX,
    DEFINITION,
    FUNCTION_KEYS,
    FUNCTIONS,
    OUTER_DEFINITION,
    OUTER_KEY,
    TEMPLATE,
    Manifest,
    function_zip,
    read_manifest,
)
from converter.packaging.packages import missing_packages
from converter.packaging.yaml_reading import read_yaml

_VERSION = re.compile(r"\b(?P<function>[A-Za-z]+)Version(?P<digest>[0-9a-f]{8})\b")
#: Settings that a function's configuration has; Lambda publishes no version where nothing has changed.
_OF_FUNCTIONS = ("Tracing", "KmsKeyArn", "VpcSubnetIds", "VpcSecurityGroupIds")


@dataclass(frozen=True)
class Artifact:
    """A file for the bucket; its key is ``<name>-<SHA-256><suffix>``, unless it belongs to others."""

    name: str
    suffix: str
    content: bytes
    given_key: str = ""

    @property
    def key(self) -> str:
        """The key that follows from the content."""
        if self.given_key:
            return self.given_key
        return f"{self.name}-{hashlib.sha256(self.content).hexdigest()}{self.suffix}"


@dataclass(frozen=True)
class Contents:
    """A Bundle, ready to be deployed. ``artifacts``: parameter of the template → the file that it names."""

    manifest: Manifest
    template: str
    artifacts: Mapping[str, Artifact]
    children: tuple[Artifact, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """The parameters of the template that name files."""
        keys = {name: artifact.key for name, artifact in self.artifacts.items()}
        if self.children:
            keys[CHILDREN_PREFIX] = self.children[0].key.rpartition("/")[0] + "/"
        return keys

    @property
    def definition(self) -> dict[str, Any]:
        """The machine's definition, its substitutions not made."""
        content: dict[str, Any] = json.loads(self.artifacts["DefinitionKey"].content)
        return content

    @cached_property
    def document(self) -> dict[str, Any]:
        """The template as data."""
        return read_yaml(self.template)

    def template_for(self, settings: Mapping[str, str]) -> str:
        """Return the template in which each function's version has a name that follows from all it is."""

        def renamed(match: re.Match[str]) -> str:
            code = self._code_of(f"{match['function']}Function")
            parts = [match["digest"], code, *(settings.get(name, "") for name in _OF_FUNCTIONS)]
            digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
            return f"{match['function']}Version{digest}"

        return _VERSION.sub(renamed, self.template)

    def _code_of(self, function: str) -> str:
        properties = self.document["Resources"].get(function, {}).get("Properties", {})
        key = properties.get("Code", {}).get("S3Key", {}).get("Ref")
        return self.artifacts[key].key if key in self.artifacts else ""


def read_contents(bundle: Path) -> Contents:
    """Read a Bundle. Raises Dag2SfnError: D401 if it is none, D267 if packages are missing."""
    manifest = read_manifest(bundle)
    prefix = manifest.machine_name
    artifacts: dict[str, Artifact] = {}
    try:
        artifacts["DefinitionKey"] = _definition(bundle / DEFINITION, f"{prefix}/definition")
        if (bundle / OUTER_DEFINITION).exists():
            artifacts[OUTER_KEY] = _definition(bundle / OUTER_DEFINITION, f"{prefix}/outer")
        for name in manifest.functions:
            content = function_zip(bundle / FUNCTIONS / name)
            artifacts[FUNCTION_KEYS[name]] = Artifact(f"{prefix}/{name}", ".zip", content)
        children = _children(bundle / CHILDREN, f"{prefix}/children")
        contents = Contents(manifest, (bundle / TEMPLATE).read_text("utf-8"), artifacts, children)
        resources = contents.document.get("Resources")
    except OSError as error:
        raise _not_a_bundle(f"{bundle} lacks a file: {error.filename}") from None
    except ValueError as error:
        raise _not_a_bundle(f"{bundle}: {error}") from None
    if not isinstance(resources, dict):
        raise _not_a_bundle(f"{bundle / TEMPLATE} has no Resources")
    if unpackaged := missing_packages(bundle):
        raise Dag2SfnError(unpackaged)
    return contents


def _children(folder: Path, name: str) -> tuple[Artifact, ...]:
    """Return the definitions of child machines; they belong together, so one digest is in all their keys."""
    files = [(file.name, _definition(file, name)) for file in sorted(folder.glob("*.json"))]
    digest = hashlib.sha256(b"".join(file.encode() + item.content for file, item in files)).hexdigest()
    return tuple(Artifact(name, ".json", item.content, f"{name}-{digest}/{file}") for file, item in files)


def _definition(file: Path, name: str) -> Artifact:
    """Return a definition without the blanks that are for people: they would count towards AWS's 1 MB."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{file.name} is no JSON: {error}") from None
    return Artifact(name, ".json", compact_json(content))


def _not_a_bundle(problem: str) -> Dag2SfnError:
    return Dag2SfnError(Diagnostic(d.NOT_A_BUNDLE, problem, "convert the DAG again"))
