"""Submits and sensors that a machine has joined: to Airflow they are two tasks, of which the sensor waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from converter.operators import step_of
from converter.operators.parts import Verdict
from converter.operators.step import Step
from converter.verify import airflow_run
from converter.verify.watching import Watch, watch_of
from converter.workflow import Workflow

#: What a job's start or a look takes in Airflow, in seconds, and what a machine's calls take besides the job.
_A_MOMENT, _CALLS = 0.0005, 2.0


def joined(steps: Mapping[str, Step]) -> dict[str, str]:
    """Return sensor → submit of the pairs that are joined."""
    return {
        task_id: part.of
        for task_id, step in steps.items()
        for part in step.parts
        if isinstance(part, Verdict) and part.of
    }


def watch_of_sensor(workflow: Workflow, sensor: str) -> Watch:
    """Return how a sensor that is joined looks in Airflow."""
    task = workflow.task(sensor)
    step, _ = step_of(task, workflow)
    watch = watch_of(step, task) if step else None
    if watch is None:
        raise ValueError(f"'{sensor}' does not watch anything")
    # A look takes its time: one that is due at the timeout comes after it, and is the last.
    return watch if watch.limit is None else replace(watch, limit=watch.limit - _A_MOMENT)


def as_seen(
    pairs: Mapping[str, str],
    script: Mapping[str, tuple[airflow_run.Try, ...]],
    tries: Mapping[str, tuple[tuple[float, float], ...]],
) -> Iterator[tuple[str, tuple[airflow_run.Try, ...]]]:
    """Yield the tries of pairs whose calls took a little more in the machine than their job, or its start.

    ``tries`` gives start and end of the machine's.
    """
    for sensor, submit in pairs.items():
        started, ended = tries.get(submit, ()), tries.get(sensor, ())
        of_submit, of_sensor = list(script[submit]), list(script[sensor])
        for number, (start, end) in enumerate(started[: len(of_submit)]):
            if of_submit[number].end is not airflow_run.End.SUCCESS:
                of_submit[number] = _as_long(of_submit[number], end - start)
        for number, (start, end) in enumerate(ended[: len(of_sensor)]):
            begin = started[-1][0] + _A_MOMENT if number == 0 and started else start
            of_sensor[number] = _as_long(of_sensor[number], end - begin)
        yield submit, tuple(of_submit)
        yield sensor, tuple(of_sensor)


def _as_long(this: airflow_run.Try, seconds: float) -> airflow_run.Try:
    if seconds <= 0 or not -_A_MOMENT <= seconds - this.seconds <= _CALLS:
        return this
    return replace(this, seconds=round(seconds, 6))
