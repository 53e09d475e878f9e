"""Await → a poller loop, and what makes a task visible to the pollers of sibling branches.

A loop is three states: a Lambda function that is asked which of the awaited tasks are finished, a Choice
with four exits (all succeeded; one did not; the deadline has passed; otherwise wait), and the Wait. While
the loop runs, state data is ``{here, records}``: the branch's own data, and what is known of the awaited
tasks. What an Await learns never leaves its branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.asl import records
from converter.asl.names import listing
from converter.asl.options import Correlate, Failures, Options
from converter.expressions.jsonata import Expression, Substitution, literal
from converter.operators.step import GlueRun, Step

POLLER_FUNCTION = Substitution("PollerFunctionArn")
OUTCOME_TABLE = Substitution("OutcomeTableName")

#: Errors of the Lambda service itself (AWS documentation, "Handle transient Lambda service exceptions").
_LAMBDA_TROUBLE = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
#: An outcome record is of no use once its execution is over; an execution lasts at most a year, and
#: nobody waits for longer than its deadline. A week more is for people who want to look.
_KEPT_SECONDS = 7 * 86_400

_ELAPSED = "$millis() - $toMillis($states.context.Execution.StartTime)"


@dataclass(frozen=True)
class Pace:
    """How often pollers ask, and for how long. Durations in seconds.

    They ask every ``interval`` seconds, but not more often than every ``growth`` of the execution's age
    (0.02: after an hour, every 72 s; 0: always every interval). They give up ``deadline`` seconds after
    the start of the execution.
    """

    interval: int
    deadline: int
    growth: float = 0.0


@dataclass(frozen=True)
class LoopNames:
    """The names of a loop's three states."""

    ask: str
    finished: str
    wait: str


def ask_name(consumers: Sequence[str], awaited: Sequence[str]) -> str:
    """Return the name of the loop's first state, which says who asks for whom."""
    return f"{listing(consumers)}: ask for {listing(awaited)}"


def finished_and_wait_names(consumers: Sequence[str], awaited: Sequence[str]) -> tuple[str, str]:
    """Return the names of the loop's Choice and of its Wait."""
    who, whom = listing(consumers), listing(awaited)
    return f"{who}: {whom} finished?", f"{who}: wait for {whom}"


@dataclass(frozen=True)
class LoopExits:
    """Where a loop leads: the next state, and where the branch goes if the consumers cannot run.

    ``failed`` is None with ``--failures stop``, where an awaited task's failure ends the execution anyway;
    ``late`` is the state that takes over when the deadline has passed.
    """

    succeeded: str
    failed: str | None
    late: str


def loop_states(
    *,
    names: LoopNames,
    exits: LoopExits,
    awaited: Mapping[str, Step],
    consumers: Sequence[str],
    timeouts: Mapping[str, int | None],
    options: Options,
    pace: Pace,
    has_records: bool,
) -> dict[str, dict[str, Any]]:
    """Return the states of one poller loop; the first is the one to enter.

    ``consumers`` are the tasks that come directly behind the Await; ``timeouts`` gives the seconds that one
    try of an awaited task may take.
    """
    who, whom = listing(consumers), listing(tuple(awaited))
    here = f"{records.INPUT}.here"
    known = f"{records.INPUT}.records"
    ask: dict[str, Any] = {
        "Type": "Task",
        "Comment": f"which of {whom} are finished?",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": str(POLLER_FUNCTION),
            "Payload": _question(awaited, timeouts, options),
        },
        "TimeoutSeconds": 900,
        "Retry": [
            {
                "ErrorEquals": _LAMBDA_TROUBLE,
                "IntervalSeconds": 2,
                "MaxAttempts": 6,
                "BackoffRate": 2.0,
                "JitterStrategy": "FULL",
            },
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 2, "BackoffRate": 2.0},
        ],
        "Output": {"here": str(Expression(records.INPUT)), "records": "{% $states.result.Payload.records %}"},
        "Next": names.finished,
    }
    rules: list[dict[str, Any]] = [
        {
            "Condition": str(Expression(f"$count({known}.*[state = 'success']) = {len(awaited)}")),
            "Output": str(Expression(here)),
            "Next": exits.succeeded,
        }
    ]
    if exits.failed is not None:
        ask["Catch"] = [
            {
                "ErrorEquals": ["States.ALL"],
                "Output": str(records.failed(consumers[0], has_records=has_records)),
                "Next": exits.failed,
            }
        ]
        rules.append(
            {
                "Condition": str(Expression(f"$count({known}.*{records.NOT_SUCCESSFUL}) > 0")),
                "Output": str(records.upstream_failed(consumers, data=here, decided_by=known)),
                "Next": exits.failed,
            }
        )
    rules.append(
        {
            "Condition": str(Expression(f"{_ELAPSED} < {pace.deadline * 1000}")),
            "Next": names.wait,
        }
    )
    late: dict[str, Any] = {"Default": exits.late}
    if exits.failed is not None:
        cause = f"{whom} not finished {pace.deadline} s after the start of the execution"
        late["Output"] = str(
            records.failed_because(
                consumers[0], "AwaitDeadlineExceeded", cause, has_records=has_records, data=here
            )
        )
    return {
        names.ask: ask,
        names.finished: {"Type": "Choice", "Comment": f"can {who} go on?", "Choices": rules, **late},
        names.wait: {
            "Type": "Wait",
            "Seconds": _seconds(pace),
            "Output": str(Expression(here)),
            "Next": names.ask,
        },
    }


