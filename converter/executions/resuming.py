"""Going on from where an execution failed, as Airflow's *Clear failed tasks, and downstream* does.

AWS's redrive would repeat only the last state, because failures are caught on the way. So a new execution
gets the outcomes of the earlier one in its input, and passes by the tasks that are done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.executions.refusals import explaining_unknown_execution
from converter.executions.results import RUNNING
from converter.executions.run_reader import RunReader
from converter.executions.starting import in_force, start_with_input

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_CARRIED = ("success", "skipped")
#: The input of an execution, in bytes (AWS documentation, "Step Functions service quotas").
_LARGEST_INPUT = 262_144


@dataclass(frozen=True)
class Resumed:
    """A new execution, the tasks that it passes by, and those that it runs again."""

    execution_arn: str
    passed_by: tuple[str, ...]
    run_again: tuple[str, ...]


def resume(
    client: SFNClient, execution_arn: str, *, on_progress: Callable[[str], object] | None = None
) -> Resumed:
    """Start an execution that goes on from one that has ended, with its conf, run id and dates.

    It runs again what has failed or was never decided, and whatever depends on that. Raises
    :class:`~converter.diagnostics.Dag2SfnError`: no such execution (D452); it still runs, its machine cannot
    resume, or nothing is left to do (D454).
    """
    with explaining_unknown_execution(client, execution_arn):
        execution = client.describe_execution(executionArn=execution_arn)
    if execution["status"] == RUNNING:
        raise _refusal(execution_arn, "it is still running", "wait for its end, or stop it")
    reader = RunReader(client, execution_arn)
    if not reader.can_resume:
        raise _refusal(execution_arn, "its machine was converted with --no-resume", "start a new run")
    reader.read_on()
    records, upstream = reader.records(), reader.upstream
    kept = kept_records(records, upstream)
    instances = kept_instances(records, upstream, kept)
    again = tuple(task for task in upstream if task not in kept)
    if not again:
        raise _refusal(execution_arn, "nothing in it has failed", "start a new run")
    run = json.loads(execution.get("input") or "{}")
    run |= {"resumed": kept, "resumed_instances": instances}
    size = len(json.dumps(run).encode())
    if size > _LARGEST_INPUT:
        problem = f"the records of its {len(kept)} finished tasks make an input of {size:,} bytes"
        raise _refusal(execution_arn, f"{problem}, {_LARGEST_INPUT:,} are allowed", "start a new run")
    arn = start_with_input(
        client,
        in_force(client, execution["stateMachineArn"]),
        run,
        str(run.get("run_id") or execution["name"]),
        on_progress=on_progress,
    )
    return Resumed(arn, tuple(kept), again)


def kept_records(
    records: Mapping[str, Mapping[str, Any]], upstream: Mapping[str, tuple[str, ...]]
) -> dict[str, Mapping[str, Any]]:
    """Return the records of the tasks that are done and depend on nothing that has to run again."""
    again = {task for task in upstream if records.get(task, {}).get("state") not in _CARRIED}
    pending = list(again)
    downstream: dict[str, list[str]] = {}
    for task, before in upstream.items():
        for up in before:
            downstream.setdefault(up, []).append(task)
    while pending:
        for task in downstream.get(pending.pop(), ()):
            if task not in again:
                again.add(task)
                pending.append(task)
    return {task: records[task] for task in upstream if task not in again}


def kept_instances(
    records: Mapping[str, Mapping[str, Any]],
    upstream: Mapping[str, tuple[str, ...]],
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the instances of mapped tasks that run again, where those before them do not.

    What they are expanded over is the same then, and those that have succeeded are passed by.
    """
    return {
        task: records[task].get("each", records[task]["instances"])
        for task in upstream
        if task not in kept and "instances" in records.get(task, {}) and kept.keys() >= set(upstream[task])
    }


def _refusal(execution_arn: str, problem: str, remedy: str) -> Dag2SfnError:
    return Dag2SfnError(Diagnostic(d.NOT_RESUMABLE, f"{execution_arn}: {problem}", remedy))
