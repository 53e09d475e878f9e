"""Python and Bash tasks: run by one Lambda function, from the author's own DAG file.

What the task calls is not looked into here beyond its source: which XComs it pulls, whether it needs Airflow
(``task_runtime.callables``). Arguments and templates are the function's business, which imports the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from converter import diagnostics as d
from converter.derived import derived
from converter.expansion import Expansion
from converter.expressions.expansions import listed
from converter.expressions.jsonata import Expression, Substitution, literal, path
from converter.operators.arguments import Arguments
from converter.operators.parts import SKIP_ERROR, TRY_NUMBER, Call, Caught, Ending, Poll
from converter.operators.registry import converts
from converter.operators.sensing import Look, kept, sensor_step, take_sensing
from converter.operators.step import Retrier, SkipOrders, Step
from converter.task_runtime import LONGEST_RUN
from converter.task_runtime.callables import Facts, facts_of, pulled_tasks
from converter.task_runtime.context_uses import asked_of_airflow_in
from converter.task_runtime.local_files import files_in_text
from converter.task_runtime.third_party import needs_of
from converter.workflow import Opaque, Task, Value, texts_in

#: The function that runs the tasks of the DAG; the template fills it in.
TASK_FUNCTION = Substitution("TaskFunctionArn")

_INVOKE = "arn:aws:states:::lambda:invoke"
_STANDARD = "airflow.providers.standard"
#: Lambda refuses or loses the event before the function has begun (AWS documentation, "Handle transient
#: Lambda service exceptions"). Lambda.ClientExecutionTimeoutException is left out: there the task has run.
_LAMBDA_TROUBLE = Retrier(
    (
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    )
)
#: The run's input as the function takes it; whatever else the input holds stays in the machine.
_RUN = Expression(
    "$merge([{}, $sift($states.context.Execution.Input, function($value, $name) {$name in "
    "['conf', 'run_id', 'logical_date', 'data_interval_start', 'data_interval_end', 'params', "
    "'partition_key', 'partition_date']})])"
)
_XCOM_PULL = re.compile(r"xcom_pull\s*\(")


@converts(
    f"{_STANDARD}.operators.python.PythonOperator", f"{_STANDARD}.decorators.python._PythonDecoratedOperator"
)
def python_task(args: Arguments) -> Step:
    """A call of the DAG's Lambda function, which imports the DAG file and calls the task's function.

    Return value, as in Airflow: what the function returns, as JSON; its XCom keys likewise. What the
    function can and cannot do is in docs/python_tasks.md.
    """
    return _python_step(args, "PythonOperator")


@converts("airflow.sdk.definitions.asset.decorators._AssetMainOperator")
def asset_function(args: Arguments) -> Step:
    """The task of ``@asset``, as a Python task. Parameters that name assets are given them, by name and URI.

    Return value, as in Airflow: what the function returns, as JSON.
    """
    args.set_aside("definition_name", "uri")
    return _python_step(args, "PythonOperator")


@converts(
    f"{_STANDARD}.operators.python.BranchPythonOperator",
    f"{_STANDARD}.decorators.branch_python._BranchPythonDecoratedOperator",
)
def branch(args: Arguments) -> Step:
    """As a Python task; what the function returns says which direct downstream tasks are followed.

    Return value, as in Airflow: none if a task is skipped, else what the function returns.
    """
    return _python_step(args, "BranchPythonOperator", SkipOrders.NOT_CHOSEN)


@converts(
    f"{_STANDARD}.operators.python.ShortCircuitOperator",
    f"{_STANDARD}.decorators.short_circuit._ShortCircuitDecoratedOperator",
)
def short_circuit(args: Arguments) -> Step:
    """As a Python task; if the function returns something false, what lies downstream is skipped.

    Return value, as in Airflow: none if a task is skipped, else what the function returns.
    """
    ignores_rules = args.take("ignore_downstream_trigger_rules", True)
    orders = SkipOrders.DESCENDANTS if ignores_rules is True else SkipOrders.CHILDREN
    return _python_step(args, "ShortCircuitOperator", orders)


@converts(f"{_STANDARD}.operators.bash.BashOperator")
def bash(args: Arguments) -> Step:
    """As a Python task, in the same Lambda function: ``bash -c``, on Amazon Linux with Lambda's few programs.

    Return value, as in Airflow: the last line of output. Exit code 99 (skip_on_exit_code) skips the task.
    """
    _report_bash(args)
    may_skip = args.take("skip_on_exit_code", 99) is not None
    processor = args.task.arguments.get("output_processor")
    reads, facts = _reads(args, processor)
    args.set_aside("bash_command", "env", "append_env", "output_encoding", "cwd", "output_processor")
    return function_step(args, "BashOperator", reads, facts, may_skip=may_skip)


@converts(f"{_STANDARD}.decorators.bash._BashDecoratedOperator")
def decorated_bash(args: Arguments) -> Step:
    """As a Bash task; the command is what the decorated function returns."""
    may_skip = args.take("skip_on_exit_code", 99) is not None
    args.set_aside("bash_command", "env", "append_env", "output_encoding", "cwd", "output_processor")
    _report_bash(args)
    reads, facts = _reads(args, args.task.arguments.get("python_callable"))
    args.set_aside("python_callable", "op_args", "op_kwargs")
    return function_step(args, "BashOperator", reads, facts, may_skip=may_skip)


@converts(
    f"{_STANDARD}.sensors.python.PythonSensor", f"{_STANDARD}.decorators.sensor.DecoratedSensorOperator"
)
def python_sensor(args: Arguments) -> Step:
    """Polls with the DAG's Lambda function, which calls the sensor's function once for each look.

    Return value, as in Airflow: the ``xcom_value`` of a ``PokeReturnValue``. A look may take 15 minutes.
    """
    reads, facts = _reads(args, args.task.arguments.get("python_callable"))
    args.set_aside("python_callable", "op_args", "op_kwargs", "templates_dict")
    return look_with_function(args, reads, facts)


def look_with_function(args: Arguments, reads: tuple[str, ...], facts: Facts | None) -> Step:
    """Return the step of a sensor that looks with the function."""
    sensing = take_sensing(args)
    arguments = {"FunctionName": TASK_FUNCTION, "Payload": _payload(args, reads, TRY_NUMBER)}
    answer = "$states.result.Payload"
    keeps = {
        "done": Expression(f"{answer}.done = true"),
        "value": kept("Payload.return_value"),
        "pushed": Expression(f"$exists({answer}.xcom) ? {answer}.xcom : {{}}"),
    }
    # What Airflow tells apart before it looks at silent_fail and never_fail.
    skips = Ending(SKIP_ERROR, "the sensor's function skips the task")
    gives_up = SKIP_ERROR if sensing.soft_fail or sensing.never_fail else "AirflowFailException"
    caught = (
        Caught((SKIP_ERROR,), ends=skips),
        Caught(("AirflowFailException",), ends=Ending(gives_up, "the sensor's function fails for good")),
    )
    look = Call("look", _INVOKE, arguments, keeps, (_LAMBDA_TROUBLE,), caught)
    return sensor_step(
        args,
        sensing,
        Look(look, Expression("$done = true")),
        (),
        output=Expression("$value"),
        xcom=Expression("$pushed"),
        can_skip=facts is None or facts.may_skip,
        final_errors=("AirflowFailException",),
        reads=reads,
    )


@derived
def calls_function(step: Step) -> bool:
    """Whether a step calls the function that runs the DAG's tasks."""
    return any(True for _ in calls_of_function(step))


