"""What conversions need of AWS's own descriptions of its APIs: names, waiters, places of free names.

The data is in ``service_models.json``, which ``python -m docs.service_models`` writes from botocore's
models and from the Amazon provider's waiters: a conversion itself needs neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from converter.expressions.java_names import member_name


@lru_cache(maxsize=1)
def _models() -> Mapping[str, Any]:
    models: Mapping[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text())
    return models


def sdk_resource(action: str) -> str:
    """Return the resource of a Task that calls an action of an API.

    >>> sdk_resource("emr-serverless:startJobRun")
    'arn:aws:states:::aws-sdk:emrserverless:startJobRun'
    """
    service, _, operation = action.partition(":")
    return f"arn:aws:states:::aws-sdk:{_models()['services'][service]['sdk']}:{operation}"


def error_prefix(service: str) -> str:
    """Return what stands before the dot in the errors of a service's ``aws-sdk`` calls."""
    return str(_models()["services"][service]["errors"])


def iam_prefix(service: str) -> str:
    """Return the prefix of a service's actions in IAM."""
    return str(_models()["services"][service]["iam"])


def waiter(name: str) -> Mapping[str, Any]:
    """Return a waiter (``service:name``): its action, delay, attempts, phase, and what errors mean."""
    found: Mapping[str, Any] = _models()["waiters"][name]
    return found


def spelled(action: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an action as Step Functions spells them, the author's own names as they are.

    >>> spelled("batch:submitJob", {"jobName": "j", "parameters": {"inDir": "x"}})
    {'JobName': 'j', 'Parameters': {'inDir': 'x'}}
    """
    free = frozenset(_models()["free"].get(action, ()))
    repeated = _models()["repeated"].get(action, {})
    return {
        member_name(name): _spelled(item, name.lower(), free, repeated) for name, item in arguments.items()
    }


def respelled_places(resource: str) -> frozenset[str]:
    """Return where the arguments of a Task have something with names that the API itself spells otherwise.

    Places are names in small letters with dots between them; an item has that of its list, a value of a map
    the name ``*``.

    >>> "overrides.containeroverrides" in respelled_places("arn:aws:states:::ecs:runTask.sync")
    True
    """
    return frozenset(_models()["respelled"].get(_action(resource), ()))


def repeated_places(resource: str) -> Mapping[str, str]:
    """Return places at which a shape is within itself, and for each the place above that it is like.

    >>> repeated_places("arn:aws:states:::emr-containers:startJobRun.sync")
    {'configurationoverrides.applicationconfiguration.configurations': 'configurationoverrides.applicationconfiguration'}
    """  # noqa: E501 - one line of a doctest
    found: Mapping[str, str] = _models()["repeated"].get(_action(resource), {})
    return found


def _action(resource: str) -> str:
    *_, service, operation = resource.split(":")
    return f"{_services_by_sdk_name().get(service, service)}:{operation.partition('.')[0]}"


@lru_cache(maxsize=1)
def _services_by_sdk_name() -> Mapping[str, str]:
    return {names["sdk"]: service for service, names in _models()["services"].items()}


def _spelled(value: Any, where: str, free: frozenset[str], repeated: Mapping[str, str]) -> Any:
    where = repeated.get(where, where)
    if isinstance(value, list):
        return [_spelled(item, where, free, repeated) for item in value]
    if not isinstance(value, Mapping):
        return value
    if where in free:
        return {name: _spelled(item, f"{where}.*", free, repeated) for name, item in value.items()}
    return {
        member_name(name): _spelled(item, f"{where}.{name.lower()}", free, repeated)
        for name, item in value.items()
    }
