"""An execution as a Run."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from converter.comparison.model import RETURN_VALUE, Key, Run, Side, Span, SpanKind, TaskRun
from converter.comparison.values import parsed_moment
from converter.executions import RunResult, TaskResult
from converter.executions.addresses import execution_url
from converter.executions.results import Polling
from converter.executions.run_reader import RunReader

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


def read_execution(client: SFNClient, dag_id: str, execution_arn: str) -> Run:
    """Return an execution, as far as it has got. Raises Dag2SfnError (D452) if there is none."""
    reader = RunReader(client, execution_arn)
    reader.read_on()
    return replace(run_of(dag_id, reader.result(), reader.upstream), shadow=reader.shadow)


def run_of(dag_id: str, result: RunResult, upstream: Mapping[str, tuple[str, ...]]) -> Run:
    """Return an execution that was read back as a run."""
    given = _json_object(result.input)
    name = result.execution_arn.rsplit(":", 1)[1]
    known = _what_pollers_knew(result)
    begins = {polling.consumer: polling for polling in result.pollings}
    tasks = {
        key: _task(key, task, begins.get(key.task_id), _awaited(task, upstream.get(key.task_id, ()), known))
        for key, task in _instances(result)
    }
    date = given.get("logical_date")
    return Run(
        side=Side.STEP_FUNCTIONS,
        dag_id=dag_id,
        name=result.execution_arn,
        run_id=str(given.get("run_id") or name),
        state=result.state,
        tasks=tasks,
        start=result.start,
        end=result.stop,
        conf=given.get("conf") or {},
        logical_date=parsed_moment(date) if isinstance(date, str) else None,
        upstream=upstream,
        url=execution_url(result.execution_arn),
        transitions=result.transitions,
        status_calls=result.status_calls,
        own_names=(name,),
        error=": ".join(filter(None, (result.error, result.cause))) or None,
    )


def _instances(result: RunResult) -> Iterator[tuple[Key, TaskResult]]:
    """Yield each task, and the instances of a mapped one in its place."""
    for task_id, task in result.tasks.items():
        if not task.instances:
            yield Key(task_id), task
        for index, instance in enumerate(task.instances):
            yield Key(task_id, index), instance


def _task(key: Key, task: TaskResult, polling: Polling | None, awaited: Mapping[str, datetime]) -> TaskRun:
    return TaskRun(
        key=key,
        state=task.state,
        start=task.start,
        end=task.end,
        tries=task.attempts,
        outputs={**task.xcom, **({} if task.output is None else {RETURN_VALUE: task.output})},
        # What never ran has no output, whether or not that is recorded.
        outputs_known=task.recorded or task.state != "success",
        spans=tuple([*_polling(polling, task), *_spans(task)]),
        awaited=awaited,
        error=task.error,
    )


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _spans(task: TaskResult) -> Iterator[Span]:
    if task.start is None:
        return
    end = task.end or datetime.now(timezone.utc)
    if not task.tries:
        yield Span(SpanKind.RUNNING, task.start, end)
        return
    at = task.start
    for number, one in enumerate(task.tries):
        begin = task.start if number == 0 else one.start
        if begin > at:
            yield Span(SpanKind.RETRYING, at, begin)
        at = one.end or end
        yield Span(SpanKind.RUNNING, begin, at)


def _polling(polling: Polling | None, task: TaskResult) -> Iterator[Span]:
    if polling:
        end = task.start or polling.end
        if end and end > polling.start:
            yield Span(SpanKind.POLLING, polling.start, end)


def _what_pollers_knew(result: RunResult) -> dict[str, list[datetime]]:
    """Return for each awaited task when pollers had learned of its end, in order."""
    known: dict[str, list[datetime]] = {}
    for polling in result.pollings:
        for task_id in polling.awaited if polling.end else ():
            known.setdefault(task_id, []).append(polling.end)  # type: ignore[arg-type]
    return {task_id: sorted(moments) for task_id, moments in known.items()}


def _awaited(
    task: TaskResult, upstream: tuple[str, ...], known: Mapping[str, list[datetime]]
) -> dict[str, datetime]:
    """Return the upstream tasks of which a poller had told before a task began: the last that did."""
    found = {}
    for task_id in upstream if task.start else ():
        before = bisect_right(known.get(task_id, []), task.start or _NEVER)
        if before:
            found[task_id] = known[task_id][before - 1]
    return found
