"""The sensor that waits for another DAG: its verdicts are those of Airflow's own ``poke``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from sensing import STANDARD, definition_of, outcome_of, sensor
from workflows import workflow

from converter.checks import problems_of
from converter.identity import execution_name
from converter.operators import steps_of
from converter.operators.date_functions import date_expression
from converter.operators.dates import date_problems
from converter.workflow import Opaque, Schedule

DATE = datetime(2026, 1, 1, tzinfo=timezone.utc)
STATUS = {"running": "RUNNING", "success": "SUCCEEDED", "failed": "FAILED"}
SENSOR = f"{STANDARD}.external_task.ExternalTaskSensor"


@dataclass
class Run:
    """An execution: the id of its run, its logical date, and the states of its tasks once it has ended."""

    state: str
    run_id: str = ""
    date: datetime | None = DATE
    tasks: dict[str, str] = field(default_factory=dict)
    number: int = 1
    began: datetime | None = None
    #: It has been cut short: its history says nothing of tasks.
    cut: bool = False

    @property
    def name(self) -> str:
        due = self.date or DATE
        return execution_name(self.run_id or f"scheduled__{due.isoformat()}", self.number)

    @property
    def arn(self) -> str:
        return f"arn:aws:states:r:1:execution:dag2sfn-other:{self.name}"

    @property
    def records(self) -> str:
        return json.dumps(
            {task: {"state": state, "at": 0, "output": 1} for task, state in self.tasks.items()}
        )


class StepFunctions:
    """Answers what the machine asks, with the executions that there are, the newest first."""

    def __init__(self, *runs: Run, page: int = 200) -> None:
        self.runs = runs
        self.page = page

    def __call__(self, resource: str, arguments: dict[str, Any]) -> Any:
        if resource.endswith(":listExecutions"):
            assert arguments["StateMachineArn"].endswith(":stateMachine:dag2sfn-other")
            start = int(arguments.get("NextToken", 0))
            shown = [
                {
                    "ExecutionArn": run.arn,
                    "Name": run.name,
                    "Status": STATUS[run.state],
                    "StartDate": (run.began or DATE + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                }
                for run in self.runs[start : start + self.page]
            ]
            more = {"NextToken": str(start + self.page)} if start + self.page < len(self.runs) else {}
            return {"Executions": shown, **more}
        run = next(run for run in self.runs if run.arn == arguments["ExecutionArn"])
        if resource.endswith(":describeExecution"):
            date = run.date and run.date.isoformat()
            output = {"Output": run.records} if run.state == "success" else {}
            return {
                "ExecutionArn": run.arn,
                "Status": STATUS[run.state],
                "Input": json.dumps({"logical_date": date}),
                **output,
            }
        assert resource.endswith(":getExecutionHistory")
        assert arguments["ReverseOrder"]
        last = {"Type": "FailStateEntered", "StateEnteredEventDetails": {"Input": run.records}}
        return {"Events": [{"Type": "ExecutionFailed"}, *([] if run.cut else [last])]}


def outcome(*runs: Run, page: int = 200, date: datetime = DATE, **arguments: Any) -> str:
    """Return the state of a sensor that looks twice, or the error of its failure."""
    task = sensor(SENSOR, external_dag_id="other", poke_interval=60, timeout=60, **arguments)
    made = definition_of(task)
    answer = StepFunctions(*runs, page=page)
    record, calls, _ = outcome_of(made, answer, {"logical_date": date.isoformat()})
    assert {resource.rpartition(":")[2] for _, resource, _ in calls} <= {
        "listExecutions",
        "describeExecution",
        *(["getExecutionHistory"] if "external_task_id" in str(arguments) else []),
    }
    return record["state"] if record["state"] != "failed" else record["error"]


def in_airflow(run: Run, monkeypatch: pytest.MonkeyPatch, **arguments: Any) -> str:
    """Return what Airflow's own sensor does at the same state of the other DAG, at its last look."""
    module = pytest.importorskip("airflow.providers.standard.sensors.external_task")
    exceptions = pytest.importorskip("airflow.sdk.exceptions")
    if not module.AIRFLOW_V_3_0_PLUS:
        pytest.skip("Airflow 2 asks its database")
    moments = iter(range(0, 10**6, 100))
    time = SimpleNamespace(monotonic=lambda: next(moments), sleep=lambda _: None)
    monkeypatch.setattr(pytest.importorskip("airflow.sdk.bases.sensor"), "time", time)
    task = module.ExternalTaskSensor(
        task_id="s", external_dag_id="other", poke_interval=60, timeout=60, **arguments
    )
    instance = MagicMock()
    instance.get_dr_count.side_effect = lambda states, **_: int(run.state in states)
    instance.get_ti_count.side_effect = lambda task_ids, states, **_: sum(
        run.tasks[task] in states for task in task_ids
    )
    try:
        task.execute({"ti": instance, "logical_date": DATE})
    except exceptions.AirflowSkipException:
        return "skipped"
    except exceptions.AirflowSensorTimeout:
        return "AirflowSensorTimeout"
    except exceptions.AirflowException:
        return "AirflowException"
    return "success"


ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"allowed_states": ["failed"], "failed_states": ["success"]},
    {"failed_states": ["failed"]},
    {"failed_states": ["failed"], "soft_fail": True},
    {"allowed_states": ["success"], "skipped_states": ["failed"]},
    {"soft_fail": True},
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
@pytest.mark.parametrize("state", ["running", "success", "failed"])
def test_the_state_of_a_run_means_what_it_means_in_airflow(
    monkeypatch: pytest.MonkeyPatch, state: str, arguments: dict[str, Any]
) -> None:
    run = Run(state)
    assert outcome(run, **arguments) == in_airflow(run, monkeypatch, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        *({}, {"failed_states": ["failed"], "soft_fail": True}),
        *({"skipped_states": ["skipped"]}, {"failed_states": ["failed", "upstream_failed"]}),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("state", "tasks"),
    [
        ("success", {"a": "success", "b-1": "success"}),
        ("success", {"a": "success", "b-1": "skipped"}),
        ("failed", {"a": "failed", "b-1": "success"}),
        ("failed", {"a": "upstream_failed", "b-1": "failed"}),
        ("failed", {"a": "success", "b-1": "success", "c": "failed"}),
    ],
)
def test_the_states_of_tasks_mean_what_they_mean_in_airflow(
    monkeypatch: pytest.MonkeyPatch, state: str, tasks: dict[str, str], arguments: dict[str, Any]
) -> None:
    run = Run(state, tasks=tasks)
    arguments = {**arguments, "external_task_ids": ["a", "b-1"]}
    assert outcome(run, **arguments) == in_airflow(run, monkeypatch, **arguments)


