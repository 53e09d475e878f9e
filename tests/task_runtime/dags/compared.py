"""Tasks that are run twice: by Airflow's own task runner, and by the function that is deployed to Lambda."""

import functools
import json
import logging
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import (
    BranchPythonOperator,
    PythonOperator,
    ShortCircuitOperator,
)
from airflow.sdk import DAG, Label, TaskGroup, Variable, chain, get_current_context, task, task_group
from compared_helpers.text import shout

logger = logging.getLogger(__name__)
LETTERS = ["a", "b"]


class NoMore(AirflowSkipException):
    pass


class GaveUp(AirflowFailException):
    pass


class Counter:
    def __init__(self, start):
        self.start = start

    def up(self, by):
        return self.start + by

    def __call__(self, ds):
        return [self.start, ds]


def no_arguments():
    return "plain"


def everything(**kwargs):
    return sorted(
        name for name in kwargs if name in {"ds", "ti", "params", "dag_run", "mine", "run_id", "ts"}
    )


def named(ds, ti, run_id, params):
    return [ds, ti.task_id, ti.try_number, run_id, params]


def with_default(ds=None, missing="default", *, ts_nodash):
    return [ds, missing, ts_nodash]


def positional(first, second, ds):
    return [first, second, ds]


def reserved(ds):
    return ds


def keyword(name, number, **context):
    return {"name": name, "number": number, "templates": context["templates_dict"]}


def dates(logical_date, data_interval_start, data_interval_end, ts, ds_nodash, ts_nodash_with_tz):
    return [
        logical_date.isoformat(),
        (logical_date + timedelta(days=1)).strftime("%d.%m.%Y"),
        logical_date.add(months=1, days=2).to_date_string(),
        logical_date.subtract(hours=30).to_datetime_string(),
        logical_date.start_of("month").isoformat(),
        logical_date.end_of("day").isoformat(),
        logical_date.start_of("week").format("YYYY-MM-DD"),
        logical_date.in_timezone("Europe/Berlin").isoformat(),
        logical_date.int_timestamp,
        logical_date.format("DD/MM/YY HH:mm:ss"),
        str(data_interval_start),
        f"{data_interval_end:%Y}",
        ts,
        ds_nodash,
        ts_nodash_with_tz,
    ]


def pushes(ti):
    ti.xcom_push(key="rows", value=[1, 2, 3])
    ti.xcom_push(key="nested", value={"a": {"b": None}})
    logger.info("pushed")
    print("printed")
    return "returned"


def pulls(ti):
    return [
        ti.xcom_pull(task_ids="pushes"),
        ti.xcom_pull(task_ids="pushes", key="rows"),
        ti.xcom_pull(task_ids=["pushes", "no_arguments"]),
        ti.xcom_pull(task_ids="pushes", key="nothing"),
        ti.xcom_pull(task_ids="pushes", key="nothing", default="d", map_indexes=-1),
        ti.xcom_pull("no_such_task"),
    ]


def conf_and_params(dag_run, params):
    return [dag_run.conf, dag_run.conf.get("day", "none"), params["limit"], params["of_task"], dag_run.run_id]


def raises():
    raise ValueError("as asked")


def skips():
    raise AirflowSkipException("nothing to do")


def skips_by_subclass():
    raise NoMore("nothing to do")


def fails_for_good():
    raise GaveUp("no use")


def exits():
    sys.exit(3)


def returns_set():
    return object()


def environment():
    return [
        os.environ["AIRFLOW_CTX_DAG_ID"],
        os.environ["AIRFLOW_CTX_TASK_ID"],
        os.environ["AIRFLOW_CTX_TRY_NUMBER"],
    ]


def context_of_the_task():
    context = get_current_context()
    return [context["ds"], context["ti"].task_id, context["task"].task_id, context["dag"].dag_id]


def variables():
    return [
        Variable.get("colour"),
        Variable.get("sizes", deserialize_json=True)["s"],
        Variable.get("absent", default="none"),
    ]


def generates():
    yield "ignored"
    return "at the end"


async def asynchronous(ds):
    return f"async {ds}"


def partition(dag_run, partition_key, **context):
    date = context["partition_date"]
    return [dag_run.partition_key, partition_key, date.isoformat(), dag_run.partition_date.isoformat()]


def renders(task, **context):
    return task.render_template({"a": ["{{ ds }} {{ params.limit }}", 1]}, {**context, "task": task})


def sees(value, *, key=None):
    return [value, type(value).__name__, key]


