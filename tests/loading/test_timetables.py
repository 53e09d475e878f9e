"""What a plain schedule means: told by a version or a configuration, else open."""

import json
import os

import pytest

from converter.diagnostics import Dag2SfnError
from converter.loading import Timetables, load, told_timetables
from converter.loading.mwaa import MwaaEnvironment
from converter.workflow import Schedule

DAGS = """\
from datetime import datetime, timedelta
from airflow.sdk import DAG, CronTriggerTimetable

def made(name, schedule, **more):
    with DAG(name, schedule=schedule, start_date=datetime(2024, 1, 1), **more) as dag:
        pass
    return dag

cron, delta, once = made("cron", "0 3 * * *"), made("delta", timedelta(hours=1)), made("once", "@once")
own = made("own", CronTriggerTimetable("0 3 * * *", timezone="UTC"), catchup=False)
with DAG("old", schedule_interval="0 3 * * *") as old:
    pass
"""
CONFIGURATION = "[scheduler]\ncreate_cron_data_intervals = True\ncreate_delta_data_intervals = False\n"


def schedules(tmp_path, monkeypatch, timetables):
    for name in [name for name in os.environ if name.startswith("AIRFLOW__SCHEDULER__CREATE")]:
        monkeypatch.delenv(name)
    file = tmp_path / "dags.py"
    file.write_text(DAGS)
    workflows = load(file, timetables=timetables)
    return {
        workflow.dag_id: (
            workflow.schedule.timetable.removesuffix("Timetable"),
            workflow.schedule.by_intervals,
            workflow.schedule.assumed,
            workflow.settings.get("catchup", False),
        )
        for workflow in workflows
    }


def test_what_nobody_has_told_is_assumed_to_be_what_the_installed_airflow_does(tmp_path, monkeypatch):
    assert schedules(tmp_path, monkeypatch, None) == {
        "cron": ("CronTrigger", False, True, False),
        "delta": ("DeltaTrigger", False, True, False),
        "once": ("Once", False, False, False),
        "own": ("CronTrigger", False, False, False),
        "old": ("CronDataInterval", True, False, False),
    }


def test_dags_of_airflow_2_have_intervals_and_are_caught_up_on(tmp_path, monkeypatch):
    assert schedules(tmp_path, monkeypatch, Timetables.of_version("2")) == {
        "cron": ("CronDataInterval", True, False, True),
        "delta": ("DeltaDataInterval", True, False, True),
        "once": ("Once", False, False, True),
        "own": ("CronTrigger", False, False, False),
        "old": ("CronDataInterval", True, False, True),
    }


def test_the_file_goes_before_the_version(tmp_path):
    file = tmp_path / "airflow.cfg"
    file.write_text(CONFIGURATION)
    assert told_timetables("2", file) == Timetables(True, False, True)
    assert told_timetables(None, file) == Timetables(True, False, None)
    file.write_text("[core]\nparallelism = 3\n")
    assert told_timetables(None, file) == Timetables()
    assert told_timetables("3", None) == Timetables(False, False, False)


def test_options_of_mwaa_are_a_configuration_as_well(tmp_path):
    file = tmp_path / "environment.json"
    options = {"scheduler.create_cron_data_intervals": "false"}
    file.write_text(json.dumps({"Environment": {"AirflowConfigurationOptions": options}}))
    assert told_timetables("2", file) == Timetables(False, True, True)


def test_the_version_of_an_environment_counts_where_its_options_say_nothing(tmp_path):
    file = tmp_path / "environment.json"
    options = {"scheduler.catchup_by_default": "false"}
    described = {"AirflowVersion": "2.10.3", "AirflowConfigurationOptions": options}
    file.write_text(json.dumps({"Environment": described}))
    assert told_timetables(None, file) == Timetables(True, True, False)
    assert told_timetables("3", file) == Timetables(True, True, False)


@pytest.mark.parametrize("text", ["no configuration", "{", '{"bucket": "lake"}', "{}", None])
def test_a_file_that_is_no_configuration_is_named(tmp_path, text):
    file = tmp_path / "airflow.cfg"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Dag2SfnError) as raised:
        told_timetables("2", file)
    assert [(item.code.id, str(item.location)) for item in raised.value.diagnostics] == [
        ("D241", file.as_posix())
    ]


