"""An environment of MWAA: its DAGs with its plugins, configuration options and exported variables."""

import json
import zipfile
from importlib import metadata

import pytest

from converter.loading import load, load_each, notes_on
from converter.loading.mwaa import MwaaEnvironment
from converter.operators import steps_of
from converter.packaging.task_code import task_files

DAG = """\
import os
from datetime import datetime
from airflow import DAG
from airflow.configuration import conf
from company.operators import LoadOperator
from airflow.operators.dummy_operator import DummyOperator

with DAG("etl", start_date=datetime(2024, 1, 1), schedule_interval=None) as dag:
    DummyOperator(task_id="a", doc_md=os.environ["STAGE"]) >> LoadOperator(table="orders", task_id="load")
    DummyOperator(task_id=conf.get("company", "team"))
"""
OPERATORS = """\
from airflow.models import BaseOperator
from airflow.utils.decorators import apply_defaults

class LoadOperator(BaseOperator):
    @apply_defaults
    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table
"""
#: As `aws mwaa get-environment` prints it.
OPTIONS = {
    "Environment": {
        "Name": "company",
        "AirflowConfigurationOptions": {
            "core.default_task_retries": "3",
            "company.team": "orders",
            "core.dags_folder": "/elsewhere",
            "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        },
    }
}


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/etl.py").write_text(DAG)
    (tmp_path / "setup.py").write_text("# no airflow dag: it lies beside them\nraise SystemExit\n")
    (tmp_path / "requirements.txt").write_text(
        "--constraint x\nno-such-package==1.0\njinja2==0.1\npendulum\n"
    )
    (tmp_path / "environment.json").write_text(json.dumps(OPTIONS))
    (tmp_path / "startup.sh").write_text('#!/bin/sh\nexport STAGE="prod"\nexport PATH=$PATH:/opt\n')
    return tmp_path


def folder_of_plugins(environment):
    (environment / "plugins/company").mkdir(parents=True)
    (environment / "plugins/company/__init__.py").write_text("")
    (environment / "plugins/company/operators.py").write_text(OPERATORS)


def packed_plugins(environment):
    with zipfile.ZipFile(environment / "plugins.zip", "w") as archive:
        archive.writestr("company/__init__.py", "")
        archive.writestr("company/operators.py", OPERATORS)


@pytest.mark.parametrize("give_plugins", [folder_of_plugins, packed_plugins])
def test_dags_find_plugins_options_and_exported_variables(environment, give_plugins):
    give_plugins(environment)
    (workflow,) = load(environment)
    assert [task.task_id for task in workflow.tasks] == ["a", "load", "orders"]
    load_task = workflow.task("load")
    assert load_task.operator == "company.operators.LoadOperator"
    assert load_task.arguments == {"table": "orders"}
    assert load_task.retries.count == 3
    assert workflow.task("a").settings["doc_md"] == "prod"


def test_what_the_environment_has_and_is_not_here_is_told(environment):
    told = {item.code.id: [] for item in notes_on(environment)}
    for item in notes_on(environment):
        told[item.code.id].append((item.location.line, item.problem))
    assert [line for line, _ in told["D140"]] == [2, 3]
    assert "'no-such-package', which is not installed" in told["D140"][0][1]
    assert "'jinja2' 0.1, as which it is packaged; here it is " in told["D140"][1][1]
    assert len(told["D139"]) == 1


def test_a_folder_of_dag_files_is_none(tmp_path):
    (tmp_path / "etl.py").write_text(DAG)
    (tmp_path / "requirements.txt").write_text("")
    assert MwaaEnvironment.at(tmp_path) is None
    assert notes_on(tmp_path) == []


def test_broken_parts_stop_no_dag(environment):
    (environment / "environment.json").write_text("{")
    (environment / "plugins.zip").write_bytes(b"no archive")
    (environment / "dags/etl.py").write_text(DAG.replace('conf.get("company", "team")', '"b"'))
    (workflow,) = load_each(environment)
    assert [task.task_id for task in workflow.tasks] == ["a", "load", "b"]


@pytest.mark.parametrize(
    ("line", "pins"),
    [
        ("PyYAML == 5.4.1", {"pyyaml": "5.4.1"}),
        ("scikit_learn[all]==1.5.0  # as in training", {"scikit-learn": "1.5.0"}),
        ("torch==2.4.0+cpu", {"torch": "2.4.0+cpu"}),
        ("PyYAML==5.4.1 --hash=sha256:0", {"pyyaml": "5.4.1"}),
        ("PyYAML==5.4.*", {}),
        ("PyYAML==5.4.1,<6", {}),
        ("PyYAML>=5", {}),
        ("PyYAML==5.4.1; python_version < '3.8'", {}),
        ("# PyYAML==5.4.1", {}),
        ("-r other.txt", {}),
    ],
)
def test_a_version_that_the_environment_fixes_is_that_of_its_tasks(environment, line, pins):
    (environment / "requirements.txt").write_text(f"{line}\n")
    assert MwaaEnvironment.at(environment).pins() == pins


def test_python_tasks_are_packaged_in_the_versions_of_the_environment(environment):
    (environment / "requirements.txt").write_text("pyyaml==5.4.1\n")
    (environment / "dags/etl.py").write_text(
        "import yaml, click\nfrom airflow.sdk import DAG, task\n\n\n@task\ndef read():\n"
        "    click.echo('')\n    return yaml.safe_load('a')\n\n\nwith DAG('d'):\n    read()\n"
    )
    (workflow,) = load(environment)
    files = task_files(workflow, steps_of(workflow)[0])
    header, *lines = files["requirements.txt"].decode().splitlines()
    assert lines == [f"click=={metadata.version('click')}", "PyYAML==5.4.1"]
    assert "of its environment" in header
