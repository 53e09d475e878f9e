"""Operators of the author's own: loaded, converted, and run by the function."""

from task_function import Function, write_function

from converter.asl.options import Options
from converter.loading import load
from converter.pipeline import convert

FILE = """\
from airflow.models import BaseOperator
from airflow.sensors.base import BaseSensorOperator
from airflow.utils.decorators import apply_defaults
from airflow import DAG
import helpers


class Doubled(BaseOperator):
    template_fields = ("number",)

    @apply_defaults
    def __init__(self, number, times=2, **kwargs):
        super().__init__(**kwargs)
        self.number, self.times = number, times

    def execute(self, context):
        self.log.info("in run %s", context["run_id"])
        context["ti"].xcom_push("seen", context["ti"].xcom_pull(task_ids="first"))
        return int(self.number) * self.times


class Ready(BaseSensorOperator):
    def __init__(self, path, **kwargs):
        super().__init__(**kwargs)
        self.path = path

    def poke(self, context):
        return context["dag_run"].conf.get("there") == self.path


with DAG("own", schedule=None):
    first = Doubled(task_id="first", number="3")
    second = Doubled(task_id="second", number="{{ dag_run.conf.n }}", times=10)
    ready = Ready(task_id="ready", path="p", poke_interval=30, timeout=600)
    inherited = helpers.Tripled(task_id="inherited", number="1")
    first >> second >> ready >> inherited
"""
HELPERS = """\
from airflow.models import BaseOperator

class Base(BaseOperator):
    def __init__(self, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def execute(self, context):
        return int(self.number) * 3

class Tripled(Base):
    pass
"""
NEEDS_A_DATABASE = """\
from airflow import DAG
from airflow.models import BaseOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook

class Query(BaseOperator):
    def execute(self, context):
        return PostgresHook("db").get_records("SELECT 1")

with DAG("own", schedule=None):
    Query(task_id="query")
"""


def test_they_run_in_the_function_as_airflows_worker_runs_them(tmp_path):
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "own.py").write_text(FILE)
    (tmp_path / "dags" / "helpers.py").write_text(HELPERS)
    (workflow,) = load(tmp_path / "dags" / "own.py")
    conversion = convert(workflow, Options())
    assert not conversion.refused
    codes = {item.task_id for item in conversion.diagnostics if item.code.id == "D863"}
    assert codes == {"first", "second", "ready", "inherited"}
    assert conversion.steps["second"].reads == ("first",)
    assert conversion.steps["ready"].parts[0].interval == 30

    function = Function(write_function(workflow, tmp_path / "function"))
    try:
        run = {"run_id": "r", "conf": {"n": 4, "there": "p"}}
        event = {"run": run, "xcom": {"first": {"return_value": 6}}}
        assert function({**event, "task_id": "first"})["return_value"] == 6
        answer = function({**event, "task_id": "second"})
        assert (answer["return_value"], answer["xcom"]) == (40, {"seen": 6})
        assert function({**event, "task_id": "ready"})["done"] is True
        assert function({**event, "task_id": "ready", "run": {"run_id": "r"}})["done"] is False
        assert function({**event, "task_id": "inherited"})["return_value"] == 3
        assert "in run r" in function.log()
    finally:
        function.close()


def test_what_one_needs_of_airflow_is_named(tmp_path):
    (tmp_path / "own.py").write_text(NEEDS_A_DATABASE)
    (workflow,) = load(tmp_path / "own.py")
    (problem,) = [item for item in convert(workflow, Options()).diagnostics if item.code.id == "D260"]
    assert "PostgresHook" in problem.problem
