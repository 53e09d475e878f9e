"""A task that starts a job, and the sensor that alone follows it: one ``.sync`` call waits for the job.

Both stay tasks, with records, tries and outcomes of their own. The submit makes the call. That a job has
begun and failed is kept in its record (``job``) and fails nothing: as in Airflow, the submit has then
succeeded. The sensor looks at that record, in each of its tries, and ends as the job has.

They are joined only where that gives the outcomes of Airflow, whatever happens; else it is said why not.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import replace

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.expressions.jsonata import Expression, literal, path
from converter.operators.arguments import task_diagnostic
from converter.operators.pair_reasons import Pair, last_call, pairs_of, reasons_against, waits
from converter.operators.parts import Call, Caught, Ending, Failure, Part, Verdict
from converter.operators.sensing import FAILED
from converter.operators.step import Step
from converter.relations import relations_of
from converter.workflow import Task, Workflow

#: What Step Functions calls it if a job has begun and failed, and if it was longer than its call may be. The
#: first matches all other errors, too, so it is asked for by its name.
JOB_FAILED, JOB_TIMED_OUT = "States.TaskFailed", "States.Timeout"
#: How a job has ended.
_SUCCEEDED, _FAILED, _TIMED_OUT = "SUCCEEDED", "FAILED", "TIMED_OUT"


def join_pairs(
    workflow: Workflow,
    steps: Mapping[str, Step],
    convert: Callable[[Task], Step],
    *,
    cause_length: int,
    refused: Container[str] = (),
    against: str = "",
) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    """Return the steps with those of submits and their sensors joined, and what is to be said of them.

    ``convert`` gives the step of a task that stands where its namesake does. Of the cause of a failed job
    half as many characters are kept as ``cause_length``. Tasks that are ``refused`` are left alone;
    ``against`` is why no pair is to be joined, in words.
    """
    joined = dict(steps)
    found: list[Diagnostic] = []
    relations = relations_of(workflow)
    for pair in pairs_of(workflow, steps, convert):
        if pair.submit.task_id in refused or pair.sensor.task_id in refused:
            continue
        apart = [*reasons_against(pair, relations)] or ([against] if against else [])
        waiting = None if apart else _waiting(pair)
        if waiting is None:
            why = "; ".join(apart) or f"the call of '{pair.submit.task_id}' cannot wait by itself"
            remedy = "nothing to do, unless its polls are too many"
            found.append(task_diagnostic(d.PAIR_APART, pair.sensor, f"its job is polled for: {why}", remedy))
            continue
        joined[pair.submit.task_id] = _submit_step(pair, waiting, cause_length // 2)
        joined[pair.sensor.task_id] = _sensor_step(pair)
        remedy = "use --pairs poll to keep the two apart"
        found.append(task_diagnostic(d.JOINED_PAIR, pair.sensor, _in_words(pair), remedy))
    return joined, tuple(found)


def _waiting(pair: Pair) -> Step | None:
    """Return the submit's step with a call that waits; None if there is none (a conversion of the user's)."""
    submit = pair.submit
    step = pair.convert(replace(submit, arguments={**submit.arguments, pair.kind.waits: True}))
    return step if waits(step) else None


def _in_words(pair: Pair) -> str:
    submit = pair.submit
    said = f"the call of '{submit.task_id}' waits for the job, which is stopped with the execution"
    if pair.longest:
        said += f", and after {pair.longest:,} s"
    if submit.execution_timeout:
        said += f"; the execution_timeout of '{submit.task_id}' does not limit that call"
    return said


# --- the submit ---------------------------------------------------------------------------------------------


def _submit_step(pair: Pair, waiting: Step, cause_length: int) -> Step:
    """Return the step that starts the job and waits for it. ``waiting`` fails with the job; this does not."""
    call = last_call(waiting)
    if call is None:
        raise ValueError(f"'{waiting.task_id}' calls nothing")
    output, keeps = waiting.output, dict(call.keeps)
    if waiting.resource is not None and output is not None:
        keeps, output = {"id": output}, Expression("$id")
    before = tuple(part for part in waiting.parts if part is not call)
    return replace(
        waiting,
        resource=None,
        arguments={},
        retriers=(),
        timeout=None,
        completion=None,
        output=output,
        parts=(*before, _waiting_call(pair, call, keeps), _SUBMISSION_FAILED),
        job=_end_of_job(pair, cause_length),
    )


def _waiting_call(pair: Pair, call: Call, keeps: Mapping[str, Expression]) -> Call:
    """Return the call that keeps its error and what its cause tells as variables: null, if it succeeds."""
    kind, nothing = pair.kind, Expression("null")
    pushed = _parsed_cause() if kind.described else _in_cause(kind.id, kind.behind)
    failed = {
        **dict.fromkeys(keeps, Expression(pushed)),
        "job_error": Expression("$string($states.errorOutput.Error)"),
        "job_cause": Expression(_CAUSE),
        "job_state": Expression(_in_cause(kind.state)),
        "job_reason": Expression(_in_cause(kind.reason, last=True)),
    }
    succeeded = {
        **{name: Expression(_if_there(value.text)) for name, value in keeps.items()},
        "job_error": nothing,
        "job_cause": nothing,
        "job_state": Expression(_if_there(f"$states.result.{kind.state}")) if kind.bad else nothing,
        "job_reason": nothing,
    }
    return replace(
        call,
        keeps=succeeded,
        caught=(*call.caught, Caught((JOB_FAILED, JOB_TIMED_OUT), failed)),
        timeout=pair.longest,
    )


def _end_of_job(pair: Pair, cause_length: int) -> Expression:
    """Return how the job has ended, over the call's variables; short, as it stays in the record."""
    told = "'the state is ' & $string($job_state) & ($job_reason = null ? '' : ': ' & $string($job_reason))"
    cause = f"$substring($job_state = null ? $string($job_cause) : {told}, 0, {cause_length})"
    good = "$job_error = null"
    if pair.kind.bad:
        good += f" and $not($job_state in {literal(list(pair.kind.bad))})"
    return Expression(
        f"{good} ? {{'state': {literal(_SUCCEEDED)}}} : $job_error = {literal(JOB_TIMED_OUT)}"
        f" ? {{'state': {literal(_TIMED_OUT)}}} : {{'state': {literal(_FAILED)}, 'cause': {cause}}}"
    )