def test_a_task_is_not_seen_before_its_run_has_ended() -> None:
    assert outcome(Run("running", tasks={"a": "success"}), external_task_id="a") == "AirflowSensorTimeout"
    assert (
        outcome(Run("failed", tasks={"a": "success"}, cut=True), external_task_id="a") == "AirflowException"
    )
    assert outcome(Run("success", tasks={"b": "success"}), external_task_id="a") == "AirflowException"


HOUR = timedelta(hours=1)
EARLIER = DATE - HOUR


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([], False),
        ([Run("success", date=EARLIER)], False),
        ([Run("success", date=DATE + HOUR)], False),
        # Named after the moment at which it was due, an hour after its logical date.
        ([Run("success", f"scheduled__{(DATE + HOUR).isoformat()}")], True),
        (
            [
                Run("success", f"scheduled__{(DATE + HOUR).isoformat()}"),
                Run("failed", f"scheduled__{DATE.isoformat()}", date=EARLIER),
            ],
            True,
        ),
        ([Run("success", f"manual__{DATE.isoformat()}")], True),
        ([Run("success", f"manual__{DATE.isoformat()}", date=None)], False),
        # The newest execution of a run counts.
        ([Run("success", number=2), Run("failed")], True),
        ([Run("failed", number=2), Run("success")], False),
        # Others, of ids that say nothing.
        ([Run("success", "mine", date=EARLIER), Run("success")], True),
    ],
)
def test_the_run_of_the_date_is_found(runs: list[Run], found: bool) -> None:
    assert outcome(*runs, page=1) == ("success" if found else "AirflowSensorTimeout")


def test_no_page_is_read_of_what_began_before_the_date() -> None:
    old = [Run("failed", date=EARLIER - number * HOUR, began=EARLIER - number * HOUR) for number in range(9)]
    made = definition_of(sensor(SENSOR, external_dag_id="other", timeout=0))
    answer = StepFunctions(Run("running"), *old, page=2)
    _, calls, _ = outcome_of(made, answer, {"logical_date": DATE.isoformat()})
    looked = [arguments for _, resource, arguments in calls if resource.endswith(":listExecutions")]
    assert len(looked) == 2
    assert all("NextToken" not in arguments for arguments in looked)


