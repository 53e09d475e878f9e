"""DAGs on a real Airflow (LocalExecutor) and on the local AWS, each on both, compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from converter.comparison.airflow_api import AirflowApi, Answer, HttpTransport
from converter.comparison.airflow_run import read_run
from converter.comparison.execution_run import read_execution

pytestmark = pytest.mark.full


def _states(comparison: dict[str, Any], side: str = "airflow") -> dict[str, str]:
    """Return the state of each task; of a mapped one, of its instances."""
    found = {}
    for task in comparison["tasks"]:
        index = "" if task["map_index"] is None else f"[{task['map_index']}]"
        found[f"{task['task_id']}{index}"] = task[side]["state"]
    return found


def _differences(comparison: dict[str, Any]) -> dict[str, Any]:
    return {task["task_id"]: task["differences"] for task in comparison["tasks"] if task["differences"]}


def _assert_equal(comparison: dict[str, Any], states: dict[str, str]) -> None:
    """Both have these states: that two systems agree in something else would be no proof."""
    assert (comparison["verdict"], comparison["reasons"], _differences(comparison)) == ("equal", [], {})
    assert (comparison["exit"], _states(comparison)) == (0, states)
    assert _states(comparison, "step_functions") == states


def _assert_pushed(beside: Any, comparison: dict[str, Any], expected: dict[str, Any]) -> None:
    """Both have pushed these XComs, by task or instance and key."""
    dag_id = comparison["dag_id"]
    api = AirflowApi(HttpTransport(beside.airflow.url, user="admin", password="admin"))
    in_airflow = read_run(api, dag_id, comparison["airflow"]["run_id"])
    arn = comparison["step_functions"]["execution_arn"]
    for run in (in_airflow, read_execution(beside.aws.client("stepfunctions"), dag_id, arn)):
        assert {str(key): dict(task.outputs) for key, task in run.tasks.items()} == expected, run.side


def test_the_example_is_equal(comparisons: Mapping[str, Any]) -> None:
    example = comparisons["partial_fan_in"]
    _assert_equal(example, dict.fromkeys(("glue1", "glue2", "glue3", "report_a", "report_b"), "success"))
    # On a busy machine another job may be the last that a report waits for.
    for side in ("airflow", "step_functions"):
        assert example[side]["critical_path"][-1] in ("report_a", "report_b")


def test_a_failing_job_fails_the_same_tasks(comparisons: Mapping[str, Any]) -> None:
    failing = comparisons["failing"]
    _assert_equal(
        failing,
        {"broken": "failed", "fine": "success", "after_both": "upstream_failed", "after_fine": "success"},
    )
    assert (failing["airflow"]["state"], failing["step_functions"]["state"]) == ("failed", "failed")


def test_skips_and_trigger_rules_are_equal(comparisons: Mapping[str, Any]) -> None:
    done = dict.fromkeys(("count", "choose", "small", "some", "whatever"), "success")
    _assert_equal(comparisons["rules"], {**done, "large": "skipped", "all": "skipped"})


def test_a_wrong_machine_is_different_and_the_report_points_at_the_task(
    comparisons: Mapping[str, Any],
) -> None:
    wrong = comparisons["wrong"]
    assert (wrong["verdict"], wrong["exit"]) == ("different", 1)
    ((task_id, (difference,)),) = _differences(wrong).items()
    assert (task_id, difference["what"], difference["path"]) == ("count", "output", "rows")
    assert (difference["airflow"], difference["step_functions"]) == (3, 4)


def test_the_instances_of_a_mapped_task_are_equal(beside: Any, comparisons: Mapping[str, Any]) -> None:
    values = {
        "find": [1, 2, 3],
        "multiply[0]": {"number": 1, "result": 2, "unit": "rows"},
        "multiply[1]": {"number": 2, "result": 4, "unit": "rows"},
        "multiply[2]": {"number": 3, "result": 6, "unit": "rows"},
        "gather": 12,
    }
    _assert_equal(comparisons["mapped"], dict.fromkeys(values, "success"))
    _assert_pushed(
        beside, comparisons["mapped"], {name: {"return_value": value} for name, value in values.items()}
    )


def test_values_that_cross_branches_are_equal(beside: Any, comparisons: Mapping[str, Any]) -> None:
    values = {
        "left": {"return_value": "left"},
        "middle": {"return_value": ["middle", 2], "note": {"of": "middle"}},
        "right": {"return_value": 3.5},
        "first_report": {"return_value": ["left", "middle", 2, {"of": "middle"}]},
        "second_report": {"return_value": {"one": ["middle", 2], "two": 3.5}},
    }
    _assert_equal(comparisons["branches"], dict.fromkeys(values, "success"))
    _assert_pushed(beside, comparisons["branches"], values)


def test_sensors_and_what_they_found_are_equal(comparisons: Mapping[str, Any]) -> None:
    _assert_equal(comparisons["sensing"], dict.fromkeys(("file", "enough", "read"), "success"))


class Asked:
    """An Airflow without the plugin, which may not be asked for several values at once; what it was asked."""

    def __init__(self, url: str, *, at_once: bool) -> None:
        self._transport = HttpTransport(url, user="admin", password="admin")
        self._at_once = at_once
        self.paths: list[str] = []

    def call(self, method: str, path: str, query: Any = None, body: Any = None) -> Answer:
        self.paths.append(path)
        refused = path.endswith("/wait") and not self._at_once
        return Answer(404, None) if refused else self._transport.call(method, path, query, body)

    def count(self, end: str) -> int:
        return sum(path.endswith(end) for path in self.paths)


def test_airflows_own_api_gives_what_the_plugin_gives_at_once(
    beside: Any, comparisons: Mapping[str, Any]
) -> None:
    url = beside.airflow.url
    with_plugin = AirflowApi(HttpTransport(url, user="admin", password="admin"))
    # Of one task there is nothing to save; before 3.3, those of a mapped task come in no certain order.
    singly = {"branches": 0, "rules": 1, "mapped": 0 if with_plugin.version >= (3, 3) else 3}
    for dag_id, left in singly.items():
        run_id = comparisons[dag_id]["airflow"]["run_id"]
        asked = [Asked(url, at_once=True), Asked(url, at_once=False)]
        known, *others = (read_run(api, dag_id, run_id) for api in (with_plugin, *map(AirflowApi, asked)))
        assert others == [known, known]
        values = sum("return_value" in task.outputs for task in known.tasks.values())
        assert [one.count("/xcomEntries/return_value") for one in asked] == [left, values]
        assert values > left or dag_id == "rules"
