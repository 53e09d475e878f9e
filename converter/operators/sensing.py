"""What all sensors have in common: how often they look, for how long, and what becomes of their failures.

Read in airflow.sdk.bases.sensor (BaseSensorOperator), Airflow 3.3. A sensor looks once at least; its timeout
is looked at after each look that found nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.parts import (
    EVALUATION_ERROR,
    SKIP_ERROR,
    Backoff,
    Call,
    Caught,
    Ending,
    Failure,
    Limit,
    Part,
    Poll,
    Retrier,
    Until,
)
from converter.operators.step import Permission, Step
from converter.workflow import Opaque

SENSOR_TIMEOUT = "AirflowSensorTimeout"
FAILED = "AirflowException"
#: [sensors] default_timeout of Airflow: seven days.
_DEFAULT_TIMEOUT = 7 * 86_400.0
#: Trouble of a service that passes; what does not pass fails the try a few seconds later than in Airflow.
_QUICK_TRIES = Retrier(("States.TaskFailed",), interval=2, attempts=2, max_delay=None)


@dataclass(frozen=True)
class Sensing:
    """How a sensor looks. All durations in seconds.

    ``limit`` is None where the operator waits for as long as it takes. ``reschedules``: it gives its worker
    back between two looks, so that execution_timeout does not count. (In Airflow 2 the timeout of such a
    sensor went on through retries; since Airflow 3 each try begins anew.)
    """

    interval: float
    limit: float | None
    soft_fail: bool
    never_fail: bool
    silent_fail: bool
    backoff: Backoff | None
    reschedules: bool
    deferrable: bool

    @property
    def skips_on_error(self) -> bool:
        """Whether an error, or a failure that is found, skips the task."""
        return self.never_fail or (self.deferrable and self.soft_fail)

    def trouble(self, cause: str | Expression) -> Ending:
        """Return the ending of a failure that is found."""
        return Ending(SKIP_ERROR if self.skips_on_error else FAILED, cause)

    @property
    def patience(self) -> Limit | None:
        """The sensor's timeout."""
        if self.limit is None:
            return None
        skips = self.soft_fail or (self.deferrable and self.never_fail)
        cause = f"nothing was found within the sensor's timeout of {self.limit:g} s"
        ending = Ending(SKIP_ERROR if skips else SENSOR_TIMEOUT, cause)
        return Limit(self.limit, ending)


_NOT_RENDERED = Ending(EVALUATION_ERROR, "what the sensor is to look for cannot be made from its templates")


def take_sensing(args: Arguments, *, interval: float = 60.0, mode: str = "poke") -> Sensing:
    """Take the arguments that every sensor has; ``interval`` and ``mode`` are the operator's own defaults."""
    deferrable = bool(args.take("deferrable", False))
    mode = args.take("mode", mode)
    wanted = take_seconds(args, "poke_interval", interval)
    if wanted != max(1, math.ceil(wanted)):
        problem = f"poke_interval of {wanted:g} s becomes {max(1, math.ceil(wanted))} s"
        args.report(d.POLL_ROUNDED, problem, "write whole seconds")
    longest = take_seconds(args, "max_wait", 0.0)
    doubles = bool(args.take("exponential_backoff", False))
    return Sensing(
        interval=wanted,
        limit=take_seconds(args, "timeout", _DEFAULT_TIMEOUT),
        soft_fail=bool(args.take("soft_fail", False)),
        never_fail=bool(args.take("never_fail", False)),
        silent_fail=bool(args.take("silent_fail", False)) and not deferrable,
        backoff=Backoff(longest or None) if doubles and not deferrable else None,
        reschedules=mode == "reschedule" and not deferrable,
        deferrable=deferrable,
    )


def take_seconds(args: Arguments, name: str, default: float) -> float:
    """Return an argument that is a number of seconds or a timedelta, and not below 0."""
    value = args.take(name)
    if value is None:
        return default
    number = value["seconds"] if isinstance(value, dict) and set(value) == {"seconds"} else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < math.inf:
        if not isinstance(value, Opaque):
            args.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a number of seconds")
        return default
    return float(number)


