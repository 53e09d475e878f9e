"""Files whose statements fail here, and not where they are at home."""

import sys

import pytest

from converter.loading import load_each, of_stand_ins
from converter.workflow import Workflow

HEAD = """\
import json, os
from datetime import datetime
from airflow import DAG
from airflow.models import DagRun, Variable
from airflow.operators.dummy_operator import DummyOperator
from airflow.operators.python_operator import PythonOperator, PythonVirtualenvOperator
"""

FILES = {
    # A configuration file that lies where the file is deployed: what it gives is unknown.
    "config_file": """
with open("/usr/local/airflow/dags/config/nowhere.json") as source:
    CONFIG = json.load(source)
with DAG("config_file", schedule_interval=None) as dag:
    DummyOperator(task_id="a") >> PythonOperator(task_id="b", python_callable=print, op_args=[CONFIG["x"]])
""",
    # A secret that a function fetches: boto3 is not there, and what it gives is unknown, read as JSON too.
    "secret": """
import boto3
def secret(name):
    answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    return json.loads(answer["SecretString"])
PASSWORD = secret("db")["password"]
with DAG("secret", schedule_interval=None) as dag:
    PythonOperator(task_id="a", python_callable=print, op_kwargs={"password": PASSWORD})
""",
    # Part of a statement fails: the rest of it is done.
    "part": """
import nowhere
DEFAULTS = {
    "retries": 3,
    "owner": open("/nowhere/owner").read(),
    "start_date": datetime.strptime(Variable.get("day"), "%Y"),
}
OPTIONS = {"x": nowhere.sized() * len(7)}
with DAG("part", schedule_interval=None, default_args=DEFAULTS, jinja_environment_kwargs=OPTIONS):
    DummyOperator(task_id="a")
""",
    # A member of what is unknown, and of something that is not there.
    "member": """
import nowhere
CONFIG = {}
CONFIG[nowhere.KEY] = {}
CONFIG["steps"]["first"] = 1
CONFIG["more"]["second"]: int = 2
with DAG("member", schedule_interval=None) as dag:
    DummyOperator(task_id="a")
""",
    # Where a function of its own would see other names: the whole statement is tried.
    "in_a_class": """
class Settings:
    where = "/nowhere/at/all"
    text = open(where).read()
    length = 3
with DAG("in_a_class", schedule_interval=None) as dag:
    DummyOperator(task_id=f"t_{Settings.length}")
    print(open(name := "/nowhere/again"), name)
""",
    # A column that Airflow 3 has under another name.
    "models": """
COLUMNS = [[DagRun, DagRun.execution_date]]
with DAG("models", schedule_interval=None) as dag:
    for number, pair in enumerate(COLUMNS):
        PythonOperator(task_id=f"clean_{number}", python_callable=print, op_args=[str(pair[0])])
""",
    # An argument that the operator refuses.
    "refused": """
with DAG("refused", schedule_interval=None) as dag:
    a = DummyOperator(task_id="a")
    b = PythonVirtualenvOperator(task_id="b", python_callable=lambda: 1, python_version="3.7")
    a >> b
""",
    # In one branch of a loop.
    "in_a_loop": """
with DAG("in_a_loop", schedule_interval=None) as dag:
    for name in ("x", "HOME_OF_NOTHING"):
        where = os.environ[name] if name != "x" else "x"
        DummyOperator(task_id=f"t_{len(dag.tasks)}")
""",
    "relative": """
from . import sibling
from .common import shared
with DAG("relative", schedule_interval=None) as dag:
    DummyOperator(task_id="a", doc_md=shared.TEXT)
""",
}
TODAY = """\
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator as DummyOperator
"""
NOT_SURVIVED = {
    "raises": "raise ValueError('on purpose')\n",
    "no_dag": "open('/nowhere/at/all')\n",
    "same_id": "with DAG('same_id'):\n    DummyOperator(task_id='a')\n    DummyOperator(task_id='a')\n",
    "slip": "with DAG('slip') as dag:\n    DummyOperator(task_id='a') >> undefined\n",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("failing")
    for name, text in {**FILES, **NOT_SURVIVED}.items():
        (folder / f"{name}.py").write_text((HEAD if name in FILES else TODAY) + text)
    return list(load_each(folder))


@pytest.fixture(scope="module")
def dags(found):
    return {item.dag_id: item for item in found if isinstance(item, Workflow)}


def told(workflow, code):
    return [item for item in of_stand_ins(workflow) if item.code.id == code]


def test_every_such_file_is_read(dags):
    assert set(dags) == set(FILES)


def test_a_statement_that_fails_is_told_with_its_line_and_its_error(dags):
    (failed,) = told(dags["config_file"], "D137")
    assert failed.location.line == 8
    assert "FileNotFoundError" in failed.problem
    assert [task.task_id for task in dags["config_file"].tasks] == ["a", "b"]
    assert dags["config_file"].task("b").upstream == ("a",)


#: Until Python 3.10, a traceback tells lines only.
tells_expressions = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 or newer")


@tells_expressions
def test_what_it_would_give_is_unknown_where_it_is_used(dags):
    (config,) = dags["config_file"].task("b").arguments["op_args"]
    assert config.text == "json.load(open('/usr/local/airflow/dags/config/nowhere.json'))['x']"
    (password,) = dags["secret"].task("a").arguments["op_kwargs"].values()
    assert password.text == (
        "json.loads(boto3.client('secretsmanager').get_secret_value()['SecretString'])['password']"
    )
    # To read JSON does nothing but give a value.
    assert not told(dags["secret"], "D137")


@tells_expressions
def test_of_a_statement_only_the_expression_that_fails_is_left_out(dags):
    (task,) = dags["part"].tasks
    assert task.retries.count == 3
    failed = told(dags["part"], "D137")
    assert [(item.problem.partition(" failed")[0], item.location.line) for item in failed] == [
        ("`open('/nowhere/owner')`", 11),
        ("`len(7)`", 14),
    ]
    # A function of Python's that fails at a value that is not known tells nothing new.
    assert [item.problem.partition(" is not known")[0] for item in told(dags["part"], "D142")] == [
        "owner=open('/nowhere/owner').read()",
        "start_date=datetime.strptime(Variable.get('day'), '%Y')",
    ]


@tells_expressions
def test_a_member_of_nothing_is_left_out(dags):
    problems = [item.problem for item in told(dags["member"], "D137")]
    assert [problem.partition(" failed")[0] for problem in problems] == [
        "`CONFIG['steps']`",
        "`CONFIG['more']`",
    ]


@tells_expressions
def test_where_an_expression_goes_by_its_place_the_whole_statement_is_left_out(dags):
    assert [task.task_id for task in dags["in_a_class"].tasks] == ["t_3"]
    assert [item.problem.partition(" failed")[0] for item in told(dags["in_a_class"], "D137")] == [
        "`text = open(where).read()`",
        "`print(open((name := '/nowhere/again')), name)`",
    ]


def test_what_airflow_had_once_is_lent_to_its_classes(dags):
    assert [task.task_id for task in dags["models"].tasks] == ["clean_0"]
    assert "airflow.models.dagrun.DagRun.execution_date" in [item.name for item in dags["models"].stand_ins]
    from_another_file = [item.name for item in dags["secret"].stand_ins]
    assert "airflow.models.dagrun.DagRun.execution_date" not in from_another_file


def test_a_task_that_airflow_refuses_is_kept_with_its_arguments(dags):
    task = dags["refused"].task("b")
    assert task.operator == "airflow.providers.standard.operators.python.PythonVirtualenvOperator"
    assert task.arguments["python_version"] == "3.7"
    assert task.upstream == ("a",)
    (refused,) = told(dags["refused"], "D138")
    assert refused.problem.startswith("task 'b' was not made by Airflow: ")


def test_a_statement_is_left_out_only_where_it_fails(dags):
    assert len(dags["in_a_loop"].tasks) == 2


def test_mistakes_and_files_without_a_dag_are_reported_as_they_fail(found):
    problems = {
        item.location.file.rpartition("/")[2]: item for item in found if not isinstance(item, Workflow)
    }
    assert set(problems) == {f"{name}.py" for name in NOT_SURVIVED}
    assert {item.code.id for item in problems.values()} == {"D103"}
    assert "on purpose" in problems["raises.py"].problem
    assert "NameError" in problems["slip.py"].problem


def test_the_changed_file_keeps_its_lines_for_tracebacks_and_tasks(dags):
    assert dags["in_a_loop"].tasks[0].location.line == 11
