from __future__ import annotations

import pytest

from converter.task_runtime.callables import PROVIDED
from converter.task_runtime.dag2sfn_tasks.names import EXPORTED

ONE_TASK = """
    from airflow import DAG
    from airflow.operators.python import PythonOperator

    {body}

    with DAG("etl"):
        PythonOperator(task_id="t", python_callable=run)
"""


def event(task_id="t", **fields):
    return {
        "task_id": task_id,
        "map_index": -1,
        "try_number": 1,
        "run": {"run_id": "r"},
        "xcom": {},
        **fields,
    }


def one_task(body):
    return ONE_TASK.replace("{body}", body.strip().replace("\n", "\n    "))


def test_a_failure_has_the_authors_frames_and_no_others(function_of):
    function = function_of(
        one_task("import helper\n\ndef run():\n    helper.divide(1)"),
        files={"helper.py": "def divide(n):\n    return n / 0\n"},
    )
    answer = function(event())
    assert (answer["error"], answer["message"]) == ("ZeroDivisionError", "division by zero")
    # The first is the handler's own, which raises it again.
    _, outer, inner = answer["trace"]
    assert "etl.py" in outer
    assert "helper.divide(1)" in outer
    assert "helper.py" in inner
    assert "return n / 0" in inner


def test_the_log_has_what_is_printed_and_logged_and_the_error_behind_an_error(function_of):
    body = """
import logging
def run():
    print("printed")
    logging.getLogger("mine").info("logged %s", 1)
    try:
        {}["key"]
    except KeyError as error:
        raise ValueError("outer") from error
"""
    function = function_of(one_task(body))
    function(event())
    log = function.log()
    assert "printed" in log
    assert "INFO mine: logged 1" in log
    assert "KeyError: 'key'" in log


def test_a_try_ends_when_its_time_is_up_and_the_next_one_has_its_own(function_of):
    body = """
import time
def run(params):
    try:
        time.sleep(params["seconds"])
    except Exception:
        pass
    return "done"
"""
    function = function_of(one_task(body))
    late = function(event(timeout=0.2, run={"conf": {"seconds": 5}}))
    assert late["error"] == "AirflowTaskTimeout"
    assert function(event(timeout=5, run={"conf": {"seconds": 0}}))["return_value"] == "done"


