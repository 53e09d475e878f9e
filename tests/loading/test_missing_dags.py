"""Files whose DAGs, tasks or names come from what is not there: nothing of them is passed over in silence."""

import pytest

from converter.loading import load_each, of_stand_ins
from converter.operators.settings import dag_problems
from converter.workflow import Workflow

HEAD = """\
from datetime import datetime
from airflow import DAG
from airflow.models import Variable
from airflow.operators.dummy_operator import DummyOperator
"""

#: By file: what it says, and what is told of it if it defines no DAG.
WITHOUT_A_DAG = {
    "entered": (
        "from company.dags import *\nwith Pipeline(team='x').dag('daily') as dag:\n    print(dag)\n",
        "the file defines no DAG here: company.dags.Pipeline().dag('daily') may be one, and is unknown; "
        "install 'company.dags' beside Airflow, or add the folder that holds it to PYTHONPATH",
        0,
    ),
    "factory": (
        "import dagfactory\nfactory = dagfactory.DagFactory('/x.yml')\nfactory.generate_dags(globals())\n",
        "the file defines no DAG here: dagfactory.DagFactory('/x.yml').generate_dags(...) may be one, and is "
        "unknown; install 'dagfactory' beside Airflow, or add the folder that holds it to PYTHONPATH",
        0,
    ),
    "named_by_a_variable": (
        "from company import make\nglobals()[Variable.get('id')] = make(1)\n",
        "the file defines no DAG here: company.make(1) may be one, and is unknown; "
        "install 'company' beside Airflow, or add the folder that holds it to PYTHONPATH",
        0,
    ),
    "loop": (
        """
import glob
def create(name):
    with DAG(name, schedule_interval=None) as dag:
        DummyOperator(task_id="a")
    return dag
def all_of(folder):
    return [create(name) for name in glob.glob(folder)]
for name in glob.glob("/nowhere/*.yaml"):
    globals()[name] = create(name)
""",
        "the file defines no DAG here: this line, which makes one, is not reached, or no "
        "variable of the file keeps it; "
        "give what the file goes by: files where it looks for them, values, what it imports",
        14,
    ),
    "where_a_file_is": (
        """
import os
names = os.listdir("/") if os.path.exists("/nowhere") else []
if os.path.exists("/nowhere/x.yaml"):
    dag = DAG("x", schedule_interval=None)
dags = [DAG(name, schedule_interval=None) for name in names if name]
""",
        "the file defines no DAG here: this line, which makes one, is not reached, or no "
        "variable of the file keeps it; "
        "give what the file goes by: files where it looks for them, values, what it imports",
        9,
    ),
    "by_a_variable": (
        """
from airflow.decorators import dag
for name in Variable.get("names", deserialize_json=True):
    @dag(name, schedule=None)
    def pipeline():
        DummyOperator(task_id="a")
    pipeline()
""",
        "the file defines no DAG here: this line, which makes one, is not reached, as "
        "{{ var.json.names }} is iterated over, and taken to be empty; "
        "give the value of the Variable 'names' with --variables",
        11,
    ),
    "of_connections": (
        """
from airflow import settings
from airflow.models import Connection
session = settings.Session()
for (name,) in session.query(Connection.conn_id).filter(Connection.conn_type == "aws").all():
    with DAG(name, schedule_interval=None) as dag:
        DummyOperator(task_id="a")
""",
        "the file defines no DAG here: this line, which makes one, is not reached, as "
        "airflow.settings.Session().query(airflow.sdk.definitions.connection.Connection.conn_id).filter(False)"
        ".all() is iterated over, and taken to be empty; "
        "give what the file goes by: files where it looks for them, values, what it imports",
        10,
    ),
    "imported": (
        """
from company.jobs import *
from airflow.settings import Session
ids = [row[0] for row in Session().query(1).all()]
wait = DummyOperator(task_id="wait", dag=dag)
wait >> FIRST_JOB
LAST_JOB.set_upstream(wait)
""",
        "the file defines no DAG here: company.jobs.dag may be one, and is unknown; "
        "install 'company.jobs' beside Airflow, or add the folder that holds it to PYTHONPATH",
        0,
    ),
}
#: Modules for others to import.
NO_DAG_FILES = {
    "helpers": """
import company
logger = company.get_logger("dags")
def create(name):
    return DAG(name)
class Base:
    def dag(self):
        return DAG("x")
if __name__ == "__main__":
    create("x").test()
""",
    "optional": """
try:
    import nowhere
except ImportError:
    nowhere = None
if nowhere:
    with DAG("optional", schedule_interval=None):
        DummyOperator(task_id="a")
""",
}
DAGS = {
    "star": """
from company.common import *
from os.path import *
ARGS = {"owner": OWNER, "retries": 2}
def later():
    global LATER
    LATER = 1
    return LATER, helper(OWNER)
with DAG("star", schedule_interval=None, default_args=ARGS) as dag:
    start = DummyOperator(task_id=basename("/x/start"))
    start >> LoadOperator(task_id="load", table=TABLE) >> PythonOperator(task_id="p", python_callable=later)
""",
    "packages": """
from airflow.operators import HttpSensor, S3KeySensor, ShortCircuitOperator
from airflow.sensors import TimeDeltaSensor
with DAG("packages", schedule_interval=None) as dag:
    key = S3KeySensor(task_id="key", bucket_key="s3://b/k", s3_conn_id="s3")
    key >> HttpSensor(task_id="http", endpoint="x")
""",
    "attributes": """
with DAG("attributes", schedule_interval="0 5 * * *", concurrency=3, start_date=datetime(2020, 1, 1)) as dag:
    DummyOperator(task_id=f"t_{dag.schedule_interval.split()[1]}_{dag.concurrency}")
""",
    "empty": """
import glob
with DAG("empty", schedule_interval=None) as dag:
    for name in glob.glob("./nowhere/*.yaml"):
        DummyOperator(task_id=name)
""",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("missing")
    texts = {**{name: text for name, (text, _, _) in WITHOUT_A_DAG.items()}, **NO_DAG_FILES, **DAGS}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(HEAD + text)
    return list(load_each(folder))


@pytest.fixture(scope="module")
def dags(found):
    return {item.dag_id: item for item in found if isinstance(item, Workflow)}


def test_a_file_whose_dags_are_made_elsewhere_is_named_with_what_would_make_them(found):
    told = {
        item.location.file.rpartition("/")[2].removesuffix(".py"): item
        for item in found
        if not isinstance(item, Workflow)
    }
    assert {item.code.id for item in told.values()} == {"D107"}
    assert {name: (f"{item.problem}; {item.remedy}", item.location.line) for name, item in told.items()} == {
        name: (text, line) for name, (_, text, line) in WITHOUT_A_DAG.items()
    }


def test_names_that_a_missing_module_gives_with_a_star_are_unknown_or_airflows_own(dags):
    start, load, python = dags["star"].tasks
    assert (start.task_id, load.upstream, python.upstream) == ("start", ("start",), ("load",))
    assert load.operator == "company.common.LoadOperator"
    assert load.arguments["table"].text == "company.common.TABLE"
    assert python.operator == "airflow.providers.standard.operators.python.PythonOperator"
    assert load.retries.count == 2


def test_packages_of_airflow_1_had_the_names_of_their_modules(dags):
    assert [task.operator for task in dags["packages"].tasks] == [
        "airflow.providers.amazon.aws.sensors.s3.S3KeySensor",
        "airflow.providers.http.sensors.http.HttpSensor",
    ]
    assert not [item for item in dags["packages"].stand_ins if item.kind.value == "unmapped_operator"]


def test_old_attributes_of_a_dag_give_what_todays_give(dags):
    (task,) = dags["attributes"].tasks
    assert task.task_id == "t_5_3"
    assert "'DAG.concurrency' is called otherwise today" in [
        item.problem for item in of_stand_ins(dags["attributes"])
    ]


def test_a_dag_without_tasks_is_named(dags):
    (problem,) = [item for item in dag_problems(dags["empty"]) if item.code.id == "D143"]
    assert problem.problem == "DAG 'empty': no task: a run ends at once"
    assert not [item for item in dag_problems(dags["star"]) if item.code.id == "D143"]
