from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, Label, Param, dag, setup, task, task_group, teardown
from etl_helpers.factory import make_task

with DAG(
    "settings",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1),
    dagrun_timeout=timedelta(minutes=90),
    default_args={"start_date": datetime(2026, 1, 1), "env": {"A": "1"}},
    params={"day": Param("2026-01-01", type="string", description="which day"), "n": 3},
    tags=["b", "a"],
    max_active_runs=1,
    catchup=True,
    fail_fast=True,
    render_template_as_native_obj=True,
    user_defined_macros={"double": lambda x: 2 * x},
    on_failure_callback=print,
):
    first = make_task("first")
    second = EmptyOperator(task_id="second", params={"n": 4}, start_date=datetime(2026, 6, 1))
    first >> Label("when ready") >> second

DAG_WITHOUT_BLOCK = DAG("hourly", schedule=timedelta(hours=1))
EmptyOperator(task_id="only", dag=DAG_WITHOUT_BLOCK)
DAG_WITHOUT_BLOCK.doc_md = "Written afterwards."


@dag(schedule=CronTriggerTimetable("0 0 * * *", timezone="Europe/Zurich", interval=timedelta(days=1)))
def flow():
    @setup
    def begin():
        pass

    @task
    def produce(n: int = 1) -> list[int]:
        return [n]

    @task
    def consume(x):
        return x

    @task(multiple_outputs=True)
    def split():
        return {}

    @teardown(on_failure_fail_dagrun=True)
    def end():
        pass

    @teardown(on_failure_fail_dagrun=True)
    def end_each(x):
        pass

    @task_group
    def per_item(item):
        consume.override(task_id="in_group")(item)

    @task
    def over(short, long, all):
        pass

    numbers = produce(2)
    doubled = numbers.map(lambda n: 2 * n)
    over.expand(
        short=numbers.zip(doubled),
        long=numbers.zip(numbers, fillvalue="none"),
        all=numbers.concat(doubled),
    )
    mapped = consume.expand(x=numbers)
    end_each.expand(x=[1])
    lost = BashOperator.partial(task_id="lost").expand(bash_command=["true"])
    lost.as_teardown(on_failure_fail_dagrun=True)
    begin() >> numbers
    mapped >> split() >> end()
    per_item.expand(item=[1, 2])
    BashOperator.partial(task_id="bash", retries=1, append_env=True).expand(bash_command=["a", "b"])


FLOW = flow()

with DAG("required", params={"must": Param(type="string")}, default_args={"env": {"A": "1"}}):
    BashOperator.partial(task_id="bash").expand_kwargs([{"bash_command": "a"}])
