"""Each instance of mapped tasks, run by Airflow's own task runner and by the function: the same XComs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from task_function import Function, write_function
from test_compared_with_airflow import RUN, as_machines_have_it, in_order

from converter.loading import load
from converter.operators import steps_of

DAG_FILE = Path(__file__).parent / "dags/compared_mapped.py"
#: How many instances each mapped task has, counted by hand.
INSTANCES = {
    "over_literals": 6,
    "over_dict": 2,
    "over_xcom": 3,
    "over_lists": 2,
    "over_named": 2,
    "over_both": 6,
    "over_rows": 2,
    "over_given_rows": 2,
    "over_texts": 2,
    "over_map": 3,
    "over_zip": 6,
    "over_concat": 5,
    "keeps_odd": 3,
    "one_alone": 1,
    "over_instances": 2,
    "classic": 2,
    "classic_kwargs": 2,
    "shell": 2,
    "shell_rows": 2,
    "items.of_group": 3,
    "items.deep.second": 3,
    "items.deep.pulls": 3,
    "items.deep.classic": 3,
    "alone.of_group": 1,
    "alone.deep.second": 1,
    "alone.deep.pulls": 1,
    "alone.deep.classic": 1,
    "in_rows.of_row": 2,
    "over_group": 3,
    "picks": 5,
    "lets_on": 4,
}
TASKS = (
    "numbers",
    "nested_lists",
    "by_name",
    "rows",
    "nothing_to_map_over",
    "a_text_to_map_over",
    *(f"{task}[{index}]" for task, count in INSTANCES.items() for index in range(count)),
    "gathers",
    "sees_groups",
)


@pytest.fixture(scope="module")
def both(airflow_results, tmp_path_factory) -> dict[str, tuple[Any, Any]]:
    (workflow,) = load(DAG_FILE)
    steps, _ = steps_of(workflow)
    tasks = [task.task_id for task in in_order(workflow)]
    asked = [
        (task, index)
        for task in tasks
        if task not in ("over_nothing", "over_text", "over_too_long")
        for index in (range(INSTANCES[task]) if task in INSTANCES else [-1])
    ]
    expected = airflow_results(
        DAG_FILE, {"run": RUN, "variables": {}, "tasks": asked, "instances": INSTANCES}
    )
    function = Function(write_function(workflow, tmp_path_factory.mktemp("function")))
    pushed: dict[str, dict[int, dict[str, Any]]] = {}
    found = {}
    for task, index in asked:
        reads = steps[task].reads
        group = workflow.task(task).mapped_group
        # Of a task of its own mapped group, an instance meets that of its own index.
        peers = {other for other in reads if group and workflow.task(other).mapped_group == group}
        mapped = [other for other in reads if other in INSTANCES and other not in peers]
        answer = function(
            {
                "task_id": task,
                "map_index": index,
                "try_number": 1,
                "run": RUN,
                "xcom": {
                    other: pushed[other].get(index if other in peers else -1, {})
                    for other in reads
                    if other not in mapped
                },
                "mapped_xcom": {other: [pushed[other][i] for i in sorted(pushed[other])] for other in mapped},
            }
        )
        xcoms = dict(answer.get("xcom", {}))
        if answer.get("return_value") is not None:
            xcoms["return_value"] = answer["return_value"]
        assert not answer.get("skip"), "an instance skips nothing"
        pushed.setdefault(task, {})[index] = xcoms
        name = task if index < 0 else f"{task}[{index}]"
        there = as_machines_have_it(expected[name])
        found[name] = ((there["xcoms"], there["error"]), (xcoms, answer.get("error")))
    function.close()
    return found


@pytest.mark.parametrize("name", TASKS)
def test_an_instance_sees_and_pushes_what_it_does_in_airflow(both, name):
    there, here = both[name]
    assert here == there


def test_the_length_of_a_list_to_be_mapped_over_is_checked_as_in_airflow(both):
    """Airflow's API server does that, which the task runner here does without."""
    assert both["too_long_to_map_over"][1] == ({}, "UnmappableXComLengthPushed")
