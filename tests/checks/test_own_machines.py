"""Nothing that the converter writes gives a diagnostic."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from workflows import empty, glue, machine_of, nested, partial_fan_in, workflow

from converter import loading, pipeline
from converter.asl.options import Correlate, Failures, Options, PollerStyle
from converter.checks import check, problems_of
from converter.workflow import Retries, TriggerRule, Workflow

REPOSITORY = Path(__file__).parents[2]
OPTIONS = [Options(failures, correlate) for failures in Failures for correlate in Correlate]
OPTIONS += [Options(failures, poller_style=PollerStyle.RETRY) for failures in Failures]


def random_workflow(seed: int) -> Workflow:
    rng = random.Random(seed)
    tasks = []
    for number in range(rng.randint(1, 14)):
        upstream = tuple(f"t{other}" for other in range(number) if rng.random() < 0.3)
        rule = rng.choice(list(TriggerRule)) if seed % 2 and upstream else TriggerRule.ALL_SUCCESS
        make = rng.choice([glue, nested, empty])
        retries = Retries(rng.randint(1, 5), 60, 2.0) if rng.random() < 0.3 else Retries()
        timeout = 300.0 if rng.random() < 0.2 else None
        tasks.append(
            make(f"t{number}", *upstream, trigger_rule=rule, retries=retries, execution_timeout=timeout)
        )
    return workflow(*tasks)


@pytest.mark.parametrize(
    "options", OPTIONS, ids=lambda o: f"{o.failures.value}-{o.correlate.value}-{o.poller_style.value}"
)
def test_machines_of_random_dags_pass(options: Options) -> None:
    conversions = [pipeline.convert(random_workflow(seed), options) for seed in range(30)]
    machines = [conversion.machine for conversion in conversions if conversion.machine]
    assert len(machines) >= 15
    assert sum(machine.pollers for machine in machines) >= 10
    assert [problem for machine in machines for problem in problems_of(machine.definition)] == []


def test_a_run_that_cannot_fail_passes() -> None:
    flow = workflow(nested("job"), empty("end", "job", trigger_rule=TriggerRule.ALL_DONE))
    assert problems_of(machine_of(flow).definition) == ()


@pytest.mark.parametrize(
    "options", OPTIONS, ids=lambda o: f"{o.failures.value}-{o.correlate.value}-{o.poller_style.value}"
)
def test_a_bundle_passes(tmp_path: Path, options: Options) -> None:
    conversion = pipeline.convert(partial_fan_in(), options)
    assert check(pipeline.write(conversion, tmp_path)) == []


def test_the_example_dags_pass(tmp_path: Path) -> None:
    for workflow_ in loading.load(REPOSITORY / "dags"):
        pipeline.write(pipeline.convert(workflow_, Options()), tmp_path)
    assert any(tmp_path.iterdir())
    assert check(tmp_path) == []


def test_a_machine_of_900_tasks_is_checked_in_seconds() -> None:
    tasks = []
    for layer in range(30):
        for row in range(30):
            upstream = [f"t{layer - 1}_{row}"] if layer else []
            if layer % 3 == 1 and row % 10 == 0:
                upstream.append(f"t{layer - 1}_{row + 1}")
            make = empty if layer % 2 else glue
            tasks.append(make(f"t{layer}_{row}", *upstream))
    machine = machine_of(workflow(*tasks))
    assert machine.pollers == 30
    started = time.process_time()
    problems_of(machine.definition)
    assert time.process_time() - started < 10  # about one and a half; compared pair by pair, minutes
