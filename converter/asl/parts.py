"""A step's parts → the branch of the Parallel that stands for its task.

All that happens here happens inside a state with Retry and Catch: an error ends the try, an evaluation error
as well. State data stays what the branch was given, the records that the task reads; what is found out on the
way is in variables, which nothing outside can see.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from converter.asl import records
from converter.asl.names import Names
from converter.asl.retriers import retry_state
from converter.asl.rooms import TaskRoom, limited
from converter.expressions.jsonata import Expression, field_value, literal
from converter.operators import room
from converter.operators.parts import (
    TIMEOUT_ERROR,
    Call,
    Caught,
    Ending,
    Limit,
    Part,
    Poll,
    Until,
    Verdict,
)
from converter.operators.python import is_call_of_function
from converter.operators.step import Step
from converter.workflow import Task

#: How long this try has lasted, in milliseconds.
_AGE = "($millis() - $since)"
_BEGAN = "$toMillis($states.context.State.EnteredTime)"
#: Pauses double no more often than this: 2 to the power of it is beyond every execution.
_MOST_DOUBLINGS = 30


def given_to_parts(
    reads: tuple[str, ...], finds: tuple[str, ...] = (), may_push: Expression | None = None
) -> dict[str, Any]:
    """Return what the branch gets as its data: the records that it reads, those that it ``finds`` if they are
    there, which try this is, and how many bytes the task ``may_push`` if a function is to be told.
    """
    number = str(Expression("$states.context.State.RetryCount"))
    return {
        **{task: str(records.of_task(task)) for task in reads},
        **{task: str(records.of_task_if_there(task)) for task in finds},
        records.TRY_NUMBER_NAME: number,
        **({room.OF_PARTS_NAME: str(may_push)} if may_push else {}),
    }


def parts_block(
    step: Step,
    task: Task,
    names: Names,
    growth: float,
    may_push: TaskRoom | None = None,
    large: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the block with a step's parts. ``growth`` is that of polls' intervals, see ``Pace``;
    ``may_push``, what a function that it calls may push; ``large``, which tasks that it reads may have pushed
    much.
    """
    return _Writer(step, task, names, growth, may_push, large).block()


