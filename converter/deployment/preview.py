"""What a deployment would change: the machine state by state, permissions one by one, resources, settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DIGEST = re.compile(r"(?<=Role|sion)[0-9a-f]{8}(?=Policy\d|\b)")
_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
_HOLDS_STATES = ("Branches", "ItemProcessor", "Iterator", "States")
_LONGEST = 160


@dataclass(frozen=True)
class Preview:
    """What would change, each as lines that begin with ``+``, ``-`` or ``~``; all empty: nothing would."""

    creates: bool
    machine: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the stack would stay as it is."""
        return not (self.machine or self.iam or self.resources or self.settings)

    def to_json(self) -> dict[str, Any]:
        """Return the preview as JSON."""
        lists = {name: list(getattr(self, name)) for name in ("machine", "iam", "resources", "settings")}
        return {"creates": self.creates, **lists}

    def lines(self) -> Iterator[str]:
        """Yield the preview as text for people."""
        for title, found in (
            ("the machine", self.machine),
            ("permissions", self.iam),
            ("resources", self.resources),
            ("settings", self.settings),
        ):
            if found:
                yield f"{title}:"
                yield from (f"  {line}" for line in found)


def machine_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> tuple[str, ...]:
    """Compare two definitions, state by state; ``old`` is None where there is none to compare with."""
    before, after = _states(old or {}), _states(new)
    lines = [f"+ state '{name}' ({_what(after[name])})" for name in after if name not in before]
    lines += [f"- state '{name}' ({_what(before[name])})" for name in before if name not in after]
    for name in (name for name in after if name in before):
        lines += [f"~ state '{name}': {line}" for line in _differences(before[name], after[name], "")]
    return tuple(lines)


def _states(definition: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "(the machine)": {
            name: value for name, value in definition.items() if name not in ("States", "Comment")
        }
    }
    if not definition:
        found = {}
    for name, state in definition.get("States", {}).items():
        found[name] = {key: value for key, value in state.items() if key not in _HOLDS_STATES}
        for holder in [*state.get("Branches", ()), state.get("ItemProcessor", {})]:
            inner = _states(holder)
            start = inner.pop("(the machine)", {})
            found[name].setdefault("branches start at", []).append(start.get("StartAt"))
            found |= inner
    return found


def _what(state: Mapping[str, Any]) -> str:
    return str(state.get("Resource") or state.get("Type") or "settings").removeprefix("arn:aws:states:::")


def _differences(old: Any, new: Any, path: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _differences(old.get(key), new.get(key), f"{path}/{key}".lstrip("/"))
    elif old != new:
        yield f"{path}: {_short(old)} -> {_short(new)}"


def _short(value: Any) -> str:
    text = "none" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def permission_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Compare what the roles of two templates are allowed: role, action, resource."""
    before, after = set(_permissions(old)), set(_permissions(new))
    return tuple(
        [*(f"+ {line}" for line in sorted(after - before)), *(f"- {line}" for line in sorted(before - after))]
    )


def _permissions(template: Mapping[str, Any]) -> Iterator[str]:
    for name, resource in template.get("Resources", {}).items():
        properties = resource.get("Properties", {})
        documents = [policy.get("PolicyDocument", {}) for policy in properties.get("Policies", ())]
        if resource.get("Type") in _POLICIES:
            documents = [properties.get("PolicyDocument", {})]
        role = re.sub(r"Policy\d+$", "", _DIGEST.sub("", name))
        for document in documents:
            for statement in document.get("Statement", ()):
                yield from _pairs(role, statement, "")


def _pairs(role: str, statement: Mapping[str, Any], condition: str) -> Iterator[str]:
    if "Fn::If" in statement:
        name, inner, _ = statement["Fn::If"]
        yield from _pairs(role, inner, f" (if {name})")
        return
    for action in statement["Action"]:
        for resource in statement["Resource"]:
            yield f"{role}: {action} on {_text(resource)}{condition}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        ((_, argument),) = value.items()
        return _DIGEST.sub("", f"${{{argument}}}" if "$" not in str(argument) else str(argument))
    return str(value)


def resource_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Compare the resources of two templates, permissions left out."""
    before, after = (_resources(template) for template in (old, new))
    lines = [f"+ {name} ({after[name]['Type']})" for name in after if name not in before]
    lines += [f"- {name} ({before[name]['Type']})" for name in before if name not in after]
    for name in (name for name in after if name in before):
        lines += [f"~ {name}: {line}" for line in _differences(before[name], after[name], "")]
    return tuple(lines)


def _resources(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return resources by their names without digests, so that only what is different differs."""
    text = _DIGEST.sub("", json.dumps(template.get("Resources", {})))
    found = {}
    for name, resource in json.loads(text).items():
        if resource.get("Type") not in ("AWS::IAM::Role", *_POLICIES):
            found[name] = resource
            # What a conversion stamps on its machine is no change by itself, nor what is made before what.
            resource.get("Properties", {}).pop("Tags", None)
            resource.pop("DependsOn", None)
    return found


def setting_changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Compare the parameters of a stack."""
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    return tuple(f"~ {name}: {_short(old.get(name))} -> {_short(new.get(name))}" for name in names)
