from datetime import datetime

from company_base import Auditing, CompanyOperator, timed
from company_conf import BaseConfig, credentials

from airflow.decorators import dag, task
from airflow.models import BaseOperator


class Copy(Auditing, BaseOperator):
    def __init__(self, source, **kwargs):
        super().__init__(**kwargs)
        self.source = source


class Load(CompanyOperator):
    template_fields = CompanyOperator.template_fields + ("table",)

    def __init__(self, table, **kwargs):
        super().__init__(**kwargs)
        self.table = table


class Config(BaseConfig):
    bucket: str = "lake"


user, password = credentials("dwh")


@dag(schedule_interval="@daily", start_date=datetime(2021, 1, 1))
def classes_of_the_company():
    @timed
    @task
    def extract():
        return user

    @task
    @timed("transform")
    def transform(rows):
        return rows

    config = Config(bucket="other")
    copy = Copy(task_id="copy", source=[config.bucket, config.region])
    copy >> transform(extract()) >> Load(task_id="load", table="orders", mode="append")


classes_of_the_company()
