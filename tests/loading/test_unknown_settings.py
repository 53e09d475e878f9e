"""What a file says with values that are not known where it is read, and that do not decide what it does."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from converter.loading import load_readable
from converter.workflow import LIST_TEMPLATE, Opaque, StandInKind, Workflow

FILES = {
    "settings": """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from company.constants import START, TEAM
        with DAG("settings", start_date=START, schedule=None, tags=TEAM, description=f"of {TEAM}"):
            EmptyOperator(task_id="a", owner=TEAM, email=TEAM)
    """,
    "lists": """
        import os
        from airflow import DAG
        from airflow.models import Variable
        from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
        with DAG("lists", schedule=None):
            EcsRunTaskOperator(
                task_id="a", cluster="c", task_definition="t", overrides={}, region="eu-west-1",
                network_configuration={"awsvpcConfiguration": {
                    "subnets": Variable.get("subnets").split(","),
                    "securityGroups": [os.environ["SECURITY_GROUP"]]}})
    """,
    "imported_from_anywhere": """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.operators.python import Param
        with DAG("imported_from_anywhere", schedule=None, params={"cpu": Param(1, type="integer")}):
            EmptyOperator(task_id="a")
    """,
    "another_version": """
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        from airflow.sdk import Asset
        orders = Asset("redshift://orders")
        with DAG("another_version", schedule=None):
            EmptyOperator(task_id="a", outlets=[orders])
    """,
    "constructors": """
        from airflow import DAG
        from airflow.models.connection import Connection
        from airflow.operators.empty import EmptyOperator
        from airflow.providers.amazon.aws.operators.glue_crawler import AwsGlueCrawlerOperator
        uri = Connection(conn_id="c", conn_type="aws", extra={"region_name": "eu-west-1"}).get_uri()
        with DAG("constructors", schedule=None):
            AwsGlueCrawlerOperator(task_id="crawl", config={"region": "x"}) >> EmptyOperator(task_id=uri[:3])
    """,
}


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workflow]:
    folder: Path = tmp_path_factory.mktemp("dags")
    for name, source in FILES.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    workflows, problems = load_readable(folder)
    assert not problems
    return {workflow.dag_id: workflow for workflow in workflows}


def kinds(workflow: Workflow) -> set[StandInKind]:
    return {item.kind for item in workflow.stand_ins}


def test_settings_that_change_nothing_are_left_out(dags: dict[str, Workflow]) -> None:
    left_out = [item.name for item in dags["settings"].stand_ins if item.kind is StandInKind.LEFT_OUT]
    assert {name.partition("=")[0] for name in left_out} == {"start_date", "tags", "owner", "email"}
    assert StandInKind.UNKNOWN_DECIDES not in kinds(dags["settings"])


def test_a_split_value_is_a_list_and_old_regions_are_read(dags: dict[str, Workflow]) -> None:
    arguments = dags["lists"].task("a").arguments
    subnets = arguments["network_configuration"]["awsvpcConfiguration"]["subnets"]
    assert subnets == Opaque(LIST_TEMPLATE, "{{ var.value.subnets.split(',') }}")
    assert arguments["region_name"] == "eu-west-1"


def test_airflows_own_names_are_found_where_it_imported_them(dags: dict[str, Workflow]) -> None:
    assert dags["imported_from_anywhere"].params == {"cpu": 1}


def test_a_statement_that_this_version_of_a_provider_refuses_is_left_out(dags: dict[str, Workflow]) -> None:
    assert StandInKind.STATEMENT_FAILED in kinds(dags["another_version"])


def test_constructors_take_what_they_took_and_failing_operators_are_kept(dags: dict[str, Workflow]) -> None:
    workflow = dags["constructors"]
    assert {task.task_id: task.upstream for task in workflow.tasks} == {"crawl": (), "aws": ("crawl",)}
    assert workflow.task("crawl").arguments["config"] == {"region": "x"}
    assert StandInKind.REFUSED_TASK in kinds(workflow)
