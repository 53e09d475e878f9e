"""Bundle → deployed machine, and back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from converter import diagnostics as d
from converter.deployment.artifacts import ArtifactBucket, account_of
from converter.deployment.contents import Artifact, Contents, read_contents
from converter.deployment.preview import (
    Preview,
    machine_changes,
    permission_changes,
    resource_changes,
    setting_changes,
)
from converter.deployment.references import check_references
from converter.deployment.stack import Progress, Stack, parameters_of
from converter.deployment.troubles import aws_troubles_explained
from converter.deployment.versions import (
    lead_alias,
    live_version,
    machine_arn,
    prune,
    remove_roles,
    running_executions,
)
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import DAG_ID_TAG, PREFIX, machine_name, stack_name
from converter.packaging import CHILDREN_PREFIX, OUTER_KEY, default_settings
from converter.packaging.yaml_reading import read_yaml

if TYPE_CHECKING:
    from boto3.session import Session

#: Above this size, CloudFormation takes a template only from S3 (AWS documentation, "CloudFormation quotas").
TEMPLATE_BODY_BYTES = 51_200
#: What executions use as long as they run, and a stack does not keep for them.
_USED_BY_EXECUTIONS = ("AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::StepFunctions::StateMachine")


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
    state_machine_version_arn: str
    state_machine_alias_arn: str
    poller_function_arn: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the deployment as JSON."""
        return {**dataclasses.asdict(self), "change": self.change.value}


class Declined(Exception):
    """The change was shown and not wanted."""


def deploy(
    bundle: Path,
    session: Session,
    *,
    bucket: str | None = None,
    settings: Mapping[str, str] | None = None,
    look_for_what_it_calls: bool = False,
    confirm: Callable[[Preview], bool] | None = None,
    on_progress: Progress | None = None,
) -> Deployment:
    """Deploy the Bundle in a folder as one stack, and wait until it is complete.

    Without ``bucket``, artifacts go to ``dag2sfn-<account>-<region>``, which is created if missing. A stack
    that exists is updated, and keeps its settings where ``settings`` says nothing; executions that run keep
    the version with which they started. At the end the alias leads to the new version; after a failure it
    leads where it led before. ``confirm`` is shown what would change before anything does.

    Raises Declined if ``confirm`` says no. Raises Dag2SfnError: D267 if packages of its Python tasks are
    missing, D401 if the folder is no Bundle, D402 with the reason if the stack fails, D403 if AWS cannot be
    used, D414 if ``bucket`` is no name of a bucket, D416 if running executions would lose what they use, D417
    if a job that it starts does not exist and ``look_for_what_it_calls``.
    """
    contents = read_contents(bundle)
    tell = on_progress or (lambda message: None)
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        work = _Work(contents, session, bucket, settings or {}, tell)
        if look_for_what_it_calls:
            check_references(contents, session, work.account, tell)
        preview = work.preview()
        work.refuse_to_take_away(preview)
        if confirm is not None and not confirm(preview):
            raise Declined
        return work.carry_out()


def preview_of(
    bundle: Path, session: Session, *, bucket: str | None = None, settings: Mapping[str, str] | None = None
) -> Preview:
    """Return what deploying a Bundle would change, and change nothing. Raises Dag2SfnError as ``deploy``."""
    contents = read_contents(bundle)
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        return _Work(contents, session, bucket, settings or {}, lambda message: None).preview()


def undeploy(
    dag_id: str,
    session: Session,
    *,
    stop: bool = False,
    prefix: str = PREFIX,
    on_progress: Progress | None = None,
) -> bool:
    """Delete the stack of a DAG with all that it left behind, and wait until it is gone.

    Returns False if there was none. Where executions run it is refused (D416), unless they are to be ended by
    it (``stop``). The artifacts stay in their bucket. Raises Dag2SfnError: D402 if the stack cannot be
    deleted, D403 if AWS cannot be used.
    """
    tell = on_progress or (lambda message: None)
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        stack = Stack(session, stack_name(dag_id, prefix), tell)
        name = parameters_of(stack.describe()).get("MachineName", machine_name(dag_id, prefix))
        running = running_executions(session.client("stepfunctions"), machine_arn(session, name))
        if running and not stop:
            raise Dag2SfnError(
                Diagnostic(
                    d.EXECUTIONS_RUN,
                    f"{len(running)} execution(s) of {name} still run, among them {running[0]['name']}",
                    "wait for their end (`dag2sfn show ARN --wait`), or give --stop to end them",
                )
            )
        existed = stack.delete()
        if existed:
            tell(f"{stack.name}: deleted")
        # Also without a stack: whoever was interrupted here before comes back for the rest.
        for removed in remove_roles(session, f"/dag2sfn/{name}/"):
            tell(f"{stack.name}: removed {removed}")
    return existed