@dataclass
class _Writer:
    """Writes the states of one task's parts, from the last to the first: each knows what comes after it."""

    step: Step
    task: Task
    names: Names
    growth: float
    may_push: TaskRoom | None = None
    large: tuple[str, ...] = ()
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    done: str = ""

    def block(self) -> dict[str, Any]:
        following = self.done = self._name("done")
        found = {}
        if self.step.output:
            found["output"] = self.step.output
        if self.step.xcom:
            found["xcom"] = self.step.xcom
        if self.step.job:
            found["job"] = self.step.job
        # What has no value is left out of the object by JSONata itself.
        output = str(Expression(literal(found))) if found else {}
        self.states[following] = {"Type": "Succeed", "Output": output}
        first, *others = self.step.parts
        for part in reversed(others):
            following = self._write(part, following)
        if isinstance(first, Call) and first.when is None:
            following = self._call(first, following, more=self._clock(_BEGAN))
        elif isinstance(first, Verdict):
            following = self._verdict(first, following)
        else:
            following = self._begin(self._write(first, following))
        return {"StartAt": following, "States": dict(reversed(self.states.items()))}

    @property
    def _waits(self) -> bool:
        return any(isinstance(part, (Poll, Until)) for part in self.step.parts)

    def _clock(self, began: str) -> dict[str, Any]:
        """Return the variables that tell how long this try lasts, as the first state assigns them."""
        clock: dict[str, Any] = {"since": str(Expression(began))} if self._waits else {}
        for part in self.step.parts:
            if isinstance(part, Poll):
                clock |= {**({"polls": 0} if part.backoff else {}), **part.given}
        return clock

    def _write(self, part: Part, following: str) -> str:
        """Write the states of a part; return the one to begin with."""
        if isinstance(part, Call):
            return self._call(part, following)
        if isinstance(part, Poll):
            return self._poll(part, following)
        if isinstance(part, Verdict):
            return self._verdict(part, following)
        return self._until(part, following)

    def _begin(self, following: str) -> str:
        name = self._name("begin")
        self.states[name] = {"Type": "Pass", "Assign": self._clock("$millis()"), "Next": following}
        return name

    # --- calls ------------------------------------------------------------------------------------------

    def _call(self, call: Call, following: str, more: Mapping[str, Any] = MappingProxyType({})) -> str:
        """Write a call; ``more`` are variables besides those that it keeps, whether it succeeds or not."""
        name = self._name(call.does)
        unchanged = str(Expression(records.INPUT))
        arguments: Any = call.arguments
        if self.may_push is not None and is_call_of_function(arguments):
            told = replace(self.may_push, may_push=room.OF_PARTS).told(self.step.reads)
            arguments = {**arguments, "Payload": {**arguments["Payload"], **told}}
        elif not is_call_of_function(arguments):
            arguments = limited(arguments, self.large)
        assign = {**{variable: str(value) for variable, value in call.keeps.items()}, **more}
        state: dict[str, Any] = {
            "Type": "Task",
            "Resource": call.resource,
            "Arguments": field_value(arguments),
            **({"Credentials": {"RoleArn": self.step.role}} if self.step.role else {}),
            **({"Assign": assign} if assign else {}),
            "Output": unchanged,
        }
        # A job that the sensor behind is about is the sensor's to limit.
        limit = call.timeout or (None if self._waits or self.step.job else self.task.execution_timeout)
        if limit:
            state["TimeoutSeconds"] = max(1, math.ceil(limit))
        if call.retriers:
            state["Retry"] = [retry_state(retrier) for retrier in call.retriers]
        if call.caught:
            state["Catch"] = [self._catcher(call, caught, following, more) for caught in call.caught]
        self.states[name] = {**state, "Next": following}
        return name if call.when is None else self._question(call, name, following)

    def _question(self, call: Call, name: str, following: str) -> str:
        """Write the state that asks whether a call is needed; return its name."""
        needed = self._name(f"{call.does}?")
        choices = [{"Condition": str(call.when), "Next": name}]
        self.states[needed] = {"Type": "Choice", "Choices": choices, "Default": following}
        return needed

    def _catcher(self, call: Call, caught: Caught, following: str, more: Mapping[str, Any]) -> dict[str, Any]:
        catcher: dict[str, Any] = {"ErrorEquals": list(caught.errors)}
        if caught.ends:
            return {**catcher, "Next": self._ending(caught.ends, "give up")}
        if caught.over:
            return {**catcher, "Output": str(Expression(records.INPUT)), "Next": self.done}
        kept = {variable: field_value(caught.keeps.get(variable)) for variable in call.keeps}
        assign = {**kept, **more}
        output = str(Expression(records.INPUT))
        return {**catcher, **({"Assign": assign} if assign else {}), "Output": output, "Next": following}

    # --- polls ------------------------------------------------------------------------------------------

    def _poll(self, poll: Poll, following: str) -> str:
        over = self._name("over?")
        limit = None if poll.unhurried else self.task.execution_timeout
        pause = self._pause(poll, limit)
        choices = [self._too_late(limit)] if limit else []
        choices.append({"Condition": str(poll.done), "Next": following})
        for failure in poll.failures:
            choices.append({"Condition": str(failure.when), "Next": self._ending(failure.ends, "failed")})
        if poll.limit:
            choices.append(self._over_limit(poll.limit))
        self.states[over] = {"Type": "Choice", "Choices": choices}
        counted = {"polls": str(Expression("$polls + 1"))} if poll.backoff else {}
        asked = over
        for call in reversed(poll.also):
            asked = self._call(call, asked)
        ask = self._call(poll.ask, asked, more=counted)
        if poll.pages:
            choices.insert(len(choices) - bool(poll.limit), {"Condition": str(poll.pages), "Next": ask})
        between = self._call(poll.between, ask) if poll.between else self._wait(pause, ask)
        self.states[over]["Default"] = between
        return between if poll.pauses_first else ask

    def _wait(self, pause: int | str, following: str) -> str:
        name = self._name("wait")
        self.states[name] = {"Type": "Wait", "Seconds": pause, "Next": following}
        return name

    def _pause(self, poll: Poll, limit: float | None) -> int | str:
        """Return how long a Wait lasts between two questions, as its field ``Seconds``."""
        interval = max(1, math.ceil(poll.interval))
        pause = str(interval)
        if poll.backoff:
            doubled = f"$power(2, $min([$polls, {_MOST_DOUBLINGS}]) - 2)"
            most = [f"$max([1, $floor({interval} * {doubled})])"]
            if poll.backoff.longest:
                most.append(str(max(1, math.ceil(poll.backoff.longest))))
            if poll.limit:
                most.append(f"$max([1, {math.ceil(poll.limit.seconds)} - $floor({_AGE} / 1000)])")
            pause = f"$min([{', '.join(most)}])"
        if self.growth:
            pause = f"$max([{pause}, $floor({_AGE} / 1000 * {self.growth:g})])"
        if limit:
            pause = f"$min([{pause}, $max([0, $ceil({limit:g} - {_AGE} / 1000)])])"
        return interval if pause == str(interval) else str(Expression(pause))

    def _too_late(self, limit: float) -> dict[str, Any]:
        """Return the rule for a try that is over the task's execution_timeout."""
        ending = Ending(TIMEOUT_ERROR, f"the try took longer than the execution_timeout of {limit:g} s")
        condition = Expression(f"{_AGE} >= {round(limit * 1000)}")
        return {"Condition": str(condition), "Next": self._ending(ending, "too late")}

    def _over_limit(self, limit: Limit) -> dict[str, Any]:
        condition = Expression(f"{_AGE} > {round(limit.seconds * 1000)}")
        return {"Condition": str(condition), "Next": self._ending(limit.ends, "give up")}

    # --- waits ------------------------------------------------------------------------------------------

    def _until(self, until: Until, following: str) -> str:
        name = self._name("wait")
        moment = f"({until.moment.text})"
        limit = None if until.unhurried else self.task.execution_timeout
        ends: list[str] = [f"$since + {round(limit * 1000)}"] if limit else []
        choices = [self._too_late(limit)] if limit else []
        choices.append({"Condition": str(Expression(f"$millis() >= {moment}")), "Next": following})
        if until.limit:
            ends.append(f"$since + {round(until.limit.seconds * 1000)}")
            choices.append(self._over_limit(until.limit))
        if ends:
            over = self._name("over?")
            # A limit that is just reached is not passed: then it looks again.
            self.states[over] = {"Type": "Choice", "Choices": choices, "Default": name}
            moment, following = f"$min([{', '.join([moment, *(f'{end} + 1' for end in ends)])}])", over
        timestamp = str(Expression(f"$fromMillis($ceil({moment}))"))
        self.states[name] = {"Type": "Wait", "Timestamp": timestamp, "Next": following}
        return name

    # --- verdicts ---------------------------------------------------------------------------------------

    def _verdict(self, verdict: Verdict, following: str) -> str:
        name = self._name("ended how?")
        choices = [
            {"Condition": str(failure.when), "Next": self._ending(failure.ends, "failed")}
            for failure in verdict.failures
        ]
        self.states[name] = {"Type": "Choice", "Choices": choices, "Default": following}
        return name

    # --- endings ----------------------------------------------------------------------------------------

    def _ending(self, ending: Ending, does: str) -> str:
        """Write a Fail state; return its name."""
        name = self._name(does)
        error, cause = field_value(ending.error), field_value(ending.cause)
        self.states[name] = {"Type": "Fail", "Error": error, "Cause": cause}
        return name

    def _name(self, does: str) -> str:
        return self.names.unique(f"{self.step.task_id}: {does}")
