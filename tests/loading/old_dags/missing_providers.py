from datetime import datetime

from airflow import DAG
from airflow.contrib.operators.ssh_operator import SSHOperator
from airflow.providers.databricks.operators.databricks import DatabricksSubmitRunOperator
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator
from airflow.providers.snowflake.operators.snowflake import SnowflakeOperator


def alert(context):
    SlackWebhookHook(slack_webhook_conn_id="slack").send(text="failed")


with DAG(
    "missing_providers",
    start_date=datetime(2023, 1, 1),
    schedule=None,
    default_args={"on_failure_callback": alert, "retries": 3},
):
    remote = SSHOperator(task_id="remote", ssh_conn_id="box", command="ls {{ ds }}", do_xcom_push=True)
    spark = DatabricksSubmitRunOperator(task_id="spark", json={"run_name": "r"}, notebook=remote.output)
    copy = SnowflakeOperator(task_id="copy", sql="COPY INTO t", snowflake_conn_id="snow", warehouse="wh")
    tell = SlackWebhookOperator(task_id="tell", message="done", trigger_rule="all_done")
    spark >> copy >> tell
    mapped = SSHOperator.partial(task_id="mapped", ssh_conn_id="box", environment=remote.output).expand(
        command=["a", "b"]
    )
    copy >> mapped