#: A submission that fails may be tried again; a job that has begun and failed is no failure of the submit's.
#: A cause that describes a job is that of a job, whatever the error is called.
_SUBMISSION_FAILED = Verdict(
    (
        Failure(
            Expression(
                f"$job_error != null and $not($job_error in {literal([JOB_FAILED, JOB_TIMED_OUT])})"
                " and $job_state = null"
            ),
            Ending(Expression("$job_error"), Expression("$job_cause")),
        ),
    )
)


# --- the sensor ---------------------------------------------------------------------------------------------


def _sensor_step(pair: Pair) -> Step:
    """Return the step that tells how the job has ended."""
    step, submit = pair.steps[pair.sensor.task_id], pair.submit.task_id
    job = f"$states.input.{path(submit)}.job"
    gave_up = Ending(pair.gives_up_with, f"the job was not over after {pair.longest} s, and was stopped")
    unknown = f"the record of '{submit}' does not say how its job has ended: it is an earlier machine's"
    failures = (
        Failure(Expression(f"{job}.state = {literal(_TIMED_OUT)}"), gave_up),
        Failure(
            Expression(f"{job}.state = {literal(_FAILED)}"),
            Ending(FAILED, Expression(f"$string({job}.cause)")),
        ),
        Failure(Expression(f"$not({job}.state = {literal(_SUCCEEDED)})"), Ending(FAILED, unknown)),
    )
    look: tuple[Part, ...] = (pair.poll.ask,) if pair.kind.looks else ()
    return replace(
        step,
        parts=(Verdict(failures, of=submit), *look),
        permissions=step.permissions if look else (),
        reads=step.reads if submit in step.reads else (*step.reads, submit),
    )


# --- causes -------------------------------------------------------------------------------------------------

#: The cause of an error that is caught.
_CAUSE = "$exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : ''"


def _if_there(text: str) -> str:
    return f"$exists({text}) ? {text} : null"


def _in_cause(member: str, behind: str = "", *, last: bool = False) -> str:
    """Return the text that the first (or last) such member has in a cause, null without any, as JSONata.

    A cause may be cut off, and then is no JSON: so it is searched, not parsed. Blanks in it are no matter.
    """
    marker = literal(f'"{member}":"')
    place = "$split($c, $m)[-1]" if last else "$substringAfter($c, $m)"
    found = f"$substringBefore({place}, '\"')"
    if behind:
        found = f"$substringAfter({found}, {literal(behind)})"
    cause = f"$replace({_CAUSE}, '\": ', '\":')"
    return f"($c := {cause}; $m := {marker}; $contains($c, $m) ? {found} : null)"


def _parsed_cause() -> str:
    """Return a cause's value if it is a whole JSON object, else null, as JSONata."""
    whole = "$substring($c, 0, 1) = '{' and $substring($c, -1) = '}'"
    return f"($c := {_CAUSE}; {whole} ? $parse($c) : null)"
