from __future__ import annotations

import json
import textwrap

import pytest
from workflows import empty, workflow

from converter.engine import SimulatedBackend, TaskResult, run_virtual
from converter.expressions.jsonata import field_value
from converter.operators import steps_of
from converter.operators.step import SkipOrders
from converter.workflow import Location, Opaque, Task

STANDARD = "airflow.providers.standard"
PYTHON = f"{STANDARD}.operators.python.PythonOperator"
FLOW = f"{STANDARD}.decorators.python._PythonDecoratedOperator"
BRANCH = f"{STANDARD}.operators.python.BranchPythonOperator"
SHORT = f"{STANDARD}.operators.python.ShortCircuitOperator"
BASH = f"{STANDARD}.operators.bash.BashOperator"
BASH_FLOW = f"{STANDARD}.decorators.bash._BashDecoratedOperator"
FIELDS = ("templates_dict", "op_args", "op_kwargs")
NOTES = {"D262", "D264"}


@pytest.fixture
def converted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def convert(operator=PYTHON, source="def run(): ...", *, upstream=(), timeout=None, **arguments):
        (tmp_path / "etl.py").write_text(textwrap.dedent(source))
        arguments.setdefault("python_callable", Opaque("builtins.function", "etl.run"))
        if operator == BASH:
            del arguments["python_callable"]
        task = Task(
            "t",
            operator,
            arguments=arguments,
            template_fields=("bash_command", "env", "cwd") if operator == BASH else FIELDS,
            upstream=upstream,
            execution_timeout=timeout,
            location=Location("etl.py", 1),
        )
        steps, problems = steps_of(workflow(*(empty(name) for name in upstream), task))
        return steps["t"], [item.code.id for item in problems if item.code.id not in NOTES]

    return convert


def payload_of(step, records=None, run_input=None):
    """The payload that the engine makes of the step's arguments, for the records of earlier tasks."""
    arguments = field_value(step.arguments)
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "records",
        "States": {
            "records": {"Type": "Pass", "Output": records or {}, "Next": "t"},
            "t": {"Type": "Task", "Resource": step.resource, "Arguments": arguments, "End": True},
        },
    }
    backend = SimulatedBackend({"t": TaskResult()})
    execution = run_virtual(definition, run_input or {}, backend)
    assert execution.status == "SUCCEEDED", execution.cause
    return backend.calls[0].arguments["Payload"]


def test_a_python_task_is_a_call_of_the_function(converted):
    step, codes = converted()
    assert codes == []
    assert step.resource == "arn:aws:states:::lambda:invoke"
    assert str(step.arguments["FunctionName"]) == "${TaskFunctionArn}"
    payload = payload_of(step)
    assert payload == {"task_id": "t", "map_index": -1, "try_number": 1, "run": {}, "xcom": {}}
    assert step.output.text == "$states.result.Payload.return_value"
    assert (step.can_skip, step.orders_skips, step.final_errors) == (False, None, ("AirflowFailException",))


def test_the_function_gets_of_the_runs_input_what_tasks_can_see(converted):
    run = {"conf": {"a": [1]}, "run_id": "r", "logical_date": None, "params": {"p": 1}}
    step, _ = converted()
    assert payload_of(step, run_input={**run, "earlier": {"outcomes": 1}})["run"] == run


@pytest.mark.parametrize(
    ("record", "xcoms"),
    [
        ({"state": "success", "output": "x"}, {"return_value": "x"}),
        ({"state": "success", "output": [1]}, {"return_value": [1]}),
        ({"state": "success", "output": []}, {"return_value": []}),
        ({"state": "success", "output": None}, {"return_value": None}),
        ({"output": {"a": [{}]}, "xcom": {"k": [2]}}, {"return_value": {"a": [{}]}, "k": [2]}),
        ({"state": "success"}, {}),
        ({"state": "skipped"}, {}),
        (None, {}),
    ],
)  # fmt: skip
def test_the_function_gets_the_xcoms_of_what_it_reads(converted, record, xcoms):
    step, _ = converted(
        op_args=[Opaque("XComArg", "{{ task_instance.xcom_pull(task_ids='a-b.c', key='k') }}")]
    )
    assert step.reads == ("a-b.c",)
    assert payload_of(step, {"a-b.c": record} if record else {})["xcom"] == {"a-b.c": xcoms}


