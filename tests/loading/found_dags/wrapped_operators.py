import logging
from datetime import datetime
from airflow import DAG
from airflow.contrib.operators.aws_athena_operator import AWSAthenaOperator
from airflow.providers.amazon.aws.operators.glue import AwsGlueJobOperator

log = logging.getLogger(__name__)


class QueryWithId(AWSAthenaOperator):
    """Athena's operator did not return the id then."""

    ui_color = "#abc"

    def execute(self, context):
        super(QueryWithId, self).execute(context)
        # for xcom
        return self.query_execution_id


class Logged(AwsGlueJobOperator):
    def execute(self, context):
        log.info("starts %s", self.job_name)
        run = super().execute(context=context)
        self.log.info("run %s", run)
        return run


class Passed(AwsGlueJobOperator):
    def execute(self, context):
        return super().execute(context)


class Silent(AwsGlueJobOperator):
    def execute(self, context):
        super().execute(context)


class Changed(AwsGlueJobOperator):
    def execute(self, context):
        self.script_args = {"--run": context["run_id"]}
        return super().execute(context)


class Other(AWSAthenaOperator):
    def execute(self, context):
        super().execute(context)
        return self.output_location


class Twice(AwsGlueJobOperator):
    def execute(self, context):
        super().execute(context)
        return super().execute(context)


class BelowChanged(Changed):
    def execute(self, context):
        return super().execute(context)


class Elsewhere(AwsGlueJobOperator):
    def execute(self, context):
        return super().execute({**context})


ATHENA = {"query": "SELECT 1", "database": "d", "output_location": "s3://b/o"}
with DAG("wrapped", start_date=datetime(2020, 1, 1), schedule_interval=None) as dag:
    for cls in (QueryWithId, Other):
        cls(task_id=cls.__name__, **ATHENA)
    for cls in (Logged, Passed, Silent, Changed, Twice, BelowChanged, Elsewhere):
        cls(task_id=cls.__name__, job_name="j")
