"""Writes converter/operators/service_models.json: what conversions need of AWS's descriptions of its APIs.

Run ``python -m docs.service_models`` after an upgrade of botocore or of the Amazon provider; ``--check``
only compares. Beside the services' names, three things are in the file. ``waiters``: the conditions by which
an operator that waits knows the end (botocore's waiters, and the provider's own), as JSONata over a Task's
result. ``free``: where the author's own names stand in an action's parameters, in maps and documents; every
other name is spelled as Step Functions spells it. ``respelled``: where something stands with names in it that
Step Functions spells otherwise than the API. ``repeated``: where a shape is within itself (the configurations
of an EMR configuration), and the place above of which all the same holds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.loaders
import jmespath.parser
from botocore.model import ServiceModel

from converter.expressions.java_names import class_name, exception_name, member_name
from converter.expressions.jsonata import literal, path

FILE = Path(__file__).parent.parent / "converter" / "operators" / "service_models.json"

#: Waiters of botocore that operators wait with; of the provider, all are taken.
_OF_BOTOCORE = {
    "ec2": ("instance_running", "instance_stopped", "instance_terminated"),
    "ecs": ("tasks_stopped",),
    "eks": (
        "cluster_active", "cluster_deleted", "nodegroup_active", "nodegroup_deleted",
        "fargate_profile_active", "fargate_profile_deleted",
    ),
    "cloudformation": ("stack_create_complete", "stack_delete_complete"),
    "emr": ("cluster_running", "cluster_terminated", "step_complete"),
    "lambda": ("function_active_v2",),
    "dynamodb": ("table_exists",),
    "neptune": ("db_instance_available",),
    "neptune-graph": (
        "graph_available", "graph_deleted", "import_task_successful", "private_graph_endpoint_available",
        "private_graph_endpoint_deleted",
    ),
    "rds": (
        "db_instance_available", "db_instance_deleted", "db_snapshot_completed", "db_cluster_available",
        "db_cluster_snapshot_available", "db_snapshot_deleted", "db_cluster_snapshot_deleted",
        "db_cluster_deleted",
    ),
    "redshift": ("cluster_available", "cluster_deleted", "snapshot_available"),
    "sagemaker": (
        "endpoint_in_service", "notebook_instance_in_service", "notebook_instance_stopped",
        "notebook_instance_deleted", "processing_job_completed_or_stopped",
        "training_job_completed_or_stopped", "transform_job_completed_or_stopped",
    ),
    "ssm": ("command_executed",),
}  # fmt: skip

#: Services of whose actions conversions pass on what the author has nested.
_SERVICES = (
    "appflow", "athena", "batch", "bedrock", "bedrock-agent", "bedrock-agent-runtime", "bedrock-runtime",
    "bedrock-agentcore", "bedrock-agentcore-control", "cloudformation", "comprehend", "databrew", "datasync",
    "dms", "dynamodb", "ec2", "ecr", "ecs", "eks", "emr", "emr-containers", "emr-serverless", "events",
    "glacier", "glue", "kinesisanalyticsv2", "lambda", "mwaa", "mwaa-serverless", "neptune", "neptune-graph",
    "opensearchserverless", "quicksight", "rds", "redshift", "redshift-data", "s3", "s3tables", "s3vectors",
    "sagemaker", "ses", "sns", "sqs", "ssm", "stepfunctions",
)  # fmt: skip

#: The provider's file of waiters, where it is not called like the service.
_PROVIDERS_NAMES = {"neptune_analytics": "neptune-graph"}

_RESULT = "$states.result"


class _UntranslatableError(Exception):
    """A JMESPath that no operator needs."""


def models() -> dict[str, Any]:
    """Return the content of the file."""
    loader = botocore.loaders.Loader()
    return {
        "services": {service: _names(_model(loader, service)) for service in _all_services(loader)},
        "waiters": _waiters(loader),
        "free": dict(sorted(_all_places(loader, _free_paths))),
        "respelled": dict(sorted(_all_places(loader, _respelled_paths))),
        "repeated": dict(sorted(_all_repeated(loader))),
    }


def services_of_conversions() -> set[str]:
    """Return what IAM calls the services whose actions conversions call."""
    loader = botocore.loaders.Loader()
    return {_names(_model(loader, service))["iam"] for service in _SERVICES}


def _all_services(loader: Any) -> list[str]:
    return sorted(loader.list_available_services("service-2"))


def _model(loader: Any, service: str) -> ServiceModel:
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def _names(model: ServiceModel) -> dict[str, str]:
    """Return what a service is called: in ``aws-sdk`` resources, in errors, and in IAM."""
    # The SDK drops the word from the end of a name (Database Migration Service).
    service_id = _sdk_name(model)
    return {
        "sdk": service_id.replace(" ", "").replace("-", "").lower(),
        "errors": class_name(service_id),
        "iam": model.signing_name,
    }


def _sdk_name(model: ServiceModel) -> str:
    return str(model.service_id).removesuffix(" Service")


# --- waiters ------------------------------------------------------------------------------------------------


def _waiters(loader: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for service, names in _OF_BOTOCORE.items():
        described = loader.load_service_model(service, "waiters-2")["waiters"]
        for name in names:
            found[f"{service}:{name}"] = _waiter(_model(loader, service), described[_pascal(name)])
    for file in sorted(_provider_folder().glob("*.json")):
        service = _PROVIDERS_NAMES.get(file.stem, file.stem)
        if service not in _SERVICES:
            continue
        for name, waiter in json.loads(file.read_text())["waiters"].items():
            try:
                found[f"{service}:{name}"] = _waiter(_model(loader, service), waiter)
            except (_UntranslatableError, KeyError):
                continue
    return dict(sorted(found.items()))


def _provider_folder() -> Path:
    from airflow.providers.amazon.aws import waiters

    return Path(waiters.__path__[0])


def _pascal(name: str) -> str:
    words = name.replace("db", "DB") if name.startswith("db_") else name
    return "".join(word[:1].upper() + word[1:] for word in words.split("_"))


def _waiter(model: ServiceModel, waiter: Mapping[str, Any]) -> dict[str, Any]:
    """Return a waiter: the action it asks with, its delay and attempts, and what to make of an answer.

    ``phase`` gives "success", "failure" or "retry" for an answer; ``errors`` what an error means.
    """
    decisions, errors = [], {}
    for acceptor in waiter["acceptors"]:
        if acceptor["matcher"] == "error":
            if isinstance(acceptor["expected"], str):
                errors[_error(model, acceptor["expected"])] = acceptor["state"]
        elif acceptor["matcher"] == "status":
            if 200 <= acceptor["expected"] < 300:
                decisions.append(("true", acceptor["state"]))
        else:
            decisions.append((_condition(acceptor), acceptor["state"]))
    phase = "'retry'"
    for condition, state in reversed(decisions):
        phase = f"'{state}'" if condition == "true" else f"{condition} ? '{state}' : {phase}"
    operation = waiter["operation"]
    return {
        "action": operation[:1].lower() + operation[1:],
        "delay": waiter["delay"],
        "attempts": waiter["maxAttempts"],
        "phase": phase,
        **({"errors": errors} if errors else {}),
    }


def _error(model: ServiceModel, code: str) -> str:
    """Return an error's name in a machine; what the API does not declare has the service's common one."""
    prefix = class_name(_sdk_name(model))
    for shape in model.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return f"{prefix}.{exception_name(shape.name)}"
    return f"{prefix}.{prefix}Exception"


def _condition(acceptor: Mapping[str, Any]) -> str:
    text = _jsonata(jmespath.parser.Parser().parse(acceptor["argument"]).parsed, _RESULT)
    expected = literal(acceptor["expected"])
    if acceptor["matcher"] == "path":
        return text if acceptor["expected"] is True else f"{text} = {expected}"
    listed = f"[{text}]"
    if acceptor["matcher"] == "pathAny":
        return f"{expected} in {listed}"
    others = f"$filter({listed}, function($item) {{ $item != {expected} }})"
    return f"($count({listed}) > 0 and $count({others}) = 0)"


def _jsonata(node: Mapping[str, Any], place: str) -> str:  # noqa: PLR0911 - one for each kind of node
    """Return a JMESPath as JSONata; ``place`` is what it is about."""
    kind, children = node["type"], node["children"]
    if kind == "field":
        return f"{place}.{path(member_name(node['value']))}"
    if kind in ("subexpression", "index_expression", "projection"):
        for child in children:
            place = place if child["type"] == "identity" else _jsonata(child, place)
        return place
    if kind == "flatten":
        return _jsonata(children[0], place)
    if kind == "index":
        return f"{place}[{node['value']}]"
    if kind == "literal":
        return literal(node["value"])
    if kind in ("comparator", "and_expression", "or_expression"):
        operator = {"eq": "=", "ne": "!=", "gt": ">", "lt": "<", "gte": ">=", "lte": "<="}.get(
            node.get("value", ""), {"and_expression": "and", "or_expression": "or"}.get(kind, "")
        )
        return f"({_jsonata(children[0], place)} {operator} {_jsonata(children[1], place)})"
    if kind == "function_expression" and node["value"] == "length":
        return f"$count({_jsonata(children[0], place)})"
    raise _UntranslatableError(kind)


# --- places in parameters -----------------------------------------------------------------------------------


def _all_places(
    loader: Any, places: Callable[[Any, str, tuple[str, ...]], Iterator[str]]
) -> Iterator[tuple[str, list[str]]]:
    for service in _SERVICES:
        model = _model(loader, service)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            paths = sorted(set(places(shape, "", ()))) if shape is not None else []
            if paths:
                yield f"{service}:{operation[:1].lower()}{operation[1:]}", paths


def _all_repeated(loader: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for service in _SERVICES:
        model = _model(loader, service)
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            places = dict(sorted(set(_repeated_paths(shape, "", {})))) if shape is not None else {}
            if places:
                yield f"{service}:{operation[:1].lower()}{operation[1:]}", places


def _repeated_paths(shape: Any, where: str, above: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where a shape is within itself, and where it was before; ``above``: shape → place."""
    if shape.name in above:
        yield where, above[shape.name]
        return
    if len(above) > 12 or getattr(shape, "is_document_type", False):
        return
    above = {**above, shape.name: where}
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _repeated_paths(member, f"{where}.{name.lower()}".lstrip("."), above)
    elif shape.type_name == "list":
        yield from _repeated_paths(shape.member, where, above)
    elif shape.type_name == "map":
        yield from _repeated_paths(shape.value, f"{where}.*", above)


