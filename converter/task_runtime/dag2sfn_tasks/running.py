"""Runs one try of one task, and answers with what it pushes and what it tells to be skipped."""

import asyncio
import copy
import inspect
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from .assets import AssetOperator
from .bash import run_bash
from .branching import Structure, has_something_to_skip, not_followed
from .context import arguments_for, enter_context, leave_context, task_context
from .dag_file import LoadedDag
from .exceptions import AirflowException, AirflowTaskTimeout
from .inert import running_a_task
from .mapping import check_return_value, instance_of
from .operators import (
    BashOperator,
    BranchPythonOperator,
    DecoratedBash,
    MappedOperator,
    PokeReturnValue,
    PythonOperator,
    PythonSensor,
    ShortCircuitOperator,
    own_method,
)
from .references import RETURN_KEY
from .templates import Renderer
from .values import as_json

_log = logging.getLogger(__name__)


def run_task(loaded: LoadedDag, structure: Structure, event: Mapping[str, Any]) -> dict[str, Any]:
    """Run a task and return the function's answer (see ``handler``). Raises what the task raises."""
    # A copy: the process lives on for other runs of the task, and rendering replaces fields.
    task = copy.copy(loaded.task(event["task_id"]))
    context = task_context(task, event, structure.task_ids)
    if isinstance(task, MappedOperator):
        task = instance_of(task, context)
        context["task"] = context["ti"].task = task
    if not isinstance(task, (PythonOperator, BashOperator)) and not own_method(task):
        raise AirflowException(
            f"task '{task.task_id}' is a {type(task).__name__}, which is not run in Lambda"
        )
    variables = _airflow_variables(task, context)
    os.environ.update(variables)
    enter_context(context)
    try:
        with running_a_task(), _time_limit(event.get("timeout")):
            Renderer(task, context).render_fields()
            returned = _execute(task, context, variables)
            looked: dict[str, Any] = {}
            if isinstance(task, PythonSensor) or own_method(task) == "poke":
                looked = {"done": bool(returned)}
                returned = returned.xcom_value if isinstance(returned, PokeReturnValue) and returned else None
            skip = _skipped(task, structure, returned)
            if context["ti"].map_index >= 0:
                skip = None  # it is kept for tasks of its index, and pushed like any other: SkipMixin.skip
            if skip is None and task.task_id in structure.expanded_over:
                check_return_value(returned if task.do_xcom_push else None)
            pushed = {} if skip is not None else _outputs(task, returned)
    finally:
        leave_context()
    # What the callable pushes under a key and then returns under the same one: the later counts.
    keys = {**context["ti"].pushed, **pushed}
    answer = {"return_value": keys.pop(RETURN_KEY, None), "skip": skip, **looked}
    return {**answer, "xcom": keys} if keys else answer


def _execute(task: Any, context: dict[str, Any], variables: Mapping[str, str]) -> Any:
    if isinstance(task, DecoratedBash):
        task.bash_command = _call(task, context)
        if not isinstance(task.bash_command, str) or not task.bash_command.strip():
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        Renderer(task, context).render_fields()
    if isinstance(task, BashOperator):
        return run_bash(task, variables)
    if method := own_method(task):
        return getattr(task, method)(context)
    context["templates_dict"] = task.templates_dict
    returned = _call(task, context)
    if task.show_return_value_in_logs:
        _log.info("Done. Returned value was: %s", returned)
    return returned


def _call(task: Any, context: dict[str, Any]) -> Any:
    """Call the task's function with its arguments and what it asks of the context."""
    context.update(task.op_kwargs)
    function: Callable[..., Any] = task.python_callable
    if isinstance(task, AssetOperator):
        return _returned_by(function, function(**task.arguments(context)))
    returned = function(*task.op_args, **arguments_for(function, task.op_args, context))
    return _returned_by(function, returned)


def _returned_by(function: Callable[..., Any], returned: Any) -> Any:
    """Return the value of what a function has returned, which may be yet to come."""
    if inspect.isawaitable(returned):
        return asyncio.run(_awaited(returned))
    # A generator yields metadata of assets, for Airflow; what it returns is the value.
    plain = function.func if isinstance(function, partial) else function
    return _last_of(returned) if inspect.isgeneratorfunction(plain) else returned


async def _awaited(returned: Any) -> Any:
    return await returned


def _last_of(generator: Any) -> Any:
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def _skipped(task: Any, structure: Structure, returned: Any) -> Any:
    """Return the answer's ``skip``."""
    if isinstance(task, BranchPythonOperator):
        return not_followed(structure, task.task_id, returned) or None
    if isinstance(task, ShortCircuitOperator) and not returned:
        respects_rules = vars(task).get("ignore_downstream_trigger_rules", True) is not True
        if has_something_to_skip(structure, task.task_id, whatever_lies_behind=not respects_rules):
            return "all"
    return None


def _outputs(task: Any, returned: Any) -> dict[str, Any]:
    """Return what the task pushes besides what its function pushed itself."""
    if returned is None or not task.do_xcom_push:
        return {}
    value = as_json(returned, "the return value")
    if not task.multiple_outputs:
        return {RETURN_KEY: value}
    if not isinstance(returned, Mapping):
        kind = type(returned).__name__
        raise TypeError(f"Returned output was type {kind} expected dictionary for multiple_outputs")
    for key in returned:
        if not isinstance(key, str):
            raise TypeError(
                "Returned dictionary keys must be strings when using multiple_outputs, "
                f"found {key} ({type(key).__name__}) instead"
            )
    return {**value, RETURN_KEY: value}


def _airflow_variables(task: Any, context: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment variables that Airflow sets for a task."""
    run, ti = context["dag_run"], context["ti"]
    logical_date = {"AIRFLOW_CTX_LOGICAL_DATE": run.logical_date.isoformat()} if run.logical_date else {}
    return {
        "AIRFLOW_CTX_DAG_OWNER": str(task.owner),
        "AIRFLOW_CTX_DAG_ID": ti.dag_id,
        "AIRFLOW_CTX_TASK_ID": ti.task_id,
        **logical_date,
        "AIRFLOW_CTX_TRY_NUMBER": str(ti.try_number),
        "AIRFLOW_CTX_DAG_RUN_ID": ti.run_id,
    }


@contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raise AirflowTaskTimeout when the time is up: a machine that gives up on a function does not end it."""
    if not seconds:
        yield
        return

    def time_is_up(*signal_and_frame: object) -> None:
        raise AirflowTaskTimeout(f"execution_timeout of {seconds:g} s has passed")

    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
