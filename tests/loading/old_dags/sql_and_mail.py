from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.email_operator import EmailOperator
from airflow.operators.http_operator import SimpleHttpOperator
from airflow.operators.mysql_operator import MySqlOperator
from airflow.operators.postgres_operator import PostgresOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator as NewerPostgresOperator
from airflow.sensors.sql_sensor import SqlSensor

with DAG(
    "sql_and_mail",
    start_date=datetime(2020, 1, 1),
    schedule_interval=timedelta(hours=6),
    sla_miss_callback=print,
    default_args={"email": "ops@example.com", "sla": timedelta(hours=1), "trigger_rule": "dummy"},
) as dag:
    rows = SqlSensor(task_id="rows", conn_id="pg", sql="SELECT 1")
    insert = PostgresOperator(task_id="insert", sql="INSERT", postgres_conn_id="pg", autocommit=True)
    newer = NewerPostgresOperator(task_id="newer", sql="SELECT 2")
    mysql = MySqlOperator(task_id="mysql", sql="SELECT 3", mysql_conn_id="my")
    call = SimpleHttpOperator(task_id="call", endpoint="go", method="POST", http_conn_id="api")
    mail = EmailOperator(task_id="mail", to="a@example.com", subject="s", html_content="<b/>")
    rows >> insert >> newer >> mysql >> call >> mail
