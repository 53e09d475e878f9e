"""Whose tasks use the run's dates is refused while nobody has said what these are."""

import pytest

from converter.asl.options import Options
from converter.operators.dates import date_problems, uses_dates
from converter.pipeline import convert
from converter.workflow import Location, Opaque, Schedule, Task, Workflow

BASH = "airflow.providers.standard.operators.bash.BashOperator"
PYTHON = "airflow.providers.standard.operators.python.PythonOperator"
GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
ASSUMED = Schedule("CronTriggerTimetable", "0 3 * * *", "UTC", assumed=True)
KNOWN = Schedule("CronTriggerTimetable", "0 3 * * *", "UTC")

FUNCTIONS = """\
from airflow.sdk import get_current_context

def parameter(ds): ...
def keyword(*, data_interval_end=None): ...
def from_context(**anything): return anything["logical_date"]
def asked(**context): return context.get("ts_nodash")
def of_run(dag_run): return dag_run.data_interval_start
def current(): return get_current_context()["ds"]
def column(frame): return frame["ds"], frame.get("ts")
def none(**context): return context["run_id"], "ds"
"""


def glue(value):
    arguments = {"job_name": "job", "script_args": value}
    return Task("load", GLUE, arguments=arguments, template_fields=("job_name", "script_args"))


def workflow(*tasks, schedule=ASSUMED):
    return Workflow("etl", tasks, Location("etl.py", 3), schedule)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ds }}",
        "s3://lake/{{ data_interval_start.year }}",
        "{% if logical_date is defined %}x{% endif %}",
        "{{ dag_run.logical_date }}",
        "{{ macros.ds_add(ds, 1) }}",
        "{{ yesterday_ds_nodash }}",
    ],
)
def test_templates_that_use_dates_are_known(template):
    assert uses_dates(glue({"--day": [template]}))


@pytest.mark.parametrize(
    "template",
    ["ds", "{{ params.ds }}", "{{ dag_run.conf.logical_date }}", "{{ run_id }} ds", "{{ 'ds' }}", "{{ ds", 7],
)
def test_templates_that_only_look_like_it_do_not_use_dates(template):
    assert not uses_dates(glue({"--day": template}))


def test_only_template_fields_are_templates():
    assert not uses_dates(
        Task("load", GLUE, arguments={"name": "{{ ds }}"}, template_fields=("script_args",))
    )


@pytest.mark.parametrize(
    ("function", "uses"),
    [
        ("parameter", True),
        ("keyword", True),
        ("from_context", True),
        ("asked", True),
        ("of_run", True),
        ("current", True),
        ("column", False),
        ("none", False),
    ],
)
def test_functions_ask_for_dates_by_parameter_or_context(tmp_path, function, uses):
    file = tmp_path / "dates.py"
    file.write_text(FUNCTIONS)
    arguments = {"python_callable": Opaque("function", f"dates.{function}")}
    task = Task("work", PYTHON, arguments=arguments, location=Location(str(file), 1))
    assert uses_dates(task) is uses


def test_dates_that_hang_on_an_option_are_refused_with_what_to_say():
    converted = convert(workflow(glue({"--day": "{{ ds }}"})), Options())
    assert converted.refused
    (problem,) = [item for item in converted.diagnostics if item.code.id == "D240"]
    assert problem.location == Location("etl.py", 3)
    assert "'0 3 * * *'" in str(problem)
    assert "'load' uses" in str(problem)
    assert "--source-airflow 2 or 3" in str(problem)


@pytest.mark.parametrize(
    ("schedule", "value"), [(KNOWN, "{{ ds }}"), (None, "{{ ds }}"), (ASSUMED, "{{ run_id }}")]
)
def test_nothing_is_refused_where_no_date_hangs_on_it(schedule, value):
    assert not date_problems(workflow(glue({"--day": value}), schedule=schedule))
    assert not convert(workflow(glue({"--day": value}), schedule=schedule), Options()).refused


def test_a_message_names_three_tasks():
    tasks = [
        Task(name, BASH, arguments={"bash_command": "{{ ds }}"}, template_fields=("bash_command",))
        for name in "abcde"
    ]
    (problem,) = date_problems(workflow(*tasks))
    assert "'a', 'b', 'c' and 2 more use" in str(problem)
