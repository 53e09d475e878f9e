"""What a task does where one state is not enough: calls, polls and waits, one after another.

The task stays one state that is named by its id: a Parallel with a single branch, which holds the parts. So
its Retry, Catch and Output are about all of them together, as a retry in Airflow submits and waits again.

Parts hand values on as variables. An expression of a part sees those of the parts before it, and the records
that the task reads in ``$states.input``; what an expression lacks fails the try, as in a Task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from converter.expressions.jsonata import Expression

#: The error by which a task skips itself.
SKIP_ERROR = "AirflowSkipException"
#: The error of a task whose arguments cannot be made: a template asks for what is not there.
EVALUATION_ERROR = "States.QueryEvaluationError"
#: The error of a try that was longer than the task's execution_timeout.
TIMEOUT_ERROR = "AirflowTaskTimeout"
#: The largest number ASL takes for seconds and attempts: three years, where an execution lasts one at most.
ASL_MAXIMUM = 99_999_999

#: Which try this is (0 is the first), for the expressions of parts.
TRY_NUMBER = Expression("$states.input.`try number`")


@dataclass(frozen=True)
class Retrier:
    """An ASL retrier for errors of a service, apart from the task's own retries. Intervals in seconds."""

    errors: tuple[str, ...]
    interval: int = 1
    attempts: int = 5
    backoff: float = 2.0
    max_delay: int | None = 30
    jitter: bool = True


@dataclass(frozen=True)
class Ending:
    """How a try ends other than in success: with an error and a cause, texts or expressions for them.

    With :data:`SKIP_ERROR` the task skips itself (its step then says ``can_skip``).
    """

    error: str | Expression
    cause: str | Expression


@dataclass(frozen=True)
class Caught:
    """Errors of a call that do not fail the try as they are: it goes on with other values, or ends so.

    ``keeps`` gives the values that the call's variables have then (JSON, or expressions over
    ``$states.errorOutput``); ``ends`` goes before it. ``over``:
    nothing is left to do, the try has succeeded.
    """

    errors: tuple[str, ...]
    keeps: Mapping[str, Any] = field(default_factory=dict)
    ends: Ending | None = None
    over: bool = False


@dataclass(frozen=True)
class Call:
    """A call of a service. ``does`` says what, in the name of its state (``<task id>: <does>``).

    ``keeps`` gives variable → expression over ``$states.result``. It must have a value whatever the result
    is: ``$exists(x) ? x : null``. ``retriers`` handle throttling; any error left fails the try. Where
    ``when`` is false, a condition over the variables so far, the call is left out. After ``timeout`` seconds
    it fails with States.Timeout.
    """

    does: str
    resource: str
    arguments: Mapping[str, Any] | Expression = field(default_factory=dict)
    keeps: Mapping[str, Expression] = field(default_factory=dict)
    retriers: tuple[Retrier, ...] = ()
    caught: tuple[Caught, ...] = ()
    when: Expression | None = None
    timeout: int | None = None


@dataclass(frozen=True)
class Limit:
    """After ``seconds`` without success the try ends as ``ends`` says.

    It is looked at when a poll has not succeeded, as a sensor does: so the last poll may come later, by one
    interval. Each try begins anew.
    """

    seconds: float
    ends: Ending


@dataclass(frozen=True)
class Failure:
    """A condition upon which a poll, or a verdict, ends the try."""

    when: Expression
    ends: Ending


@dataclass(frozen=True)
class Backoff:
    """Pauses that double, as with a sensor's exponential_backoff: the first is half the interval.

    No pause is longer than ``longest`` seconds, or than what is left of the poll's limit.
    """

    longest: float | None = None


@dataclass(frozen=True)
class Poll:
    """Asks again and again, every ``interval`` seconds: at once, or after a first pause (``pauses_first``).

    A question is the call ``ask`` and those of ``also``; with ``pages`` it is asked on, without a pause, as
    long as that condition holds (a list that comes in pages). ``given`` are variables with which a try
    begins. ``done`` and ``failures`` are conditions over the variables that the calls keep; whatever they are
    not about means: not yet. The task's execution_timeout is looked at after every question, and no pause is
    longer than what is left of it; ``unhurried`` means that it does not count while the task waits (a sensor
    that is rescheduled). ``between`` is done between two questions, in place of a pause: so a list is
    worked off.
    """

    ask: Call
    done: Expression
    interval: float
    failures: tuple[Failure, ...] = ()
    limit: Limit | None = None
    backoff: Backoff | None = None
    pauses_first: bool = False
    unhurried: bool = False
    between: Call | None = None
    also: tuple[Call, ...] = ()
    pages: Expression | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Until:
    """Waits for a moment, given in milliseconds since 1970, but no longer than its limit."""

    moment: Expression
    limit: Limit | None = None
    unhurried: bool = False


@dataclass(frozen=True)
class Verdict:
    """Ends the try by what is known already, or goes on: ``failures`` are asked one after another.

    ``of`` is the task whose record they are about, if it is about another's: that which has waited for the
    job that the sensor here is to wait for.
    """

    failures: tuple[Failure, ...]
    of: str = ""


Part: TypeAlias = Call | Poll | Until | Verdict
