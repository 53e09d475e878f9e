"""What a check has: a role, and machines, tables and functions that are gone when it is over."""

from __future__ import annotations

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from docs.assumptions.model import CannotTell

#: What is made is called NAME-1, NAME-2, …: patterns that no version's ARN matches, which has a colon behind that.
_NAMES = ("-?", "-??")
#: What the role may do: only with what the checks make, but for looking for what there is not. Of a resource
#: there are what stands before its name, and what may stand behind.
_OWN = (
    ("states", "stateMachine:", _NAMES, ("states:StartExecution",)),
    ("states", "execution:", ("-*",), ("states:DescribeExecution", "states:StopExecution")),
    (
        "dynamodb",
        "table/",
        _NAMES,
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"),
    ),
    ("lambda", "function:", (*_NAMES, *(f"{name}:*" for name in _NAMES)), ("lambda:InvokeFunction",)),
)
_ANYWHERE = (
    "events:PutTargets", "events:PutRule", "events:DescribeRule",
    "s3:ListBucket", "redshift:DescribeClusters", "rds:DescribeDBInstances", "glue:GetJob",
)  # fmt: skip
_PATIENCE = 180.0


@dataclass(frozen=True)
class Run:
    """An execution that has ended."""

    arn: str
    status: str
    output: Any
    error: str
    events: tuple[Mapping[str, Any], ...]

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the events of a type."""
        return [event for event in self.events if event["type"] == kind]


class World:
    """An account and region. ``settle`` is how long a new role takes to be known everywhere, in seconds."""

    def __init__(self, session: Any, *, settle: float) -> None:
        self.session, self._settle = session, settle
        self.name = f"dag2sfn-check-{secrets.token_hex(4)}"
        self.states = session.client("stepfunctions")
        self._leave: list[tuple[str, Callable[[], object]]] = []
        self._role = ""
        self._count = 0

    # --- what checks make -------------------------------------------------------------------------------

    def run(self, states: Mapping[str, Any], given: Any = None, **fields: Any) -> Run:
        """Run a machine of these states, the first of them first, to its end."""
        return self.end_of(self.start(self.machine(states, **fields), given))

    def machine(self, states: Mapping[str, Any], **fields: Any) -> str:
        """Create a machine; return its ARN."""
        definition = {"QueryLanguage": "JSONata", **block(states), **fields}
        name, role = self._next(), self.role()
        arn = self._retried(
            lambda: self.states.create_state_machine(
                name=name, definition=json.dumps(definition), roleArn=role
            )["stateMachineArn"]
        )
        self.afterwards(f"machine {name}", lambda: self.states.delete_state_machine(stateMachineArn=arn))
        return str(arn)

    def start(self, machine: str, given: Any = None) -> str:
        """Start an execution; return its ARN."""
        return str(
            self.states.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))[
                "executionArn"
            ]
        )

    def end_of(self, execution: str) -> Run:
        """Wait for an execution's end; return it with its history."""
        deadline = time.monotonic() + _PATIENCE
        while (found := self.states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                self.states.stop_execution(executionArn=execution)
                raise CannotTell(f"an execution had not ended after {_PATIENCE:g} s")
            time.sleep(0.5)
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return Run(
            execution,
            found["status"],
            json.loads(found["output"]) if "output" in found else None,
            found.get("error", ""),
            tuple(event for page in pages for event in page["events"]),
        )

    def table(self) -> str:
        """Create a table with the key `id`; return its name."""
        client, name = self.session.client("dynamodb"), self._next()
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.afterwards(f"table {name}", lambda: client.delete_table(TableName=name))
        client.get_waiter("table_exists").wait(TableName=name)
        return name

    def function(self, source: str) -> str:
        """Create a function with the handler `handler(event, context)`; return its ARN."""
        client, name, role = self.session.client("lambda"), self._next(), self.role()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code.py", source)
        arn = self._retried(
            lambda: client.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=role,
                Handler="code.handler",
                Code={"ZipFile": packed.getvalue()},
            )["FunctionArn"]
        )
        self.afterwards(f"function {name}", lambda: client.delete_function(FunctionName=name))
        client.get_waiter("function_active_v2").wait(FunctionName=name)
        return str(arn)

    def role(self) -> str:
        """Return the ARN of the role of all that is made, which is created once."""
        if self._role:
            return self._role
        iam, name = self.session.client("iam"), self.name
        services = [f"{service}.amazonaws.com" for service in ("states", "lambda")]
        trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
        self._role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        self.afterwards(f"role {name}", lambda: iam.delete_role(RoleName=name))
        partition, account = self._role.split(":")[1], self._role.split(":")[4]
        place = f"{self.session.region_name}:{account}"
        own = [
            {
                "Effect": "Allow",
                "Action": list(actions),
                "Resource": [f"arn:{partition}:{service}:{place}:{kind}{name}{end}" for end in ends],
            }
            for service, kind, ends, actions in _OWN
        ]
        iam.put_role_policy(
            RoleName=name,
            PolicyName="checks",
            PolicyDocument=_policy(*own, {"Effect": "Allow", "Action": list(_ANYWHERE), "Resource": "*"}),
        )
        self.afterwards(
            f"policy of {name}", lambda: iam.delete_role_policy(RoleName=name, PolicyName="checks")
        )
        time.sleep(self._settle)
        return self._role

    # --- leaving ----------------------------------------------------------------------------------------

    def leave(self) -> list[str]:
        """Remove all that was made, the latest first; return what could not be removed, with the reason."""
        kept = []
        while self._leave:
            what, remove = self._leave.pop()
            try:
                remove()
            except Exception as error:  # noqa: BLE001 - the rest has to go all the same
                kept.append(f"{what}: {error}")
        return kept

    def afterwards(self, what: str, remove: Callable[[], object]) -> None:
        """Have something removed when the checks are over."""
        self._leave.append((what, remove))

    def _next(self) -> str:
        self._count += 1
        return f"{self.name}-{self._count}"

    def _retried(self, create: Callable[[], Any]) -> Any:
        """Return what is created; a role is not known everywhere at once."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return create()
            except ClientError as error:
                if "role" not in str(error).lower() or time.monotonic() > deadline:
                    raise
                time.sleep(3)


def block(states: Mapping[str, Any]) -> dict[str, Any]:
    """Return states as a block: the first begins, each leads to the next unless it says otherwise."""
    names = list(states)
    found = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in ("Succeed", "Fail", "Choice") and not {"Next", "End"} & state.keys():
            state |= {"End": True} if following is None else {"Next": following}
        found[name] = state
    return {"StartAt": names[0], "States": found}


def parallel(*branches: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a Parallel with these branches, each given by its states."""
    return {"Type": "Parallel", "Branches": [block(branch) for branch in branches], **fields}


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
