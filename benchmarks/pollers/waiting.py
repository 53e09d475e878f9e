"""Lets the example's poller wait on the virtual clock, and counts what that takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from converter import loading, pipeline
from converter.asl.options import Options, PollerStyle
from converter.engine import Definition, Execution, parse_definition, run_virtual
from converter.verify import SimulatedAws, Try

EXAMPLE = Path("dags/partial_fan_in.py")
HOUR = 3600
#: Seconds that one call of the poller function is taken to last.
CALL_SECONDS = 0.2

#: Prices in US dollars, us-east-1, without free tiers, as published in 2025:
#: aws.amazon.com/step-functions/pricing (Standard workflows; a retry is a transition as well),
#: aws.amazon.com/lambda/pricing (arm64), aws.amazon.com/dynamodb/pricing/on-demand (a strongly consistent
#: read of up to 4 KB is one unit).
TRANSITION = 0.025 / 1_000
INVOCATION = 0.20 / 1_000_000
GIGABYTE_SECOND = 0.0000133334
READ_UNIT = 0.125 / 1_000_000
#: The function's memory in the template that is emitted.
MEMORY_GIGABYTES = 0.25


@dataclass(frozen=True)
class Waiting:
    """A poller of one style that asks every ``interval`` seconds.

    The delays are those of the consumer after the producer's end, in seconds; the rest is what an hour of
    waiting takes.
    """

    style: str
    interval: int
    mean_delay: float
    longest_delay: float
    calls: int
    transitions: int
    events: int
    dollars: float


def measure(style: PollerStyle, interval: int, phases: int = 40) -> Waiting:
    """Measure a style. The producer ends at as many ``phases`` of the interval."""
    definition = _definition(style, interval)
    delays = [_delay(definition, HOUR + interval * phase / phases) for phase in range(phases)]
    shorter, longer = (_play(definition, hours * HOUR) for hours in (1, 2))
    calls = longer[0].polls - shorter[0].polls
    transitions = _transitions(longer[1]) - _transitions(shorter[1])
    return Waiting(
        style=style.value,
        interval=interval,
        mean_delay=sum(delays) / phases,
        longest_delay=max(delays),
        calls=calls,
        transitions=transitions,
        events=len(longer[1].history) - len(shorter[1].history),
        dollars=transitions * TRANSITION + calls * _dollars_of_a_call(),
    )


@lru_cache
def _definition(style: PollerStyle, interval: int) -> Definition:
    (workflow,) = loading.load(EXAMPLE)
    # With a deadline this near, no interval has to grow.
    options = Options(poll_interval=interval, await_deadline=3 * HOUR, poller_style=style)
    machine = pipeline.convert(workflow, options).machine
    assert machine is not None
    assert machine.pace is not None
    assert not machine.pace.growth
    return parse_definition(machine.definition)


def _play(definition: Definition, seconds: float) -> tuple[SimulatedAws, Execution]:
    """Run the example; the job that both reports need takes so many seconds, everything else one."""
    script = {task: [Try(1)] for task in ("glue1", "glue2", "report_a", "report_b")}
    aws = SimulatedAws({**script, "glue3": [Try(seconds)]}, poll_seconds=CALL_SECONDS)
    execution: Execution = run_virtual(definition, {}, aws)
    assert execution.status == "SUCCEEDED", execution.cause
    return aws, execution


def _delay(definition: Definition, seconds: float) -> float:
    timeline = {(what, task): moment for moment, what, task in _play(definition, seconds)[0].timeline}
    return timeline["start", "report_b"] - timeline["end", "glue3"]


def _transitions(execution: Execution) -> int:
    """Return the state transitions that are charged: every entry of a state, and every retry of a Task."""
    kinds = [event.type for event in execution.history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    return entered + kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")


def _dollars_of_a_call() -> float:
    """Return what one call of the function costs: it runs, and reads one record. Asking Glue is free."""
    return INVOCATION + CALL_SECONDS * MEMORY_GIGABYTES * GIGABYTE_SECOND + READ_UNIT
