"""Which submits and sensors are pairs, and why one call would not do what both do in Airflow."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from converter.expressions.jsonata import Expression
from converter.expressions.templates.translation import XCOM_ARG
from converter.operators.following import followed
from converter.operators.pair_kinds import PAIR_KINDS, PairKind
from converter.operators.parts import ASL_MAXIMUM, TIMEOUT_ERROR, Call, Poll
from converter.operators.sensing import SENSOR_TIMEOUT
from converter.operators.step import Step
from converter.relations import ANY_OF_RULES, Relations
from converter.workflow import Opaque, Task, TriggerRule, Value, Workflow

#: Arguments of every sensor that may be given.
_COMMON = (
    "aws_conn_id",
    "botocore_config",
    "deferrable",
    "exponential_backoff",
    "max_wait",
    "mode",
    "never_fail",
    "poke_interval",
    "region_name",
    "silent_fail",
    "soft_fail",
    "timeout",
    "verify",
)
_FLAGS = ("soft_fail", "never_fail", "silent_fail")
#: What an expression says that is not the same in two tasks, or twice.
_CHANGING = ("$states.context.State", "try number", "$millis", "$now", "$uuid", "$random")


@dataclass(frozen=True)
class Pair:
    """A task that starts a job, and the sensor behind it, with their steps as long as they are apart.

    ``convert`` gives the step of a task that stands where its namesake does.
    """

    kind: PairKind
    submit: Task
    sensor: Task
    steps: Mapping[str, Step]
    convert: Callable[[Task], Step]
    dag_id: str

    @property
    def poll(self) -> Poll:
        """How the sensor asks."""
        return poll_of(self.steps[self.sensor.task_id])

    # --- how long a job may take ------------------------------------------------------------------------

    @property
    def last_look(self) -> float:
        """After how many seconds the sensor looks for the last time: its first look after its timeout.

        A look takes its time, so that one which is due at the timeout comes after it.
        """
        if self.poll.limit is None:
            return math.inf
        interval = max(1, math.ceil(self.poll.interval))
        return math.ceil(self.poll.limit.seconds / interval) * interval

    @property
    def _execution_timeout(self) -> float:
        limit = None if self.poll.unhurried else self.sensor.execution_timeout
        return math.inf if limit is None else limit

    @property
    def gives_up_with(self) -> str:
        """The error of a sensor that gives up."""
        return TIMEOUT_ERROR if self._execution_timeout <= self.last_look else SENSOR_TIMEOUT

    @property
    def longest(self) -> int | None:
        """After how many seconds the sensor gives up, None if it does not."""
        seconds = min(self.last_look, self._execution_timeout)
        return None if seconds > ASL_MAXIMUM else max(1, math.ceil(seconds))


def pairs_of(
    workflow: Workflow, steps: Mapping[str, Step], convert: Callable[[Task], Step]
) -> Iterator[Pair]:
    """Yield the sensors whose only upstream task starts a job of their kind, and does not wait for it."""
    kinds = {kind.sensor: kind for kind in PAIR_KINDS}
    for sensor in workflow.tasks:
        kind = kinds.get(followed(sensor) or "")
        if kind is None or len(sensor.upstream) != 1 or sensor.task_id not in steps:
            continue
        submit = workflow.by_id.get(sensor.upstream[0])
        if submit is None or followed(submit) != kind.submit or submit.task_id not in steps:
            continue
        polls = any(isinstance(part, Poll) for part in steps[sensor.task_id].parts)
        if polls and not waits(steps[submit.task_id]):
            yield Pair(kind, submit, sensor, steps, convert, workflow.dag_id)


def last_call(step: Step) -> Call | None:
    """Return the call with which a step ends, whether it is its only one or not."""
    if step.resource is not None:
        return Call("start the job", step.resource, step.arguments, retriers=step.retriers)
    return next((part for part in reversed(step.parts) if isinstance(part, Call)), None)


def waits(step: Step) -> bool:
    """Whether the call with which a step ends waits for the job that it starts."""
    call = last_call(step)
    return call is not None and ".sync" in call.resource


def poll_of(step: Step) -> Poll:
    """Return how a sensor asks; ValueError for one that does not."""
    for part in step.parts:
        if isinstance(part, Poll):
            return part
    raise ValueError(f"'{step.task_id}' does not poll")


def reasons_against(pair: Pair, relations: Relations) -> Iterator[str]:
    """Yield why one call would not do what the two tasks do in Airflow, in words."""
    submit, sensor = pair.submit, pair.sensor
    if submit.is_mapped or sensor.is_mapped:
        yield "mapped tasks are not joined"
        return
    behind = _behind_success(sensor.task_id, relations)
    others = [task for task in relations.downstream[submit.task_id] if task not in behind]
    if others:
        yield f"'{others[0]}' begins as soon as the job has begun, too"
    yield from _readers_against(pair, behind)
    if sensor.trigger_rule is not TriggerRule.ALL_SUCCESS:
        yield f"its trigger rule is {sensor.trigger_rule.value}"
    if any(task.is_setup or task.is_teardown for task in (submit, sensor)):
        yield "setups and teardowns are not joined"
    if relations.workflow.dagrun_timeout:
        yield "dagrun_timeout would stop the job, and the submit would not have succeeded by then"
    if _may_be_overtaken(submit, relations, pair.steps):
        yield f"'{submit.task_id}' may begin before something upstream that can still skip the sensor"
    yield from _reasons_of_sensor(pair)


def _behind_success(sensor: str, relations: Relations) -> set[str]:
    """Return the sensor, and the tasks that run only once it has succeeded.

    To these it makes no difference how long the submit lasts, if they are downstream of it as well: reading
    what it pushes, as ``submit.output``, makes them so.
    """
    found = {sensor}
    for task in relations.upstream_first:
        if task.trigger_rule is TriggerRule.ALL_SUCCESS and not found.isdisjoint(task.upstream):
            found.add(task.task_id)
    return found


def _readers_against(pair: Pair, behind_success: Container[str]) -> Iterator[str]:
    """Yield why what the submit pushes is not the same to a task that reads it."""
    submit, sensor = pair.submit.task_id, pair.sensor.task_id
    for name, step in pair.steps.items():
        if submit not in step.reads or name == sensor:
            continue
        if pair.kind.described:
            yield f"'{name}' reads what '{submit}' pushes, which is not the same once the job has ended"
            return
        if name not in behind_success:
            yield f"'{name}' reads what '{submit}' pushes, which is not known of a job that is stopped"
            return


def _reasons_of_sensor(pair: Pair) -> Iterator[str]:
    submit, sensor, steps = pair.submit, pair.sensor, pair.steps
    given = {name for name, value in sensor.arguments.items() if value is not None}
    for flag in _FLAGS:
        if sensor.arguments.get(flag):
            yield f"{flag} is about its own looks"
    for name in sorted(given - {*_COMMON, *pair.kind.taken, pair.kind.pushed.argument}):
        yield f"argument '{name}' changes what it waits for"
    if sensor.retries.count > 0 and pair.gives_up_with == TIMEOUT_ERROR:
        yield "its execution_timeout begins anew with each of its retries"
    if _connection(submit) != _connection(sensor) or steps[submit.task_id].role != steps[sensor.task_id].role:
        yield "the two have different connections"
    if not _watches_its_job(pair):
        yield f"what it watches need not be the job of '{submit.task_id}'"


def _connection(task: Task) -> tuple[Value, Value]:
    return task.arguments.get("aws_conn_id", "aws_default"), task.arguments.get("region_name")


def _may_be_overtaken(submit: Task, relations: Relations, steps: Mapping[str, Step]) -> bool:
    """Whether something upstream may order skips, or fail as a setup, after the submit has begun."""
    before = relations.ancestors(submit.task_id)
    rules = {relations.tasks[name].trigger_rule for name in (*before, submit.task_id)}
    if not rules & {*ANY_OF_RULES, TriggerRule.ALWAYS}:
        return False
    ordering = (name for name in before if name not in steps or steps[name].orders_skips)
    return any(True for _ in ordering) or any(relations.tasks[name].is_setup for name in before)


def _watches_its_job(pair: Pair) -> bool:
    """Whether all members of the sensor's call say that it is about the submit's job."""
    kind, sensor = pair.kind, pair.sensor
    pulled = f"ti.xcom_pull(task_ids={pair.submit.task_id!r}"
    written: list[Value] = [f"{{{{ {pulled}){place} }}}}" for place in kind.pushed.places]
    if "" in kind.pushed.places:  # submit.output
        written.append(Opaque(XCOM_ARG, f"{{{{ {pulled}, dag_id={pair.dag_id!r}) }}}}"))
    pushed = []
    for value in written:
        asking = replace(sensor, arguments={**sensor.arguments, kind.pushed.argument: value})
        pushed.append(_arguments(poll_of(pair.convert(asking)).ask).get(kind.pushed.member))
    started = _started_with(pair.steps[pair.submit.task_id], kind.same)
    return all(
        (member == kind.pushed.member and value in pushed)
        or (member in kind.same and _is_same(value, started.get(member)))
        for member, value in _arguments(pair.poll.ask).items()
    )


def _started_with(step: Step, members: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the arguments of the call of a step that has these members."""
    calls = [part for part in step.parts if isinstance(part, Call)]
    found = [step.arguments, *map(_arguments, calls)]
    return next((each for each in found if all(member in each for member in members)), {})


def _arguments(call: Call) -> Mapping[str, Any]:
    return {} if isinstance(call.arguments, Expression) else call.arguments


def _is_same(value: Any, other: Any) -> bool:
    if isinstance(value, Expression) and any(word in value.text for word in _CHANGING):
        return False
    return value is not None and bool(value == other)
