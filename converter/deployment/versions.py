"""The versions of a deployed machine: which is in force, which are needed, and removing what no one needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from converter import diagnostics as d
from converter.deployment.troubles import aws_troubles_explained, error_code
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import LIVE, PREFIX, machine_name

if TYPE_CHECKING:
    from boto3.session import Session

KEPT_VERSIONS = 5
"""Versions of a machine that stay for ``rollback``, besides those that executions still run on."""
_GONE = {"StateMachineDoesNotExist", "ResourceNotFound", "NoSuchEntity", "ResourceNotFoundException"}


@dataclass(frozen=True)
class Rollback:
    """A machine that was led back: version numbers."""

    dag_id: str
    state_machine_alias_arn: str
    from_version: int
    to_version: int


def rollback(dag_id: str, session: Session, *, prefix: str = PREFIX) -> Rollback:
    """Lead a DAG's alias to the version before the one that is in force.

    Executions that run stay on theirs. Raises Dag2SfnError: D451 if the DAG is not deployed, D415 if there is
    no version before, D403 if AWS cannot be used.
    """
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        client = session.client("stepfunctions")
        machine = machine_arn(session, machine_name(dag_id, prefix))
        current = live_version(client, machine)
        if current is None:
            raise Dag2SfnError(
                Diagnostic(
                    d.MACHINE_NOT_DEPLOYED,
                    f"DAG '{dag_id}' is not deployed in {session.region_name}",
                    "deploy it first",
                )
            )
        before = [arn for arn in version_arns(client, machine) if number_of(arn) < number_of(current)]
        if not before:
            raise Dag2SfnError(
                Diagnostic(
                    d.NO_VERSION_BEFORE,
                    f"DAG '{dag_id}': there is no version before {number_of(current)}",
                    "deploy the bundle of an earlier conversion",
                )
            )
        target = max(before, key=number_of)
        lead_alias(client, machine, target)
    return Rollback(dag_id, f"{machine}:{LIVE}", number_of(current), number_of(target))


def machine_arn(session: Session, name: str) -> str:
    """Return the ARN that a machine of this name has, whether it exists or not."""
    identity = session.client("sts").get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    place = f"{session.region_name}:{identity['Account']}"
    return f"arn:{partition}:states:{place}:stateMachine:{name}"


def live_version(client: Any, machine: str) -> str | None:
    """Return the version that the alias leads to, None if there is no alias."""
    try:
        alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{machine}:{LIVE}")
    except ClientError as error:
        if error_code(error) in _GONE:
            return None
        raise
    return str(
        max(alias["routingConfiguration"], key=lambda route: route["weight"])["stateMachineVersionArn"]
    )


def lead_alias(client: Any, machine: str, version: str) -> None:
    """Lead the alias to a version, all of it."""
    client.update_state_machine_alias(
        stateMachineAliasArn=f"{machine}:{LIVE}",
        routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}],
    )


def version_arns(client: Any, machine: str) -> list[str]:
    """Return the published versions of a machine, the newest first."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = client.list_state_machine_versions(stateMachineArn=machine, maxResults=1000, **token)
        found += [version["stateMachineVersionArn"] for version in answer["stateMachineVersions"]]
        if not answer.get("nextToken"):
            return found
        token = {"nextToken": answer["nextToken"]}


def number_of(version: str) -> int:
    """Return the number at the end of a version's ARN."""
    return int(version.rpartition(":")[2])


def running_executions(client: Any, machine: str) -> list[Any]:
    """Return the executions of a machine that run, of whatever version; none if there is no machine."""
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="RUNNING")
    try:
        return [execution for page in pages for execution in page["executions"]]
    except ClientError as error:
        if error_code(error) in _GONE:
            return []
        raise


def prune(
    session: Session, machines: Iterable[str], functions: Iterable[str], path: str, keep: Iterable[str]
) -> Iterator[str]:
    """Remove versions that nobody needs, and roles that only they had; yield what was removed.

    ``machines`` are the machine of the DAG and, where it has one, its body; ``functions`` are the names of
    the stack's functions, ``path`` is that of its roles in IAM, of which ``keep`` (names) stay anyway.
    """
    client, functions_api = session.client("stepfunctions"), session.client("lambda")
    roles: set[str] = set()
    definitions = ""
    for machine in machines:
        running = running_executions(client, machine)
        if any("stateMachineVersionArn" not in execution for execution in running):
            return  # started by the machine's own name: what they need cannot be told
        arns = version_arns(client, machine)
        needed = {*arns[:KEPT_VERSIONS], *(execution["stateMachineVersionArn"] for execution in running)}
        needed |= {arn for arn in (live_version(client, machine),) if arn}
        needed |= {arn for arn in arns if f'"{arn}"' in definitions}
        for arn in arns:
            if arn not in needed:
                client.delete_state_machine_version(stateMachineVersionArn=arn)
                yield f"version {number_of(arn)} of {machine.rpartition(':')[2]}"
        for arn in [machine, *(arn for arn in arns if arn in needed)]:
            described = client.describe_state_machine(stateMachineArn=arn)
            roles.add(described["roleArn"])
            definitions += described["definition"]
    for function in functions:
        pages = functions_api.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        versions = [version for page in pages for version in page["Versions"]]
        # The newest is the stack's own: what calls it need not be a definition.
        newest = max((int(one["Version"]) for one in versions if one["Version"] != "$LATEST"), default=0)
        for version in versions:
            number, arn = version["Version"], version["FunctionArn"]
            if number in ("$LATEST", str(newest)) or f'"{arn}"' in definitions:
                roles.add(version["Role"])
            else:
                functions_api.delete_function(FunctionName=function, Qualifier=number)
                yield f"version {number} of {function}"
    yield from remove_roles(session, path, keep={*roles, *keep})


def remove_roles(session: Session, path: str, keep: Iterable[str] = ()) -> Iterator[str]:
    """Remove the roles and managed policies below a path, but for some roles and what is attached to them.

    ``keep`` are ARNs or names.
    """
    iam, kept = session.client("iam"), set(keep)
    for page in iam.get_paginator("list_roles").paginate(PathPrefix=path):
        for role in page["Roles"]:
            if role["Arn"] not in kept and role["RoleName"] not in kept:
                _remove_role(iam, role["RoleName"])
                yield f"role {role['RoleName']}"
    for page in iam.get_paginator("list_policies").paginate(Scope="Local", PathPrefix=path):
        for policy in page["Policies"]:
            if policy["AttachmentCount"] == 0:
                iam.delete_policy(PolicyArn=policy["Arn"])
                yield f"policy {policy['PolicyName']}"


def _remove_role(iam: Any, name: str) -> None:
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
