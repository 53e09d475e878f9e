"""The comparison as a JSON document, and as lines of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from converter.comparison.costs import PRICES_OF, cost_of
from converter.comparison.model import Comparison, Run, Side, TaskComparison, TaskRun, Verdict

_LONGEST_VALUE = 120


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Return ``{"dag_id", "verdict", "reasons", "tasks": […], "airflow": {…}, "step_functions": {…}}``."""
    return {
        "dag_id": comparison.dag_id,
        "verdict": comparison.verdict.value,
        "reasons": list(comparison.reasons),
        "tasks": [_task_json(task) for task in comparison.tasks],
        "airflow": _run_json(comparison, Side.AIRFLOW),
        "step_functions": _run_json(comparison, Side.STEP_FUNCTIONS),
    }


def lines(comparison: Comparison) -> Iterator[str]:
    """Yield what a person reads: the verdict, why, each task that differs, and how long it took."""
    yield f"{comparison.dag_id}: {comparison.verdict.value}"
    for reason in comparison.reasons:
        yield f"  {reason}"
    unequal = [task for task in comparison.tasks if task.verdict is not Verdict.EQUAL]
    equal = len(comparison.tasks) - len(unequal)
    yield f"  {equal} of {len(comparison.tasks)} tasks are equal"
    for task in unequal:
        yield f"  {task.key}: {task.verdict.value}"
        for difference in task.differences:
            yield f"    {difference.message}{both_sides(difference.airflow, difference.step_functions)}"
    for side, name in ((Side.AIRFLOW, "Airflow"), (Side.STEP_FUNCTIONS, "Step Functions")):
        run, critical = comparison.run_of(side), comparison.critical[side]
        took = "not ended" if run.seconds is None else f"{run.seconds:.1f} s"
        over = "" if critical.overhead is None else f", {critical.overhead:.1f} s of it the orchestrator's"
        yield f"{name:14}  {run.state}, {took}{over}; critical path: {' > '.join(map(str, critical.path))}"
    bill = cost_of(comparison.step_functions)
    if bill:
        total = sum(item.amount for item in bill)
        items = ", ".join(f"{item.quantity} {item.what}" for item in bill)
        yield f"cost            ${total:.6f}: {items} (prices of {PRICES_OF})"


def both_sides(airflow: Any, machine: Any) -> str:
    """Return the end of a line: what both sides have, shortened; nothing if the line has said it."""
    if (airflow is None and machine is None) or isinstance(airflow, float):
        return ""
    texts = [json.dumps(value, ensure_ascii=False, default=str) for value in (airflow, machine)]
    short = [text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…" for text in texts]
    return f": {short[0]} in Airflow, {short[1]} on Step Functions"


def _task_json(task: TaskComparison) -> dict[str, Any]:
    return {
        "task_id": task.key.task_id,
        "map_index": None if task.key.map_index < 0 else task.key.map_index,
        "verdict": task.verdict.value,
        "differences": [
            {
                "what": item.what,
                "message": item.message,
                "path": item.path,
                "airflow": item.airflow,
                "step_functions": item.step_functions,
            }
            for item in task.differences
        ],
        "notes": list(task.notes),
        "airflow": _instance_json(task.airflow, task.delays.get(Side.AIRFLOW)),
        "step_functions": _instance_json(task.step_functions, task.delays.get(Side.STEP_FUNCTIONS)),
    }


def _instance_json(task: TaskRun | None, delay: float | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {
        "state": task.state,
        "start": _iso(task.start),
        "end": _iso(task.end),
        "seconds": _rounded(task.seconds),
        "start_delay": _rounded(delay),
        "tries": task.tries,
    }


def _run_json(comparison: Comparison, side: Side) -> dict[str, Any]:
    run, critical = comparison.run_of(side), comparison.critical[side]
    document: dict[str, Any] = {
        "run_id": run.run_id,
        "state": run.state,
        "start": _iso(run.start),
        "end": _iso(run.end),
        "makespan": _rounded(run.seconds),
        "ideal": _rounded(critical.ideal),
        "overhead": _rounded(critical.overhead),
        "critical_path": [str(key) for key in critical.path],
    }
    return document | (_execution_json(run) if side is Side.STEP_FUNCTIONS else {})


def _execution_json(run: Run) -> dict[str, Any]:
    return {
        "execution_arn": run.name,
        "transitions": run.transitions,
        "status_calls": run.status_calls,
        "cost": {
            "currency": "USD",
            "prices_of": PRICES_OF,
            "total": round(sum(item.amount for item in cost_of(run)), 9),
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
