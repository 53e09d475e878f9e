"""Scenarios: what chance decides in a run. How long each try takes, how it ends, what a branch chooses.

A scenario follows from its seed alone, so every finding can be played again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from converter.operators.step import SkipOrders, Step
from converter.verify import airflow_run
from converter.workflow import Task, Workflow

#: Longest tries, in seconds; one is drawn for each task, so that short and long ones run side by side.
_SCALES = (5, 60, 60, 600, 3600)


@dataclass(frozen=True)
class Scenario:
    """The tries of each task, as Airflow's workers would see them. The last one is repeated."""

    seed: int
    script: Mapping[str, tuple[airflow_run.Try, ...]]


def scenario_of(workflow: Workflow, steps: Mapping[str, Step], seed: int) -> Scenario:
    """Return the scenario of a seed. Seed 0 is the one in which everything succeeds at the first try."""
    rng = Random(seed)  # noqa: S311 - repeatable on purpose
    trouble = rng.choice((0.05, 0.15, 0.35)) if seed else 0.0
    children = _children(workflow)
    script: dict[str, tuple[airflow_run.Try, ...]] = {}
    for task in workflow.tasks:
        step = steps[task.task_id]
        if step.resource is None:
            script[task.task_id] = (airflow_run.Try(0),)
            continue
        tries = [_try(rng, trouble, task, step)]
        while len(tries) <= task.retries.count and tries[-1].end is airflow_run.End.FAILED:
            tries.append(_try(rng, 0.6 if trouble else 0.0, task, step))
        if tries[-1].end is airflow_run.End.SUCCESS:
            tries[-1] = _with_choice(rng, seed, tries[-1], step, children[task.task_id], workflow)
        script[task.task_id] = tuple(tries)
    return Scenario(seed, script)


def _try(rng: Random, trouble: float, task: Task, step: Step) -> airflow_run.Try:
    seconds = rng.randint(1, 1000 * rng.choice(_SCALES)) / 1000
    end = airflow_run.End.SUCCESS
    if rng.random() < trouble:
        ends = [airflow_run.End.FAILED] * 4
        ends += [airflow_run.End.FAILED_FOR_GOOD] if step.final_errors else []
        ends += [airflow_run.End.SKIPPED] * 3 if step.can_skip else []
        end = rng.choice(ends)
    limit = min((limit for limit in (step.timeout, task.execution_timeout) if limit), default=None)
    if limit is not None and seconds >= limit:
        # A try that takes too long is failed at its timeout, whatever would have become of it.
        return airflow_run.Try(float(limit), airflow_run.End.FAILED)
    return airflow_run.Try(seconds, end)


def _with_choice(
    rng: Random,
    seed: int,
    this: airflow_run.Try,
    step: Step,
    children: tuple[str, ...],
    workflow: Workflow,
) -> airflow_run.Try:
    """Return the try with what a branch or a short-circuit chooses."""
    if step.orders_skips is None or not seed:
        return this
    if step.orders_skips is not SkipOrders.NOT_CHOSEN:
        if rng.random() < 0.5:
            return this
        ignores_rules = step.orders_skips is SkipOrders.DESCENDANTS
        return airflow_run.Try(this.seconds, airflow_run.ShortCircuit(ignores_rules))
    everything = [task.task_id for task in workflow.tasks]
    chosen = [child for child in children if rng.random() < 0.5]
    if rng.random() < 0.15:
        chosen.append(rng.choice(everything))
    return airflow_run.Try(this.seconds, airflow_run.Branch(tuple(dict.fromkeys(chosen))))


def _children(workflow: Workflow) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {task.task_id: [] for task in workflow.tasks}
    for task in workflow.tasks:
        for up in task.upstream:
            found[up].append(task.task_id)
    return {name: tuple(children) for name, children in found.items()}
