"""Step → the state that runs it: retries, timeouts, result and failure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from converter import diagnostics as d
from converter.asl import decisions, records
from converter.asl.names import Names
from converter.asl.options import Correlate, Failures, Options
from converter.asl.parts import given_to_parts, parts_block
from converter.asl.retriers import retry_state
from converter.asl.rooms import TaskRoom, limited
from converter.diagnostics import Diagnostic
from converter.expressions.jsonata import Expression, field_value, literal
from converter.operators.arguments import task_diagnostic
from converter.operators.parts import ASL_MAXIMUM, SKIP_ERROR
from converter.operators.python import calls_function
from converter.operators.step import GlueRun, Retrier, Step
from converter.workflow import Retries, Task

#: The argument of a Glue run that says which execution and which task started it.
RUN_ARGUMENT = "--dag2sfn-run"
#: Airflow waits a day at most between two tries (TaskInstance.next_retry_datetime, MAX_RETRY_DELAY).
LONGEST_DELAY = 86_400
#: Airflow's own limit on what a task may return to be expanded over (``[core] max_map_length``).
LONGEST_LIST = 1024


def _comment(step: Step, task: Task) -> str:
    after = f", after {', '.join(task.upstream)}" if task.upstream else ""
    return f"task {task.task_id}: {step.operator}{after}"


def state_of(
    step: Step,
    task: Task,
    options: Options,
    *,
    awaited: bool,
    has_records: bool,
    forgets: tuple[str, ...] = (),
    room: TaskRoom | None = None,
    large: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the state that runs a step and records its success, without its transitions.

    ``awaited`` says that a sibling branch polls for the task; ``has_records``, whether the state's input
    has records of earlier tasks; ``forgets``, whose outputs nobody reads any more; ``room``, what it may
    push, if that may be much; ``large``, which tasks that it reads may have pushed much.
    """
    by_function = calls_function(step)
    checked = None if by_function else room
    output = str(records.succeeded(step, has_records=has_records, forgets=forgets, room=checked))
    comment = _comment(step, task)
    if step.refusal and options.failures is Failures.STOP:
        return {"Type": "Fail", "Comment": comment, "Error": records.NOT_CONVERTED, "Cause": step.refusal}
    if step.refusal:
        reason = step.refusal[: records.cause_length(_most_side_by_side(step))]
        failed = records.not_converted(task.task_id, reason, has_records=has_records)
        return {"Type": "Pass", "Comment": comment, "Output": str(failed)}
    if step.parts or step.does_nothing:
        raise ValueError(f"task '{task.task_id}' is not run by one Task")
    arguments = dict(step.arguments if by_function else limited(step.arguments, large))
    if awaited and seen_in_glue(step, task) and options.correlation_of(task.task_id).by is Correlate.ARGUMENT:
        arguments["Arguments"] = {**arguments["Arguments"], RUN_ARGUMENT: run_token(task.task_id)}
    if by_function and room is not None:
        arguments["Payload"] = {**arguments["Payload"], **room.told(step.reads)}
    state: dict[str, Any] = {
        "Type": "Task",
        "Comment": comment,
        "Resource": step.resource,
        "Arguments": field_value(arguments),
        **({"Credentials": {"RoleArn": step.role}} if step.role else {}),
        "Output": output,
    }
    timeout = timeout_of(step, task)
    if timeout:
        state["TimeoutSeconds"] = timeout
    retry = [retry_state(_with_own_retries(retrier, task.retries)) for retrier in step.retriers]
    retry += task_retry(task.retries, never=final_errors(step))
    if retry:
        state["Retry"] = retry
    return state


def _most_side_by_side(step: Step) -> int:
    """Return how many instances of a task there may be."""
    if step.instances is None:
        return 1
    return LONGEST_LIST if step.instances.length is None else step.instances.length


@dataclass(frozen=True)
class Surroundings:
    """Where a task's state stands.

    ``awaited`` says that a sibling branch polls for the task; ``has_records``, whether the state's input has
    records of earlier tasks. Its parts get the records that it ``reads``, and those that it ``finds`` if they
    are there. ``growth`` is that of their polls.
    ``forgets`` are the tasks whose outputs nobody reads once this one has succeeded. ``room`` is what it may
    push, if that may be much.
    ``begun`` is when Airflow begins a task that does nothing, or expands a mapped one, as JSONata; None: it
    does not matter in which pass it does.
    """

    options: Options
    names: Names
    awaited: bool = False
    has_records: bool = False
    reads: tuple[str, ...] = ()
    finds: tuple[str, ...] = ()
    growth: float = 0.0
    begun: str | None = None
    forgets: tuple[str, ...] = ()
    room: TaskRoom | None = None
    large: tuple[str, ...] = ()


def state_for(step: Step, task: Task, where: Surroundings) -> dict[str, Any]:
    """Return the state that runs a step, in one Task or in several states, without its transitions."""
    if step.does_nothing:
        return _pass_state(step, task, where)
    if step.parts:
        state = parts_state(step, task, where)
        checked = None if calls_function(step) else where.room
        output = records.succeeded(step, has_records=where.has_records, forgets=where.forgets, room=checked)
        return {**state, "Output": str(output)}
    return state_of(
        step,
        task,
        where.options,
        awaited=where.awaited,
        has_records=where.has_records,
        forgets=where.forgets,
        room=where.room,
        large=where.large,
    )


