"""The engine on the virtual clock: many runs of the example, and one big machine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.local.figures import Figure
from converter import loading, pipeline
from converter.asl.options import Options
from converter.engine import Execution, SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.verify import SimulatedAws, Try

EXAMPLE = Path("dags/partial_fan_in.py")
SECONDS = {"glue1": 720, "glue2": 3900, "glue3": 1500, "report_a": 120, "report_b": 120}


def measure() -> list[Figure]:
    """Measure everything."""
    return [run_the_example(10_000), run_a_big_machine(branches=40, tasks=50)]


def run_the_example(runs: int) -> Figure:
    """The example's emitted machine, again and again, with a poller that polls for half an hour."""
    (workflow,) = loading.load(EXAMPLE)
    machine = pipeline.convert(workflow, Options()).machine
    assert machine is not None
    definition = parse_definition(machine.definition)
    events = 0
    before = time.monotonic()
    for number in range(runs):
        script = {task: [Try(seconds)] for task, seconds in SECONDS.items()}
        execution = run_virtual(definition, {}, SimulatedAws(script), seed=number)
        assert execution.status == "SUCCEEDED", execution.cause
        events += len(execution.history)
    took = time.monotonic() - before
    return Figure(
        f"{runs:,} runs of the example, {events // runs} events each", took, None, events / took, "events"
    )


def run_a_big_machine(branches: int, tasks: int) -> Figure:
    """One machine of many tasks, side by side in chains; parsing included."""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "All",
        "States": {
            "All": {
                "Type": "Parallel",
                "Branches": [_chain(f"c{number}", tasks) for number in range(branches)],
                "End": True,
            }
        },
    }
    before = time.monotonic()
    execution: Execution = run_virtual(definition, {}, SimulatedBackend(lambda call: TaskResult(seconds=60)))
    took = time.monotonic() - before
    assert execution.status == "SUCCEEDED", execution.cause
    events = len(execution.history)
    what = f"one machine of {branches * tasks:,} tasks, {events:,} events"
    return Figure(what, took, None, events / took, "events")


def _chain(name: str, tasks: int) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for number in range(tasks):
        states[f"{name}-{number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::glue:startJobRun",
            "Arguments": {
                "JobName": f"{name}-{number}",
                "Arguments": {"--run": "{% $states.context.Execution.Name %}"},
            },
            "Output": {"done": number},
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": f"{name}-end"}],
            "Next": f"{name}-{number + 1}" if number + 1 < tasks else f"{name}-end",
        }
    states[f"{name}-end"] = {"Type": "Succeed"}
    return {"StartAt": f"{name}-0", "States": states}