@dataclass(frozen=True)
class Look:
    """A look of a sensor: its calls, and conditions over what they keep.

    ``failed`` gives conditions upon which the try fails, with their causes, ``skips`` those upon which the
    task skips itself; ``pages``, ``also`` and ``given`` are as in :class:`Poll`. What is kept may be null: a
    sensor with silent_fail goes on after an error.
    """

    ask: Call
    done: Expression
    failed: Sequence[tuple[Expression, str | Expression]] = ()
    skips: Sequence[tuple[Expression, str | Expression]] = ()
    also: tuple[Call, ...] = ()
    pages: Expression | None = None
    given: Mapping[str, Any] = field(default_factory=dict)


def sensor_step(
    args: Arguments,
    sensing: Sensing,
    look: Look,
    permissions: Sequence[Permission],
    *,
    then: Sequence[Part] = (),
    **fields: Any,
) -> Step:
    """Return the step of a sensor; ``then`` are parts that follow when it has found what it waits for."""
    failures: tuple[Failure, ...] = ()
    if not sensing.silent_fail:
        failures = tuple(Failure(when, sensing.trouble(cause)) for when, cause in look.failed)
    failures += tuple(Failure(when, Ending(SKIP_ERROR, cause)) for when, cause in look.skips)
    poll = Poll(
        _patient(look.ask, sensing),
        look.done,
        sensing.interval,
        failures=failures,
        limit=sensing.patience,
        backoff=sensing.backoff,
        unhurried=sensing.reschedules,
        also=tuple(_patient(call, sensing) for call in look.also),
        pages=look.pages,
        given=look.given,
    )
    if sensing.skips_on_error:
        then = [_patient(part, sensing) if isinstance(part, Call) else part for part in then]
    fields["can_skip"] = bool(fields.get("can_skip") or look.skips)
    return _step(args, sensing, (poll, *then), permissions, **fields)


def waiting_step(args: Arguments, sensing: Sensing, moment: Expression, **fields: Any) -> Step:
    """Return the step of a sensor that only waits for a moment, in milliseconds since 1970.

    Airflow looks at the clock every ``interval`` seconds, and its timeout counts only then: what comes before
    the first look after the timeout is in time.
    """
    patience = sensing.patience
    if patience and sensing.interval and not sensing.deferrable:
        looks = math.floor(patience.seconds / sensing.interval) + 1
        patience = Limit(looks * sensing.interval, patience.ends)
    until = Until(moment, patience, unhurried=sensing.reschedules)
    return _step(args, sensing, (until,), (), **fields)


def _patient(call: Call, sensing: Sensing) -> Call:
    """Return a call of a look, with what its errors mean to the sensor."""
    caught = list(call.caught)
    if sensing.silent_fail or sensing.skips_on_error:
        # In Airflow templates are rendered before the sensor begins, which knows nothing of it.
        caught.append(Caught((EVALUATION_ERROR,), ends=_NOT_RENDERED))
    if sensing.silent_fail:
        caught.append(Caught(("States.ALL",)))
    elif sensing.skips_on_error:
        flag = "never_fail" if sensing.never_fail else "soft_fail"
        caught.append(Caught(("States.ALL",), ends=Ending(SKIP_ERROR, f"skipped because of {flag}")))
    retriers = call.retriers or (_QUICK_TRIES,)
    return replace(call, retriers=retriers, caught=tuple(caught))


def _step(
    args: Arguments,
    sensing: Sensing,
    parts: tuple[Part, ...],
    permissions: Sequence[Permission],
    **fields: Any,
) -> Step:
    may_skip = bool(fields.pop("can_skip", False)) or sensing.soft_fail or sensing.never_fail
    return Step(
        task_id=args.task.task_id,
        operator=args.task.operator.rpartition(".")[2],
        parts=parts,
        permissions=tuple(permissions),
        can_skip=may_skip,
        final_errors=(SENSOR_TIMEOUT, *fields.pop("final_errors", ())),
        pushes_much="output" in fields or "xcom" in fields,
        **fields,
    )


def kept(path: str) -> Expression:
    """Return what is at a path of a call's result, null where nothing is."""
    return Expression(f"$exists($states.result.{path}) ? $states.result.{path} : null")