def _free_paths(shape: Any, where: str, above: tuple[str, ...]) -> Iterator[str]:
    if shape.name in above or len(above) > 12:
        return
    above = (*above, shape.name)
    if shape.type_name == "structure":
        if getattr(shape, "is_document_type", False):
            yield where
            return
        for name, member in shape.members.items():
            yield from _free_paths(member, f"{where}.{name.lower()}".lstrip("."), above)
    elif shape.type_name == "list":
        yield from _free_paths(shape.member, where, above)
    elif shape.type_name == "blob":
        # A body, which may be given as JSON: Step Functions makes the text of it.
        yield where
    elif shape.type_name == "map":
        yield where
        yield from _free_paths(shape.value, f"{where}.*", above)


def _respelled_paths(shape: Any, where: str, above: tuple[str, ...]) -> Iterator[str]:
    if shape.name in above or len(above) > 12:
        return
    if where and _is_respelled(shape, above):
        yield where
    above = (*above, shape.name)
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, member in shape.members.items():
            yield from _respelled_paths(member, f"{where}.{name.lower()}".lstrip("."), above)
    elif shape.type_name == "list":
        yield from _respelled_paths(shape.member, where, above)
    elif shape.type_name == "map":
        yield from _respelled_paths(shape.value, f"{where}.*", above)


def _is_respelled(shape: Any, above: tuple[str, ...]) -> bool:
    """Return whether a name in a value of this shape is spelled otherwise."""
    if shape.name in above or len(above) > 12 or getattr(shape, "is_document_type", False):
        return False
    above = (*above, shape.name)
    if shape.type_name == "structure":
        return any(
            member_name(name) != name or _is_respelled(member, above)
            for name, member in shape.members.items()
        )
    inner = {"list": "member", "map": "value"}.get(shape.type_name)
    return inner is not None and _is_respelled(getattr(shape, inner), above)


def main(arguments: list[str]) -> int:
    """Write the file, or say that it is stale; return the exit code."""
    text = json.dumps(models(), indent=1) + "\n"
    if "--check" not in arguments:
        FILE.write_text(text)
    elif FILE.read_text() != text:
        sys.stderr.write(f"stale: {FILE.name}; run python -m docs.service_models\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
