"""Await → a poller loop, and what makes a task visible to the pollers of sibling branches.

A loop is three states: a Lambda function that is asked which of the awaited tasks are finished, a Choice
with four exits (all succeeded; one did not; the deadline has passed; otherwise wait), and the Wait. While
the loop runs, state data is ``{here, records}``: the branch's own data, and what is known of the awaited
tasks. What an Await learns never leaves its branch.

In the style ``retry`` the function answers only when there is something to decide, and else fails with
:data:`NOT_READY`, which the Task's Retry repeats: a question costs one transition and three events instead of
three and nine. The loop around it stays, for what retries cannot settle: trouble of the service.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from converter.asl import records
from converter.asl.names import listing
from converter.asl.options import Correlate, Options, PollerStyle
from converter.expressions.jsonata import Expression, Substitution, field_value, literal
from converter.operators.step import GlueRun
from converter.workflow import Outcome

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
#: The poller function's error when it is told to wait (``until``) and the wait is not over.
NOT_READY = "NotReady"
#: The most tries that ASL takes.
_MOST_TRIES = 99_999_999
#: How long an outcome record is kept once no poller can wait for it any more, for people who want to look.
_KEPT_SECONDS = 7 * 86_400

_QUICK_RETRIER = {
    "ErrorEquals": _LAMBDA_TROUBLE,
    "IntervalSeconds": 2,
    "MaxAttempts": 2,
    "BackoffRate": 2.0,
    "JitterStrategy": "FULL",
}

#: For calls of services besides the tasks' own: quick tries for about a minute.
SERVICE_RETRIER = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 1,
    "MaxAttempts": 6,
    "BackoffRate": 2.0,
    "JitterStrategy": "FULL",
}
#: The age of the execution, in milliseconds.
ELAPSED = "$millis() - $toMillis($states.context.Execution.StartTime)"


@dataclass(frozen=True)
class Pace:
    """How often pollers ask, and for how long. Durations in seconds.

    In a loop they ask every ``interval`` seconds, but not more often than every ``growth`` of the execution's
    age (0.02: after an hour, every 72 s; 0: always every interval); as a Task that retries, at pauses that
    begin with ``interval`` and grow by ``growth`` of the time waited. They give up ``deadline`` seconds after
    the start of the execution.
    """

    interval: int
    deadline: int
    growth: float = 0.0

    @property
    def backoff(self) -> float:
        """The factor between two pauses of a Task that retries.

        After pauses of i, i(1 + g), i(1 + g)^2, … seconds, t together, the next one takes i + gt.
        """
        return 1.0 + self.growth

    def longest_pause(self, age: float) -> float:
        """Return how long the pause that ends at this age of the execution has taken at most, in seconds."""
        return self.interval + self.growth * age

    @property
    def retries(self) -> int:
        """How often a Task has to retry until the deadline has certainly passed."""
        if not self.growth:
            return min(math.ceil(self.deadline / self.interval), _MOST_TRIES)
        # The pauses are a geometric series, whose sum has to reach the deadline.
        pauses = math.log1p(self.growth * self.deadline / self.interval) / math.log(self.backoff)
        return min(math.ceil(pauses), _MOST_TRIES)


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


#: The data of the branch, and what is known of the awaited tasks, while a loop runs.
HERE, KNOWN = f"{records.INPUT}.here", f"{records.INPUT}.records"


@dataclass(frozen=True)
class Exit:
    """A way out of a loop: the state to go to, and the data to take along."""

    next_state: str
    output: Expression


@dataclass(frozen=True)
class LoopExits:
    """Where a loop leads.

    ``rules`` are tried in turn, each a condition with its exit; ``late`` is taken when the deadline has
    passed, ``broken`` when asking fails for good (None: the execution fails). No rule holds before all
    awaited tasks have finished, or one of them with one of the outcomes ``until``; None: it may all the same.
    """

    rules: tuple[tuple[Expression, Exit], ...]
    late: Exit
    broken: Exit | None
    until: frozenset[Outcome] | None


def all_succeeded(count: int) -> Expression:
    """Return whether all ``count`` awaited tasks have succeeded."""
    return Expression(f"$count({KNOWN}.*[state = 'success']) = {count}")


def all_finished(count: int) -> Expression:
    """Return whether all ``count`` awaited tasks have finished."""
    return Expression(f"$count({KNOWN}.*) = {count}")


def some_not_successful() -> Expression:
    """Return whether one of the awaited tasks has finished other than in success."""
    return Expression(f"$count({KNOWN}.*{records.NOT_SUCCESSFUL}) > 0")


def loop_states(
    *,
    names: LoopNames,
    exits: LoopExits,
    awaited: Mapping[str, GlueRun | None],
    consumers: Sequence[str],
    options: Options,
    pace: Pace,
) -> dict[str, dict[str, Any]]:
    """Return the states of one poller loop; the first is the one to enter.

    ``awaited`` gives the Glue run by which an awaited task is seen to succeed, None if only its record tells;
    ``consumers`` are the tasks that come directly behind the Await.
    """
    who, whom = listing(consumers), listing(tuple(awaited))
    question = _question(awaited, options)
    retriers = [_QUICK_RETRIER, _other_errors(attempts=2)]
    caught = [*_LAMBDA_TROUBLE, "States.Timeout"]
    if exits.until is not None and options.style_for(awaited) is PollerStyle.RETRY:
        question |= {"until": sorted(outcome.value for outcome in exits.until), "deadline": pace.deadline}
        retriers = [_QUICK_RETRIER, _until_ready(pace), _other_errors(attempts=5)]
        caught.append(NOT_READY)
    ask: dict[str, Any] = {
        "Type": "Task",
        "Comment": f"which of {whom} are finished?",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": str(POLLER_FUNCTION),
            "Payload": field_value(question),
        },
        "TimeoutSeconds": 900,
        "Retry": retriers,
        # Trouble of the service passes: it tells nothing of the awaited tasks, and the next poll may do.
        "Catch": [
            {
                "ErrorEquals": caught,
                "Output": {"here": str(Expression(records.INPUT)), "records": {}},
                "Next": names.finished,
            }
        ],
        "Output": {"here": str(Expression(records.INPUT)), "records": "{% $states.result.Payload.records %}"},
        "Next": names.finished,
    }
    if exits.broken is not None:
        ask["Catch"].append({"ErrorEquals": ["States.ALL"], **_transition(exits.broken)})
    rules = [{"Condition": str(condition), **_transition(exit)} for condition, exit in exits.rules]
    still_time = Expression(f"{ELAPSED} < {pace.deadline * 1000}")
    return {
        names.ask: ask,
        names.finished: {
            "Type": "Choice",
            "Comment": f"can {who} go on?",
            "Choices": [*rules, {"Condition": str(still_time), "Next": names.wait}],
            "Default": exits.late.next_state,
            "Output": str(exits.late.output),
        },
        names.wait: {
            "Type": "Wait",
            "Seconds": pause_seconds(pace),
            "Output": str(Expression(HERE)),
            "Next": names.ask,
        },
    }


def _until_ready(pace: Pace) -> dict[str, Any]:
    """Return the retrier that makes a Task wait until its awaited tasks are finished."""
    return {
        "ErrorEquals": [NOT_READY],
        "IntervalSeconds": pace.interval,
        "MaxAttempts": pace.retries,
        "BackoffRate": pace.backoff,  # without it, ASL doubles each pause
    }


def _other_errors(*, attempts: int) -> dict[str, Any]:
    """Return the retrier for what may be over soon, or may be for good, such as a missing permission.

    Attempts are counted as long as the Task lasts: for one question in a loop, for all that it repeats else.
    """
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 5,
        "MaxAttempts": attempts,
        "BackoffRate": 2.0,
    }


def _transition(exit: Exit) -> dict[str, str]:
    return {"Output": str(exit.output), "Next": exit.next_state}


def late_error(awaited: Sequence[str], pace: Pace) -> tuple[str, str]:
    """Return error and cause of a task whose Await has passed its deadline."""
    cause = f"{listing(awaited)} not finished {pace.deadline} s after the start of the execution"
    return "AwaitDeadlineExceeded", cause


def publish_state(task_id: str, next_state: str, pace: Pace) -> dict[str, Any]:
    """Return the Task that tells sibling branches how a task ended, and then goes to ``next_state``.

    If it fails for good, the branch goes on all the same: those who wait reach their deadline.
    """
    record = f"$string($lookup({records.INPUT}, {literal(task_id)}))"
    expires = f"$string($floor($millis() / 1000) + {pace.deadline + _KEPT_SECONDS})"
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
        "Retry": [SERVICE_RETRIER],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Output": str(Expression(records.INPUT)), "Next": next_state}
        ],
        "Output": str(Expression(records.INPUT)),
        "Next": next_state,
    }


def _question(awaited: Mapping[str, GlueRun | None], options: Options) -> dict[str, Any]:
    """Return the poller function's event; ``converter/pollers/dag2sfn_poller.py`` says what it means."""
    question: dict[str, Any] = {
        "execution": Expression("$states.context.Execution.Id"),
        "started": Expression("$states.context.Execution.StartTime"),
        "tasks": {task_id: {"job": run.job_name} if run else {} for task_id, run in awaited.items()},
    }
    if options.resumable:
        asked = f"function($record, $task) {{$task in {literal(list(awaited))}}}"
        question["known"] = Expression(f"$merge([{{}}, $sift({records.RESUMED}, {asked})])")
    if options.correlate is Correlate.WINDOW:
        question["window"] = options.window
    return question


def pause_seconds(pace: Pace) -> int | str:
    """Return how long a Wait lasts between two looks at this pace, as its field ``Seconds``."""
    if not pace.growth:
        return pace.interval
    grown = f"$floor(({ELAPSED}) / 1000 * {pace.growth:g})"
    return str(Expression(f"$max([{pace.interval}, {grown}])"))
