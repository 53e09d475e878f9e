"""``--xcom s3``: what Python and Bash tasks push above a size is kept in S3, and its place travels.

The function puts it there and fetches it for its readers. The machine itself cannot fetch anything: what a
template of another operator reads, or a mapped task is expanded over, stays in the execution's data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from converter.operators.parts import Call, Part, Poll
from converter.operators.python import calls_function, calls_of_function, is_call_of_function
from converter.operators.step import Step
from converter.workflow import Workflow

#: All values of an execution that are not kept in S3 may have so many bytes together, and each so many.
_ALL, _EACH, _LEAST = 150_000, 8_192, 256
_Payload = dict[str, Any]


def kept_in_s3(steps: Mapping[str, Step], workflow: Workflow) -> dict[str, Step]:
    """Return the steps whose calls of the function say above how many bytes a value is kept in S3."""
    readers = _readers_in_the_machine(steps, workflow)
    pushing = [task for task, step in steps.items() if calls_function(step)]
    over = max(_LEAST, min(_EACH, _ALL // max(1, len(pushing))))
    return {task: _marked(step, readers.get(task), over) for task, step in steps.items()}


def uses_s3(steps: Mapping[str, Step]) -> bool:
    """Whether the function may keep something in S3."""
    payloads = (arguments["Payload"] for step in steps.values() for arguments in calls_of_function(step))
    return any("xcom_over" in payload or "xcom_read_by" in payload for payload in payloads)


def _readers_in_the_machine(steps: Mapping[str, Step], workflow: Workflow) -> dict[str, str]:
    """Return task → in words, who reads what it pushes without the function."""
    found: dict[str, str] = {}
    for task in workflow.tasks:
        for source in task.expansion.task_ids() if task.expansion else ():
            found.setdefault(source, f"'{task.task_id}' is expanded over it")
        step = steps.get(task.task_id)
        if step is not None and not calls_function(step):
            for source in step.reads:
                found.setdefault(source, f"a template of '{task.task_id}' reads it")
    return found


def _marked(step: Step, read_by: str | None, over: int) -> Step:
    if step.instances is not None:
        over = _LEAST
    more: _Payload = {"xcom_read_by": read_by} if read_by else {"xcom_over": over}
    return _with_payload(step, lambda payload: {**payload, **more})


def _with_payload(step: Step, change: Callable[[_Payload], _Payload]) -> Step:
    """Return a step with the events of its calls of the function changed."""

    def changed(arguments: Any) -> Any:
        if not is_call_of_function(arguments):
            return arguments
        return {**arguments, "Payload": change(arguments["Payload"])}

    def changed_part(part: Part) -> Part:
        if isinstance(part, Poll):
            return replace(part, ask=replace(part.ask, arguments=changed(part.ask.arguments)))
        return replace(part, arguments=changed(part.arguments)) if isinstance(part, Call) else part

    return replace(
        step, arguments=changed(step.arguments), parts=tuple(changed_part(part) for part in step.parts)
    )
