from datetime import datetime

from airflow import DAG
from airflow.models import BaseOperator
from airflow.operators.bash_operator import BashOperator
from airflow.operators.python_operator import PythonOperator
from airflow.operators.sensors import BaseSensorOperator
from airflow.utils.decorators import apply_defaults


class CopyOperator(BaseOperator):
    template_fields = ("source",)

    @apply_defaults
    def __init__(self, source, target=None, *args, **kwargs):
        super(CopyOperator, self).__init__(*args, **kwargs)
        self.source = source
        self.target = target


class ContextOperator(PythonOperator):
    def __init__(self, **kwargs):
        super().__init__(provide_context=True, task_concurrency=1, **kwargs)


class RowsSensor(BaseSensorOperator):
    @apply_defaults
    def __init__(self, table, *args, **kwargs):
        self.table = table
        super().__init__(*args, **kwargs)

    def poke(self, context):
        return True


dag = DAG("own_operators", start_date=datetime(2019, 6, 1), schedule_interval="15 * * * *")
rows = RowsSensor(task_id="rows", table="orders", poke_interval=60, dag=dag)
copy = CopyOperator(task_id="copy", source="s3://in/{{ ds }}", owner_team="data", dag=dag)
context = ContextOperator(task_id="context", python_callable=print, dag=dag)
shell = BashOperator(task_id="shell", bash_command="exit 0", xcom_push=True, dag=dag)
rows >> copy >> context >> shell
