"""AWS Step Functions: machines of the user's that a DAG starts."""

from __future__ import annotations

import json
import re
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection, waiter_timeout
from converter.operators.mapping import map_index_of
from converter.operators.registry import converts
from converter.operators.requests import arn, request, step_of
from converter.operators.step import Permission, Retrier, Step
from converter.workflow import Opaque

#: Errors that the optimised integration does not name one by one arrive under the SDK's common name.
_THROTTLING = Retrier(
    (
        "StepFunctions.AWSStepFunctionsException",
        "StepFunctions.ExecutionLimitExceeded",
        "StepFunctions.ThrottlingException",
    )
)
_MACHINE_ARN = re.compile(r"(arn:[^:]+:states:[^:]+:\d{12}:stateMachine:[A-Za-z0-9-_]+)(:[A-Za-z0-9-_]+)?\Z")
#: StartExecution: at most 80 characters, none of which needs quoting anywhere.
_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}\Z")


@converts("airflow.providers.amazon.aws.operators.step_function.StepFunctionStartExecutionOperator")
def start_execution(args: Arguments) -> Step:
    """A nested execution: ``states:startExecution``, with ``.sync:2`` where the operator waits.

    Return value, as in Airflow: the execution's ARN. The machine is the user's and must exist.
    """
    arn = args.take_name("state_machine_arn")
    name = _name(args)
    # Airflow waits for the execution only when the operator is deferrable.
    waits = bool(args.take("deferrable", False))
    timeout = waiter_timeout(args, delay=60, attempts=30, applies=waits)
    if args.take("is_redrive_execution"):
        args.report(d.LOST_FEATURE, "is_redrive_execution is not converted", "start a new execution instead")
    arguments = {
        "StateMachineArn": arn,
        "Name": name or _execution_name(args.task.task_id, map_index_of(args.task)),
        "Input": _input(args),
    }
    set_aside_connection(args)
    return Step(
        task_id=args.task.task_id,
        operator="StepFunctionStartExecutionOperator",
        resource="arn:aws:states:::states:startExecution" + (".sync:2" if waits else ""),
        arguments=arguments,
        output=Expression("$states.result.ExecutionArn"),
        retriers=(_THROTTLING,),
        timeout=timeout,
        permissions=_permissions(args, arn, waits),
    )


def _execution_name(task_id: str, map_index: str | None) -> Expression:
    """Return a name that follows from execution, task, map index and try, so that it can be found again.

    A name stays taken for 90 days after its execution has ended, so each try needs its own. Names have at
    most 80 characters, hence the hash.
    """
    readable = literal(re.sub(r"[^A-Za-z0-9_-]", "-", task_id)[:40] + "-")
    which = literal(f"/{task_id}/-1/")
    if map_index is not None:
        which = f"{literal(f'/{task_id}/')} & {map_index} & '/'"
    identity = f"$states.context.Execution.Id & {which} & $states.context.State.RetryCount"
    return Expression(f"{readable} & $substring($hash({identity}, 'SHA-256'), 0, 32)")


def _name(args: Arguments) -> str | Expression | None:
    name = args.take("name")
    if isinstance(name, Expression):
        return name
    if name is None or isinstance(name, Opaque) or (isinstance(name, str) and _EXECUTION_NAME.match(name)):
        return name if isinstance(name, str) else None
    args.report(d.BAD_ARGUMENT, f"argument 'name' is {name!r}", "write a name of 1 to 80 plain characters")
    return None


def _input(args: Arguments) -> Any:
    """Return the nested execution's input. As in Airflow, what is neither a dict nor a text is not sent."""
    value = args.take("state_machine_input")
    if isinstance(value, Expression):
        if args.task.expansion is None:
            return Expression(f"$parse({value.text})")
        return Expression(f"($given := {value.text}; $type($given) = 'string' ? $parse($given) : $given)")
    if isinstance(value, str):
        try:
            return json.loads(value, parse_constant=_refuse_constant)
        except ValueError:
            args.report(d.BAD_ARGUMENT, "argument 'state_machine_input' is no JSON text", "write a dict")
    elif value is not None and not isinstance(value, (dict, Opaque)):
        args.report(d.BAD_ARGUMENT, f"argument 'state_machine_input' is {value!r}", "write a dict")
    return value if isinstance(value, dict) else {}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _permissions(args: Arguments, arn: str | Expression, waits: bool) -> tuple[Permission, ...]:
    if isinstance(arn, Expression):
        anyone = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:*"
        return _needed(anyone, waits, "a template gives the machine's ARN")
    match = _MACHINE_ARN.match(arn)
    if not match:
        if arn:
            args.report(d.BAD_ARGUMENT, f"'{arn}' is no ARN of a state machine", "write the whole ARN")
        return ()
    # Access to a version or an alias is granted through the machine's own ARN (AWS documentation,
    # "Authorization for versions and aliases").
    return _needed(match.group(1), waits, "")


def _needed(arn: str, waits: bool, reason: str) -> tuple[Permission, ...]:
    start = Permission(("states:StartExecution",), (arn,), reason)
    if not waits:
        return (start,)
    executions = arn.replace(":stateMachine:", ":execution:").removesuffix("*") + ":*"
    executions = executions.replace("::*", ":*")
    # .sync learns of the end through an EventBridge rule that Step Functions manages (AWS documentation,
    # "IAM policies for nested executions").
    rule = (
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
        ":rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    )
    return (
        start,
        Permission(("states:DescribeExecution", "states:StopExecution"), (executions,), reason),
        Permission(("events:PutTargets", "events:PutRule", "events:DescribeRule"), (rule,)),
    )


@converts("airflow.providers.amazon.aws.operators.step_function.StepFunctionGetExecutionOutputOperator")
def execution_output(args: Arguments) -> Step:
    """What an execution has given: ``sfn:describeExecution``.

    Return value, as in Airflow: its output as a value, else its error, else none.
    """
    execution = args.take("execution_arn")
    result = "$states.result"
    described = request(
        "stepfunctions:describeExecution",
        {"executionArn": execution},
        on=arn("states", "{}", execution),
        keeps={"found": f"$exists({result}.Output) ? $parse({result}.Output) : {result}.Error"},
    )
    return step_of(args, described, output="$found")
