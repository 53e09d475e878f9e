"""Tasks that are expanded over dicts which others return."""

from airflow.providers.amazon.aws.operators.athena import AthenaOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task


def defined(native):
    with DAG("native" if native else "rows", schedule=None, render_template_as_native_obj=native):

        @task
        def written():
            return [{"query": f"select {n}"} for n in range(2)]

        @task
        def spread(more):
            return [{"query": "select 1", **more}]

        @task
        def one(n):
            return {"query": f"select {n}"}

        athena = {"database": "d", "output_location": "s3://b/o"}
        AthenaOperator.partial(task_id="known", **athena).expand_kwargs(written())
        AthenaOperator.partial(task_id="unknown", **athena).expand_kwargs(spread({}))
        AthenaOperator.partial(task_id="of_instances", **athena).expand_kwargs(one.expand(n=[1, 2]))
        BashOperator.partial(task_id="bash").expand_kwargs(
            written.override(task_id="more")().concat(one.override(task_id="others").expand(n=[1]))
        )
    return athena


FIRST, SECOND = defined(False), defined(True)
