"""Amazon EC2: instances."""

from __future__ import annotations

from typing import Any

from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    allow,
    arn,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Step

_EC2 = f"{AMAZON}.operators.ec2"


@converts(f"{_EC2}.EC2StartInstanceOperator")
def start(args: Arguments) -> Step:
    """An instance is started: ``ec2:startInstances``, and the wait until it runs.

    Return value, as in Airflow: none.
    """
    return _switched(args, "startInstances", "running")


@converts(f"{_EC2}.EC2StopInstanceOperator")
def stop(args: Arguments) -> Step:
    """An instance is stopped: ``ec2:stopInstances``, and the wait until it is.

    Return value, as in Airflow: none.
    """
    return _switched(args, "stopInstances", "stopped")


def _switched(args: Arguments, action: str, state: str) -> Step:
    instance = args.take("instance_id")
    asked = {"InstanceIds": [instance]}
    delay = args.take_number("check_interval", 15)
    path = "Reservations[0].Instances[0].State.Name"
    # The operator waits without a limit, whatever the state.
    wait = wait_until("ec2:describeInstances", asked, path, (state,), bad=(), delay=delay, attempts=None)
    return step_of(args, request(f"ec2:{action}", asked, on=_instance(instance)), wait)


@converts(f"{_EC2}.EC2CreateInstanceOperator")
def create(args: Arguments) -> Step:
    """New instances: ``ec2:runInstances``, with the wait until they run where the operator waits.

    Return value, as in Airflow: the list of instance ids.
    """
    arguments = {
        "ImageId": args.take("image_id"),
        "MinCount": args.take("min_count", 1),
        "MaxCount": args.take("max_count", 1),
        **args.take_mapping("config"),
    }
    args.set_aside("terminate_instance_on_failure")
    run = request(
        "ec2:runInstances",
        arguments,
        keeps={"ids": "[$states.result.Instances.InstanceId]"},
        also=(allow("iam:PassRole", reason="the role is that of the instance profile"),),
    )
    return _waiting(args, run, Expression("$ids"), "instance_running", output="$ids")


@converts(f"{_EC2}.EC2TerminateInstanceOperator")
def terminate(args: Arguments) -> Step:
    """Instances are terminated: ``ec2:terminateInstances``, with the wait for it where the operator waits.

    Return value, as in Airflow: none.
    """
    ids = _ids(args)
    ended = request("ec2:terminateInstances", {"InstanceIds": ids}, on=_instance(ids))
    return _waiting(args, ended, ids, "instance_terminated")


@converts(f"{_EC2}.EC2RebootInstanceOperator")
def reboot(args: Arguments) -> Step:
    """Instances are rebooted: ``ec2:rebootInstances``, with the wait until they run where it waits.

    Return value, as in Airflow: none.
    """
    ids = _ids(args)
    return _waiting(
        args, request("ec2:rebootInstances", {"InstanceIds": ids}, on=_instance(ids)), ids, "instance_running"
    )


@converts(f"{_EC2}.EC2HibernateInstanceOperator")
def hibernate(args: Arguments) -> Step:
    """Instances are hibernated: ``ec2:stopInstances``, with the wait until they are where it waits.

    Return value, as in Airflow: none. EC2 refuses instances that are not configured for it.
    """
    ids = _ids(args)
    stopped = request("ec2:stopInstances", {"InstanceIds": ids, "Hibernate": True}, on=_instance(ids))
    return _waiting(args, stopped, ids, "instance_stopped")


def _waiting(args: Arguments, first: Request, ids: Any, waiter: str, output: str | None = None) -> Step:
    delay, attempts = args.take_number("poll_interval", 20), args.take_number("max_attempts", 20)
    wait = wait_for(f"ec2:{waiter}", {"InstanceIds": ids}, delay=delay, attempts=attempts)
    waits = args.take("wait_for_completion", False)
    return step_of(args, first, *([wait] if waits else []), output=output)


def _ids(args: Arguments) -> Any:
    ids = args.take("instance_ids")
    if isinstance(ids, Expression):
        # A text, or a list of them.
        return Expression(f"[{ids.text}]")
    return [ids] if isinstance(ids, str) else ids


def _instance(ids: Any) -> str:
    only = ids[0] if isinstance(ids, list) and len(ids) == 1 else ids
    return arn("ec2", "instance/{}", only)