def test_a_bash_command_ends_with_the_task(function_of, tmp_path):
    function = function_of(
        f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator

        with DAG("etl"):
            BashOperator(task_id="t", bash_command="sleep 1; touch {tmp_path}/late")
        """
    )
    assert function(event(timeout=0.2))["error"] == "AirflowTaskTimeout"
    import time

    time.sleep(1.2)
    assert not (tmp_path / "late").exists()


def test_one_try_leaves_nothing_behind_for_the_next(function_of):
    body = """
def run(ti, box):
    box.append(ti.run_id)
    ti.xcom_push(key=ti.run_id, value=1)
    return box
"""
    source = one_task(body).replace("python_callable=run", 'python_callable=run, op_kwargs={"box": []}')
    function = function_of(source)
    first = function(event(run={"run_id": "one"}))
    second = function(event(run={"run_id": "two"}))
    assert (first["return_value"], first["xcom"]) == (["one"], {"one": 1})
    assert (second["return_value"], second["xcom"]) == (["two"], {"two": 1})


def test_a_value_that_is_no_json_is_refused_with_its_place(function_of):
    body = "import datetime\ndef run():\n    return {'rows': [1, datetime.date(2024, 1, 1)]}"
    answer = function_of(one_task(body))(event())
    assert answer["error"] == "TypeError"
    assert answer["message"] == (
        "the return value['rows'][1] is a datetime.date, which has no JSON form: an XCom in Step Functions "
        "is JSON; use its isoformat()"
    )


@pytest.mark.parametrize("value", ["float('nan')", "[float('inf')]"])
def test_a_number_that_json_does_not_have_is_refused(function_of, value):
    assert function_of(one_task(f"def run():\n    return {value}"))(event())["error"] == "ValueError"


def test_an_xcom_that_the_machine_did_not_pass_is_an_error_and_not_none(function_of):
    body = "def run(ti):\n    return ti.xcom_pull(task_ids='ex' + 'tract')"
    function = function_of(one_task(body), downstream={"t": [], "extract": ["t"]})
    answer = function(event())
    assert answer["error"] == "NotInLambdaError"
    assert "ti.xcom_pull(task_ids='extract')" in answer["message"]
    assert function(event(xcom={"extract": {"return_value": 1}}))["return_value"] == 1
    assert function(event(xcom={"extract": {}}))["return_value"] is None


def test_a_hook_can_be_imported_and_not_used(function_of):
    body = """
from airflow.providers.postgres.hooks.postgres import PostgresHook
def run(params):
    return PostgresHook("x").run("") if params.get("use") else "unused"
"""
    function = function_of(one_task(body))
    assert function(event())["return_value"] == "unused"
    answer = function(event(run={"conf": {"use": True}}))
    assert answer["error"] == "NotInLambdaError"
    assert "airflow.providers.postgres.hooks.postgres.PostgresHook" in answer["message"]


def test_a_module_that_is_missing_is_missed_only_by_what_uses_it(function_of):
    body = """
import not_there.at_all as n
from also_missing import thing
LIMIT = n.limit(3) + 1

@n.decorated
def run(params):
    return n.compute() if params.get("use") else "unused"
"""
    function = function_of(one_task(body))
    assert function(event())["return_value"] == "unused"
    answer = function(event(run={"conf": {"use": True}}))
    assert answer["error"] == "NotInLambdaError"
    assert "not_there.at_all.compute" in answer["message"]
    assert "dag2sfn package" in answer["message"]


def test_a_packaged_module_is_imported_and_hides_nothing_of_pythons(function_of, tmp_path):
    function = function_of(
        one_task("import json\nimport library\ndef run():\n    return json.loads(library.VALUE)")
    )
    (tmp_path / "packages/library").mkdir(parents=True)
    (tmp_path / "packages/library/__init__.py").write_text("VALUE = '[1]'")
    (tmp_path / "packages/json.py").write_text("raise ValueError")
    assert function(event())["return_value"] == [1]


def test_an_import_that_the_file_guards_fails_as_in_airflow(function_of):
    body = """
try:
    import not_there
except ImportError:
    not_there = None

def run():
    try:
        import not_there_either
    except ImportError as error:
        return [not_there, error.name]
"""
    assert function_of(one_task(body))(event())["return_value"] == [None, "not_there_either"]


def test_the_import_of_a_missing_part_of_an_own_module_is_the_files_own_error(function_of):
    function = function_of(one_task("import helper.absent\ndef run(): ..."), files={"helper.py": ""})
    answer = function(event())
    assert answer["error"] == "ModuleNotFoundError"


def test_a_dag_file_that_raises_fails_its_tasks_with_its_own_frame(function_of):
    answer = function_of(one_task("1 / 0\ndef run(): ..."))(event())
    assert answer["error"] == "ZeroDivisionError"
    assert "etl.py" in answer["trace"][1]


def test_a_task_that_the_file_does_not_make_is_named(function_of):
    answer = function_of(one_task("def run(): ..."))(event("other"))
    assert answer["error"] == "AirflowException"
    assert "makes no task 'other'" in answer["message"]
    assert "it makes: t" in answer["message"]


def test_a_variable_that_is_missing_is_a_stand_in_for_the_import_and_an_error_in_a_task(function_of):
    body = """
from airflow.models import Variable
BUCKET = Variable.get("bucket")
PREFIX = "s3://" + str(BUCKET)
TEAM = Variable.get("team", default_var="none")
def run():
    return [TEAM, Variable.get("present"), Variable.get("bucket")]
"""
    answer = function_of(one_task(body), AIRFLOW_VAR_PRESENT="yes")(event())
    assert answer["error"] == "KeyError"
    assert "AIRFLOW_VAR_BUCKET" in answer["message"]


def test_params_of_the_run_stand_above_those_of_the_file(function_of):
    function = function_of(
        """
        from airflow.sdk import DAG, Param, task

        with DAG("etl", params={"a": 1, "b": Param(2, type="integer"), "c": 3}):
            @task(params={"b": 20})
            def t(params):
                return params
            t()
        """
    )
    assert function(event())["return_value"] == {"a": 1, "b": 20, "c": 3}
    answer = function(event(run={"params": {"a": 10}, "conf": {"c": 30}}))
    assert answer["return_value"] == {"a": 10, "b": 20, "c": 30}


def test_a_run_without_a_logical_date_has_no_dates(function_of):
    function = function_of(
        one_task("def run(**kwargs):\n    return [key for key in kwargs if key in ('ds', 'ts')]")
    )
    assert function(event(run={"run_id": "r", "logical_date": None}))["return_value"] == []


def test_names_of_airflow_2_are_there_for_those_who_ask(function_of):
    body = """
def run(execution_date, yesterday_ds, **kwargs):
    ends = [str(kwargs["next_execution_date"]), kwargs["next_ds"], kwargs.get("next_ds_nodash")]
    return [str(execution_date), yesterday_ds, kwargs["tomorrow_ds"], *ends]
"""
    run = {"logical_date": "2024-03-01T00:00:00+00:00", "data_interval_end": "2024-03-08T00:00:00+00:00"}
    answer = function_of(one_task(body))(event(run=run))
    dates = ["2024-03-01 00:00:00+00:00", "2024-02-29", "2024-03-02"]
    assert answer["return_value"] == [*dates, "2024-03-08 00:00:00+00:00", "2024-03-08", "20240308"]


def test_what_airflow_2_made_of_the_schedule_is_an_error_that_names_it(function_of):
    body = """
def run(**kwargs):
    print(sorted(kwargs), kwargs)
    return "before " + kwargs.get("prev_ds")
"""
    answer = function_of(one_task(body))(event(run={"logical_date": "2024-03-01T00:00:00+00:00"}))
    assert answer["error"] == "NotInLambdaError"
    assert "prev_ds" in answer["message"]


def test_all_that_a_callable_may_name_is_there():
    assert PROVIDED - set(EXPORTED) <= {
        "Context", "DagRunState", "State", "TaskInstanceState", "TriggerRule", "macros",
    }  # fmt: skip
    others = ("Operator", "Sensor", "Error", "Hook")
    assert {name for name in EXPORTED if not name.endswith(others)} <= PROVIDED


def test_an_xcom_of_any_task_is_that_of_the_one_which_ended_last(function_of):
    body = """
def run(ti, params):
    if params["own"]:
        ti.xcom_push(key="k", value="own")
    return [ti.xcom_pull(key="k"), ti.xcom_pull(), ti.xcom_pull(key="none")]
"""
    function = function_of(one_task(body))
    pushed = {"a": {"k": "of a", "return_value": 0}, "b": {"k": "of b"}, "c": {"k": None}}
    run = {"conf": {"own": False}}
    assert function(event(run=run, xcom=pushed))["return_value"] == [None, None, None]
    ends = {"a": 1, "b": 2, "c": 3}
    assert function(event(run=run, xcom=pushed, xcom_at=ends))["return_value"] == ["of b", 0, None]
    ends = {"a": 3, "b": 2, "c": 4}
    assert function(event(run=run, xcom=pushed, xcom_at=ends))["return_value"] == ["of a", 0, None]
    run = {"conf": {"own": True}}
    assert function(event(run=run, xcom=pushed, xcom_at=ends))["return_value"] == ["own", 0, None]