def _pass_state(step: Step, task: Task, where: Surroundings) -> dict[str, Any]:
    at = "$millis()"
    if where.begun is not None:
        at = decisions.in_next_pass(f"$max([{at}, {where.begun}])")
    if step.skip:
        # A decision that takes no time here does in Airflow: it comes after what was decided as it began.
        at = "$millis() + 0.5"
        if where.options.resumable:
            step = replace(step, skip=records.as_before(task.task_id, "skips", step.skip))
    output = str(records.succeeded(step, has_records=where.has_records, at=at, forgets=where.forgets))
    return {"Type": "Pass", "Comment": _comment(step, task), "Output": output}


def parts_state(step: Step, task: Task, where: Surroundings) -> dict[str, Any]:
    """Return the Parallel that runs a step's parts and records its success, without its transitions."""
    told = where.room if calls_function(step) else None
    state: dict[str, Any] = {
        "Type": "Parallel",
        "Comment": _comment(step, task),
        "Arguments": given_to_parts(where.reads, where.finds, told.may_push if told else None),
        "Branches": [parts_block(step, task, where.names, where.growth, told, where.large)],
        "Output": str(records.succeeded(step, has_records=where.has_records)),
    }
    retry = task_retry(task.retries, never=final_errors(step))
    return {**state, "Retry": retry} if retry else state


def seen_in_glue(step: Step, task: Task) -> GlueRun | None:
    """Return the Glue run by which other branches see the task succeed, None if only its record tells.

    A task whose tries are limited may fail by its timeout although its run succeeds: Step Functions hears
    of a run's end late. So that branches never disagree, such a task tells its success itself; and so does a
    mapped one, which has many runs.
    """
    return None if step.instances or timeout_of(step, task) else step.completion


def run_token(task_id: str) -> Expression:
    """Return the value of :data:`RUN_ARGUMENT`: execution, task and map index (-1: not mapped)."""
    return Expression(f"$states.context.Execution.Id & {literal(f'/{task_id}/-1')}")


def timeout_of(step: Step, task: Task) -> int | None:
    """Return the seconds that one try may take, None if nothing limits it."""
    limits = [limit for limit in (step.timeout, task.execution_timeout) if limit is not None]
    return min(max(1, math.ceil(min(limits))), ASL_MAXIMUM) if limits else None


def _with_own_retries(retrier: Retrier, retries: Retries) -> Retrier:
    """Return a service's retrier that is no less patient than the task.

    ASL takes the first retrier that matches an error and never falls through to the next. So this one goes
    on, once its own quick tries are over, for as many tries at as long a delay as the task has of its own.
    """
    if retries.count <= 0:
        return retrier
    longest = max(retrier.max_delay or 0, _whole_seconds(retries.delay))
    quick = math.ceil(math.log(longest / retrier.interval, retrier.backoff))
    return replace(retrier, attempts=min(quick + retries.count, ASL_MAXIMUM), max_delay=longest)


def final_errors(step: Step) -> tuple[str, ...]:
    """Return the errors after which a task is not tried again."""
    return (*((SKIP_ERROR,) if step.can_skip else ()), *step.final_errors)


def task_retry(retries: Retries, *, never: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the retriers that do what the task's retries say; none without retries.

    With exponential backoff Airflow waits between b and 2b before try k + 1, where b is the delay times the
    backoff to the power of k - 1: the machine waits b. An evaluation error is never retried: the job may
    already have run, and the next try would fail in the same way. Nor are the errors ``never``.
    """
    if retries.count <= 0:
        return []
    interval = _whole_seconds(retries.delay)
    state: dict[str, Any] = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": interval,
        "MaxAttempts": min(retries.count, ASL_MAXIMUM),
        "BackoffRate": 1.0,
    }
    if retries.backoff > 1.0:
        longest = min(_whole_seconds(retries.max_delay or LONGEST_DELAY), LONGEST_DELAY)
        if longest > interval:  # ASL wants MaxDelaySeconds to be greater than IntervalSeconds
            state |= {"BackoffRate": float(retries.backoff), "MaxDelaySeconds": longest}
        else:
            state["IntervalSeconds"] = longest
    return [{"ErrorEquals": ["States.QueryEvaluationError", *never], "MaxAttempts": 0}, state]


def rounding_problems(task: Task) -> list[Diagnostic]:
    """Return a diagnostic for each duration that ASL cannot say exactly."""
    found = []
    retries = task.retries
    if retries.count > 0 and retries.delay != _whole_seconds(retries.delay):
        rounded = _whole_seconds(retries.delay)
        found.append(f"retry_delay of {retries.delay:g} s becomes {rounded} s (whole seconds, at least 1)")
    if retries.count > 0 and 0 < retries.backoff < 1.0:
        found.append(f"retry_exponential_backoff {retries.backoff:g} becomes a constant delay")
    if task.execution_timeout is not None and task.execution_timeout != _whole_seconds(
        task.execution_timeout
    ):
        rounded = _whole_seconds(task.execution_timeout)
        found.append(f"execution_timeout of {task.execution_timeout:g} s becomes {rounded} s")
    return [task_diagnostic(d.RETRY_ROUNDED, task, problem) for problem in found]


def notice_problems(step: Step, task: Task) -> list[Diagnostic]:
    """Return a diagnostic if a job's timeout also has to cover the time until its end is noticed."""
    if task.execution_timeout is None or not (step.resource or "").endswith(".sync"):
        return []
    problem = "execution_timeout also covers the minutes until Step Functions notices the end of the job"
    return [task_diagnostic(d.LATE_NOTICE, task, problem, "leave five minutes of room")]


def _whole_seconds(seconds: float) -> int:
    return min(max(1, math.ceil(seconds)), ASL_MAXIMUM)
