import os
from datetime import datetime, timedelta

import great_expectations as ge
import pyspark.sql.functions as F
from company_operators.quality import QualityCheckOperator, run_checks
from company_tools import make_cleanup, retry, slack_alert
from pyspark.sql import DataFrame, SparkSession

from airflow import DAG
from airflow.operators.dummy import DummyOperator
from airflow.operators.python import PythonOperator

try:
    import ujson_of_the_company as json
except ImportError:
    import json


class SparkJob:
    schema: DataFrame

    def frame(self, spark: SparkSession) -> DataFrame:
        return spark.sql("SELECT 1").withColumn("x", F.lit(1))


@retry(times=3, delay=timedelta(seconds=5))
def validate(frame: "ge.dataset.PandasDataset", **context):
    return json.dumps(frame)


with DAG(
    "third_party",
    start_date=datetime(2022, 1, 1),
    schedule_interval=os.environ.get("NO_SUCH_VARIABLE", "30 4 * * *"),
    on_failure_callback=slack_alert("#data"),
) as dag:
    validated = PythonOperator(task_id="validate", python_callable=validate)
    check = QualityCheckOperator(task_id="check", table="orders", rules={"min_rows": 10})
    helper = run_checks(task_id="helper", tables=["a", "b"])
    validated >> check >> helper >> make_cleanup("tmp/") >> DummyOperator(task_id="last")
