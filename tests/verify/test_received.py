"""What tasks receive in a machine (arguments, XComs of others) is what Airflow would give them."""

from dataclasses import replace

import pytest
from mapped import listed, mapped, xcom
from random_data_dags import random_data_dag
from random_rows import random_dag_with_rows
from scale import scaled
from verifying import OPTIONS, verified, verifier_of
from workflows import glue, reader, workflow

from converter import diagnostics as d
from converter.expansion import Expansion
from converter.expressions.jsonata import Expression
from converter.operators.parts import Call
from converter.pipeline import convert
from converter.verify.data import judging
from converter.verify.data.calls import differences
from converter.verify.data.rendering import CannotRender, Rendering, Xcoms
from converter.verify.data.wanted import Shape, item_shapes, shapes_of
from converter.workflow import Opaque, Retries, Task, TriggerRule

FULL_SEEDS = scaled(5_000, 30)
RUN = {"conf": {"table": "orders"}, "run_id": "r", "logical_date": "2024-02-29T01:30:00+00:00"}
S3_KEYS = "airflow.providers.amazon.aws.sensors.s3.S3KeySensor"
STEP_SENSOR = "airflow.providers.amazon.aws.sensors.emr.EmrStepSensor"


def told(task_id, *upstream, **fields):
    """A Glue job with these script_args (and other fields of the task)."""
    given = {f"--{name}": fields.pop(name) for name in tuple(fields) if len(name) == 1}
    task = glue(task_id, *upstream, **fields)
    return replace(
        task, arguments={**task.arguments, "script_args": given}, template_fields=("script_args", "job_name")
    )


def function(task_id, *upstream, **fields):
    return reader(Task(task_id, "", upstream=upstream, **fields), upstream)


def wrong(flow, scenarios=12):
    return {(item.task, item.why) for item in verified(flow, range(scenarios)).divergences}


def assert_no_divergence(seeds, scenarios):
    compared = 0
    for seed in seeds:
        flow = random_data_dag(seed)
        if convert(flow, OPTIONS).machine:
            found = verified(flow, range(scenarios))
            compared += found.calls
            assert not found.divergences, (seed, found.divergences[:3])
    assert compared > 10


def test_tasks_of_random_dags_receive_what_they_do_in_airflow():
    assert_no_divergence(range(2), 2)


@pytest.mark.parametrize(
    ("operator", "arguments"),
    [
        (
            "standard.sensors.python.PythonSensor",
            {"python_callable": Opaque("builtins.function", "etl.look")},
        ),
        ("http.sensors.http.HttpSensor", {"endpoint": "x/{{ ds }}", "http_conn_id": "api"}),
    ],
)
def test_sensors_that_look_with_a_function_are_given_the_run(operator, arguments):
    look = Task("s", f"airflow.providers.{operator}", arguments=arguments, template_fields=("endpoint",))
    found = verified(workflow(look, glue("end", "s")), range(6))
    assert found.calls
    assert not found.divergences


@pytest.mark.parametrize("seed", [1, 11])
def test_tasks_over_dicts_that_others_return_receive_what_they_do_in_airflow(seed):
    flow = random_dag_with_rows(seed)
    assert any(task.expansion and task.expansion.names for task in flow.tasks)
    found = verified(flow, range(4))
    assert found.calls
    assert not found.divergences


def test_a_teardown_after_a_timeout_is_beside_the_point_also_if_its_template_fails():
    assert not verified(random_dag_with_rows(1_300_001), [7]).divergences


def test_an_item_that_its_service_refuses_is_handed_on_as_it_is():
    assert not verified(random_data_dag(500_181), [1, 2]).divergences


def test_of_rows_with_many_arguments_only_so_many_shapes_are_tried():
    """Of fourteen there are 4,782,969: none fits here, so that all would be."""
    names = tuple(f"unknown_{number}" for number in range(14))
    expansion = Expansion(rows=xcom("rows"), names=names)
    rows = Task("t", S3_KEYS, is_mapped=True, expansion=expansion, upstream=("rows",))
    drawn = item_shapes(workflow(function("rows"), rows))
    assert drawn["rows"].members.keys() == set(names)


