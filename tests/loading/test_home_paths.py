"""What a file makes of Airflow's home: no job of a machine finds that."""

import pytest

from converter import diagnostics as d
from converter.loading import load
from converter.operators import steps_of
from converter.workflow import HOME_PATH, Opaque

DAG = """\
import os
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.python import PythonOperator

HOME = os.environ["AIRFLOW_HOME"]
with DAG("homely", schedule=None):
    GlueJobOperator(
        task_id="job",
        job_name="j",
        script_location=os.path.join(HOME, "dags", "job.py"),
        script_args={"--conf": f"{HOME}/x.json", "--plain": "/opt/x"},
    )
    PythonOperator(task_id="function", python_callable=print, op_args=[HOME])
    GlueJobOperator.partial(task_id="jobs", script_location="s3://b/x").expand(
        job_name=["plain", f"{HOME}/dags/of_list.py"]
    )
    GlueJobOperator.partial(task_id="rows", job_name="j").expand_kwargs(
        [{"script_args": {"--conf": f"{HOME}/of_row.json"}}, {"script_args": {}}]
    )
    PythonOperator.partial(task_id="functions", python_callable=print).expand(op_args=[[HOME], ["x"]])
"""


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    file = tmp_path_factory.mktemp("homely") / "homely.py"
    file.write_text(DAG)
    (workflow,) = load(file)
    return workflow


def test_texts_with_it_are_marked_and_say_no_folder_of_the_converter(flow):
    arguments = flow.task("job").arguments
    assert arguments["script_location"] == Opaque(HOME_PATH, "$AIRFLOW_HOME/dags/job.py")
    assert arguments["script_args"] == {
        "--conf": Opaque(HOME_PATH, "$AIRFLOW_HOME/x.json"),
        "--plain": "/opt/x",
    }


def test_a_task_that_is_given_one_is_refused_with_its_name(flow):
    _, problems = steps_of(flow)
    found = [item for item in problems if item.code is d.HOME_PATH]
    assert {item.task_id for item in found} == {"job", "jobs", "rows"}
    named = " ".join(item.problem for item in found)
    assert all(name in named for name in ("$AIRFLOW_HOME/x.json", "dags/of_list.py", "of_row.json"))
    assert not any("dag2sfn-" in str(item) for item in problems)


def test_functions_make_theirs_where_they_run(flow):
    _, problems = steps_of(flow)
    assert not [
        item
        for item in problems
        if item.task_id in ("function", "functions") and item.code.severity.value == "refused"
    ]
