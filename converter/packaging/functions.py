"""A Lambda function of a stack: the function, its published version, its role, its log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from converter.packaging.policies import Role, Statement, role
from converter.packaging.settings import KEPT, KEY_IF_ANY, digest_of, log_group, only_if, tags_of
from converter.packaging.yaml_text import Constant, GetAtt, Note, Ref, Sub

_TRACING = Statement(
    ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
    ("*",),
    "X-Ray has no resources that a statement could name (Service Authorization Reference).",
    only_if="IsTraced",
)
_NETWORK = Statement(
    ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
    ("*",),
    'Lambda asks for "*" when a function is created (Lambda Developer Guide, "Giving Lambda functions '
    'access to resources in an Amazon VPC").',
    only_if="IsInVpc",
)
_IS_TRACED = Constant({"Mode": {"Fn::If": ["IsTraced", "Active", "PassThrough"]}})
_IN_VPC = Constant(
    only_if("IsInVpc", {"SubnetIds": Ref("VpcSubnetIds"), "SecurityGroupIds": Ref("VpcSecurityGroupIds")})
)
_POLICIES_IF_ANY = Constant(only_if("HasTaskPolicies", Ref("TaskPolicyArns")))
_DECRYPTION = Statement(("kms:Decrypt",), (Ref("KmsKeyArn"),), only_if="HasKey")


@dataclass(frozen=True)
class Function:
    """A function as it stands in the template.

    ``version`` is what a machine calls: an execution that runs goes on with the code that it began with.
    ``callable_as`` is what a policy allows to be called: any version of it.
    """

    id: str
    version: Ref
    resources: Mapping[str, Any]

    @property
    def callable_as(self) -> Sub:
        """The resource of the permission to invoke it."""
        return Sub(f"${{{self.id}.Arn}}:*")


def function(
    name: str,
    log: str,
    properties: Mapping[str, Any],
    statements: Sequence[Statement],
    *,
    dag_id: str,
    source: Mapping[str, str | bytes],
    role_comment: str,
    takes_policies: bool = False,
) -> Function:
    """Return a function called ``<name>Function``. ``log`` is the end of its log group's name.

    ``source`` is its code (path → content): the logical id of its version follows from it. With
    ``takes_policies``, its role has the policies of the stack's parameter, too.
    """
    its_role = _role(name, tuple(statements), role_comment, takes_policies=takes_policies)
    content = {**properties, **_common(name, its_role, dag_id)}
    version = f"{name}Version{digest_of([content, digest_of_source(source)])}"
    return Function(
        f"{name}Function",
        Ref(version),
        {
            f"{name}Function": {"Type": "AWS::Lambda::Function", "Properties": content},
            version: _published(name),
            **its_role.resources,
            f"{name}Logs": log_group(f"/aws/lambda/${{MachineName}}-{log}", dag_id),
        },
    )


# Most DAGs have the same.
@lru_cache(maxsize=64)
def _role(name: str, statements: tuple[Statement, ...], comment: str, *, takes_policies: bool) -> Role:
    logs = Statement(("logs:CreateLogStream", "logs:PutLogEvents"), (GetAtt(f"{name}Logs", "Arn"),))
    return role(
        f"{name}Role",
        service="lambda.amazonaws.com",
        statements=[*statements, logs, _TRACING, _NETWORK, _DECRYPTION],
        comment=comment,
        more={"ManagedPolicyArns": _POLICIES_IF_ANY} if takes_policies else None,
    )


@cache
def _published(name: str) -> Note:
    return Note(
        "CloudFormation publishes a version when there is a resource of a new name. So the name ends in a "
        "digest of what the function is; `dag2sfn deploy` takes the parameters into it, too.",
        Constant(
            {
                "Type": "AWS::Lambda::Version",
                **KEPT,
                "Properties": {"FunctionName": Ref(f"{name}Function")},
            }
        ),
    )


def digest_of_source(source: Mapping[str, str | bytes]) -> str:
    """Return a digest of files: path → content."""
    listed = "".join(f"{path}\0{_digest(content)}\n" for path, content in sorted(source.items()))
    return hashlib.sha256(listed.encode()).hexdigest()


@lru_cache(maxsize=512)
def _digest(content: str | bytes) -> str:
    """Return that of one file: most are the same for every DAG."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _common(name: str, its_role: Role, dag_id: str) -> dict[str, Any]:
    return {
        "Role": its_role.arn,
        "LoggingConfig": {"LogGroup": Ref(f"{name}Logs")},
        "TracingConfig": _IS_TRACED,
        "KmsKeyArn": KEY_IF_ANY,
        "VpcConfig": _IN_VPC,
        "Tags": tags_of(dag_id),
    }
