"""What Step Functions refuses, said so that the user knows what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def not_deployed(wanted: str, region: str) -> Dag2SfnError:
    """Return the error for a DAG or a machine that is not there."""
    return Dag2SfnError(
        Diagnostic(
            d.MACHINE_NOT_DEPLOYED,
            f"no state machine for {wanted!r} in region {region}",
            "deploy the DAG's bundle first (dag2sfn deploy), or choose the region that it was deployed to",
        )
    )


@contextmanager
def explaining_unknown_execution(client: SFNClient, execution_arn: str) -> Iterator[None]:
    """Turn the refusal of an execution's ARN into :class:`~converter.diagnostics.Dag2SfnError` (D452)."""
    try:
        yield
    except (client.exceptions.ExecutionDoesNotExist, client.exceptions.InvalidArn) as error:
        raise Dag2SfnError(
            Diagnostic(
                d.EXECUTION_UNKNOWN,
                f"no execution {execution_arn!r} in region {client.meta.region_name}",
                "give the ARN that starting it returned; Step Functions forgets executions after 90 days",
            )
        ) from error


@contextmanager
def explaining_refused_start(client: SFNClient, machine_arn: str) -> Iterator[None]:
    """Turn the refusal of a machine or of an input into :class:`~converter.diagnostics.Dag2SfnError`."""
    try:
        yield
    except (client.exceptions.StateMachineDoesNotExist, client.exceptions.InvalidArn) as error:
        raise not_deployed(machine_arn, client.meta.region_name) from error
    except client.exceptions.InvalidExecutionInput as error:
        reason = error.response["Error"]["Message"]
        raise Dag2SfnError(
            Diagnostic(
                d.RUN_INPUT_REFUSED,
                f"Step Functions refuses the run's input: {reason}",
                "conf must be JSON, and of less than 256 KiB together with the dates and the run_id",
            )
        ) from error