def test_an_environment_of_mwaa_says_which_airflow_it_runs(tmp_path):
    (tmp_path / "dags").mkdir()
    described = {
        "AirflowVersion": "2.10.3",
        "AirflowConfigurationOptions": {"scheduler.catchup_by_default": "False"},
    }
    (tmp_path / "environment.json").write_text(json.dumps({"Environment": described}))
    environment = MwaaEnvironment.at(tmp_path)
    assert environment is not None
    assert environment.surroundings().timetables == Timetables(True, True, False)


def test_intervals_are_those_of_two_timetables():
    assert not Schedule("CronTriggerTimetable").by_intervals
    assert Schedule("CronDataIntervalTimetable").by_intervals


DAILY = """
with DAG("daily", schedule="0 3 * * *", start_date=pendulum.datetime(2024, 1, 1)) as dag:
    BashOperator(task_id="t", bash_command="echo {{ ds }}")
"""


def test_a_file_that_asks_for_what_airflow_3_has_no_more_has_the_dates_of_airflow_2(tmp_path, monkeypatch):
    monkeypatch.delenv("AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS", raising=False)
    head = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
    head += "from airflow.operators.python import PythonOperator\n"
    tasks = {
        "both": 'BashOperator(task_id="t", bash_command="echo {{ ds }}")',
        "template": 'BashOperator(task_id="t", bash_command="echo {{ yesterday_ds }}")',
        "argument": 'PythonOperator(task_id="t", python_callable=print, provide_context=True)',
        "own_name": 'PythonOperator(task_id="t", python_callable=f, op_args=[dict(next_ds="{{ ds }}")])',
        "context": 'PythonOperator(task_id="t", python_callable=g)',
        "of_the_run": 'PythonOperator(task_id="t", python_callable=h)',
    }
    functions = {
        "own_name": "def f(given): return given['next_ds']\n",
        "context": "def g(**context): return context['next_ds']\n",
        "of_the_run": "def h(dag_run): return dag_run.execution_date\n",
    }
    for name, task in tasks.items():
        dag = f'with DAG("{name}", schedule="0 3 * * *"):\n    {task}\n'
        (tmp_path / f"{name}.py").write_text(head + functions.get(name, "") + dag)
    found = {item.dag_id: (item.schedule.by_intervals, item.schedule.assumed) for item in load(tmp_path)}
    unknown, of_airflow_2 = (False, True), (True, False)
    assert found == dict.fromkeys(tasks, of_airflow_2) | {"both": unknown, "own_name": unknown}
    assert not any(
        item.schedule.by_intervals for item in load(tmp_path, timetables=Timetables.of_version("3"))
    )


@pytest.mark.parametrize(
    ("imports", "by_intervals", "assumed"),
    [
        # Airflow 3 has an option that makes intervals of it; only Airflow 2 loads it; both load it.
        ("from airflow.sdk import DAG\nfrom airflow.providers.standard.operators.bash import BashOperator", False, True),  # noqa: E501
        ("from airflow import DAG\nfrom airflow.operators.bash_operator import BashOperator", True, False),
        ("from airflow import DAG\nfrom airflow.operators.bash import BashOperator", False, True),
        (
            "from airflow import DAG\n"
            "try:\n"
            "    from airflow.sdk import BaseOperator\n"
            "except ImportError:\n"
            "    from airflow.models import BaseOperator\n"
            "from airflow.operators.bash_operator import BashOperator",
            True,
            False,
        ),
    ],
)  # fmt: skip
def test_a_file_that_only_airflow_2_loads_has_its_dates(
    tmp_path, monkeypatch, imports, by_intervals, assumed
):
    monkeypatch.delenv("AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS", raising=False)
    (tmp_path / "dags.py").write_text(f"import pendulum\n{imports}\n{DAILY}")
    (workflow,) = load(tmp_path / "dags.py")
    assert (workflow.schedule.by_intervals, workflow.schedule.assumed) == (by_intervals, assumed)
    (told,) = load(tmp_path / "dags.py", timetables=Timetables.of_version("3"))
    assert not told.schedule.by_intervals
