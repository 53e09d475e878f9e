"""Paths on Airflow's machines: read in the folder that was given, if they are there, and told."""

import json
import textwrap

import pytest

from converter.loading import load, of_stand_ins
from converter.loading.child.stand_ins.airflow_folders import AirflowFolders
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.paths import DagRoot
from converter.workflow import StandInKind

HEAD = """\
import glob, io, json, os, sys
from pathlib import Path
import yaml
from airflow import DAG
from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.operators.empty import EmptyOperator
"""


@pytest.fixture
def project(tmp_path):
    for name, text in {
        "dags/conf/a.yaml": "job: a",
        "dags/conf/b.yaml": "job: b",
        "dags/sql/load.sql": "SELECT 1",
        "dags/lib/company_helpers.py": "NAME = 'helped'",
        "include/extra.json": '{"x": "included"}',
        "plugins/shared.txt": "plugged",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def read(project, body, *, given="dags"):
    """Return what the file has in SEEN, by a task's argument, and the stand-ins that it needed."""
    text = HEAD + textwrap.dedent(body)
    text += "\nwith DAG('d', schedule=None):\n    EmptyOperator(task_id='t', doc=json.dumps(SEEN))\n"
    (project / "dags/d.py").write_text(text)
    (workflow,) = load(project / given)
    places = [item for item in workflow.stand_ins if item.kind is StandInKind.PLACE]
    return json.loads(workflow.task("t").settings["doc"]), places


WAYS = {
    "open": "open(f'{DAGS}/conf/a.yaml').read()",
    "io.open": "io.open(file=f'{DAGS}/conf/a.yaml', mode='r').read()",
    "os.open": "os.read(os.open(f'{DAGS}/conf/a.yaml', os.O_RDONLY), 99).decode()",
    "read_text": "Path(DAGS, 'conf', 'a.yaml').read_text()",
    "yaml": "yaml.safe_load(open(os.path.join(DAGS, 'conf/a.yaml')))['job']",
    "listdir": "sorted(os.listdir(DAGS + '/conf'))",
    "scandir": "sorted(entry.name for entry in os.scandir(Path(DAGS) / 'conf'))",
    "walk": "sorted(os.walk(DAGS + '/conf'))[0][2].__len__()",
    "glob": "[yaml.safe_load(open(name))['job'] for name in sorted(glob.glob(DAGS + '/conf/*.yaml'))]",
    "Path.glob": "[file.read_text() for file in sorted(Path(DAGS, 'conf').glob('*.yaml'))]",
    "iterdir": "sorted(file.name for file in Path(DAGS, 'conf').iterdir())",
    "exists": "[os.path.exists(DAGS + '/conf'), Path(DAGS, 'conf').is_dir(), os.path.isfile(DAGS + '/none')]",
    "getsize": "os.path.getsize(DAGS + '/conf/a.yaml')",
    "upwards": "open(DAGS + '/../include/extra.json').read()",
}
FOUND = {
    "open": "job: a",
    "io.open": "job: a",
    "os.open": "job: a",
    "read_text": "job: a",
    "yaml": "a",
    "listdir": ["a.yaml", "b.yaml"],
    "scandir": ["a.yaml", "b.yaml"],
    "walk": 2,
    "glob": ["a", "b"],
    "Path.glob": ["job: a", "job: b"],
    "iterdir": ["a.yaml", "b.yaml"],
    "exists": [True, True, False],
    "getsize": 6,
    "upwards": '{"x": "included"}',
}


def test_files_are_read_in_whatever_way_where_they_are(project):
    body = "DAGS = '/opt/airflow/dags'\nSEEN = {" + ", ".join(f"{k!r}: {v}" for k, v in WAYS.items()) + "}"
    seen, places = read(project, body)
    assert seen == FOUND
    told = {item.name: item.detail for item in places}
    assert told == {
        "/opt/airflow/dags": (project / "dags").as_posix(),
        "/opt/airflow/include": (project / "include").as_posix(),
    }
    assert {item.location.line for item in places} == {8}


def test_what_is_not_there_either_stays_an_error_and_nothing_is_written(project):
    body = """
        def tried(*how):
            try:
                return open(*how).read()
            except OSError as error:
                return error.filename

        SEEN = [
            tried("/opt/airflow/dags/none.yaml"),
            tried("/opt/airflow/dags/conf/a.yaml", "w"),
            tried("/opt/airflow/plugins/shared.txt"),
            tried("/opt/elsewhere/dags/conf/a.yaml"),
        ]
    """
    seen, places = read(project, body)
    assert seen == [
        "/opt/airflow/dags/none.yaml",
        "/opt/airflow/dags/conf/a.yaml",
        "plugged",
        "/opt/elsewhere/dags/conf/a.yaml",
    ]
    assert [item.name for item in places] == ["/opt/airflow/plugins"]
    assert (project / "dags/conf/a.yaml").read_text() == "job: a"


def test_modules_and_templates_are_found_there(project):
    text = """
        sys.path += [Path("/nowhere"), os.path.join(os.environ["AIRFLOW_HOME"], "dags", "lib")]
        from company_helpers import NAME
        with DAG(NAME, schedule=None, template_searchpath="/usr/local/airflow/dags/sql"):
            AthenaOperator(task_id="t", query="load.sql", database="d", output_location="s3://b/x")
    """
    (project / "dags/d.py").write_text(HEAD + textwrap.dedent(text))
    (workflow,) = load(project / "dags")
    assert workflow.dag_id == "helped"
    assert workflow.task("t").arguments["query"] == "SELECT 1"
    told = {item.code.id: item for item in of_stand_ins(workflow)}
    assert set(told) == {"D144"}
    assert {item.name for item in workflow.stand_ins if item.kind is StandInKind.PLACE} == {
        "$AIRFLOW_HOME/dags",
        "/usr/local/airflow/dags",
    }
    assert "what the file reads there was read in" in told["D144"].problem


@pytest.mark.parametrize(
    ("path", "given", "told"),
    [
        ("/usr/local/airflow/dags/conf/a.yaml", "dags", "/usr/local/airflow/dags"),
        ("/home/airflow/gcs/dags/conf/a.yaml", "dags", "/home/airflow/gcs/dags"),
        ("/home/airflow/airflow/dags/conf/a.yaml", "dags", "/home/airflow/airflow/dags"),
        ("/home/somebody/airflow/dags/conf/a.yaml", "dags", "/home/somebody/airflow/dags"),
        ("/opt/airflow/dags/repo/dags/conf/a.yaml", "dags", "/opt/airflow/dags/repo/dags"),
        ("/opt/airflow/dags/conf/a.yaml", "dags/conf", "/opt/airflow/dags"),
        ("/opt/airflow/dags/conf/a.yaml", ".", "/opt/airflow/dags"),
        ("$AIRFLOW_HOME/dags/conf/a.yaml", "dags", "$AIRFLOW_HOME/dags"),
        ("/opt/airflow/include/extra.json", "dags/conf", "/opt/airflow/include"),
        ("/opt/airflow/dags/conf/none.yaml", "dags", None),
        ("/opt/airflow", "dags", None),
        ("/opt/airflow_2/dags/conf/a.yaml", "dags", None),
        # Airflow looks there itself.
        ("$AIRFLOW_HOME/plugins/shared.txt", "dags", None),
        ("relative/dags/conf/a.yaml", "dags", None),
    ],
)
def test_homes_of_airflow_and_folders_that_are_given(project, path, given, told):
    ledger, home = Ledger(lambda: None), str(project / "home")
    folders = AirflowFolders(DagRoot.of(project / given), [], home, ledger)
    found = folders.instead_of(path.replace("$AIRFLOW_HOME", home))
    assert [item.name for item in ledger.noted()] == ([told] if told else [])
    last = "include/extra.json" if "include" in path else "dags/conf/a.yaml"
    assert found == (str(project / last) if told else None)