def test_the_other_dag_need_not_be_deployed_yet() -> None:
    made = definition_of(sensor(SENSOR, external_dag_id="other", poke_interval=60, timeout=100))
    answers: list[Any] = ["Sfn.StateMachineDoesNotExistException"] * 3  # it is tried twice more
    runs = StepFunctions(Run("success"))

    def answer(resource: str, arguments: Any) -> Any:
        return answers.pop() if answers else runs(resource, arguments)

    record, _, seconds = outcome_of(made, answer, {"logical_date": DATE.isoformat()})
    assert record["state"] == "success"
    assert 60 < seconds < 70


@pytest.mark.parametrize("arguments", [{}, {"external_task_id": "t", "soft_fail": True}])
def test_the_machine_passes_all_checks(arguments: dict[str, Any]) -> None:
    assert problems_of(definition_of(sensor(SENSOR, external_dag_id="other", **arguments))) == ()


def test_a_delta_leads_to_an_earlier_date() -> None:
    delta = {"seconds": 3600.0}
    assert outcome(Run("success", date=EARLIER), execution_delta=delta) == "success"
    assert outcome(Run("success"), execution_delta=delta) == "AirflowSensorTimeout"


FUNCTIONS = """
import datetime
from datetime import timedelta

ago = lambda dt: dt - timedelta(hours=1)
days = lambda dt, **kwargs: dt - datetime.timedelta(days=2)
midnight = lambda dt: dt.replace(hour=0, minute=0)
of_context = lambda dt, ds: ds
several = lambda dt: [dt, dt - timedelta(hours=1)]
one, two = (lambda dt: dt), (lambda dt: dt - timedelta(hours=1))

def named(logical_date):
    "Doc."
    return logical_date - timedelta(minutes=60)

def looks(dt):
    return latest_run(dt)
"""


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("<lambda>", 5, "logical_date - macros.timedelta(hours=1)"),
        ("<lambda>", 6, "logical_date - macros.timedelta(days=2)"),
        ("<lambda>", 7, "logical_date.replace(hour=0, minute=0)"),
        ("<lambda>", 8, None),
        ("<lambda>", 9, None),
        ("<lambda>", 10, None),
        ("named", 0, "logical_date - macros.timedelta(minutes=60)"),
        ("looks", 0, None),
        ("missing", 0, None),
    ],
)
def test_a_simple_function_of_a_date_is_read(
    tmp_path: Path, name: str, line: int, expected: str | None
) -> None:
    file = tmp_path / "functions.py"
    file.write_text(FUNCTIONS)
    text = f"functions.{name}" + (f" (line {line})" if line else "")
    assert date_expression(text, file) == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"external_task_group_id": "g"}, "D273"),
        ({"execution_date_fn": Opaque("builtins.function", "dag.latest")}, "D273"),
        ({"allowed_states": ["removed"]}, "D273"),
        ({"allowed_states": ["queued", "success"]}, "D273"),
        ({"external_task_id": "t", "failed_states": ["running"]}, "D273"),
        ({"execution_delta": 5}, "D203"),
        ({"allowed_states": [1]}, "D203"),
        ({"external_dag_id": None}, "D203"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(arguments: dict[str, Any], code: str) -> None:
    _, problems = steps_of(workflow(sensor(SENSOR, **{"external_dag_id": "other", **arguments})))
    assert [problem.code.id for problem in problems if problem.code.severity.value == "refused"] == [code]


def test_it_asks_for_the_dates_of_runs() -> None:
    task = sensor(SENSOR, external_dag_id="other")
    assumed = Schedule("CronTriggerTimetable", "0 0 * * *", "UTC", assumed=True)
    assert [item.code.id for item in date_problems(workflow(task, schedule=assumed))] == ["D240"]


def test_a_marker_has_nothing_to_do() -> None:
    task = sensor(
        f"{STANDARD}.external_task.ExternalTaskMarker", external_dag_id="other", external_task_id="t"
    )
    steps, problems = steps_of(workflow(task))
    assert steps["s"].does_nothing
    assert [problem.code.id for problem in problems] == ["D220"]
