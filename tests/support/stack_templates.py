"""Templates as tests read them: resources without the digests in their names, what a role is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workflows import machine_of

from converter.packaging.bundle import function_sources
from converter.packaging.template import template, template_text
from converter.packaging.yaml_text import Note, Sub

WITHOUT_DIGEST = re.compile("(?<=Role|sion)[0-9a-f]{8}$")


class Named(dict):
    """Resources, found without the digests at the ends of their names."""

    def __missing__(self, name: str) -> Any:
        [found] = [key for key in self if WITHOUT_DIGEST.sub("", key) == name]
        return self[found]


def without_notes(value: Any) -> Any:
    """Return a value without its comments."""
    if isinstance(value, str):
        return value
    if isinstance(value, Note):
        return without_notes(value.value)
    if isinstance(value, Mapping):
        return {key: without_notes(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_notes(item) for item in value]
    return value


def made(flow: Any, options: Any = None, machine: Any = None) -> dict[str, Any]:
    machine = machine or machine_of(flow, options)
    written = without_notes(template(flow, machine, function_sources(flow, machine)))
    return {**written, "Resources": Named(written["Resources"])}


def text_of(flow: Any, options: Any = None) -> str:
    machine = machine_of(flow, options)
    return template_text(flow, machine, function_sources(flow, machine))


def statements_of(role: Mapping[str, Any]) -> list[Any]:
    """Every statement of a role's only policy, also those that stand only under a condition."""
    [policy] = role["Properties"]["Policies"]
    return _statements_in(policy["PolicyDocument"])


def allowed_by(role: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every pair of action and resource; a reference as it would be written in YAML."""
    [policy] = role["Properties"]["Policies"]
    return allowed_in(policy["PolicyDocument"])


def allowed_in(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every pair of action and resource in a policy document."""
    return {
        (action, resource.text if isinstance(resource, Sub) else str(resource))
        for statement in _statements_in(document)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def _statements_in(document: Mapping[str, Any]) -> list[Any]:
    written = document["Statement"]
    return [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in written]


#: What every function's role is allowed under the conditions of the template: tracing, a VPC, a key.
OF_A_FUNCTION = {
    *((f"xray:{action}", "*") for action in ["PutTelemetryRecords", "PutTraceSegments"]),
    *((f"ec2:{action}NetworkInterface", "*") for action in ["Create", "Delete"]),
    ("ec2:DescribeNetworkInterfaces", "*"),
    ("kms:Decrypt", "!Ref KmsKeyArn"),
}
