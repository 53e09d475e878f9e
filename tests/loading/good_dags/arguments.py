import datetime
import decimal
import enum
import functools
import pathlib

from airflow.sdk import DAG, Asset, BaseOperator, task

print("DAG files may print")


class Color(enum.Enum):
    RED = "red"


class CopyOperator(BaseOperator):
    # In no particular order, as PythonVirtualenvOperator has them.
    template_fields = tuple({"source", "options"})

    def __init__(self, *, source, options=None, retain=False, deferrable=True, **kwargs):
        super().__init__(**kwargs)
        self.source = source
        self.options = options
        self.retain = retain
        self.deferrable = deferrable


class NightlyCopy(CopyOperator):
    def __init__(self, *, night, **kwargs):
        super().__init__(source=f"s3://nights/{night}", **kwargs)


def callback(context):
    pass


loop = []
loop.append(loop)

with DAG("arguments", default_args={"owner": "data", "retries": 2, "retain": True}) as dag:
    values = CopyOperator(
        task_id="values",
        retain=loop,
        source="{{ ds }}",
        options={
            "date": datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.timezone.utc),
            "delta": datetime.timedelta(minutes=1.5),
            "set": {"b", "a", "d", "c"},
            "tuple": (1, 2.5, None, True),
            3: Color.RED,
            "callable": callback,
            "lambda": lambda: None,
            "partial": functools.partial(callback, 1),
            "class": CopyOperator,
            "object": object(),
            "decimal": decimal.Decimal("1.10"),
            "path": pathlib.PurePosixPath("/etl"),
            "bytes": b"\xff",
            "nan": float("nan"),
            "asset": Asset("orders", uri="s3://bucket/orders"),
            "collision": {1: "a", "1": "b"},
            "task": BaseOperator(task_id="other"),
        },
    )
    night = NightlyCopy(task_id="night", night="2026-01-01", deferrable=False)
    night.set_upstream(values)
    xcom = CopyOperator(task_id="xcom", source=night.output, options=[night.output["rows"]])
    changed = CopyOperator(
        task_id="changed",
        source="before",
        retries=1,
        retry_delay=datetime.timedelta(seconds=10),
        retry_exponential_backoff=True,
        max_retry_delay=60,
        execution_timeout=datetime.timedelta(hours=1),
        depends_on_past=False,
        on_failure_callback=callback,
    )
    changed.source = "after"
    changed.options = {"set": "afterwards"}
    changed.retain = "changed"
    changed.trigger_rule = "all_done"
    changed.retries = 5
    changed.pool = "small"
    [xcom, values, night] >> changed

    @task
    def each(day):
        return day

    each.expand(day=["a", "b"])
