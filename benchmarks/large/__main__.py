"""Prints what a DAG of 5,000 tasks takes to be converted and played, and whether it ends as in Airflow.

Usage: ``python -m benchmarks.large [TASKS] [--format json]``. The exit code is 1 if a task ends differently.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from benchmarks.large.playing import Result, measure

TASKS = 5_000


def main(arguments: list[str]) -> int:
    """Measure and print it; return the exit code."""
    sizes = [int(argument) for argument in arguments if argument.isdigit()]
    result = measure(sizes[0] if sizes else TASKS)
    if arguments[-2:] == ["--format", "json"]:
        print(json.dumps(asdict(result), indent=2))
    else:
        _print(result)
    return 1 if result.differing else 0


def _print(result: Result) -> None:
    ends = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(result.outcomes.items()))
    print(f"{result.tasks:,} tasks in {result.machines} machines, a run of {result.hours:.0f} hours: {ends}")
    print(f"{result.events:,} events in all; outcomes other than Airflow's: {len(result.differing)}")
    for task in result.differing[:10]:
        print(f"  differs: {task}")
    for stage in result.stages:
        print(f"{stage.what:20} {stage.seconds:8.1f} s  {stage.megabytes:6,.0f} MB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
