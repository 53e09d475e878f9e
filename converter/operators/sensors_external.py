"""The sensor that waits for a run of another DAG: the execution of the machine that it was converted to.

Executions are told apart by the logical date in their input. Which to ask for it, their names say: a run is
named after its logical date, or after the moment at which it was due, which comes later.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal, path
from converter.identity import machine_name
from converter.operators.arguments import Arguments
from converter.operators.date_functions import date_expression
from converter.operators.parts import Call, Caught
from converter.operators.registry import converts
from converter.operators.requests import allow, arn
from converter.operators.sensing import Look, Sensing, sensor_step, take_sensing
from converter.operators.step import Permission, Step
from converter.workflow import Opaque

_EXTERNAL = "airflow.providers.standard.sensors.external_task"
_MACHINE = "$substringBefore($states.context.StateMachine.Id, ':stateMachine:') & ':stateMachine:'"
_LIST = "arn:aws:states:::aws-sdk:sfn:listExecutions"
_DESCRIBE = "arn:aws:states:::aws-sdk:sfn:describeExecution"
_HISTORY = "arn:aws:states:::aws-sdk:sfn:getExecutionHistory"
#: Executions that are listed at a time: their descriptions have 900 bytes at most, results 256 KiB.
_PAGE = 200
#: How an execution is named that a date is known of; ``identity`` makes the name from the run id.
_NAMED_AFTER_DATE = r"/^[a-z_]+__\d\d\d\d-\d\d-\d\dT\d\d-\d\d-\d\d/"
_RUN_STATES = frozenset({"running", "success", "failed"})
#: What a task may be found as, once the run of its DAG has ended.
_TASK_STATES = frozenset({"success", "failed", "skipped", "upstream_failed"})


@converts(f"{_EXTERNAL}.ExternalTaskMarker")
def external_marker(args: Arguments) -> Step:
    """Nothing to do: it tells Airflow what to clear in another DAG when it is cleared itself."""
    for name in ("external_dag_id", "external_task_id", "logical_date", "execution_date", "recursion_depth"):
        args.take_as_it_is(name)
    problem = "clearing it clears nothing in the other DAG: executions are run again one by one"
    args.report(d.LOST_FEATURE, problem, "run the other DAG again with `dag2sfn run --resume`")
    return Step(args.task.task_id, "ExternalTaskMarker")


@converts(f"{_EXTERNAL}.ExternalTaskSensor")
def external_task(args: Arguments) -> Step:
    """Polls the executions of the other DAG's machine for the run of one logical date.

    The machine is found by the name that the other DAG's conversion gives it, in the same account and region.
    The date is the run's own, less ``execution_delta``, or what a simple ``execution_date_fn`` makes of it.
    Without tasks, the state of the run counts. With tasks, what has become of them, as soon as the run has
    ended. A run that is run again counts anew. Return value, as in Airflow: none.
    """
    if args.take("poll_interval") is not None:
        args.report(d.POLL_ROUNDED, "poll_interval is not used", "write poke_interval")
    sensing = take_sensing(args)
    dag_id = args.take_text("external_dag_id")
    tasks = _tasks(args)
    if args.take("check_existence"):
        problem = "check_existence has no effect: a DAG that is not deployed is waited for until the timeout"
        args.report(d.LOST_FEATURE, problem, "leave it out, and give a timeout")
    date = _date(args)
    known = _TASK_STATES if tasks else _RUN_STATES
    allowed = _states(args, "allowed_states", known) or ["success"]
    failed, skipped = (_states(args, name, known) for name in ("failed_states", "skipped_states"))
    other = f"DAG '{dag_id}'"
    if tasks:
        problem = f"what has become of its task is known when the run of {other} has ended"
        remedy = "nothing to do, unless that run waits for this one: then wait for an asset"
        args.report(d.SEEN_AT_THE_END, problem, remedy)
    problem = f"each look lists the executions of {other} since the run's date, {_PAGE} a call"
    args.report(d.MANY_PAGES, problem, "")
    machine = machine_name(dag_id, args.prefix) if dag_id else ""
    look = Look(
        _listing(machine),
        _all_in(tasks, allowed),
        pages=Expression("$page != ''"),
        given={"page": "", "seen": {"at": None, "later": None}, "day": str(_day(date)), "run": None},
        also=_asked(tasks),
        failed=[
            *([(_unreadable(tasks), _not_readable(other))] if tasks else []),
            *([(_any_in(tasks, failed), f"{other} has failed")] if failed and not _skips(sensing) else []),
        ],
        skips=[
            *([(_any_in(tasks, failed), f"{other} has failed")] if failed and _skips(sensing) else []),
            *([(_any_in(tasks, skipped), f"{other} is in one of skipped_states")] if skipped else []),
        ],
    )
    return sensor_step(args, sensing, look, _permissions(machine, history=bool(tasks)))


def _skips(sensing: Sensing) -> bool:
    return sensing.soft_fail or sensing.never_fail


# --- arguments --------------------------------------------------------------------------------------------


def _tasks(args: Arguments) -> tuple[str, ...]:
    """Return the ids of the tasks that are waited for; none if it is the run."""
    one, several = args.take("external_task_id"), args.take("external_task_ids")
    if args.take("external_task_group_id"):
        remedy = "name the tasks in external_task_ids"
        args.report(d.SENSOR_CHOICE, "which tasks a group of another DAG has is not known here", remedy)
    given = [one] if one is not None else several or []
    if not isinstance(given, list) or not all(isinstance(task, str) for task in given):
        if not isinstance(given, Opaque):
            remedy = "write the ids in the file"
            args.report(d.SENSOR_CHOICE, "which tasks it waits for is known to the run alone", remedy)
        return ()
    return tuple(dict.fromkeys(given))


def _states(args: Arguments, name: str, known: frozenset[str]) -> list[str]:
    value = args.take(name)
    if value is None:
        return []
    states = [value] if isinstance(value, str) else value
    if not isinstance(states, list) or not all(isinstance(state, str) for state in states):
        if not isinstance(states, Opaque):
            args.report(d.BAD_ARGUMENT, f"argument '{name}' is {value!r}", "write a list of states")
        return []
    unknown = [state for state in states if state not in known]
    if unknown:
        problem = f"{name} has {', '.join(map(repr, unknown))}, which is not seen from outside"
        args.report(d.SENSOR_CHOICE, problem, f"write some of {', '.join(sorted(known))}")
    return states


def _date(args: Arguments) -> Expression:
    """Return the logical date that the other run has, as a text."""
    delta, function = args.take("execution_delta"), args.take_as_it_is("execution_date_fn")
    text = "logical_date"
    if isinstance(delta, dict) and set(delta) == {"seconds"}:
        text = f"(logical_date - macros.timedelta(seconds={delta['seconds']!r}))"
    elif delta is not None and not isinstance(delta, Opaque):
        args.report(d.BAD_ARGUMENT, f"argument 'execution_delta' is {delta!r}", "write a timedelta")
    if function is not None:
        found = (
            date_expression(function.text, Path(args.task.location.file))
            if (isinstance(function, Opaque))
            else None
        )
        if found is None:
            remedy = "use execution_delta, or a function that returns one date made of its argument alone"
            args.report(d.SENSOR_CHOICE, "execution_date_fn is Python that only Airflow can run", remedy)
        else:
            text = found
    translated: Any = args.translated("execution_date_fn", f"{{{{ ({text}).isoformat() }}}}")
    return translated if isinstance(translated, Expression) else Expression("''")


# --- what is asked ----------------------------------------------------------------------------------------


def _day(date: Expression) -> Expression:
    """Return a date as the names of executions have it: to the second, with hyphens for colons."""
    return Expression(f"$replace($substring({date.text}, 0, 19), ':', '-')")


def _listing(machine: str) -> Call:
    """Return the call that lists executions, the newest first, until those that began before the date.

    It keeps the newest that is named after the date (``at``), and, of scheduled runs, the newest of those
    that are named after the earliest date behind it (``later``).
    """
    executions, token = "$states.result.Executions", "$states.result.NextToken"
    older = f"$day > $replace($substring({executions}[-1].StartDate, 0, 19), ':', '-')"
    before = "$page = '' ? {'at': null, 'later': null} : $seen"
    seen = (
        f"($date := function($x) {{$substring($substringAfter($x.Name, '__'), 0, 19)}}; $before := {before}; "
        f"$rows := $filter([{executions}], function($x) {{$contains($x.Name, {_NAMED_AFTER_DATE})}}); "
        "$same := $filter([$rows], function($x) {$date($x) = $day}); "
        "$behind := $filter([$rows], "
        "function($x) {$contains($x.Name, /^scheduled__/) and $date($x) > $day}); "
        "$next := $sort([$behind], function($a, $b) {$date($a) > $date($b)}); "
        "$brief := function($x) {{'arn': $x.ExecutionArn, 'date': $date($x)}}; "
        "{'at': $before.at != null ? $before.at : $count([$same]) > 0 ? $brief([$same][0]) : null, "
        "'later': $count([$next]) > 0 ? "
        "($before.later = null ? $brief([$next][0]) : "
        "$before.later.date > $date([$next][0]) ? $brief([$next][0]) : $before.later) : $before.later})"
    )
    first = literal({"StateMachineArn": Expression(f"{_MACHINE} & {literal(machine)}"), "MaxResults": _PAGE})
    return Call(
        "look",
        _LIST,
        Expression(f"$merge([{first}, $page = '' ? {{}} : {{'NextToken': $page}}])"),
        {
            "page": Expression(f"$exists({token}) and $not({older}) ? {token} : ''"),
            "seen": Expression(seen),
            "run": Expression("null"),
        },
        caught=(
            Caught(
                ("Sfn.StateMachineDoesNotExistException",),
                {"page": "", "seen": {"at": None, "later": None}, "run": None},
            ),
        ),
    )


def _asked(tasks: tuple[str, ...]) -> tuple[Call, ...]:
    calls = [
        _describing("at", "read its run", "$page = '' and $seen.at != null", tasks),
        _describing("later", "read the next", "$page = '' and $run = null and $seen.later != null", tasks),
    ]
    if tasks:
        calls.append(_reading_the_end(tasks))
    return tuple(calls)


def _describing(which: str, does: str, when: str, tasks: tuple[str, ...]) -> Call:
    """Return the call that reads an execution; ``run`` stays null if it is of another logical date."""
    result = "$states.result"
    own = f"$replace($substring($string($parse({result}.Input).logical_date), 0, 19), ':', '-')"
    state = f"{result}.Status = 'RUNNING' ? 'running' : {result}.Status = 'SUCCEEDED' ? 'success' : 'failed'"
    kept = f"'arn': {result}.ExecutionArn, 'state': {state}"
    if tasks:
        kept += f", 'tasks': $exists({result}.Output) ? {_of_tasks(f'{result}.Output', tasks)} : null"
    return Call(
        does,
        _DESCRIBE,
        {"ExecutionArn": Expression(f"$seen.{which}.arn")},
        {"run": Expression(f"{own} = $day ? {{{kept}}} : null")},
        when=Expression(when),
    )


def _reading_the_end(tasks: tuple[str, ...]) -> Call:
    """Return the call that reads what has become of the tasks of a run that has failed.

    Records are the input of the state in which it has ended.
    """
    entered = "$states.result.Events[Type = 'FailStateEntered'][0].StateEnteredEventDetails.Input"
    found = f"$exists({entered}) ? {entered} : '{{}}'"
    return Call(
        "read how it ended",
        _HISTORY,
        {"ExecutionArn": Expression("$run.arn"), "ReverseOrder": True, "MaxResults": 3},
        {"run": Expression(f"$merge([$run, {{'tasks': {_of_tasks(found, tasks)}}}])")},
        when=Expression("$page = '' and $run.state = 'failed'"),
    )


def _of_tasks(records: str, tasks: tuple[str, ...]) -> str:
    """Return the states of tasks in the text of records, null of one that has no record."""
    state = "($record := $lookup($records, $task); $exists($record.state) ? $record.state : null)"
    each = f"function($task) {{{{$task: {state}}}}}"
    return f"($records := $parse({records}); $merge($map({literal(list(tasks))}, {each})))"


def _permissions(machine: str, *, history: bool) -> tuple[Permission, ...]:
    actions = ("states:DescribeExecution", *(("states:GetExecutionHistory",) if history else ()))
    executions = arn("states", "execution:{}", machine) + ":*"
    return (
        allow("states:ListExecutions", on=arn("states", "stateMachine:{}", machine)),
        allow(*actions, on=executions, reason="each run has its own name"),
    )


# --- verdicts ---------------------------------------------------------------------------------------------


def _all_in(tasks: tuple[str, ...], states: Iterable[str]) -> Expression:
    return Expression(" and ".join(_in(states, where) for where in _places(tasks)))


def _any_in(tasks: tuple[str, ...], states: Iterable[str]) -> Expression:
    return Expression(" or ".join(_in(states, where) for where in _places(tasks)))


def _places(tasks: tuple[str, ...]) -> list[str]:
    return [f"$run.tasks.{path(task)}" for task in tasks] or ["$run.state"]


def _in(states: Iterable[str], where: str) -> str:
    return f"{where} in {literal(list(states))}"


def _unreadable(tasks: tuple[str, ...]) -> Expression:
    missing = " or ".join(f"{where} = null" for where in _places(tasks))
    return Expression(f"$run.state in ['success', 'failed'] and ({missing})")


def _not_readable(other: str) -> str:
    return (
        f"the run of {other} has ended, and says nothing of the task: there is none of this id, or the run "
        "was cut short, or is one of several machines"
    )
