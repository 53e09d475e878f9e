"""The outcome table on the virtual clock: what machines put into it, read, and change on a condition.

Of DynamoDB's expressions it knows those that machines use: ``ADD`` and ``DELETE`` for sets of strings,
``REMOVE`` of what is not there, and conditions of ``attribute_exists``, ``attribute_not_exists``,
``size(…) <`` and ``contains`` joined by ``OR``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from converter.engine import TaskFailure

Item = dict[str, Any]
"""An item: attribute → typed value, as DynamoDB's API has it (``{"S": "text"}``)."""

_UPDATE = re.compile(r"(ADD|DELETE) (\w+) (:\w+)")
_REMOVAL = re.compile(r"REMOVE (\w+)")
_CONDITIONS = {
    "attribute_exists": re.compile(r"attribute_exists\((\w+)\)"),
    "attribute_not_exists": re.compile(r"attribute_not_exists\((\w+)\)"),
    "size": re.compile(r"size\((\w+)\) < (:\w+)"),
    "contains": re.compile(r"contains\((\w+), (:\w+)\)"),
}


@dataclass
class SimulatedTable:
    """A table whose key is ``id``. A call is carried out at once and as a whole, as DynamoDB's seem to be."""

    items: dict[str, Item] = field(default_factory=dict)

    def call(self, action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an action, and return the answer that a Task gets.

        Raises TaskFailure if a condition does not hold.
        """
        if action == "putItem":
            item = arguments["Item"]
            self.items[item["id"]["S"]] = item
            return {}
        if action == "batchGetItem":
            tables = arguments["RequestItems"].items()
            return {"Responses": {name: self._read(asked) for name, asked in tables}}
        key = arguments["Key"]["id"]["S"]
        if action == "getItem":
            return {"Item": self.items[key]} if key in self.items else {}
        self._update(key, arguments)
        return {}

    def _read(self, asked: Mapping[str, Any]) -> list[Item]:
        keys = [key["id"]["S"] for key in asked["Keys"]]
        return [self.items[key] for key in keys if key in self.items]

    def _update(self, key: str, arguments: Mapping[str, Any]) -> None:
        values = arguments.get("ExpressionAttributeValues", {})
        item = self.items.get(key, {})
        condition = arguments.get("ConditionExpression")
        if condition and not any(_holds(part, item, values) for part in condition.split(" OR ")):
            raise TaskFailure("DynamoDB.ConditionalCheckFailedException", "The conditional request failed")
        item = item or {"id": {"S": key}}
        removal = _REMOVAL.fullmatch(arguments["UpdateExpression"])
        if removal is not None and removal[1] not in item:
            self.items[key] = item
            return
        match = _UPDATE.fullmatch(arguments["UpdateExpression"])
        if match is None:
            raise ValueError(f"not simulated: {arguments['UpdateExpression']}")
        action, attribute, value = match.groups()
        before, given = set(item.get(attribute, {}).get("SS", ())), set(values[value]["SS"])
        after = before | given if action == "ADD" else before - given
        changed = {**item, attribute: {"SS": sorted(after)}}
        if not after:  # DynamoDB has no empty sets
            del changed[attribute]
        self.items[key] = changed


def _holds(condition: str, item: Item, values: Mapping[str, Any]) -> bool:
    for name, pattern in _CONDITIONS.items():
        if match := pattern.fullmatch(condition):
            attribute, *others = match.groups()
            if name == "attribute_exists":
                return attribute in item
            members = item.get(attribute, {}).get("SS")
            if name == "attribute_not_exists":
                return members is None
            if members is None:
                return False
            value = values[others[0]]
            return len(members) < int(value["N"]) if name == "size" else value["S"] in members
    raise ValueError(f"not simulated: {condition}")
