"""The demonstration: from the DAG file to a finished run, then side by side with the alternatives.

Usage: ``python -m benchmarks.partial_fan_in [--format json] [--with-airflow]``,
the last of which starts a real Airflow as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.partial_fan_in import beside_airflow, scene, virtual
from converter import executions
from converter.executions import RunResult
from converter.local import LocalAws

DAG_FILE = Path("dags/partial_fan_in.py")
POLL_INTERVAL = 2
CONF = '{"day": "2026-01-01"}'

_console = Console(stderr=True)


def main() -> int:
    """Run everything, print it, and clean up; return the exit code."""
    try:
        with LocalAws() as aws, tempfile.TemporaryDirectory() as folder:
            runs = _all_ways(aws, Path(folder))
            _print(runs)
            if "--with-airflow" in sys.argv:
                _title("5. Beside a real Airflow, both at the same time")
                return beside_airflow.compare(aws, DAG_FILE, CONF, _console)
    except KeyboardInterrupt:
        _console.print("Interrupted; the local AWS is gone.", style="yellow")
        return 130
    return 0


def _print(runs: Mapping[str, RunResult]) -> None:
    if "--format" in sys.argv and "json" in sys.argv:
        print(json.dumps({name: _figures(run) for name, run in runs.items()}, indent=2))
    else:
        _print_comparison(runs)
        virtual.print_hours(_console)


def _all_ways(aws: LocalAws, folder: Path) -> dict[str, RunResult]:
    """Return each way's run, in the order in which they are shown."""
    runs = {}
    _title("1. The DAG, its plan, its machine")
    _dag2sfn(aws, "plan", str(DAG_FILE))
    runs["converted"] = _run_converted(aws, folder / "airflow", show=True)
    _title("2. The same jobs, three other ways")
    runs["converted, --failures stop"] = _run_converted(aws, folder / "stop", "--failures", "stop")
    runs["(a) a plain barrier"] = _run_by_hand(aws, "barrier")
    runs["(b) two pollers by hand"] = _run_by_hand(aws, "two_pollers")
    return runs


def _run_converted(aws: LocalAws, folder: Path, *options: str, show: bool = False) -> RunResult:
    """Convert, deploy and run with the command line, as a user does."""
    _fresh_account(aws)
    _dag2sfn(
        aws, "convert", str(DAG_FILE), "-o", str(folder), "--poll-interval", str(POLL_INTERVAL), *options
    )
    _dag2sfn(aws, "deploy", str(folder / "partial_fan_in"), quiet=True)
    arn = _dag2sfn(aws, "run", "partial_fan_in", "--conf", CONF, quiet=True).strip()
    _dag2sfn(aws, "show", arn, "--wait", "--interval", "0.5", quiet=not show)
    return executions.read_back(aws.client("stepfunctions"), arn)


def _run_by_hand(aws: LocalAws, name: str) -> RunResult:
    _fresh_account(aws)
    _console.print(f"running {name}.asl.json", style="dim", highlight=False)
    client = aws.client("stepfunctions")
    machine = scene.create_machine(aws, name, scene.by_hand(name))
    started = client.start_execution(stateMachineArn=machine, name=uuid.uuid4().hex, input="{}")
    *_, last = executions.follow(client, started["executionArn"], interval=0.5)
    return last


def _fresh_account(aws: LocalAws) -> None:
    """Forget earlier runs: the original's poller would take one of the same minute for its own."""
    aws.reset()
    scene.seed(aws)


def _dag2sfn(aws: LocalAws, *arguments: str, quiet: bool = False) -> str:
    """Run a command of the product against the local AWS; return its output if ``quiet``, else show it."""
    if not quiet:
        _console.print(f"$ dag2sfn {' '.join(arguments)}", style="bold", highlight=False, soft_wrap=True)
    done = subprocess.run(
        [sys.executable, "-m", "converter.cli", *arguments],
        env={**os.environ, **aws.environment()},
        stdout=subprocess.PIPE if quiet else sys.stderr,
        stderr=subprocess.DEVNULL if quiet else None,
        text=True,
        check=True,
    )
    return done.stdout or ""


def _figures(run: RunResult) -> dict[str, float | int | str]:
    """Return what is compared. Times in seconds; starts are counted from the execution's start."""
    assert run.start and run.stop

    def after_start(task: str) -> float:
        start = run.tasks[task].start
        assert start and run.start
        return round((start - run.start).total_seconds(), 2)

    ended = run.tasks["glue3"].end
    assert ended
    return {
        "status": run.status,
        "makespan": round((run.stop - run.start).total_seconds(), 2),
        "glue3_end": round((ended - run.start).total_seconds(), 2),
        "report_a_start": after_start("report_a"),
        "report_b_start": after_start("report_b"),
        "transitions": run.transitions,
        "status_calls": run.status_calls,
    }


def _print_comparison(runs: Mapping[str, RunResult]) -> None:
    _title("3. Side by side (times in seconds)")
    table = Table(box=None, header_style="bold", pad_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for heading in (
        "makespan\n[s]",
        "glue3\nends",
        "report_a\nstarts",
        "report_b\nstarts",
        "transi-\ntions",
        "status\ncalls",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, run in runs.items():
        figures = _figures(run)
        times = [
            f"{figures[key]:.1f}" for key in ("makespan", "glue3_end", "report_a_start", "report_b_start")
        ]
        table.add_row(name, *times, str(figures["transitions"]), str(figures["status_calls"]))
    _console.print(table)
    jobs = ", ".join(f"{job} {seconds} s" for job, seconds in scene.JOBS.items())
    _console.print(
        f"\nJobs: {jobs}; reports {scene.REPORT_SECONDS} s; all pollers ask every {POLL_INTERVAL} s.\n"
        "One poller replaces two: report_a waits for glue3 natively. What Airflow's semantics add to\n"
        "--failures stop: a state that decides whether report_a may run, one that decides how the run\n"
        "ended, and that end. In return, one failure no longer aborts the jobs beside it.",
        highlight=False,
        soft_wrap=True,
    )


def _title(text: str) -> None:
    _console.print()
    _console.rule(f"[bold]{text}", align="left")


if __name__ == "__main__":
    sys.exit(main())
