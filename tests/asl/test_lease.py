from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from workflows import glue, machine_of, nested, partial_fan_in, workflow

from converter import pipeline
from converter.asl import lease
from converter.asl.options import Failures, Options
from converter.checks import check, problems_of
from converter.engine import Execution, parse_definition
from converter.engine.clock import VirtualClock
from converter.engine.simulation import DEFAULT_START
from converter.verify.simulated_aws import SimulatedAws, Try

_STATES = "arn:aws:states:us-east-1:000000000000"


class Runs:
    """Executions of one machine on one virtual clock, which share a table."""

    def __init__(self, flow: Any, script: Any, options: Options | None = None) -> None:
        self.definition = parse_definition(machine_of(flow, options).definition)
        self.clock = VirtualClock(DEFAULT_START)
        self.aws = SimulatedAws(script)
        self.active: list[tuple[float, str, str]] = []

    async def start(self, name: str, *, at: float = 0, stopped_at: float | None = None) -> None:
        await asyncio.sleep(at)
        arn = f"{_STATES}:execution:m:{name}"
        execution = Execution(
            self.definition,
            "{}",
            backend=self.aws,
            clock=self.clock,
            arn=arn,
            state_machine_arn=f"{_STATES}:stateMachine:m",
            name=name,
            random=Random(0),
        )
        self.aws.executions[arn] = execution
        if stopped_at is not None:
            asyncio.get_running_loop().call_at(stopped_at, execution.stop, "Stopped", "enough")
        await execution.run()

    def play(self, *runs: Any) -> dict[str, str]:
        async def together() -> None:
            await asyncio.gather(*runs)

        self.clock.run(together())
        return {arn.rsplit(":", 1)[1]: run.status for arn, run in self.aws.executions.items()}

    def intervals(self, task: str) -> list[tuple[float, float]]:
        """When the task ran, in each execution, in the order of the starts."""
        starts = [moment for moment, what, state in self.aws.timeline if (what, state) == ("start", task)]
        ends = [moment for moment, what, state in self.aws.timeline if (what, state) == ("end", task)]
        return list(zip(starts, ends, strict=True))

    @property
    def holders(self) -> Any:
        return self.aws.table.items["max_active_runs"].get("holders", {"SS": []})["SS"]


def limited(slots: int, *tasks: Any, **fields: Any) -> Any:
    return workflow(*(tasks or (glue("a"),)), settings={"max_active_runs": slots}, **fields)


def overlapping(intervals: list[tuple[float, float]]) -> int:
    """How many run at once at most."""
    return max(sum(start <= moment < end for start, end in intervals) for moment, _ in intervals)


def test_one_run_after_the_other() -> None:
    runs = Runs(limited(1), {"a": [Try(100)]})
    ended = runs.play(*(runs.start(name) for name in ("r1", "r2", "r3")))
    assert ended == {"r1": "SUCCEEDED", "r2": "SUCCEEDED", "r3": "SUCCEEDED"}
    intervals = runs.intervals("a")
    assert len(intervals) == 3
    assert overlapping(intervals) == 1
    assert runs.holders == []


def test_as_many_runs_at_once_as_there_are_slots() -> None:
    runs = Runs(limited(3), {"a": [Try(100)]})
    runs.play(*(runs.start(f"r{number}", at=number) for number in range(7)))
    intervals = runs.intervals("a")
    assert len(intervals) == 7
    assert overlapping(intervals) == 3
    # The first three begin at once; the fourth looks every 30 s, so it begins at most so long after 100 s.
    assert [start for start, _ in intervals[:3]] == [0, 1, 2]
    assert 100 <= intervals[3][0] <= 130


def test_a_failed_run_gives_its_slot_back() -> None:
    runs = Runs(limited(1), {"a": [Try(10, "Boom")]})
    ended = runs.play(runs.start("r1"), runs.start("r2", at=20))
    assert ended == {"r1": "FAILED", "r2": "FAILED"}
    assert runs.aws.executions[f"{_STATES}:execution:m:r1"].error == "DagRunFailed"
    assert runs.intervals("a") == [(0, 10), (20, 30)]
    assert runs.holders == []