with DAG(
    "compared",
    schedule=None,
    start_date=datetime(2024, 1, 1),
    params={"limit": 10, "of_dag": "dag"},
    default_args={"owner": "tests", "limit_by_default": 7},
    user_defined_macros={"twice": lambda text: text * 2},
    user_defined_filters={"loud": str.upper},
) as dag:
    plain = PythonOperator(task_id="no_arguments", python_callable=no_arguments)
    PythonOperator(task_id="everything", python_callable=everything, op_kwargs={"mine": 1})
    PythonOperator(task_id="named", python_callable=named)
    PythonOperator(task_id="with_default", python_callable=with_default)
    PythonOperator(task_id="positional", python_callable=positional, op_args=[1, "{{ ds }}"])
    PythonOperator(
        task_id="native",
        python_callable=positional,
        op_args=["12", "[1, {'a': 2}]"],
        render_template_as_native_obj=True,
    )
    PythonOperator(task_id="reserved", python_callable=reserved, op_args=[1])
    PythonOperator(task_id="too_few", python_callable=sees)
    PythonOperator(
        task_id="keyword",
        python_callable=keyword,
        op_kwargs={"name": "{{ dag.dag_id }}/{{ task.task_id }}", "number": 3, "dropped": True},
        templates_dict={"where": "s3://b/{{ ds_nodash }}/{{ params.limit }}"},
    )
    PythonOperator(task_id="unknown_argument", python_callable=no_arguments, op_kwargs={"unknown": 1})
    PythonOperator(task_id="a_lambda", python_callable=lambda ds, **_: ds.replace("-", "."))
    PythonOperator(task_id="a_partial", python_callable=functools.partial(sees, key="p"), op_args=["x"])
    PythonOperator(task_id="a_method", python_callable=Counter(5).up, op_args=[2])
    PythonOperator(task_id="an_object", python_callable=Counter(5))
    PythonOperator(task_id="a_builtin", python_callable=json.dumps, op_args=[{"a": 1}])
    PythonOperator(task_id="imported", python_callable=shout, op_args=["hello"])
    PythonOperator(task_id="dates", python_callable=dates)
    pushing = PythonOperator(task_id="pushes", python_callable=pushes)
    pulling = PythonOperator(task_id="pulls", python_callable=pulls)
    chain([plain, pushing], pulling)
    PythonOperator(task_id="conf_and_params", python_callable=conf_and_params, params={"of_task": "task"})
    PythonOperator(task_id="raises", python_callable=raises)
    PythonOperator(task_id="skips", python_callable=skips)
    PythonOperator(task_id="skips_by_subclass", python_callable=skips_by_subclass)
    PythonOperator(task_id="fails_for_good", python_callable=fails_for_good)
    PythonOperator(task_id="exits", python_callable=exits)
    PythonOperator(task_id="no_json", python_callable=returns_set)
    PythonOperator(task_id="environment", python_callable=environment)
    PythonOperator(task_id="context_of_the_task", python_callable=context_of_the_task)
    PythonOperator(task_id="partition", python_callable=partition)
    PythonOperator(task_id="renders", python_callable=renders)
    PythonOperator(task_id="variables", python_callable=variables)
    PythonOperator(task_id="generates", python_callable=generates)
    PythonOperator(task_id="asynchronous", python_callable=asynchronous)
    PythonOperator(task_id="pushes_nothing", python_callable=no_arguments, do_xcom_push=False)
    PythonOperator(
        task_id="templates",
        python_callable=lambda **values: {name: values[name] for name in values if name.startswith("t_")},
        op_kwargs={
            "t_lines": "x\r\ny\rz\n",
            "t_dates": "{{ ds }} {{ ts }} {{ logical_date.strftime('%H') }} {{ data_interval_end | ds }}",
            "t_macros": "{{ macros.ds_add(ds, 5) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%y') }}",
            "t_own": "{{ twice('ab') }} {{ 'quiet' | loud }}",
            "t_partition": "{{ partition_key }} {{ dag_run.partition_key }} {{ partition_date | ds }}",
            "t_conf": "{{ dag_run.conf['day'] }} {{ dag_run.conf.get('x', 'y') }} {{ run_id }}",
            "t_var": "{{ var.value.colour }} {{ var.json.sizes.s }} {{ var.value.get('absent', 'd') }}",
            "t_logic": "{% for x in ['a', 'b'] %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
            "t_nested": {"list": ["{{ ds }}", 1, ("{{ ds }}", None)], "deep": {"x": "{{ params.of_dag }}"}},
            "t_xcom": "{{ ti.xcom_pull(task_ids='pushes', key='rows') }} {{ ti.xcom_pull('pushes') }}",
            "t_brace": "{ no template }",
        },
    ).set_upstream(pushing)
    PythonOperator(task_id="undefined", python_callable=sees, op_args=["{{ no_such_name }}"])
    PythonOperator(
        task_id="output_of",
        python_callable=sees,
        op_args=[pushing.output],
        op_kwargs={"key": pushing.output["rows"]},
    )
    PythonOperator(task_id="output_in_text", python_callable=sees, op_args=[f"<{pushing.output['rows']}>"])

    @task
    def flow(ds=None, **context):
        return {"ds": ds, "task": context["task"].task_id}

    @task
    def takes(value, *, other, limit_by_default, ti=None):
        return [value, other, limit_by_default, ti.task_id]

    @task(multiple_outputs=True)
    def many():
        return {"first": 1, "second": [2]}

    @task
    def inferred() -> dict[str, int]:
        return {"one": 1, "two": 2}

    @task(multiple_outputs=True)
    def many_but_one():
        return 1

    @task(multiple_outputs=True)
    def many_of_numbers():
        return {1: 2}

    @task
    def joins(first, second, whole, mapped):
        whole = [list(pair) for pair in whole] if isinstance(whole, Sequence) else whole
        return [first, second, whole, list(mapped)]

    @task(task_id="renamed")
    def original():
        return "renamed"

    @task
    def says_nothing():
        def inner():
            return None

        return inner()

    flowed = flow()
    takes(flowed, other=[flowed])
    takes.override(task_id="overridden", retries=2)("x", other=LETTERS)
    takes("again", other="{{ ds }}")
    outputs = many()
    inferred()
    many_but_one()
    many_of_numbers()
    original()
    says_nothing()

    @task
    def three():
        return [1, 2, 3]

    threes = three()
    joins(outputs["first"], outputs["second"], outputs, threes.map(lambda number: number * 10))
    joins.override(task_id="joins_more")(1, 2, threes.zip(threes), threes.concat(threes))

    with TaskGroup("group") as group:
        PythonOperator(task_id="inside", python_callable=named)
        with TaskGroup("inner", prefix_group_id=False):
            PythonOperator(task_id="deep", python_callable=no_arguments)

    @task_group
    def flows():
        return flow()

    flows()
    flows()

    def choose(choice):
        return choice

    ends = {name: EmptyOperator(task_id=name) for name in ("end_a", "end_b", "end_join")}
    with TaskGroup("branches") as branches:
        EmptyOperator(task_id="x") >> EmptyOperator(task_id="y")
    for name, chosen in {
        "one": "end_a",
        "none": None,
        "list": ["end_a", "end_b"],
        "group": "branches",
        "through": ["end_b"],
        "unknown": "no_such_task",
        "bad": 5,
        "bad_list": ["end_a", 5],
        "tuple": ("end_b",),
    }.items():
        branch = BranchPythonOperator(task_id=f"branch_{name}", python_callable=choose, op_args=[chosen])
        branch >> Label("maybe") >> [ends["end_a"], ends["end_b"]]
        branch >> branches
        if name == "through":
            branch >> ends["end_join"]
    ends["end_b"] >> ends["end_join"]
    BranchPythonOperator(task_id="branch_all", python_callable=choose, op_args=["end_a"]) >> ends["end_a"]
    BranchPythonOperator(task_id="branch_leaf", python_callable=choose, op_args=["end_a"])

    @task.branch
    def branch_flow(choice):
        return choice

    branch_flow("end_b") >> [ends["end_a"], ends["end_b"]]

    for name, value in {"true": "yes", "false": 0, "empty": [], "nothing": None}.items():
        stop = ShortCircuitOperator(task_id=f"short_{name}", python_callable=choose, op_args=[value])
        stop >> EmptyOperator(task_id=f"behind_{name}") >> ends["end_join"]
    ShortCircuitOperator(task_id="short_leaf", python_callable=choose, op_args=[False])
    stop = ShortCircuitOperator(
        task_id="short_near", python_callable=choose, op_args=[False], ignore_downstream_trigger_rules=False
    )
    stop >> EmptyOperator(task_id="behind_near") >> EmptyOperator(task_id="far_near")

    @task.short_circuit
    def short_flow():
        return False

    short_flow() >> EmptyOperator(task_id="behind_flow")

    BashOperator(task_id="bash_echo", bash_command='echo first; echo "{{ ds }} $AIRFLOW_CTX_TASK_ID"')
    BashOperator(task_id="bash_env", bash_command="echo $COLOUR $HOME", env={"COLOUR": "{{ params.of_dag }}"})
    BashOperator(
        task_id="bash_append",
        bash_command="echo $COLOUR${PATH:+ path}",
        env={"COLOUR": "red"},
        append_env=True,
    )
    BashOperator(task_id="bash_skip", bash_command="exit 99")
    BashOperator(task_id="bash_skip_other", bash_command="exit 12", skip_on_exit_code=[11, 12])
    BashOperator(task_id="bash_skip_never", bash_command="exit 99", skip_on_exit_code=None)
    BashOperator(task_id="bash_fails", bash_command="echo wrong >&2; exit 2")
    BashOperator(task_id="bash_silent", bash_command="true")
    BashOperator(task_id="bash_cwd", bash_command="pwd", cwd="/")
    BashOperator(task_id="bash_no_cwd", bash_command="pwd", cwd="/no/such/folder")
    BashOperator(task_id="bash_processed", bash_command="echo '{\"a\": 1}'", output_processor=json.loads)
    BashOperator(task_id="bash_script", bash_command="script.sh")
    BashOperator(task_id="bash_plain_script", bash_command="plain_script.sh")
    BashOperator(task_id="bash_stderr", bash_command="echo out; echo err >&2")

    @task.bash
    def bash_flow(word):
        return f"echo {word} {{{{ ds }}}}"

    bash_flow("flow")

    @task.bash(task_id="bash_flow_empty")
    def nothing_to_run():
        return ""

    nothing_to_run()
