"""What the function renders, and what it needs Jinja for: it is not packaged where it is not needed."""

from __future__ import annotations

import jinja2
import pytest


def event(task_id="t", **fields):
    run = {"run_id": "r", "logical_date": "2024-03-30T22:30:00+00:00"}
    return {"task_id": task_id, "map_index": -1, "try_number": 1, "run": run, "xcom": {}, **fields}


PLAIN = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator

with DAG("etl", template_searchpath=[{folder!r}]):
    BashOperator(task_id="beside", bash_command="run.sh")
    BashOperator(task_id="elsewhere", bash_command="sql/below.sh")
    PythonOperator(task_id="text", python_callable=lambda text: text, op_args=[{text!r}])
"""
TEXT = '{"a": {"b": "c"}}\r\n\r\n'


@pytest.mark.parametrize(
    ("task_id", "value"),
    [("beside", "hello"), ("elsewhere", "below"), ("text", jinja2.Template(TEXT).render())],
)
def test_texts_and_files_without_templates_need_no_jinja(function_of, tmp_path, task_id, value):
    (tmp_path / "templates/sql").mkdir(parents=True)
    (tmp_path / "templates/sql/below.sh").write_text("echo below")
    text = PLAIN.format(folder=str(tmp_path / "templates"), text=TEXT)
    function = function_of(text, files={"run.sh": "echo hello\n"})
    answer = function(event(task_id))
    assert answer.get("return_value") == value, answer


def test_a_file_that_is_not_there_is_what_jinja_says_of_it(function_of):
    function = function_of(PLAIN.format(folder="/no/such/folder", text=TEXT), files={"run.sh": "echo hello"})
    assert function(event("elsewhere"))["error"] in ("TemplateNotFound", "ModuleNotFoundError")