def test_xcoms_of_a_mapped_task_that_goes_on_are_read_once_it_has_ended():
    """Airflow hands on what some instances have pushed: this is declared, and no other difference."""
    each = replace(mapped(function("each"), x=listed("a", "b", "c")), retries=Retries(1, 60))
    reads = function("reads", "quick", "each", trigger_rule=TriggerRule.ONE_SUCCESS)
    conversion = convert(workflow(glue("quick"), each, reads), OPTIONS)
    said = [item for item in conversion.diagnostics if item.code is d.XCOMS_OF_SOME]
    assert [(item.task_id, "each" in item.problem) for item in said] == [("reads", True)]
    found = verified(conversion.workflow, range(30))
    assert not found.divergences
    assert found.approximations[d.XCOMS_OF_SOME] > 5


def test_who_waits_for_all_instances_reads_all_of_them():
    each = mapped(function("each"), x=listed("a", "b", "c"))
    reads = function("reads", "quick", "each", trigger_rule=TriggerRule.ALL_DONE)
    conversion = convert(workflow(glue("quick"), each, reads), OPTIONS)
    assert d.XCOMS_OF_SOME not in {item.code for item in conversion.diagnostics}


def test_what_a_mapped_task_is_expanded_over_is_looked_at_in_the_pass_that_skips_it():
    """And not only, as what its rule counts, in the next: there, what else has failed comes first."""
    assert not verified(random_data_dag(41), [5, 9]).divergences


def test_a_call_may_have_no_arguments():
    looks = Task(
        "a", S3_KEYS, arguments={"bucket_key": "s3://b/a*", "wildcard_match": True, "poke_interval": 300}
    )
    found = verified(workflow(looks), range(3))
    assert found.calls
    assert not found.divergences


@pytest.mark.parametrize("seed", [500_017, 500_019])
def test_what_fails_without_a_call_comes_after_what_led_to_it(seed):
    assert not verified(random_data_dag(seed), [1]).divergences


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::10])
def test_tasks_of_many_random_dags_receive_what_they_do_in_airflow(first):
    assert_no_divergence(range(first, first + 10), 4)


FLOW = workflow(
    function("a"),
    function("b", "a"),
    told("job", "b", x="{{ ti.xcom_pull('a')['name'] }}", y="{{ ds }}-{{ dag_run.conf.table }}"),
)


def test_values_have_the_shapes_that_templates_ask_for():
    shapes = shapes_of(FLOW)
    assert shapes == {
        ("xcom", "a", "return_value"): Shape({"name": Shape()}),
        ("conf",): Shape({"table": Shape()}),
    }
    replay = verifier_of(FLOW).replay(0)
    ((_, given),) = replay.machine.received["job"]
    assert given["Arguments"]["--x"] == replay.scenario.pushed["a"].value["name"] == "text"
    assert (given["Arguments"]["--y"], replay.machine.outcomes["job"]) == ("2026-01-01-text", "success")
    assert replay.findings.calls == 3


def test_a_template_that_fails_fails_the_task_on_both_sides():
    verifier = verifier_of(FLOW)
    replays = [verifier.replay(seed) for seed in range(40)]
    failed = [replay for replay in replays if "job" in replay.machine.not_evaluated]
    assert failed
    assert all(replay.airflow.tasks["job"].outcome.value == "failed" for replay in failed)
    assert not [item for replay in replays for item in replay.findings.divergences]


class TestSharp:
    """Each of these breaks something of the compiler, and is found."""

    def test_a_template_that_gives_another_text(self, monkeypatch):
        monkeypatch.setitem(_values(), "ds", lambda findings: _constant("2000-01-01"))
        assert ("job", "receives Arguments.--y") in wrong(FLOW)

    def test_the_item_of_another_instance(self, monkeypatch):
        flow = workflow(function("a"), mapped(told("m", "a"), script_args=listed({"--x": "1"}, {"--x": "2"})))
        assert not wrong(flow)
        monkeypatch.setattr("converter.operators.mapping.PerInstance._index", lambda self, name: "0")
        assert wrong(flow) == {("m[1]", "receives Arguments.--x")}

    @pytest.mark.parametrize(
        ("more", "found"),
        [
            (Call("more", "arn:aws:states:::x:y", {"Name": "x"}), {("s", "makes call 2")}),
            (Call("more", "arn:aws:states:::x:y", {"Name": "x"}, when=Expression("$seen")), set()),
        ],
    )
    def test_a_call_that_is_not_made(self, monkeypatch, more, found):
        """The machine lacks a call of the task with its rendered values."""
        written = judging.as_if_written

        def with_another(*given):
            step = written(*given)
            return replace(step, parts=(*step.parts, more))

        monkeypatch.setattr(judging, "as_if_written", with_another)
        arguments = {"job_flow_id": "j", "step_id": "x", "timeout": 600}
        assert wrong(workflow(Task("s", STEP_SENSOR, arguments=arguments))) == found

    def test_another_value_of_a_task_that_is_read(self, monkeypatch):
        flow = workflow(function("a"), mapped(function("m", "a"), x=xcom("a")))
        assert not wrong(flow)
        monkeypatch.setattr(
            "converter.operators.python._record_of", lambda task: _expression("{'return_value': 'wrong'}")
        )
        assert ("m[0]", "receives xcom.a.return_value") in wrong(flow)


