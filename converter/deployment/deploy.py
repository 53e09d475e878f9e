"""Bundle → deployed machine, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converter import diagnostics as d
from converter.deployment.artifacts import ArtifactBucket, account_of
from converter.deployment.stack import Progress, Stack
from converter.deployment.troubles import aws_troubles_explained
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import stack_name
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
    default_settings,
    function_zip,
    read_manifest,
)
from converter.packaging.packages import missing_packages

if TYPE_CHECKING:
    from boto3.session import Session

#: Above this size, CloudFormation takes a template only from S3 (AWS documentation, "CloudFormation quotas").
TEMPLATE_BODY_BYTES = 51_200


class Change(str, Enum):
    """What a deployment did to the stack."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Deployment:
    """A deployed DAG. ``poller_function_arn`` is None for a machine without pollers."""

    dag_id: str
    stack_name: str
    region: str
    bucket: str
    change: Change
    state_machine_arn: str
    state_machine_name: str
    poller_function_arn: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the deployment as JSON."""
        return {**dataclasses.asdict(self), "change": self.change.value}


def deploy(
    bundle: Path, session: Session, *, bucket: str | None = None, on_progress: Progress | None = None
) -> Deployment:
    """Deploy the Bundle in a folder as one stack, and wait until it is complete.

    Without ``bucket``, artifacts go to ``dag2sfn-<account>-<region>``, which is created if missing. A stack
    that exists is updated, and keeps the machine's name and the days of log retention if somebody has set
    them; executions that run keep the definition with which they started.

    Raises Dag2SfnError: D267 if packages of its Python tasks are missing, D401 if the folder is no Bundle,
    D402 with the reason if the stack fails, D403 if AWS cannot be used, D414 if ``bucket`` is no name of a
    bucket.
    """
    manifest = read_manifest(bundle)
    try:
        definition = _compact((bundle / DEFINITION).read_text("utf-8"))
        outer_file = bundle / OUTER_DEFINITION
        outer = _compact(outer_file.read_text("utf-8")) if outer_file.exists() else None
        children = {
            file.name: _compact(file.read_text("utf-8"))
            for file in sorted((bundle / CHILDREN).glob("*.json"))
        }
        template = (bundle / TEMPLATE).read_bytes()
        zips = {name: function_zip(bundle / FUNCTIONS / name) for name in manifest.functions}
    except OSError as error:
        problem = f"{bundle} lacks a file: {error.filename}"
        raise Dag2SfnError(Diagnostic(d.NOT_A_BUNDLE, problem, "convert the DAG again")) from None
    except ValueError as error:
        problem = f"{bundle / DEFINITION} is no JSON: {error}"
        raise Dag2SfnError(Diagnostic(d.NOT_A_BUNDLE, problem, "convert the DAG again")) from None
    if unpackaged := missing_packages(bundle):
        raise Dag2SfnError(unpackaged)
    tell = on_progress or (lambda message: None)
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        account = account_of(session)
        artifacts = ArtifactBucket(session, account, bucket)
        prefix = manifest.machine_name
        parameters = {
            "ArtifactBucket": artifacts.name,
            "DefinitionKey": artifacts.put(f"{prefix}/definition", ".json", definition),
            **{
                FUNCTION_KEYS[name]: artifacts.put(f"{prefix}/{name}", ".zip", content)
                for name, content in zips.items()
            },
        }
        if outer is not None:
            parameters[OUTER_KEY] = artifacts.put(f"{prefix}/outer", ".json", outer)
        if children:
            parameters[CHILDREN_PREFIX] = artifacts.put_all(f"{prefix}/children", children)
        tell(f"{manifest.stack_name}: artifacts are in s3://{artifacts.name}/{prefix}/")
        body = {"TemplateBody": template.decode()}
        if len(template) > TEMPLATE_BODY_BYTES:
            body = {"TemplateURL": artifacts.url(artifacts.put(f"{prefix}/template", ".yaml", template))}
        stack = Stack(session, manifest.stack_name, tell)
        change = _create_or_update(stack, manifest, body, parameters)
        tell(f"{stack.name}: {change.value}")
        outputs = _outputs(stack)
    return Deployment(
        dag_id=manifest.dag_id,
        stack_name=stack.name,
        region=account.region,
        bucket=artifacts.name,
        change=change,
        state_machine_arn=outputs["StateMachineArn"],
        state_machine_name=outputs["StateMachineName"],
        poller_function_arn=outputs.get("PollerFunctionArn"),
    )


def _compact(definition: str) -> bytes:
    """Return a definition without the blanks that are for people: they would count towards AWS's 1 MB."""
    return json.dumps(json.loads(definition), separators=(",", ":")).encode()


def undeploy(dag_id: str, session: Session, *, on_progress: Progress | None = None) -> bool:
    """Delete the stack of a DAG and wait until it is gone; return False if there was none.

    Executions that run are ended by it. The artifacts stay in their bucket. Raises Dag2SfnError: D402 if the
    stack cannot be deleted, D403 if AWS cannot be used.
    """
    tell = on_progress or (lambda message: None)
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        stack = Stack(session, stack_name(dag_id), tell)
        existed = stack.delete()
        if existed:
            tell(f"{stack.name}: deleted")
    return existed


def _create_or_update(
    stack: Stack, manifest: Manifest, body: Mapping[str, str], parameters: Mapping[str, str]
) -> Change:
    request: dict[str, Any] = {
        **body,
        "Capabilities": ["CAPABILITY_IAM"],
        # CloudFormation gives them to all resources of the stack: costs can be told apart by DAG.
        "Tags": [{"Key": "dag2sfn:dag-id", "Value": manifest.dag_id}],
    }
    existing = stack.make_ready()
    request["Parameters"] = [
        *({"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()),
        *_settings(existing, default_settings(manifest.dag_id, manifest.functions)),
    ]
    if existing is None:
        stack.create(request)
        return Change.CREATED
    return Change.UPDATED if stack.update(request) else Change.UNCHANGED


def _settings(
    existing: Mapping[str, Any] | None, defaults: Mapping[str, str]
) -> Iterator[dict[str, str | bool]]:
    """Yield the parameters that people may set: as they are on the stack, or else their defaults."""
    described = existing.get("Parameters", ()) if existing else ()
    there = {parameter["ParameterKey"] for parameter in described}
    for key, value in defaults.items():
        # Left out of an update, a parameter would fall back to its default.
        setting = {"UsePreviousValue": True} if key in there else {"ParameterValue": value}
        yield {"ParameterKey": key, **setting}


def _outputs(stack: Stack) -> dict[str, str]:
    description = stack.describe()
    if description is None:
        problem = f"the stack {stack.name} was deleted by somebody else just now"
        raise Dag2SfnError(Diagnostic(d.DEPLOYMENT_FAILED, problem, "deploy again"))
    return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}
