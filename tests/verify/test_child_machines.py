"""A DAG that is cut into several machines does what it does as one, and what Airflow does."""

from __future__ import annotations

import json

import pytest
from mapped import mapped_glue, xcom
from random_dags import random_dag
from scale import scaled
from workflows import glue, python, reader, workflow

from converter import pipeline
from converter.asl.budget import Limits
from converter.asl.children import machine_of
from converter.asl.options import Options
from converter.engine import parse_definition, run_virtual
from converter.verify import SimulatedAws, Try
from converter.verify.playing import Player
from converter.verify.scenarios import scenario_of
from converter.verify.verification import Verifier
from converter.workflow import Task, TriggerRule

#: Seconds; in some scenarios, pollers of sixty layers are to ask for longer than the usual one.
DAY = 24 * 3600
#: The smallest machines that hold any single task of these DAGs: tried in turn.
LIMITS = [Limits(definition=size, data=100_000) for size in (9_000, 14_000, 20_000, 40_000)]


def in_pieces(flow, options):
    """Return a conversion to machines as small as they may be, None for what is not converted at all."""
    for limits in LIMITS:
        conversion = pipeline.convert(flow, options, limits=limits)
        if conversion.machine is not None:
            return conversion
    return None


def verifier_of(conversion):
    codes = frozenset(item.code for item in conversion.diagnostics)
    return Verifier(conversion.workflow, conversion.plan, conversion.machine, codes)


def machines_and_divergences(seeds, scenarios, options):
    machines, diverging = 0, []
    for seed in seeds:
        flow = random_dag(seed)
        conversion = in_pieces(flow, options)
        if conversion is None:
            continue
        machines += len(conversion.machine.machines)
        found = verifier_of(conversion).verify(range(scenarios)).divergences
        whole = pipeline.convert(flow, options)
        if found and not verifier_of(whole).verify(range(scenarios)).divergences:
            diverging.append((seed, found[:2]))
    return machines, diverging


def test_random_dags_in_pieces_do_what_airflow_does():
    machines, diverging = machines_and_divergences((1, 9), 2, Options(resumable=False))
    assert diverging == []
    assert machines > 20


@pytest.mark.full
@pytest.mark.parametrize("resumable", [True, False], ids=["resumable", "not resumable"])
def test_many_random_dags_in_pieces_do_what_airflow_does(resumable):
    machines, diverging = machines_and_divergences(scaled(200, 15), 4, Options(resumable=resumable))
    assert diverging == []
    assert machines > 60


def crossed(layers):
    """Layers of three tasks, no two of which are series-parallel together; each third task has a rule."""
    tasks = []
    for layer in range(layers):
        before = [f"t{layer - 1}_{column}" for column in range(3)] if layer else []
        for column in range(3):
            upstream = [before[column], before[(column + 1) % 3]] if before else []
            rule = TriggerRule.ALL_DONE if upstream and column == 2 else TriggerRule.ALL_SUCCESS
            tasks.append(glue(f"t{layer}_{column}", *upstream, trigger_rule=rule))
    return workflow(*tasks)


@pytest.mark.full
def test_a_dag_of_hundreds_of_tasks_ends_as_in_airflow():
    conversion = pipeline.convert(crossed(60), Options(await_deadline=7 * DAY))
    assert len(conversion.machine.children) > 5
    verifier = verifier_of(conversion)
    scenario = scenario_of(conversion.workflow, conversion.machine.steps, 3)
    played = Player(conversion.workflow, conversion.machine).play(scenario)
    airflow = verifier.judge.airflow_side(scenario, played).run()
    expected = {task: result.outcome.value for task, result in airflow.tasks.items()}
    assert {"success", "upstream_failed", "failed"} <= set(expected.values())
    assert played.outcomes == expected


def executed(flow, run, *, data=LIMITS[0].data, **limits):
    """The execution of a DAG in pieces, and those of its child machines."""
    conversion = pipeline.convert(
        flow, Options(resumable=False), limits=Limits(definition=9_000, data=data, **limits)
    )
    machines = {str(machine_of(one.number)): one for one in conversion.machine.children}
    assert machines
    script = {name: [Try(3, returns=[{"n": 1}, {"n": 2}])] for name in (*ALL, "end", "m: instance")}
    aws = SimulatedAws(
        script, machines={arn: parse_definition(one.definition) for arn, one in machines.items()}
    )
    execution = run_virtual(parse_definition(conversion.machine.definition), run, aws)
    return execution, list(aws.executions.values())


ALL = [f"t{number}" for number in range(8)]


def chain(*behind):
    tasks = [python(name, *ALL[max(0, number - 1) : number]) for number, name in enumerate(ALL)]
    return workflow(*tasks, *behind)


def test_a_run_without_any_input_is_one_as_well():
    """What the machines are told of rooms leaves room for the input, whatever is in it."""
    fan = [reader(Task(name, ""), []) for name in ALL]
    execution, children = executed(workflow(*fan, reader(Task("end", "", upstream=tuple(ALL)), ALL)), {})
    assert (execution.status, execution.cause) == ("SUCCEEDED", None)
    assert {child.status for child in children} == {"SUCCEEDED"}


def test_instances_apart_in_a_child_tell_how_long_they_took():
    flow = chain(mapped_glue("m", "t7", over=xcom("t7")), glue("end", "m"))
    _, children = executed(flow, {"run_id": "r"}, instances=0)
    ((instances, run),) = [(one, child) for child in children for one in child.map_runs]
    assert [one.output.value["m"]["ran"] for one in instances.children] == [3_000, 3_000]
    # What they are told of is the run, not the child machine.
    assert {one.input.value["the run"]["id"] for one in instances.children} == {
        json.loads(run.input)["child"]["run"]
    }
