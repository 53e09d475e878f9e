"""Which XComs may be kept in S3, and above what size."""

import pytest

from converter.expansion import Expansion, Source, SourceKind
from converter.operators import steps_of
from converter.operators.large_xcoms import kept_in_s3, uses_s3
from converter.workflow import Location, Task, Workflow

PYTHON = "airflow.providers.standard.operators.python.PythonOperator"
BASH = "airflow.providers.standard.operators.bash.BashOperator"
SENSOR = "airflow.providers.standard.sensors.python.PythonSensor"
GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"


def bash(task_id, *upstream, **more):
    arguments = {"bash_command": "echo 1"}
    return Task(
        task_id, BASH, arguments=arguments, upstream=upstream, template_fields=("bash_command",), **more
    )


def glue(task_id, *upstream, says="{{ ti.xcom_pull('a') }}"):
    arguments = {"job_name": "j", "script_args": {"--x": says}}
    return Task(task_id, GLUE, arguments=arguments, upstream=upstream, template_fields=("script_args",))


def payloads(*tasks):
    flow = Workflow("etl", tasks, Location("etl.py", 1))
    steps = kept_in_s3(steps_of(flow)[0], flow)
    assert uses_s3(steps)
    found = {name: step.arguments.get("Payload") for name, step in steps.items()}
    return {
        name: {key: value for key, value in payload.items() if key.startswith("xcom_")}
        for name, payload in found.items()
        if payload
    }


def test_what_functions_alone_read_is_kept_in_s3():
    assert payloads(bash("a"), bash("b", "a")) == {"a": {"xcom_over": 8192}, "b": {"xcom_over": 8192}}


def test_what_a_template_of_another_operator_reads_stays():
    assert payloads(bash("a"), glue("g", "a"))["a"] == {"xcom_read_by": "a template of 'g' reads it"}


def test_what_a_task_is_expanded_over_stays():
    expansion = Expansion({"env": Source(SourceKind.XCOM, task_id="a")})
    mapped = bash("m", "a", is_mapped=True, expansion=expansion)
    found = payloads(bash("a"), mapped)
    assert found == {"a": {"xcom_read_by": "'m' is expanded over it"}, "m": {"xcom_over": 256}}


@pytest.mark.parametrize(("count", "over"), [(18, 8192), (50, 3000), (900, 256)])
def test_small_values_of_all_tasks_together_fit(count, over):
    found = payloads(*(bash(f"t{n}") for n in range(count)))
    assert found["t0"] == {"xcom_over": over}


def test_without_the_function_nothing_is_kept():
    flow = Workflow("etl", (glue("g", says="1"),), Location("etl.py", 1))
    steps = steps_of(flow)[0]
    assert kept_in_s3(steps, flow) == steps
    assert not uses_s3(steps)