def calls_of_function(step: Step) -> Iterator[Mapping[str, Any]]:
    """Yield the arguments of a step's calls of that function."""
    if is_call_of_function(step.arguments):
        yield step.arguments
    for part in step.parts:
        call = part.ask if isinstance(part, Poll) else part
        if isinstance(call, Call) and is_call_of_function(call.arguments):
            yield call.arguments


def is_call_of_function(arguments: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether the arguments of a call are those of a call of that function."""
    return isinstance(arguments, Mapping) and arguments.get("FunctionName") == TASK_FUNCTION


def _python_step(args: Arguments, operator: str, orders: SkipOrders | None = None) -> Step:
    reads, facts = _reads(args, args.task.arguments.get("python_callable"))
    args.set_aside("python_callable", "op_args", "op_kwargs", "templates_dict", "templates_exts")
    # Of Airflow 1 and of how it logs.
    args.set_aside("provide_context", "show_return_value_in_logs")
    return function_step(args, operator, reads, facts, orders=orders)


def function_step(
    args: Arguments,
    operator: str,
    reads: tuple[str, ...],
    facts: Facts | None,
    *,
    may_skip: bool = False,
    orders: SkipOrders | None = None,
) -> Step:
    """Return the step of a task that the function runs as one of its operators."""
    task = args.task
    _report_time(args)
    tries_before = Expression("$states.context.State.RetryCount")
    payload = _payload(args, reads, tries_before)
    return Step(
        task_id=task.task_id,
        operator=operator,
        resource=_INVOKE,
        arguments={"FunctionName": TASK_FUNCTION, "Payload": payload},
        output=Expression("$states.result.Payload.return_value"),
        xcom=Expression("$states.result.Payload.xcom"),
        retriers=(_LAMBDA_TROUBLE,),
        # Where the source cannot be read, nobody knows.
        can_skip=may_skip or facts is None or facts.may_skip,
        orders_skips=orders,
        skip=Expression("$states.result.Payload.skip") if orders else None,
        final_errors=("AirflowFailException",),
        reads=reads,
    )


def _payload(args: Arguments, reads: tuple[str, ...], tries_before: Expression) -> dict[str, Any]:
    """Return the function's event for a task; where its state stands decides how much it may push."""
    task = args.task
    _report_templates(args)
    args.leave_to_function()
    payload: dict[str, Any] = {
        "task_id": task.task_id,
        "map_index": args.map_index,
        "try_number": Expression(f"{tries_before.text} + 1"),
        "run": _RUN,
        "xcom": {other: _record_of(other) for other in reads if not args.is_mapped(other)},
    }
    if args.pulls_of_any:
        payload["xcom_at"] = {other: _end_of(other) for other in reads}
    if mapped := {other: _records_of_instances(other) for other in reads if args.is_mapped(other)}:
        payload["mapped_xcom"] = mapped
    if task.execution_timeout:
        payload["timeout"] = task.execution_timeout
    return payload


def _record_of(task_id: str) -> Expression:
    """Return the XComs of a task that has ended, by their keys; none if it pushed none, or did not run."""
    record = f"$states.input.{path(task_id)}"
    return Expression(f"$merge([{{{literal('return_value')}: {record}.output}}, {record}.xcom])")


def _end_of(task_id: str) -> Expression:
    """Return when a task ended, in milliseconds; 0 if it has no record."""
    return Expression(f"$sum([0, $states.input.{path(task_id)}.at])")


def _records_of_instances(task_id: str) -> Expression:
    """Return a list with the XComs of each instance of a mapped task, by their keys."""
    pushed = f"$merge([{{{literal('return_value')}: $i.output}}, $i.xcom])"
    return Expression(listed(f"$states.input.{path(task_id)}.instances", f"function($i) {{ {pushed} }}"))


def _reads(args: Arguments, function: Value) -> tuple[tuple[str, ...], Facts | None]:
    """Return the tasks whose XComs the task reads, and what its function's source says; report problems."""
    task = args.task
    texts = texts_in([task.arguments.get(field) for field in task.template_fields])
    args.files |= dict.fromkeys(file for text in texts for file in files_in_text(text))
    found = {name: None for field in task.template_fields for name in _referred(task.arguments.get(field))}
    if task.expansion is not None:
        found |= dict.fromkeys(_expanded_over(task.expansion))
    facts: Facts | None = Facts()
    if isinstance(function, Opaque):
        facts = facts_of(function.text, Path(task.location.file))
    if facts is None or facts.pulls_unseen:
        found |= dict.fromkeys(task.upstream)
        args.report(
            d.PULLS_UNSEEN,
            "which XComs its function pulls cannot be seen: it is passed those of its direct upstream tasks",
            "name other tasks in literal ids: ti.xcom_pull(task_ids='extract')",
        )
    if (facts is not None and facts.pulls_of_any) or _pulls_of_any(task):
        args.note_pull_of_any()
        found |= dict.fromkeys(args.before if args.of_airflow_2 else ())
    if facts is not None:
        found |= dict.fromkeys(facts.pulled)
        args.files |= dict.fromkeys(facts.files)
        _report_needs(args, facts)
        _report_hooks(args, facts)
        if facts.notes_assets:
            args.report(
                d.ASSET_NOTES_LOST,
                "what its function notes about the assets that it updates is lost",
                "hand it on as an XCom, or write it to where the asset is",
            )
    found.pop(task.task_id, None)
    return tuple(found), facts


def _pulls_of_any(task: Task) -> bool:
    """Whether a template of the task pulls an XCom without saying from which task."""
    texts = texts_in([task.arguments.get(field) for field in task.template_fields])
    return any(pulled_tasks(call) == () for text in texts for call in _pulls_in_template(text))


def reads_of(
    args: Arguments, fields: tuple[str, ...], functions: tuple[str, ...], *more: Value
) -> tuple[tuple[str, ...], Facts | None]:
    """Return the tasks whose XComs some arguments and functions of the author's read; report problems.

    ``functions`` are the arguments that hold them, ``more`` are others. What is said of them together is said
    of the one of which least is known.
    """
    found = {name: None for field in fields for name in _referred(args.task.arguments.get(field))}
    known: Facts | None = Facts()
    for function in (*(args.task.arguments.get(name) for name in functions), *more):
        reads, facts = _reads(args, function)
        found |= dict.fromkeys(reads)
        if facts is None or (known is not None and facts.may_skip):
            known = facts
    found.pop(args.task.task_id, None)
    return tuple(found), known


def _expanded_over(expansion: Expansion) -> Iterator[str]:
    """Yield the tasks that a task is expanded over, and those that literals in that name."""
    yield from expansion.task_ids()
    sources = list(expansion.sources)
    while sources:
        source = sources.pop()
        yield from _referred(source.value)
        sources += source.sources


def _referred(value: Value) -> Iterator[str]:
    """Yield the tasks that XCom references and templates in an argument name."""
    if isinstance(value, Opaque) and value.kind.endswith("XComArg"):
        _, is_list, names = value.text.partition(" of ")
        if is_list and "{{" not in value.text:
            yield from names.split(", ")
        else:
            yield from _pulled_in_template(value.text)
    elif isinstance(value, str):
        yield from _pulled_in_template(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _referred(item)
    elif isinstance(value, list):
        for item in value:
            yield from _referred(item)


def _pulled_in_template(text: str) -> Iterator[str]:
    for call in _pulls_in_template(text):
        yield from pulled_tasks(call) or ()


def _pulls_in_template(text: str) -> Iterator[ast.Call]:
    calls = (_call_at(text, start.start()) for start in _XCOM_PULL.finditer(text))
    yield from (call for call in calls if call)


def _call_at(text: str, start: int) -> ast.Call | None:
    """Return the call that begins in a text; None if it does not read as Python."""
    for end in (found.end() for found in re.finditer(r"\)", text[start:])):
        try:
            call = ast.parse(text[start : start + end], mode="eval").body
        except SyntaxError:
            continue
        return call if isinstance(call, ast.Call) else None
    return None


def _report_hooks(args: Arguments, facts: Facts) -> None:
    if facts.hooks:
        args.report(
            d.HOOKS_BY_ROLE,
            f"its function calls AWS by {', '.join(facts.hooks)}: with the role of the Lambda function, not "
            "with an Airflow connection",
            "allow what it calls by the stack's parameter TaskPolicyArns; give region_name if it is another",
        )


def _report_needs(args: Arguments, facts: Facts) -> None:
    for name in facts.of_airflow:
        args.report(
            d.NEEDS_AIRFLOW,
            f"its function uses {name}, which is not there in Lambda",
            "calculate it from ds, by the schedule"
            if name.startswith("the context's prev_")
            else "do without: boto3 calls AWS with the function's own role; or use an operator that is "
            "converted",
        )
    if facts.uses_partition:
        args.report(
            d.PARTITION_FROM_INPUT,
            "its function uses the run's partition, and no asset starts a run with one here",
            "name it when you start a run: `dag2sfn run --partition-key`; without, it is None",
        )
    for module in needs_of(facts.modules).not_installed:
        args.report(
            d.MODULE_NOT_INSTALLED,
            f"its function uses the module '{module}', which is not installed here",
            "install it where the DAG is converted, so that its version is known and packaged",
        )


def _report_templates(args: Arguments) -> None:
    fields = [args.task.arguments.get(field) for field in args.task.template_fields]
    for name in dict.fromkeys(name for text in texts_in(fields) for name in asked_of_airflow_in(text)):
        args.report(
            d.NEEDS_AIRFLOW,
            f"a template uses {name}, which is not there in Lambda",
            "do without; the XComs of other tasks, params and the run's dates are there",
        )


def _report_time(args: Arguments) -> None:
    limit = args.task.execution_timeout
    if limit is None:
        args.report(
            d.SHORT_RUN, "it may take 15 minutes in Lambda", "set execution_timeout to how long it takes"
        )
    elif limit > LONGEST_RUN:
        args.report(
            d.TOO_LONG_FOR_LAMBDA,
            f"execution_timeout is {limit:g} s, and Lambda ends a function after {LONGEST_RUN} s",
            "set it to 15 minutes at most, or convert with `--long-functions cap` if that is enough for it;"
            " or run the code in a Glue job (pythonshell), Batch or ECS",
        )


def _report_bash(args: Arguments) -> None:
    args.report(
        d.BASH_IN_LAMBDA,
        "its command runs on Amazon Linux with what Lambda's runtime has: bash, coreutils, Python",
        "check that it needs no other program",
    )
