import os
import sys
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from old_helpers.settings import DEFAULTS, table_names  # noqa: E402
from plugins.lineage import annotate  # noqa: E402

from airflow import DAG  # noqa: E402
from airflow.operators.dummy_operator import DummyOperator  # noqa: E402

with DAG(
    "local_helpers", default_args=DEFAULTS, start_date=datetime(2021, 1, 1), schedule_interval="@daily"
) as dag:
    for name in table_names():
        DummyOperator(task_id=name)

annotate(dag)
