from __future__ import annotations

from dataclasses import replace

import pytest

from converter import diagnostics as d
from converter import pipeline
from converter.asl.options import Options
from converter.config.shadowing import as_shadow, overridden
from converter.packaging.bundle import function_sources
from converter.packaging.manifest import manifest_of
from converter.packaging.template import template
from converter.shadow_mark import mark_of
from converter.workflow import Location, Schedule, Task, Workflow, to_json, workflow_from_json

GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"


def glue(task_id: str, job: str, *upstream: str, **arguments: object) -> Task:
    return Task(task_id, GLUE, arguments={"job_name": job, **arguments}, upstream=upstream)


def dag(*tasks: Task, **more: object) -> Workflow:
    return Workflow("sales", tasks, Location("dags/sales.py", 3), source_hash="1f" * 32, **more)


BEFORE = dag(
    glue("load", "load"),
    glue("sum", "sum", "load"),
    Task("end", "airflow.providers.standard.operators.empty.EmptyOperator", upstream=("sum",)),
    schedule=Schedule("CronTriggerTimetable", "0 3 * * *", "UTC"),
)
AFTER = replace(BEFORE, tasks=(glue("load", "load-shadow"), *BEFORE.tasks[1:]))


def test_tasks_with_other_arguments_are_overridden_and_empty_ones_do_nothing_twice():
    found = overridden(BEFORE, AFTER)
    assert (found.tasks, found.untouched) == (("load",), ("sum",))
    assert found.instead == (("load", "load-shadow"),)


PROVIDERS = "airflow.providers"
WAITS = Task("wait", f"{PROVIDERS}.amazon.aws.sensors.s3.S3KeySensor", arguments={"poke_interval": 60})


def other(task: Task) -> Task:
    return replace(task, arguments={"poke_interval": 30})


def test_an_override_of_a_task_that_only_waits_does_not_let_the_others_run_twice():
    before = dag(WAITS, glue("load", "load", "wait"))
    after = dag(other(WAITS), glue("load", "load", "wait"))
    found = overridden(before, after)
    assert (found.tasks, found.untouched) == ((), ("load",))
    assert as_shadow(before, after, may_run_twice=False).shadow.allowed == "not allowed"
    assert as_shadow(before, after, may_run_twice=True).shadow.allowed == "may-run-twice"


def test_where_nothing_acts_nothing_is_done_twice():
    for after in (dag(WAITS), dag(other(WAITS))):
        assert as_shadow(dag(WAITS), after, may_run_twice=False).shadow.allowed == "overridden"


@pytest.mark.parametrize(
    ("operator", "acts"),
    [
        (f"{PROVIDERS}.amazon.aws.sensors.sqs.SqsSensor", True),  # it deletes what it receives
        (f"{PROVIDERS}.standard.sensors.python.PythonSensor", True),
        (f"{PROVIDERS}.standard.sensors.bash.BashSensor", True),
        (f"{PROVIDERS}.http.sensors.http.HttpSensor", True),
        (f"{PROVIDERS}.common.sql.sensors.sql.SqlSensor", True),
        (f"{PROVIDERS}.amazon.aws.sensors.glue.GlueJobSensor", False),
    ],
)
def test_sensors_that_take_messages_or_run_the_authors_code_act(operator, acts):
    flow = dag(Task("wait", operator))
    assert overridden(flow, flow).untouched == (("wait",) if acts else ())
    assert as_shadow(flow, flow, may_run_twice=False).shadow.allowed == (
        "not allowed" if acts else "overridden"
    )


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("s3://prod/{{ ds }}/out", "s3://dev/{{ ds }}/out", {("s3://prod/", "s3://dev/")}),
        ("{{ ds }}", "{{ ts }}", set()),  # what they become is up to the run
        ({"--to": ["prod"], "--n": 3}, {"--to": ["dev"], "--n": 1}, {("prod", "dev")}),
        (
            "arn:aws:states:eu-west-1:1:stateMachine:a",
            "arn:aws:states:eu-west-1:1:stateMachine:b",
            {
                ("arn:aws:states:eu-west-1:1:stateMachine:a", "arn:aws:states:eu-west-1:1:stateMachine:b"),
                ("a", "b"),
            },
        ),
        ("", "dev", set()),
    ],
)
def test_pairs_are_texts_that_stand_in_the_same_place(old, new, pairs):
    before, after = dag(glue("load", "load", given=old)), dag(glue("load", "load", given=new))
    assert set(overridden(before, after).instead) == pairs


def converted(workflow: Workflow) -> pipeline.Conversion:
    return pipeline.convert(workflow, Options())


def codes(conversion: pipeline.Conversion) -> set[d.Code]:
    return {item.code for item in conversion.diagnostics}


def test_a_shadow_is_marked_and_has_no_schedule():
    conversion = converted(as_shadow(BEFORE, AFTER, may_run_twice=False))
    assert codes(conversion) == {d.SHADOW_RUNS_TWICE, d.SHADOW_HAS_NO_SCHEDULE}
    (twice,) = (item for item in conversion.diagnostics if item.code is d.SHADOW_RUNS_TWICE)
    assert "'sum'" in twice.problem
    assert "'load'" not in twice.problem
    machine = conversion.machine
    mark = mark_of(machine.definition)
    assert (mark.source_hash, mark.instead) == ("1f" * 32, (("load", "load-shadow"),))
    resources = template(
        conversion.workflow, machine, function_sources(conversion.workflow, machine)
    )["Resources"]  # fmt: skip
    tags = {tag["Key"]: tag["Value"] for tag in resources["StateMachine"]["Properties"]["Tags"]}
    assert tags["dag2sfn:shadow"] == "overridden"
    assert tags["dag2sfn:bucket"].name == "ArtifactBucket"
    assert not any("Schedul" in name or "Starter" in name for name in resources)
    assert manifest_of(conversion.workflow, machine, Options()).schedule is None


def test_others_are_not_marked_and_keep_their_schedule():
    conversion = converted(BEFORE)
    machine = conversion.machine
    assert mark_of(machine.definition) is None
    resources = template(BEFORE, machine, function_sources(BEFORE, machine))["Resources"]
    tags = {tag["Key"] for tag in resources["StateMachine"]["Properties"]["Tags"]}
    assert not tags & {"dag2sfn:shadow", "dag2sfn:bucket"}
    assert any("Starter" in name for name in resources)


def test_without_an_override_it_is_refused_unless_tasks_may_run_twice():
    refused = converted(as_shadow(BEFORE, BEFORE, may_run_twice=False))
    assert refused.refused
    (problem,) = (item for item in refused.diagnostics if item.code is d.SHADOW_NOT_ALLOWED)
    assert "may-run-twice: on" in problem.remedy
    assert problem.location == Location("dags/sales.py", 3)
    allowed = converted(as_shadow(BEFORE, BEFORE, may_run_twice=True))
    assert not allowed.refused
    assert mark_of(allowed.machine.definition).allowed == "may-run-twice"


def test_the_mark_survives_the_way_to_another_process():
    shadow = as_shadow(BEFORE, AFTER, may_run_twice=False)
    assert workflow_from_json(to_json(shadow)) == shadow


@pytest.mark.parametrize("comment", [None, 3, "DAG sales", "Shadow of a DAG: {", 'Shadow of a DAG: {"a": 1}'])
def test_a_comment_of_somebody_else_is_no_mark(comment):
    assert mark_of({"Comment": comment}) is None