@pytest.mark.parametrize(
    ("arguments", "reads"),
    [
        ({"op_kwargs": {"x": Opaque("PlainXComArg", "{{ ti.xcom_pull(task_ids='a') }}")}}, ("a",)),
        ({"op_args": [Opaque("a.MapXComArg", "MapXComArg of a, b")]}, ("a", "b")),
        ({"op_args": ["{{ ti.xcom_pull('a')[0] }} {{ ti.xcom_pull(task_ids=['b']) }}"]}, ("a", "b")),
        ({"templates_dict": {"x": {"y": ["{{ ti.xcom_pull(key='k', task_ids='a') }}"]}}}, ("a",)),
        ({"op_args": ["xcom_pull( and no call"]}, ()),
        ({"op_args": ["{{ ti.xcom_pull(task_ids='t') }}"]}, ()),
        ({"op_args": ["{{ (ti.xcom_pull('a'))['(b)'] }}"]}, ("a",)),
    ],
)  # fmt: skip
def test_it_is_seen_in_the_arguments_which_tasks_are_read(converted, arguments, reads):
    step, codes = converted(**arguments)
    assert (step.reads, codes) == (reads, [])


def test_a_computed_task_id_gives_the_function_its_direct_upstream_tasks(converted):
    source = "def run(ti):\n    return [ti.xcom_pull(task_ids=name) for name in names()]"
    step, codes = converted(source=source, upstream=("up1", "up2"))
    assert (step.reads, codes) == (("up1", "up2"), ["D263"])


def test_a_function_that_cannot_be_found_may_do_anything(converted):
    step, codes = converted(source="run = make()", upstream=("up",))
    assert (step.reads, step.can_skip, codes) == (("up",), True, ["D263"])


def test_a_branch_and_a_short_circuit_say_what_is_skipped(converted):
    for operator, arguments, orders in [
        (BRANCH, {}, SkipOrders.NOT_CHOSEN),
        (SHORT, {}, SkipOrders.DESCENDANTS),
        (SHORT, {"ignore_downstream_trigger_rules": False}, SkipOrders.CHILDREN),
    ]:
        step, codes = converted(operator, **arguments)
        assert (step.orders_skips, step.skip.text, codes) == (orders, "$states.result.Payload.skip", [])


@pytest.mark.parametrize(
    ("arguments", "can_skip"),
    [({}, True), ({"skip_on_exit_code": [3]}, True), ({"skip_on_exit_code": None}, False)],
)
def test_a_bash_task_may_skip_itself_by_its_exit_code(converted, arguments, can_skip):
    step, codes = converted(BASH, bash_command="echo {{ ti.xcom_pull('a') }}", env={"X": "1"}, **arguments)
    assert (step.can_skip, step.reads, codes) == (can_skip, ("a",), [])
    step, codes = converted(BASH_FLOW, bash_command=Opaque("x", "y"), op_args=[], op_kwargs={}, **arguments)
    assert (step.can_skip, codes) == (can_skip, [])


def test_a_callable_that_raises_a_skip_may_skip_itself(converted):
    source = """
        from airflow.exceptions import AirflowSkipException
        def run():
            raise AirflowSkipException
    """
    assert converted(source=source)[0].can_skip


@pytest.mark.parametrize(
    ("source", "timeout", "codes"),
    [
        ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook\ndef run(): S3Hook()", None, ["D861"]),
        ("from airflow.providers.mysql.hooks.mysql import MySqlHook\ndef run(): MySqlHook()", None, ["D260"]),
        ("def run(prev_ds, next_ds): ...", None, ["D260"]),
        ("def run(partition_key): ...", None, ["D864"]),
        ("def run(dag_run): print(dag_run.partition_date)", None, ["D864"]),
        ("def run(): ...", 900, []),
        ("def run(): ...", 901, ["D261"]),
        ("import no_such_library as lib\ndef run(): lib.go()", None, ["D265"]),
        ("import no_such_library as lib\ndef run(): ...", None, []),
        ("import yaml\ndef run(): yaml.safe_load('')", None, []),
    ],
)
def test_what_lambda_does_not_have_is_named(converted, source, timeout, codes):
    assert converted(source=source, timeout=timeout)[1] == codes


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        ("echo {{ inlet_events.for_asset(uri='s3://b')[-1].extra }} {{ conn.db.host }}", ["D260", "D260"]),
        ("echo {{ dag_run.get_task_instances() }}", ["D260"]),
        ("echo {{ prev_execution_date }} {{ next_ds }}", ["D260"]),
        (
            "echo {% for conn in params.all %}{{ conn }}{% endfor %}{{ dag_run.conf }}{{ ti.log }}",
            [],
        ),
        ("echo {{ not closed", []),
    ],
)
def test_what_templates_ask_of_airflow_alone_is_named(converted, command, codes):
    assert [code for code in converted(BASH, bash_command=command)[1] if code != "D264"] == codes


def test_the_function_knows_how_long_a_try_may_take(converted):
    step, _ = converted(timeout=90.0)
    assert payload_of(step)["timeout"] == 90


def test_old_and_idle_arguments_change_nothing(converted):
    _, codes = converted(FLOW, provide_context=True, show_return_value_in_logs=False, templates_exts=[".sql"])
    assert codes == []


def test_the_payload_is_json(converted):
    json.dumps(field_value(converted()[0].arguments))
