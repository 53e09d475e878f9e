"""Converts a layered DAG, plays one run of it on the virtual clock, and compares every task with Airflow."""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.planning.families import layered
from converter import pipeline
from converter.asl.budget import LIMITS, Limits
from converter.asl.options import Options
from converter.verify.comparing import outcome_of
from converter.verify.playing import Player
from converter.verify.scenarios import scenario_of
from converter.verify.verification import Verifier
from converter.workflow import Location, Task, TriggerRule, Workflow

_GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
#: Every second task has one of them, so that a failure does not put an end to everything behind it.
_RULES = (TriggerRule.ALL_DONE, TriggerRule.NONE_FAILED, TriggerRule.ONE_SUCCESS, TriggerRule.ALL_DONE)
#: Seconds. Jobs of the scenario take up to half an hour, and a run takes days.
_POLL_INTERVAL, _WEEKS = 300, 4 * 7 * 86_400


@dataclass(frozen=True)
class Stage:
    """What took ``seconds`` of processor time; the process has had ``megabytes`` at most by then."""

    what: str
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Result:
    """How a run of ``tasks`` in ``machines`` went.

    ``hours`` is how long it took on the virtual clock, ``outcomes`` how many tasks had each outcome, and
    ``differing`` are the tasks whose outcome is another one in Airflow.
    """

    tasks: int
    machines: int
    events: int
    hours: float
    outcomes: Mapping[str, int]
    differing: tuple[str, ...]
    stages: tuple[Stage, ...]


def workflow_of(tasks: int) -> Workflow:
    """Return a DAG in square layers, each task behind one to four tasks of the layer before, with retries."""
    found = []
    for number, (task_id, upstream) in enumerate(layered(tasks).items()):
        rule = _RULES[number // 2 % len(_RULES)] if upstream and number % 2 else TriggerRule.ALL_SUCCESS
        found.append(
            Task(
                task_id,
                _GLUE,
                arguments={"job_name": task_id},
                upstream=tuple(upstream),
                trigger_rule=rule,
            )
        )
    return Workflow("large", tuple(found), Location("large.py", 1))


def measure(tasks: int, seed: int = 3, limits: Limits = LIMITS) -> Result:
    """Convert, play and compare; raises AssertionError if the DAG is not converted."""
    stages: list[Stage] = []
    workflow = workflow_of(tasks)
    with _stage(stages, "convert"):
        conversion = pipeline.convert(
            workflow, Options(poll_interval=_POLL_INTERVAL, await_deadline=_WEEKS), limits=limits
        )
    machine, plan = conversion.machine, conversion.plan
    assert machine is not None, conversion.diagnostics
    assert plan is not None
    with _stage(stages, "read the machines"):
        player = Player(workflow, machine)
    scenario = scenario_of(workflow, machine.steps, seed)
    with _stage(stages, "play the run"):
        played = player.play(scenario)
    with _stage(stages, "simulate Airflow"):
        codes = frozenset(item.code for item in conversion.diagnostics)
        judge = Verifier(workflow, plan, machine, codes).judge
        airflow = judge.airflow_side(scenario, played).run()
    expected = {task: outcome_of(result) for task, result in airflow.tasks.items()}
    assert expected.keys() == played.outcomes.keys()
    return Result(
        tasks=tasks,
        machines=len(machine.machines),
        events=played.events,
        hours=played.ended / 3600,
        outcomes=dict(Counter(played.outcomes.values())),
        differing=tuple(task for task in expected if expected[task] != played.outcomes[task]),
        stages=tuple(stages),
    )


@contextmanager
def _stage(stages: list[Stage], what: str) -> Iterator[None]:
    began = time.process_time()
    yield
    seconds = time.process_time() - began
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stages.append(Stage(what, round(seconds, 1), round(megabytes)))