def _values():
    from converter.expressions.templates import context

    return context._VALUES


def _constant(value):
    from converter.expressions.templates.operands import Constant

    return Constant(value)


def _expression(text):
    from converter.expressions.jsonata import Expression

    return Expression(text)


@pytest.mark.parametrize("flag", ["never_fail", "silent_fail"])
def test_a_sensor_whose_template_fails_has_failed_whatever_its_flags(flag):
    arguments = {"job_flow_id": "j", "step_id": "{{ dag_run.conf.step }}", "timeout": 600, flag: True}
    flow = workflow(Task("s", STEP_SENSOR, arguments=arguments, template_fields=("step_id",)))
    verifier = verifier_of(flow)
    replays = [verifier.replay(seed) for seed in range(60)]
    failed = [replay for replay in replays if replay.machine.not_evaluated]
    assert failed
    assert {replay.machine.outcomes["s"] for replay in failed} == {"failed"}
    assert not [item for replay in replays for item in replay.findings.divergences]


@pytest.mark.parametrize("kind", ["sensor", "mapped"])
def test_a_task_that_waits_for_any_finds_what_has_been_pushed(kind):
    text = "{{ ti.xcom_pull('quick') }}"
    reads = {
        "sensor": Task("r", STEP_SENSOR, arguments={"job_flow_id": "j", "step_id": text, "timeout": 600},
                       template_fields=("step_id",), upstream=("quick", "slow")),
        "mapped": mapped(told("r", "quick", "slow"), script_args=listed({"--x": text})),
    }[kind]  # fmt: skip
    flow = workflow(
        function("quick"), glue("slow"), glue("on", "slow"),
        replace(reads, trigger_rule=TriggerRule.ONE_SUCCESS),
    )  # fmt: skip
    replay = verifier_of(flow).replay(0)
    (_, given), *_ = replay.machine.received["r" if kind == "sensor" else "r[0]"]
    assert "text" in (given["StepId"] if kind == "sensor" else given["Arguments"]["--x"])
    assert not replay.findings.divergences


def test_arguments_are_rendered_as_in_airflow():
    opaque = Opaque(
        "airflow.sdk.definitions.xcom_arg.PlainXComArg",
        "{{ task_instance.xcom_pull(task_ids='a', dag_id='example', key='rows') }}",
    )
    task = told("job", "a", x="{{ ti.xcom_pull('a') }}", y=opaque)
    rendering = Rendering(workflow(function("a"), task))
    found = rendering.arguments(task, RUN, Xcoms({"a": {"return_value": [1], "rows": [2]}}))
    assert found["script_args"] == {"--x": "[1]", "--y": [2]}
    with pytest.raises(CannotRender, match="XComNotFound"):
        rendering.arguments(task, RUN, Xcoms({"a": {"return_value": 1}}))


@pytest.mark.parametrize(
    ("expected", "actual", "places"),
    [
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "x"}]}, []),
        ({"a": 1}, {"a": 1, "b": 2}, ["b"]),
        ({"a": {"b": True}}, {"a": {"b": 1}}, ["a.b"]),
        ([1, 2], [1], [""]),
        ('{"a": 1}', '{"a":1}', []),
        ('{"a": 1}', '{"a":2}', [""]),
        (None, "(missing)", [""]),
    ],
)
def test_differences_are_named_by_their_place(expected, actual, places):
    assert [item.place for item in differences(expected, actual)] == places