def late_fail_state(awaited: Sequence[str], pace: Pace) -> dict[str, Any]:
    """Return the Fail state behind a deadline, where failures stop the execution."""
    cause = f"{listing(awaited)} not finished {pace.deadline} s after the start of the execution"
    return {"Type": "Fail", "Error": "AwaitDeadlineExceeded", "Cause": cause}


def publish_state(task_id: str, next_state: str) -> dict[str, Any]:
    """Return the Task that tells sibling branches how a task ended, and then goes to ``next_state``.

    If it fails for good, the branch goes on all the same: those who wait reach their deadline.
    """
    record = f"$string($lookup({records.INPUT}, {literal(task_id)}))"
    expires = f"$string($floor($millis() / 1000) + {_KEPT_SECONDS})"
    identity = f"$states.context.Execution.Id & {literal(f'/{task_id}')}"
    return {
        "Type": "Task",
        "Comment": f"tells sibling branches how {task_id} ended",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Arguments": {
            "TableName": str(OUTCOME_TABLE),
            "Item": {
                "id": {"S": str(Expression(identity))},
                "record": {"S": str(Expression(record))},
                "expires": {"N": str(Expression(expires))},
            },
        },
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 1,
                "MaxAttempts": 6,
                "BackoffRate": 2.0,
                "JitterStrategy": "FULL",
            }
        ],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Output": str(Expression(records.INPUT)), "Next": next_state}
        ],
        "Output": str(Expression(records.INPUT)),
        "Next": next_state,
    }


def _question(
    awaited: Mapping[str, Step], timeouts: Mapping[str, int | None], options: Options
) -> dict[str, Any]:
    """Return the poller function's event; ``converter/pollers/dag2sfn_poller.py`` says what it means."""
    tasks: dict[str, Any] = {}
    for task_id, step in awaited.items():
        tasks[task_id] = {}
        if isinstance(step.completion, GlueRun):
            tasks[task_id]["job"] = step.completion.job_name
            if timeouts.get(task_id):
                tasks[task_id]["timeout"] = timeouts[task_id]
    question: dict[str, Any] = {
        "execution": "{% $states.context.Execution.Id %}",
        "started": "{% $states.context.Execution.StartTime %}",
        "tasks": tasks,
    }
    if options.correlate is Correlate.WINDOW:
        question["window"] = options.window
    return question


def _seconds(pace: Pace) -> int | str:
    if not pace.growth:
        return pace.interval
    grown = f"$floor(({_ELAPSED}) / 1000 * {pace.growth:g})"
    return str(Expression(f"$max([{pace.interval}, {grown}])"))


def needs_table(awaited: Mapping[str, Step], options: Options) -> bool:
    """Return whether outcome records are needed: not where Glue itself tells all there is to know."""
    if not awaited:
        return False
    if options.failures is Failures.AIRFLOW:
        return True
    return any(step.completion is None for step in awaited.values())
