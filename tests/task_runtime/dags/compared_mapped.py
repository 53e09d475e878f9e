"""Mapped tasks, to be run by Airflow and by the function: expanded over literals, XComs, map, zip, concat."""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, TaskGroup, task, task_group


def sees(*args, **kwargs):
    names = ("x", "y", "short", "long", "all", "pair")
    return {"args": list(args), "kwargs": {name: kwargs[name] for name in names if name in kwargs}}


def doubled(item):
    return item * 2


with DAG("compared_mapped", default_args={"owner": "me"}):

    @task
    def numbers():
        return [1, 2, 3]

    @task
    def nested_lists():
        return [[1], [2, 3]]

    @task
    def by_name():
        return {"a": [1], "b": None}

    @task
    def rows():
        return [{"x": 1, "y": 2}, {"x": "{{ ds }}", "y": ["{{ ds }}"]}]

    @task
    def texts():
        return ["{{ ds }}", ["{{ ds }}"]]

    @task
    def nothing_to_map_over():
        return None

    @task
    def a_text_to_map_over():
        return "text"

    @task
    def too_long_to_map_over():
        return list(range(1025))

    @task
    def sees_all(x=None, y=None, short=None, long=None, all=None, ti=None):
        kept = {"x": x, "y": y, "short": short, "long": long, "all": all}
        return [ti.map_index, {name: value for name, value in kept.items() if value is not None}]

    @task
    def keeps_odd_ones(x, ti=None):
        ti.xcom_push("seen", x)
        return x if x % 2 else None

    @task
    def gathers(given, ti=None):
        pulled = [
            ti.xcom_pull(task_ids="keeps_odd"),
            ti.xcom_pull(task_ids="keeps_odd", map_indexes=2),
            ti.xcom_pull(task_ids="keeps_odd", map_indexes=1, default="none"),
            ti.xcom_pull(task_ids="keeps_odd", map_indexes=[0, 1, 2]),
            ti.xcom_pull(task_ids="keeps_odd", key="seen"),
            ti.xcom_pull(task_ids="one_alone"),
            ti.xcom_pull(task_ids=["keeps_odd", "numbers"]),
        ]
        return [list(given), len(given), given[0], *pulled]

    counted, lists, named, given_rows = numbers(), nested_lists(), by_name(), rows()

    sees_all.override(task_id="over_literals").expand(x=["a", "{{ ds }}", 3], y=[None, {"k": "{{ ds }}"}])
    sees_all.override(task_id="over_dict").expand(x={"a": 1, "b": "{{ ds_nodash }}"})
    sees_all.override(task_id="over_xcom").expand(x=counted)
    sees_all.override(task_id="over_lists").partial(y="{{ run_id }}").expand(x=lists)
    sees_all.override(task_id="over_named").expand(x=named)
    sees_all.override(task_id="over_both").expand(x=counted, y=lists)
    sees_all.override(task_id="over_rows").expand_kwargs(given_rows)
    sees_all.override(task_id="over_given_rows").expand_kwargs([{"x": "{{ ds }}"}, {"y": 2}])
    sees_all.override(task_id="over_texts").expand(x=texts())
    sees_all.override(task_id="over_map").expand(x=counted.map(doubled).map(lambda item: item + 1))
    sees_all.override(task_id="over_zip").expand(
        short=counted.zip(lists), long=counted.zip(lists, fillvalue="none")
    )
    # By itself: Airflow 3.3 counts the items of concat once for each list when it looks for an item.
    sees_all.override(task_id="over_concat").expand(all=counted.concat(lists))
    kept = keeps_odd_ones.override(task_id="keeps_odd").expand(x=counted)
    keeps_odd_ones.override(task_id="one_alone").expand(x=[5])
    gathers(kept)
    sees_all.override(task_id="over_instances").expand(x=kept)

    sees_all.override(task_id="over_nothing").expand(x=nothing_to_map_over())
    sees_all.override(task_id="over_text").expand(x=a_text_to_map_over())
    sees_all.override(task_id="over_too_long").expand(x=too_long_to_map_over())

    PythonOperator.partial(task_id="classic", python_callable=sees).expand(op_args=[[1], ["{{ ds }}", 2]])
    PythonOperator.partial(task_id="classic_kwargs", python_callable=sees, op_args=["{{ ds }}"]).expand(
        op_kwargs=given_rows
    )

    @task
    def of_group(x, y=None, ti=None):
        ti.xcom_push("seen", x)
        return {"index": ti.map_index, "x": x, "y": y}

    @task
    def pulls(given, ti=None):
        return [
            given,
            ti.xcom_pull(task_ids="items.of_group", map_indexes=ti.map_index),
            ti.xcom_pull(task_ids="items.of_group", key="seen", map_indexes=ti.map_index),
        ]

    @task_group
    def items(x, y):
        first = of_group(x, y)
        with TaskGroup("deep"):
            second = of_group.override(task_id="second")(x=first, y="{{ ti.map_index }}")
            pulls(second)
            PythonOperator(task_id="classic", python_callable=sees, op_args=[x, second], op_kwargs={"y": [y]})
        return second

    @task_group
    def in_rows(x, y="fixed"):
        return of_group.override(task_id="of_row")(x, y)

    @task
    def sees_groups(many, one, rows):
        return [many, one, rows]

    many = items.partial(y="{{ ds }}").expand(x=counted)
    one = items.override(group_id="alone").expand(x=["{{ ds }}"], y=[None])
    sees_groups(many, one, in_rows.expand_kwargs(given_rows))
    sees_all.override(task_id="over_group").expand(x=many)

    @task
    def commands():
        return [{"bash_command": "echo {{ ds }}"}, {"bash_command": "echo 2", "env": {"A": "{{ ds }}"}}]

    BashOperator.partial(task_id="shell_rows", append_env=True).expand_kwargs(commands())
    BashOperator.partial(task_id="shell", env={"A": "{{ ti.map_index }}"}).expand(
        bash_command=["echo $A {{ ds }}", "echo two"]
    )

    @task
    def behind():
        pass

    @task.branch
    def picks(chosen):
        return chosen

    @task.short_circuit
    def lets_on(value):
        return value

    picks.expand(chosen=["behind", None, ["behind"], "nobody", 1]) >> behind()
    lets_on.expand(value=[True, False, None, 0]) >> behind.override(task_id="further")()
