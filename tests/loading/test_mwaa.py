"""An environment of MWAA: its DAGs with its plugins, configuration options and exported variables."""

import json
import zipfile

import pytest

from converter.loading import load, load_each, notes_on
from converter.loading.mwaa import MwaaEnvironment

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
    assert "'jinja2' 0.1; here it is " in told["D140"][1][1]
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