class _Work:
    """One deployment."""

    def __init__(
        self,
        contents: Contents,
        session: Session,
        bucket: str | None,
        settings: Mapping[str, str],
        tell: Progress,
    ) -> None:
        self._contents, self._session, self._tell = contents, session, tell
        self._manifest = contents.manifest
        self._defaults = default_settings(
            self._manifest.machine_name, self._manifest.functions, xcom_in_s3=self._manifest.xcom_in_s3
        ) | dict.fromkeys(self._manifest.values, "")
        self.account = account_of(session)
        self._bucket = ArtifactBucket(session, self.account, bucket)
        self._stack = Stack(session, self._manifest.stack_name, tell)
        self._before = self._stack.describe()
        there = parameters_of(self._before)
        self._settings = {
            name: settings.get(name, there.get(name, default)) for name, default in self._defaults.items()
        }
        self._refuse_without_values()
        self._template = contents.template_for(self._settings)

    def _refuse_without_values(self) -> None:
        """Raise Dag2SfnError (D421) if values are missing that the machine cannot do without."""
        missing = [
            Diagnostic(
                d.VALUE_NOT_GIVEN,
                f"{self._manifest.dag_id}: the parameter {name} has no value: {description}",
                f"--set {name}=VALUE",
            )
            for name, description in self._manifest.values.items()
            if not self._settings[name]
        ]
        if missing:
            raise Dag2SfnError(*missing)

    def preview(self) -> Preview:
        """Return what would change."""
        new, settings = read_yaml(self._template), self._settings
        if self._before is None or not self._stack.is_usable(self._before):
            return Preview(
                True,
                machine_changes(None, self._contents.definition),
                permission_changes({}, new),
                resource_changes({}, new),
                setting_changes(self._defaults, settings),
            )
        old = read_yaml(self._stack.template())
        there = parameters_of(self._before)
        return Preview(
            False,
            self._machine_changes(there),
            permission_changes(old, new),
            (*resource_changes(old, new), *self._code_changes(there)),
            setting_changes({name: there.get(name, "") for name in settings}, settings),
        )

    def _machine_changes(self, there: Mapping[str, str]) -> tuple[str, ...]:
        lines: list[str] = []
        for key in ("DefinitionKey", OUTER_KEY):
            artifact = self._contents.artifacts.get(key)
            if artifact is None or there.get(key) == artifact.key:
                continue
            content = self._bucket.get(there.get(key, ""))
            if content is None:
                lines.append(f"~ {artifact.name}: another definition; the one before is not in the bucket")
            else:
                lines += machine_changes(json.loads(content), json.loads(artifact.content))
        return tuple(lines)

    def _code_changes(self, there: Mapping[str, str]) -> list[str]:
        zips = {key: item for key, item in self._contents.artifacts.items() if item.suffix == ".zip"}
        names = [CHILDREN_PREFIX] if CHILDREN_PREFIX in there else []
        children = [name for name in names if there[name] != self._contents.keys.get(name)]
        return [
            *("~ the definitions of child machines" for _ in children),
            *(
                f"~ the code of {item.name}"
                for key, item in zips.items()
                if there.get(key, item.key) != item.key
            ),
        ]

    def refuse_to_take_away(self, preview: Preview) -> None:
        """Refuse what running executions would miss: roles and versions stay for them, the rest does not."""
        lost = [
            line
            for line in preview.resources
            if line.startswith("- ")
            and any(f"({type_})" in line for type_ in _USED_BY_EXECUTIONS)
            and "StarterFunction" not in line
        ]
        running = lost and running_executions(
            self._session.client("stepfunctions"),
            machine_arn(self._session, self._settings["MachineName"]),
        )
        if running:
            raise Dag2SfnError(
                Diagnostic(
                    d.EXECUTIONS_RUN,
                    f"{len(running)} execution(s) still run, and the new version takes away what they use: "
                    + ", ".join(line.removeprefix("- ") for line in lost),
                    "wait for their end, or stop them, then deploy again",
                )
            )

    def carry_out(self) -> Deployment:
        """Upload, change the stack, lead the alias to the new version, remove what is not needed."""
        self._bucket.ensure()
        for artifact in (*self._contents.artifacts.values(), *self._contents.children):
            self._bucket.put(artifact)
        self._tell(
            f"{self._stack.name}: artifacts are in s3://{self._bucket.name}/{self._manifest.machine_name}/"
        )
        client = self._session.client("stepfunctions")
        machine = machine_arn(self._session, self._settings["MachineName"])
        in_force = live_version(client, machine)
        try:
            change = self._create_or_update()
        except Dag2SfnError:
            # After a rollback by hand, CloudFormation takes another version for the one before.
            if in_force is not None and live_version(client, machine) not in (in_force, None):
                lead_alias(client, machine, in_force)
            raise
        outputs = self._outputs()
        if live_version(client, machine) != outputs["StateMachineVersionArn"]:
            lead_alias(client, machine, outputs["StateMachineVersionArn"])
            self._tell(f"{self._stack.name}: version in force again: {outputs['StateMachineVersionArn']}")
            change = Change.UPDATED if change is Change.UNCHANGED else change
        self._tell(f"{self._stack.name}: {change.value}")
        self._prune()
        return Deployment(
            dag_id=self._manifest.dag_id,
            stack_name=self._stack.name,
            region=self.account.region,
            bucket=self._bucket.name,
            change=change,
            state_machine_arn=outputs["StateMachineArn"],
            state_machine_name=outputs["StateMachineName"],
            state_machine_version_arn=outputs["StateMachineVersionArn"],
            state_machine_alias_arn=outputs["StateMachineAliasArn"],
            poller_function_arn=outputs.get("PollerFunctionArn"),
        )

    def _create_or_update(self) -> Change:
        existing = self._stack.make_ready()
        request: dict[str, Any] = {
            **self._body(),
            "Capabilities": ["CAPABILITY_IAM"],
            # CloudFormation gives them to all resources of the stack: costs can be told apart by DAG.
            "Tags": [{"Key": DAG_ID_TAG, "Value": self._manifest.dag_id}],
            "Parameters": list(self._given_parameters(existing)),
        }
        if existing is None:
            self._stack.create(request)
            return Change.CREATED
        return Change.UPDATED if self._stack.update(request) else Change.UNCHANGED

    def _body(self) -> dict[str, str]:
        content = self._template.encode()
        if len(content) <= TEMPLATE_BODY_BYTES:
            return {"TemplateBody": self._template}
        artifact = Artifact(f"{self._manifest.machine_name}/template", ".yaml", content)
        self._bucket.put(artifact)
        return {"TemplateURL": self._bucket.url(artifact.key)}

    def _given_parameters(self, existing: Mapping[str, Any] | None) -> Iterator[dict[str, str | bool]]:
        keys = self._contents.keys
        there = parameters_of(existing)
        for name, value in {"ArtifactBucket": self._bucket.name, **keys, **self._settings}.items():
            # Left out of an update, a parameter would fall back to its default.
            as_before = name in self._settings and there.get(name) == value
            given = {"UsePreviousValue": True} if as_before else {"ParameterValue": value}
            yield {"ParameterKey": name, **given}

    def _outputs(self) -> dict[str, str]:
        description = self._stack.describe()
        if description is None:
            problem = f"the stack {self._stack.name} was deleted by somebody else just now"
            raise Dag2SfnError(Diagnostic(d.DEPLOYMENT_FAILED, problem, "deploy again"))
        return {output["OutputKey"]: output["OutputValue"] for output in description["Outputs"]}

    def _prune(self) -> None:
        """Remove what no version needs. The deployment is complete without it: a failure is told, no more."""
        ids = self._stack.physical_ids()
        # The DAG's own first: its versions say which of its body's are needed.
        names = sorted(ids, key=lambda name: name != "StateMachine")
        machines = [ids[name] for name in names if name.endswith("Machine")]
        functions = [ids[name] for name in ids if name.endswith("Function")]
        path = f"/dag2sfn/{self._settings['MachineName']}/"
        try:
            schedulers = [ids[name] for name in ids if name.startswith("ScheduleRole")]
            for removed in prune(self._session, machines, functions, path, schedulers):
                self._tell(f"{self._stack.name}: removed {removed}, which nothing needs any more")
        except (BotoCoreError, ClientError) as error:
            self._tell(f"{self._stack.name}: not all of what nothing needs could be removed: {error}")
