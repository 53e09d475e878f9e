import json
import random

import pytest
from workflows import glue, partial_fan_in, workflow

from converter import pipeline
from converter.asl.budget import Limits, depth, worst_case_events
from converter.asl.children import Child, of_one_run, own_nodes
from converter.asl.options import Options
from converter.planning import Parallel, plan_workflow


def random_flow(seed, count):
    rng = random.Random(seed)
    tasks = []
    for number in range(count):
        upstream = [f"t{other}" for other in range(max(0, number - 8), number) if rng.random() < 0.25]
        tasks.append(glue(f"t{number}", *upstream))
    return workflow(*tasks)


@pytest.mark.parametrize(
    "limits",
    [
        Limits(definition=25_000),
        Limits(events=2_000),
        Limits(data=12_000),
        Limits(definition=40_000, depth=5),
    ],
    ids=["definition", "events", "data", "depth"],
)
@pytest.mark.parametrize("seed", range(3))
def test_each_machine_fits_and_each_task_is_in_one(seed, limits):
    flow = random_flow(seed, 40)
    machine = pipeline.convert(flow, Options(await_deadline=3_600), limits=limits).machine
    assert len(machine.machines) > 1
    found = [task for one in machine.machines for task in one.tasks]
    assert sorted(found) == sorted(task.task_id for task in flow.tasks)
    for one in machine.machines:
        assert len(json.dumps(one.definition, separators=(",", ":"))) <= limits.definition
        assert worst_case_events(one.definition) <= limits.events
        assert one.data <= limits.data
    assert [one.number for one in machine.machines] == list(range(len(machine.machines)))


def test_a_chain_is_cut_into_runs_of_tasks():
    flow = workflow(*(glue(f"t{n}", *([f"t{n - 1}"] if n else [])) for n in range(60)))
    machine = pipeline.convert(flow, Options(), limits=Limits(definition=30_000)).machine
    tasks = [one.tasks for one in machine.children if one.tasks]
    assert len(tasks) > 2
    for run in tasks:
        numbers = [int(task[1:]) for task in run]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_wide_fan_is_cut_although_each_branch_is_small():
    flow = workflow(*(glue(f"t{n}") for n in range(60)), glue("end", *(f"t{n}" for n in range(60))))
    machine = pipeline.convert(flow, Options(), limits=Limits(definition=30_000)).machine
    assert 3 <= len(machine.children) <= 10


def test_a_dag_that_fits_is_one_machine_and_says_nothing_of_children():
    conversion = pipeline.convert(partial_fan_in(), Options())
    assert conversion.machine.children == ()
    assert "child" not in json.dumps(conversion.machine.definition)


def test_the_machines_of_one_run_know_each_other_by_what_they_say():
    def versions(options):
        machine = pipeline.convert(random_flow(0, 40), options, limits=Limits(definition=25_000)).machine
        text = json.dumps([one.definition for one in machine.machines])
        return {part.split("'")[1] for part in text.split("'version': ")[1:]}

    (one,), (other,) = versions(Options()), versions(Options(poll_interval=31))
    assert one != other


def test_a_child_names_the_first_machines_execution_but_leaves_text_alone():
    definition = {
        "a": "{% $states.context.Execution.Id & '$states.context.Execution.Id' %}",
        "b": ["{% $toMillis($states.context.Execution.StartTime) %}", "$states.context.Execution.Id"],
        "c": "{% $states.context.Execution.Input.Id & $states.context.Execution.Name %}",
    }
    run = "$states.context.Execution.Input.child"
    assert of_one_run(definition) == {
        "a": f"{{% {run}.run & '$states.context.Execution.Id' %}}",
        "b": [f"{{% $toMillis({run}.started) %}}", "$states.context.Execution.Id"],
        "c": definition["c"],
    }


def test_what_a_machine_runs_itself_ends_at_its_children():
    child = Child((plan_workflow(random_flow(0, 5)),), 1)
    plan = Parallel((plan_workflow(workflow(glue("a"), glue("b", "a"))), child))
    assert [node for node in own_nodes(plan) if isinstance(node, Child)] == [child]
    assert depth(plan) >= 2
