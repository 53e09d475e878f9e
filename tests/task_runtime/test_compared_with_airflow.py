"""The same tasks, run by Airflow's own task runner and by the function: same state, error, XComs, skips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from task_function import Function, write_function

from converter.loading import load
from converter.operators import steps_of
from converter.workflow import Task, Workflow

DAG_FILE = Path(__file__).parent / "dags/compared.py"
VARIABLES = {"colour": "green", "sizes": '{"s": 1}'}
RUN = {
    "run_id": "manual__2024-03-30T22:30:00+00:00",
    "logical_date": "2024-03-30T22:30:00+00:00",
    "data_interval_start": "2024-03-29T22:30:00+00:00",
    "data_interval_end": "2024-03-30T22:30:00+00:00",
    "conf": {"day": "monday"},
    "partition_key": "eu|2024-03-30",
    "partition_date": "2024-03-30T00:00:00+00:00",
}
#: Errors that reach the machine under another name: it knows names alone, and Lambda only Exceptions.
RENAMED = {"GaveUp": "AirflowFailException", "SystemExit": "AirflowException"}


def in_order(workflow: Workflow) -> Iterator[Task]:
    done: set[str] = set()
    while len(done) < len(workflow.tasks):
        for task in workflow.tasks:
            if task.task_id not in done and done.issuperset(task.upstream):
                done.add(task.task_id)
                yield task


@pytest.fixture(scope="module")
def both(airflow_results, tmp_path_factory) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    (workflow,) = load(DAG_FILE)
    steps, _ = steps_of(workflow)
    tasks = [task for task in in_order(workflow) if steps[task.task_id].resource]
    request = {"run": RUN, "variables": VARIABLES, "tasks": [task.task_id for task in tasks]}
    expected = airflow_results(DAG_FILE, request)
    environment = {f"AIRFLOW_VAR_{name.upper()}": value for name, value in VARIABLES.items()}
    function = Function(write_function(workflow, tmp_path_factory.mktemp("function")), **environment)
    pushed: dict[str, Any] = {}
    found = {}
    for task in tasks:
        event = {"task_id": task.task_id, "map_index": -1, "try_number": 1, "run": RUN}
        read = {other: pushed.get(other, {}) for other in steps[task.task_id].reads}
        result = as_airflow_says(function({**event, "xcom": read}), task, workflow)
        pushed[task.task_id] = result["xcoms"]
        found[task.task_id] = (as_machines_have_it(expected[task.task_id]), result)
    function.close()
    return found


def as_airflow_says(answer: dict[str, Any], task: Task, workflow: Workflow) -> dict[str, Any]:
    if "error" in answer:
        skipped = answer["error"] == "AirflowSkipException"
        state, error = ("skipped", None) if skipped else ("failed", answer["error"])
        return {"state": state, "error": error, "xcoms": {}, "skipped": []}
    xcoms = answer.get("xcom", {})
    if answer["return_value"] is not None:
        xcoms["return_value"] = answer["return_value"]
    skip = answer["skip"] or []
    if skip == "all":
        near = task.arguments.get("ignore_downstream_trigger_rules") is False
        skip = downstream(workflow, task.task_id, near)
    return {"state": "success", "error": None, "xcoms": xcoms, "skipped": sorted(skip)}


def downstream(workflow: Workflow, task_id: str, near: bool) -> set[str]:
    direct = {task.task_id for task in workflow.tasks if task_id in task.upstream}
    return direct if near else direct.union(*(downstream(workflow, other, near) for other in direct))


def as_machines_have_it(result: dict[str, Any]) -> dict[str, Any]:
    return {
        **result,
        "xcoms": without_tuples(result["xcoms"]),
        "error": RENAMED.get(result["error"], result["error"]),
    }


def without_tuples(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("__classname__") == "builtins.tuple":
            return without_tuples(value["__data__"])
        return {key: without_tuples(item) for key, item in value.items()}
    return [without_tuples(item) for item in value] if isinstance(value, list) else value


def task_ids() -> list[str]:
    # Written down, so that each is a test of its own; the last test sees that none is missing.
    return """
        no_arguments everything named with_default positional native reserved too_few keyword unknown_argument
        a_lambda a_partial a_method an_object a_builtin imported dates pushes pulls conf_and_params raises
        skips skips_by_subclass fails_for_good exits no_json environment context_of_the_task partition renders
        variables generates asynchronous pushes_nothing
        templates undefined output_of output_in_text flow takes
        overridden takes__1 many inferred many_but_one many_of_numbers joins joins_more renamed says_nothing
        three group.inside deep flows.flow flows__1.flow branch_one branch_none branch_list branch_group
        branch_through branch_unknown branch_bad branch_bad_list branch_tuple branch_all branch_leaf
        branch_flow short_true short_false short_empty short_nothing short_leaf short_near short_flow
        bash_echo bash_env bash_append bash_skip bash_skip_other bash_skip_never bash_fails bash_silent
        bash_cwd bash_no_cwd bash_processed bash_script bash_plain_script bash_stderr bash_flow
        bash_flow_empty
    """.split()


@pytest.mark.parametrize("task_id", task_ids())
def test_a_task_ends_as_in_airflow(both, task_id):
    airflow, ours = both[task_id]
    assert ours == airflow


def test_every_task_of_the_file_is_compared(both):
    assert sorted(both) == sorted(task_ids())
    states = [airflow["state"] for airflow, _ in both.values()]
    # That each kind of end occurs, and that the driver does not just fail everything.
    assert states.count("success") > 60
    assert {"failed", "skipped"} < set(states)