@pytest.mark.parametrize("why", ["stopped", "timed out", "broken"])
def test_the_slot_of_a_dead_run_is_taken_back(why: str) -> None:
    fields = {"dagrun_timeout": 50.0} if why == "timed out" else {}
    options = Options(failures=Failures.STOP, resumable=False) if why == "broken" else None
    first = Try(1000) if why != "broken" else Try(50, "Boom")
    runs = Runs(limited(1, **fields), {"a": [first]}, options)
    runs.play(
        runs.start("r1", stopped_at=50 if why == "stopped" else None), runs.start("r2", at=45, stopped_at=90)
    )
    (_, dead), (taken, _) = runs.intervals("a")
    assert dead == 50
    assert 50 < taken <= 45 + 30


def test_a_run_that_is_still_alive_keeps_its_slot_however_long() -> None:
    runs = Runs(limited(1), {"a": [Try(20 * 3600)]})
    ended = runs.play(runs.start("r1"), runs.start("r2"))
    assert ended == {"r1": "SUCCEEDED", "r2": "SUCCEEDED"}
    assert overlapping(runs.intervals("a")) == 1


def test_a_run_gives_up_after_a_day_and_stays_within_its_history() -> None:
    runs = Runs(limited(1), {"a": [Try(30 * 3600)]})
    ended = runs.play(runs.start("r1"), runs.start("r2"))
    assert ended == {"r1": "SUCCEEDED", "r2": "FAILED"}
    waiting = runs.aws.executions[f"{_STATES}:execution:m:r2"]
    assert waiting.error == lease.GIVEN_UP_ERROR
    conversion = pipeline.convert(limited(1), Options())
    assert conversion.machine is not None
    assert len(waiting.history) < 8_000
    assert len(runs.intervals("a")) == 1


def test_outcomes_and_the_end_are_what_they_are_without_a_limit() -> None:
    flow = partial_fan_in(settings={"max_active_runs": 2})
    script = {task.task_id: [Try(5)] for task in flow.tasks} | {"glue3": [Try(7, "Boom")]}
    runs = Runs(flow, script)
    assert runs.play(runs.start("r1")) == {"r1": "FAILED"}
    execution = runs.aws.executions[f"{_STATES}:execution:m:r1"]
    assert execution.cause == "failed: glue3 (Boom); upstream_failed: report_a, report_b"
    assert runs.holders == []


@pytest.mark.parametrize("failures", list(Failures))
def test_the_machine_passes_its_own_checks(failures: Failures) -> None:
    flow = partial_fan_in(settings={"max_active_runs": 2})
    conversion = pipeline.convert(flow, Options(failures))
    assert conversion.machine is not None
    assert problems_of(conversion.machine.definition) == ()
    assert "D235" in {diagnostic.code.id for diagnostic in conversion.diagnostics}
    assert "D224" not in {diagnostic.code.id for diagnostic in conversion.diagnostics}


def test_its_bundle_allows_what_the_slots_need(tmp_path: Path) -> None:
    conversion = pipeline.convert(limited(1), Options())
    bundle = pipeline.write(conversion, tmp_path)
    assert check(bundle) == []
    text = (bundle / "template.yaml").read_text()
    assert "dynamodb:PutItem" not in text  # no task publishes its outcome
    assert ":execution:${MachineName}:*" in text


def test_a_timeout_of_the_run_is_said_to_include_the_wait() -> None:
    conversion = pipeline.convert(limited(1, nested("a"), dagrun_timeout=60.0), Options())
    assert "D236" in {diagnostic.code.id for diagnostic in conversion.diagnostics}


def test_what_waits_for_a_slot_does_not_count_for_pollers() -> None:
    flow = partial_fan_in(settings={"max_active_runs": 1})
    machine = pipeline.convert(flow, Options()).machine
    assert machine is not None
    assert machine.pace is not None
    assert machine.pace.deadline == lease.PATIENCE + 24 * 3600


def test_a_limit_that_is_no_number_is_not_held() -> None:
    flow = workflow(glue("a"), settings={"max_active_runs": "many"})
    conversion = pipeline.convert(flow, Options())
    assert [diagnostic.code.id for diagnostic in conversion.diagnostics if diagnostic.code.id == "D224"]
    assert conversion.machine is not None
    assert "max_active_runs" not in json.dumps(conversion.machine.definition)
