"""Operators that are not converted are refused with what to choose instead."""

import pytest
from workflows import workflow

from converter.operators import steps_of
from converter.operators.choices import instead_of
from converter.operators.registry import converted_operators
from converter.workflow import Task

CHOICES = {
    "airflow.operators.subdag.SubDagOperator": "write a TaskGroup",
    "airflow.providers.slack.operators.slack_webhook.SlackWebhookOperator": "SnsPublishOperator",
    "airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator": "EcsRunTaskOperator",
    "airflow.providers.ssh.operators.ssh.SSHOperator": "SsmRunCommandOperator",
    "airflow.providers.apache.spark.operators.spark_submit.SparkSubmitOperator": "EmrAddStepsOperator",
    "airflow.providers.apache.hive.operators.hive.HiveOperator": "AthenaOperator",
    "airflow.operators.StageToRedshiftOperator": "if it is a plugin's, import it from its own module",
    "airflow.operators.company_plugin.LoadOperator": "if it is a plugin's, import it from its own module",
    "airflow.providers.amazon.aws.operators.emr.EmrServerlessStartJobsOperator": "EmrServerlessStartJob",
    "airflow.providers.jira.operators.jira.JiraOperator": "write it as a @task with a client",
    "etl.LoadOperator": "put its module 'etl' beside the DAG file",
}


@pytest.mark.parametrize(("operator", "choice"), CHOICES.items())
def test_what_to_choose_instead_is_told(operator, choice):
    _, (problem,) = steps_of(workflow(Task("t", operator)))
    assert problem.code.id == "D201"
    assert choice in problem.remedy
    assert problem.remedy.endswith("; or convert it yourself in a file of --operators")


def test_every_operator_that_is_named_is_converted():
    known = {name.rpartition(".")[2] for name in converted_operators()}
    named = " ".join(map(instead_of, CHOICES))
    assert {word.strip(",:'") for word in named.split() if word.strip(",:'").endswith("Operator")} <= known
