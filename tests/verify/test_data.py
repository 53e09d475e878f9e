"""What flows between tasks: templates and XComs in emitted machines, on the virtual clock."""

from dataclasses import replace

from workflows import glue, workflow

from converter.asl.options import Options
from converter.engine import parse_definition, run_virtual
from converter.pipeline import convert
from converter.verify import SimulatedAws, Try

RUN = {"conf": {"table": "orders"}, "run_id": "r", "logical_date": "2024-02-29T01:30:00+00:00"}


def with_arguments(task, **script_args):
    arguments = {**task.arguments, "script_args": {f"--{key}": text for key, text in script_args.items()}}
    return replace(task, arguments=arguments, template_fields=("script_args",))


def play(*tasks, **script):
    machine = convert(workflow(*tasks), Options(poll_interval=5, await_deadline=3600)).machine
    aws = SimulatedAws({task.task_id: [Try(10)] for task in tasks} | script)
    execution = run_virtual(parse_definition(machine.definition), RUN, aws)
    arguments = {run["JobName"]: run["Arguments"] for run in aws.runs}
    return execution, {run["JobName"]: run["Id"] for run in aws.runs}, arguments


def test_templates_are_filled_in_by_the_run():
    load = with_arguments(
        glue("load"), day="{{ ds }}", table="s3://{{ dag_run.conf['table'] }}/{{ ds_nodash }}"
    )
    execution, _, arguments = play(load)
    assert execution.status == "SUCCEEDED"
    assert arguments["load"]["--day"] == "2024-02-29"
    assert arguments["load"]["--table"] == "s3://orders/20240229"


def test_an_xcom_crosses_branches_through_an_await():
    tasks = [glue(name) for name in ("a", "b", "c")]
    near = with_arguments(glue("near", "a", "c"), a="{{ ti.xcom_pull('a') }}", c="{{ ti.xcom_pull('c') }}")
    far = with_arguments(glue("far", "b", "c"), b="{{ ti.xcom_pull('b') }}", c="{{ ti.xcom_pull('c') }}")
    execution, ids, arguments = play(*tasks, near, far)
    assert execution.status == "SUCCEEDED", execution.cause
    assert (arguments["near"]["--a"], arguments["near"]["--c"]) == (ids["a"], ids["c"])
    assert (arguments["far"]["--b"], arguments["far"]["--c"]) == (ids["b"], ids["c"])


def test_an_xcom_from_far_upstream_is_carried_along():
    tasks = [glue("first"), glue("between", "first"), glue("beside", "first")]
    last = with_arguments(glue("last", "between", "beside"), first="{{ ti.xcom_pull('first') }}")
    execution, ids, arguments = play(*tasks, last)
    assert execution.status == "SUCCEEDED", execution.cause
    assert arguments["last"]["--first"] == ids["first"]


def test_what_the_run_lacks_fails_the_task_and_not_the_machine():
    load = with_arguments(glue("load"), day="{{ dag_run.conf['day'] }}")
    execution, _, _ = play(load, glue("beside"))
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert "load (States.QueryEvaluationError)" in execution.cause
