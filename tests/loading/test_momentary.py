"""What a file makes of the time or by chance while it is imported: no machine can have it."""

import json

import pendulum
import pytest

from converter.loading import load
from converter.operators import steps_of
from converter.workflow import MOMENTARY, Opaque, to_json, workflow_from_json

HEAD = """\
import datetime as dt, random, time, uuid
import pendulum
from datetime import date, datetime, timedelta
from time import gmtime, strftime
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.standard.operators.python import PythonOperator
"""
DAG = (
    HEAD
    + """
ARGUMENTS = {
    "--fixed": datetime(2024, 1, 2).strftime("%d"),
    "--parsed": str(datetime.strptime("2024-01-02", "%Y-%m-%d") - timedelta(days=1)),
    "--is_a": str(isinstance(pendulum.datetime(2024, 1, 1), datetime) and isinstance(date(2024, 1, 1), date)),
    "--template": "{{ ds }}",
    "--day": datetime.now().strftime("%d"),
    "--utc": datetime.utcnow().isoformat(),
    "--module": f"{dt.datetime.today() - dt.timedelta(1):%A}",
    "--date": str(date.today().year),
    "--ago": (dt.date.today() - timedelta(days=3)).strftime("%m"),
    "--strftime": "job-" + strftime("%Y", gmtime()),
    "--time": str(int(time.time())),
    "--pendulum": pendulum.now("UTC").to_date_string(),
    "--uuid": str(uuid.uuid4()),
    "--random": str(random.randint(0, 10**9)),
}
with DAG("glue", schedule=None, start_date=datetime.now() - timedelta(days=1)) as dag:
    a = GlueJobOperator(task_id="a", job_name="j", script_args=ARGUMENTS)
    b = GlueJobOperator(task_id="b", job_name="j", script_args={"--x": "1"})
    c = PythonOperator(task_id="c", python_callable=print, op_args=[datetime.now().isoformat()])
    a >> b >> c
"""
)
STEADY = {"--fixed": "02", "--parsed": "2024-01-01 00:00:00", "--is_a": "True", "--template": "{{ ds }}"}


@pytest.fixture(scope="module")
def dag(tmp_path_factory):
    file = tmp_path_factory.mktemp("momentary") / "glue.py"
    file.write_text(DAG)
    (workflow,) = load(file)
    return workflow


def test_what_is_another_value_at_each_import_is_marked(dag):
    arguments = dag.task("a").arguments["script_args"]
    marked = {
        name for name, value in arguments.items() if isinstance(value, Opaque) and value.kind == MOMENTARY
    }
    assert {name: value for name, value in arguments.items() if name not in marked} == STEADY
    assert len(marked) == 10
    assert arguments["--strftime"].text.startswith("job-20")
    assert dag.task("b").arguments["script_args"] == {"--x": "1"}
    assert dag.task("b").upstream == ("a",)


def test_it_is_refused_where_the_machine_would_keep_it(dag):
    problems = [item for item in steps_of(dag)[1] if item.code.id == "D216"]
    assert {item.task_id for item in problems} == {"a"}
    assert len(problems) == 10
    assert "made anew whenever Airflow imports the file, now as '" in problems[0].problem


def test_a_file_that_minds_the_time_keeps_its_dags(tmp_path):
    text = """
if datetime.now().year > THIS_YEAR:
    raise ValueError("too late")
with DAG("minds", schedule=None):
    GlueJobOperator(task_id="a", job_name="j", script_args={"--day": str(date.today())})
"""
    text = text.replace("THIS_YEAR", str(pendulum.now("UTC").year))
    (tmp_path / "minds.py").write_text(HEAD + text)
    (workflow,) = load(tmp_path / "minds.py")
    assert [task.task_id for task in workflow.tasks] == ["a"]


def test_a_file_that_fails_in_part_is_looked_at(tmp_path):
    text = """
from airflow.models import Variable
START = datetime.strptime(Variable.get("start"), "%Y-%m-%d")
with DAG("tried", schedule=None, start_date=START):
    GlueJobOperator(task_id="a", job_name="j", script_args={"--day": str(date.today()), "--x": "1"})
"""
    (tmp_path / "tried.py").write_text(HEAD + text)
    (workflow,) = load(tmp_path / "tried.py")
    arguments = workflow.task("a").arguments["script_args"]
    assert (arguments["--day"].kind, arguments["--x"]) == (MOMENTARY, "1")


MAPPED = (
    HEAD
    + """
from airflow.providers.amazon.aws.sensors.s3 import S3KeySensor
from airflow.sdk import task, task_group

def made():
    return [datetime.now().isoformat(), "fixed"]

@task_group
def grouped(day):
    GlueJobOperator(task_id="inside", job_name="j", script_args={"--day": day, "--x": "1"})
    PythonOperator(task_id="python_inside", python_callable=print, op_args=[day])

@task
def listed():
    return ["a"]

with DAG("mapped", schedule=None):
    GlueJobOperator.partial(task_id="of_dicts", job_name="j").expand(
        script_args=[{"--day": day, "--x": "1"} for day in made()]
    )
    GlueJobOperator.partial(task_id="of_rows").expand_kwargs(
        [{"job_name": "a", "script_args": {"--id": str(uuid.uuid4())}}, {"job_name": "b", "script_args": {}}]
    )
    GlueJobOperator.partial(task_id="of_texts").expand(job_name=["steady", f"job-{date.today():%Y%m%d}"])
    GlueJobOperator.partial(task_id="steady", job_name="j").expand(script_args=[{"--x": "1"}, {"--x": "2"}])
    pairs = listed().zip(listed(), fillvalue=str(uuid.uuid4()))
    GlueJobOperator.partial(task_id="zipped", job_name="j").expand(script_args=pairs)
    S3KeySensor.partial(task_id="sensor").expand(bucket_key=[f"s3://b/{date.today()}/x", "s3://b/x"])
    PythonOperator.partial(task_id="python", python_callable=print).expand(op_args=[made(), made()])
    grouped.expand(day=made())
    GlueJobOperator.partial(task_id="more", job_name="j").expand(
        script_args=[{"--n": str(n)} for n in range(datetime.now().year - 2020)]
    )
    PythonOperator.partial(task_id="more_python", python_callable=print).expand(
        op_args=[[n] for n in range(datetime.now().year - 2020)]
    )
"""
)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    file = tmp_path_factory.mktemp("mapped") / "mapped.py"
    file.write_text(MAPPED)
    (workflow,) = load(file)
    return workflow


def test_what_a_task_is_expanded_over_is_looked_at(mapped):
    refused = [item for item in steps_of(mapped)[1] if item.code.severity.value == "refused"]
    assert {item.code.id for item in refused} == {"D216"}
    whole = "it has other instances whenever Airflow imports the file"
    found = [
        (item.task_id, "instances" if whole in item.problem else item.problem.split("'")[3])
        for item in refused
    ]
    assert sorted(found) == [
        ("grouped.inside", "script_args"),
        ("more", "instances"),
        ("more", "script_args"),
        ("more_python", "instances"),
        ("of_dicts", "script_args"),
        ("of_rows", "script_args"),
        ("of_texts", "job_name"),
        ("sensor", "bucket_key"),
        ("zipped", "script_args"),
    ]


def test_what_stays_in_a_list_beside_it_is_what_it_was(mapped):
    names = mapped.task("of_texts").expansion.arguments["job_name"].value
    assert names[0] == "steady"
    assert names[1].text.startswith("job-20")
    assert workflow_from_json(json.loads(json.dumps(to_json(mapped)))) == mapped
