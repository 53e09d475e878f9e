"""The schedule of a deployed DAG: switching it, and finding the function that knows its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter import diagnostics as d
from converter.deployment.stack import Progress, Stack, parameters_of
from converter.deployment.troubles import aws_troubles_explained
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.identity import PREFIX, stack_name
from converter.packaging.settings import SCHEDULE_STATE

if TYPE_CHECKING:
    from boto3.session import Session


@dataclass(frozen=True)
class Starter:
    """What starts a DAG's scheduled runs: the function that knows them, and the machine's alias."""

    function_arn: str
    state_machine_alias_arn: str


def switch_schedule(
    dag_id: str,
    session: Session,
    *,
    on: bool,
    prefix: str = PREFIX,
    on_progress: Progress | None = None,
) -> bool:
    """Switch the schedule of a deployed DAG; return False if it was as wanted.

    The stack is updated with the template that it has, so that it stays what CloudFormation says it is.
    Raises Dag2SfnError: D451 if the DAG is not deployed, D418 if its stack has no schedule, D402 and D403 as
    ``deploy``.
    """
    wanted = "ENABLED" if on else "DISABLED"
    with aws_troubles_explained(otherwise=d.DEPLOYMENT_FAILED):
        stack = Stack(session, stack_name(dag_id, prefix), on_progress or (lambda message: None))
        description = stack.describe()
        if description is None:
            raise _not_deployed(dag_id, session)
        there = parameters_of(description)
        if SCHEDULE_STATE not in there:
            raise _no_schedule(dag_id)
        if there[SCHEDULE_STATE] == wanted:
            return False
        stack.make_ready()
        parameters = [
            {"ParameterKey": name, "ParameterValue": wanted}
            if name == SCHEDULE_STATE
            else {"ParameterKey": name, "UsePreviousValue": True}
            for name in there
        ]
        return stack.update(
            {"UsePreviousTemplate": True, "Parameters": parameters, "Capabilities": ["CAPABILITY_IAM"]}
        )


def starter_of(dag_id: str, session: Session, *, prefix: str = PREFIX) -> Starter:
    """Return what starts the scheduled runs of a deployed DAG. Raises Dag2SfnError: D403, D418, D451."""
    with aws_troubles_explained():
        stack = Stack(session, stack_name(dag_id, prefix), lambda message: None)
        description = stack.describe()
        if description is None:
            raise _not_deployed(dag_id, session)
        outputs = {item["OutputKey"]: item["OutputValue"] for item in description.get("Outputs", ())}
    if "StarterFunctionArn" not in outputs:
        raise _no_schedule(dag_id)
    return Starter(outputs["StarterFunctionArn"], outputs["StateMachineAliasArn"])


def _not_deployed(dag_id: str, session: Session) -> Dag2SfnError:
    problem = f"DAG '{dag_id}' is not deployed in {session.region_name}"
    return Dag2SfnError(Diagnostic(d.MACHINE_NOT_DEPLOYED, problem, "deploy it first"))


def _no_schedule(dag_id: str) -> Dag2SfnError:
    problem = f"the stack of DAG '{dag_id}' has no schedule"
    remedy = "see what its conversion says about the schedule (D223), convert and deploy it again"
    return Dag2SfnError(Diagnostic(d.HAS_NO_SCHEDULE, problem, remedy))
