"""When pollers give up: not before what they wait for may have ended, as far as the DAG itself says.

A dagrun_timeout says it for all. Without one, most tasks have no limit in Airflow, and are allowed
:data:`converter.asl.options.DEFAULT_DEADLINE` all together; sensors say how long they wait, seven days if
nothing is set, and are allowed that besides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from converter.asl import lease
from converter.asl.budget import LONGEST_EXECUTION
from converter.asl.options import DEFAULT_DEADLINE, Options
from converter.asl.tasks import LONGEST_DELAY
from converter.operators.parts import Poll, Until
from converter.operators.step import Step
from converter.relations import relations_of
from converter.workflow import Retries, Task, Workflow


def poller_deadline(workflow: Workflow, steps: Mapping[str, Step], options: Options) -> int:
    """Return when pollers give up, in seconds after the start of the execution."""
    if options.await_deadline is not None:
        return options.await_deadline
    # What waits for a slot has not begun.
    has_outer = any(task.is_teardown for task in workflow.tasks)
    slot = lease.PATIENCE if workflow.max_active_runs and not has_outer else 0
    if workflow.dagrun_timeout:
        return slot + max(1, round(workflow.dagrun_timeout))
    return min(LONGEST_EXECUTION, slot + DEFAULT_DEADLINE + longest_wait(workflow, steps))


def deadline_reason(workflow: Workflow, steps: Mapping[str, Step], options: Options) -> str:
    """Return why pollers are more patient than by default, to be added to a sentence; "" if they are not."""
    wait = longest_wait(workflow, steps)
    if options.await_deadline is not None or workflow.dagrun_timeout or not wait:
        return ""
    return f", as sensors may wait for {wait / 3600:.4g} h"


def longest_wait(workflow: Workflow, steps: Mapping[str, Step]) -> int:
    """Return how long tasks that wait may wait one after another, in seconds: on the longest path of them.

    Counted is what has a limit: a sensor's timeout once, as it is not tried again, but an execution_timeout
    for each try.
    """
    waited: dict[str, float] = {}
    for task in relations_of(workflow).upstream_first:
        before = max((waited[up] for up in task.upstream), default=0.0)
        waited[task.task_id] = before + _limit(task, steps[task.task_id])
    return math.ceil(max(waited.values(), default=0.0))


def _limit(task: Task, step: Step) -> float:
    """Return how long a task that waits may do so, all its tries together."""
    found = 0.0
    for part in step.parts:
        if isinstance(part, Poll | Until) and part.limit:
            of_try = math.inf if part.unhurried else task.execution_timeout or math.inf
            is_tried_again = of_try < part.limit.seconds
            found += _of_all_tries(of_try, task.retries) if is_tried_again else part.limit.seconds
    return found


def _of_all_tries(of_try: float, retries: Retries) -> float:
    """Return what tries take of which each takes so long, with the waits between them."""
    grows = retries.backoff > 1
    most = min(LONGEST_DELAY, retries.max_delay or LONGEST_DELAY) if grows else math.inf
    # With a backoff, Airflow adds up to as much again.
    pause, waits = retries.delay * (2 if grows else 1), 0.0
    for _ in range(retries.count):
        waits += min(most, pause)
        pause = min(most, pause * retries.backoff)
    return of_try * (1 + retries.count) + waits
