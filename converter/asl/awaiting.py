"""Await → a poller loop.

A loop is three states: a Task that asks which of the awaited tasks are finished, a Choice with four exits
(all succeeded; one did not; the deadline has passed; otherwise wait), and the Wait. While the loop runs,
state data is ``{here, records}``: the branch's own data, and what is known of the awaited tasks. What an
Await learns never leaves its branch.

Asked is the poller function, which looks for Glue runs and outcome records; where records tell everything, it
is the table itself (``outcome_table``). In the style ``retry`` the function answers only when there is
something to decide, and else fails with :data:`NOT_READY`, which the Task's Retry repeats: a question costs
one transition and three events instead of three and nine. The loop around it stays, for what retries cannot
settle: trouble of the service.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from converter.asl import records
from converter.asl.names import listing
from converter.asl.options import Correlate, Options, PollerStyle
from converter.expressions.jsonata import Expression, Substitution, field_value, literal
from converter.operators.step import GlueRun
from converter.workflow import Outcome

POLLER_FUNCTION = Substitution("PollerFunctionArn")
OUTCOME_TABLE = Substitution("OutcomeTableName")

#: Whom a poller asks that does not ask the table.
THE_FUNCTION = "function"

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

    def retries_in_turn(self, count: int) -> int:
        """Return how often so many Tasks, one after another, retry at most until the deadline has passed."""
        # Pauses that grow begin anew with each of them: most in all if each waits for the same time.
        return count * replace(self, deadline=math.ceil(self.deadline / count)).retries

    @property
    def retries(self) -> int:
        """How often a Task has to retry until the deadline has certainly passed."""
        if not self.growth:
            return min(math.ceil(self.deadline / self.interval), _MOST_TRIES)
        # The pauses are a geometric series, whose sum has to reach the deadline.
        pauses = math.log1p(self.growth * self.deadline / self.interval) / math.log(self.backoff)
        return min(math.ceil(pauses), _MOST_TRIES)


@dataclass(frozen=True)
class Question:
    """The Task with which a loop begins: what it calls, and how its answer is read.

    ``call`` has its Resource, Arguments and the like; ``troubles`` are errors of the service asked that pass.
    ``answer`` gives the records of the awaited tasks that are known, as JSONata; ``unanswered``, those
    known if there is no answer. ``asks`` is whom: the function, or the table by which action.
    """

    asks: str
    call: Mapping[str, Any]
    retriers: Sequence[Mapping[str, Any]]
    troubles: Sequence[str]
    answer: Expression
    unanswered: Any


@dataclass(frozen=True)
class LoopNames:
    """The names of a loop's three states."""

    ask: str
    finished: str
    wait: str


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
    question: Question,
    *,
    names: LoopNames,
    exits: LoopExits,
    awaited: Sequence[str],
    consumers: Sequence[str],
    pace: Pace,
) -> dict[str, dict[str, Any]]:
    """Return the states of one poller loop; the first is the one to enter.

    ``consumers`` are the tasks that come directly behind the Await.
    """
    who, whom = listing(consumers), listing(awaited)
    here = str(Expression(records.INPUT))
    ask: dict[str, Any] = {
        "Type": "Task",
        "Comment": f"which of {whom} are finished?",
        **question.call,
        "Retry": list(question.retriers),
        # Trouble of the service passes: it tells nothing of the awaited tasks, and the next poll may do.
        "Catch": [
            {
                "ErrorEquals": list(question.troubles),
                "Output": {"here": here, "records": question.unanswered},
                "Next": names.finished,
            }
        ],
        "Output": {"here": here, "records": str(question.answer)},
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


def function_question(
    awaited: Mapping[str, GlueRun | None],
    until: frozenset[Outcome] | None,
    options: Options,
    pace: Pace,
) -> Question:
    """Return the question to the poller function.

    ``awaited`` gives the Glue run by which an awaited task is seen to succeed, None if only its record tells;
    ``until`` is what :class:`LoopExits` has.
    """
    event = _event(awaited, options)
    retriers = [_QUICK_RETRIER, _other_errors(attempts=2)]
    troubles = [*_LAMBDA_TROUBLE, "States.Timeout"]
    if until is not None and options.style_for(awaited) is PollerStyle.RETRY:
        event |= {"until": sorted(outcome.value for outcome in until), "deadline": pace.deadline}
        retriers = [_QUICK_RETRIER, until_ready(NOT_READY, pace), _other_errors(attempts=5)]
        troubles.append(NOT_READY)
    call = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": str(POLLER_FUNCTION), "Payload": field_value(event)},
        "TimeoutSeconds": 900,
    }
    return Question(THE_FUNCTION, call, retriers, troubles, Expression("$states.result.Payload.records"), {})


def until_ready(error: str, pace: Pace) -> dict[str, Any]:
    """Return the retrier that makes a Task wait as long as it fails with an error that says "not yet"."""
    return {
        "ErrorEquals": [error],
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


def _event(awaited: Mapping[str, GlueRun | None], options: Options) -> dict[str, Any]:
    """Return the poller function's event; ``converter/pollers/dag2sfn_poller.py`` says what it means."""
    event: dict[str, Any] = {
        "execution": Expression("$states.context.Execution.Id"),
        "started": Expression("$states.context.Execution.StartTime"),
        "tasks": {task_id: _asked(task_id, run, options) for task_id, run in awaited.items()},
    }
    if options.resumable:
        event["known"] = Expression(f"$merge([{{}}, {resumed_records(awaited)}])")
    return event


def _asked(task_id: str, run: GlueRun | None, options: Options) -> dict[str, Any]:
    """Return what is asked about a task: its Glue job, if one tells, and how its runs are known."""
    if run is None:
        return {}
    correlation = options.correlation_of(task_id)
    by_time = correlation.by is Correlate.WINDOW
    return {"job": run.job_name, **({"window": correlation.window} if by_time else {})}


def resumed_records(task_ids: Iterable[str]) -> str:
    """Return the records of these tasks that an earlier execution has left, as JSONata; nothing if none."""
    asked = f"function($record, $task) {{$task in {literal(list(task_ids))}}}"
    return f"$sift({records.RESUMED}, {asked})"


def pause_seconds(pace: Pace) -> int | str:
    """Return how long a Wait lasts between two looks at this pace, as its field ``Seconds``."""
    if not pace.growth:
        return pace.interval
    grown = f"$floor(({ELAPSED}) / 1000 * {pace.growth:g})"
    return str(Expression(f"$max([{pace.interval}, {grown}])"))
