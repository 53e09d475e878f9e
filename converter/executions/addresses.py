"""Addresses in the AWS console."""

from __future__ import annotations

_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def execution_url(execution_arn: str) -> str:
    """Return the address of an execution.

    >>> execution_url("arn:aws:states:eu-west-1:1:execution:m:run")
    'https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/arn:aws:states:eu-west-1:1:execution:m:run'
    """
    return f"{_states(execution_arn)}/executions/details/{execution_arn}"


def machine_url(arn: str) -> str:
    """Return the address of a state machine, or of that of an execution.

    >>> machine_url("arn:aws-cn:states:cn-north-1:1:execution:m:run")
    'https://console.amazonaws.cn/states/home?region=cn-north-1#/v2/statemachines/view/arn:aws-cn:states:cn-north-1:1:stateMachine:m'
    """
    head, _, name = arn.partition(":execution:")
    machine = f"{head}:stateMachine:{name.split(':')[0]}" if name else arn
    return f"{_states(arn)}/statemachines/view/{machine}"


def _states(arn: str) -> str:
    _, partition, _, region, *_ = arn.split(":")
    host = _HOSTS.get(partition, f"{region}.console.aws.amazon.com")
    return f"https://{host}/states/home?region={region}#/v2"
