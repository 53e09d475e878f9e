"""``expand_kwargs``: which arguments it gives has to be seen when the DAG is converted."""

from __future__ import annotations

from dataclasses import replace

import jinja2
import pytest
from scripted_runs import records_of
from workflows import empty, glue, python, reader, workflow

from converter.asl.options import Options
from converter.engine import SimulatedBackend, TaskResult, parse_definition, run_virtual
from converter.expansion import Expansion, Source, SourceKind
from converter.operators import steps_of
from converter.pipeline import convert
from converter.workflow import GROUP_ARGUMENT, Opaque, Task

GLUE = "airflow.providers.amazon.aws.operators.glue.GlueJobOperator"
OF_A_TASK = Source(SourceKind.XCOM, task_id="a")
UNEVEN = Source(SourceKind.LITERAL, [{"job_name": "x"}, {"job_name": "y", "script_args": {}}])
EVEN = Source(SourceKind.LITERAL, [{"job_name": "x"}, {"job_name": "y"}])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (OF_A_TASK, ["expand_kwargs() is given what only a run knows"]),
        (UNEVEN, ["expand_kwargs() is given dicts with different keys"]),
        (EVEN, []),
    ],
)
def test_unknown_arguments_are_one_refusal_and_none_of_them_is_missing(rows: Source, told: list[str]) -> None:
    load = Task("load", GLUE, upstream=("a",), is_mapped=True, expansion=Expansion(rows=rows))
    _, problems = steps_of(workflow(empty("a"), load))
    refused = [item for item in problems if item.code.severity.value == "refused"]
    assert [item.code.id for item in refused] == ["D281"] * len(told)
    assert [item.problem.removeprefix("task 'load': ").partition(", so")[0] for item in refused] == told


NAMES = ("job_name", "script_args")


def load(names: tuple[str, ...] = NAMES, endings: tuple[str, ...] = ()) -> Task:
    expansion = Expansion(rows=OF_A_TASK, names=names, file_endings=endings)
    fields = ("job_name", "script_args")
    return Task("load", GLUE, template_fields=fields, upstream=("a",), is_mapped=True, expansion=expansion)


def played(rows: object, task: Task) -> tuple[list[object], dict[str, object]]:
    """What the job is started with by each instance, and the record of the task."""
    found = convert(workflow(python("a"), task), Options(resumable=False))
    assert found.machine is not None, found.diagnostics
    assert "D292" in {item.code.id for item in found.diagnostics}
    started = []

    def work(call):
        if call.state_name == "a":
            return TaskResult(1, {"Payload": {"done": True, "return_value": rows}})
        started.append(call.arguments)
        return TaskResult(1, {"Id": "jr"})

    execution = run_virtual(parse_definition(found.machine.definition), {}, SimulatedBackend(work))
    return started, records_of(execution)["load"]


def test_rows_of_an_xcom_are_taken_apart_by_the_names_that_their_function_writes() -> None:
    rows = [{"job_name": "x", "script_args": {"--a": "1"}}, {"script_args": {}, "job_name": "y"}]
    started, record = played(rows, load())
    assert started == [
        {"JobName": "x", "Arguments": {"--a": "1"}},
        {"JobName": "y", "Arguments": {}},
    ]
    assert record["state"] == "success"
    assert played([{"job_name": "x"}], load(("job_name",)))[0] == [{"JobName": "x", "Arguments": {}}]


@pytest.mark.parametrize(
    "row",
    [
        {"job_name": "x"},
        {"job_name": "x", "script_args": {}, "region_name": "eu-west-1"},
        {"job_name": "x", "arguments": {}},
        {},
        "text",
        7,
        None,
        ["job_name", "script_args"],
    ],
)
def test_a_row_with_other_keys_fails_its_instance_alone_and_says_so(row: object) -> None:
    fine = {"job_name": "x", "script_args": {}}
    started, record = played([row, fine], load())
    assert started == [{"JobName": "x", "Arguments": {}}]
    assert [one["state"] for one in record["instances"]] == ["failed", "success"]
    first = record["instances"][0]
    assert (first["error"], first["cause"]) == ("UnexpectedArguments", "other keys in a row than")


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "a\n\n", "\n", "a\r\nb\rc\r\n", "{ {", "%}", "}}", "it's", "\\n"]
)
def test_a_text_is_what_jinja_makes_of_it(text: str) -> None:
    """Airflow renders what is in rows, wherever it is in the value."""
    rendered = jinja2.Environment(autoescape=False).from_string(text).render()  # noqa: S701 - no page
    row = {"job_name": text, "script_args": {"--a": [text, {"b": text}, 1, None], "--b": []}}
    started, _ = played([row], load())
    deep = {"--a": [rendered, {"b": rendered}, 1, None], "--b": []}
    assert started == [{"JobName": rendered, "Arguments": deep}]


@pytest.mark.parametrize("text", ["{{ ds }}", "a{% if x %}b{% endif %}", "{# note #}", "query.sql"])
@pytest.mark.parametrize("is_deep", [False, True])
def test_a_template_fails_its_instance(text: str, is_deep: bool) -> None:
    row = (
        {"job_name": "x", "script_args": {"--a": [text]}}
        if is_deep
        else {"job_name": text, "script_args": {}}
    )
    started, record = played([row], load(endings=(".sql",)))
    assert (started, record["state"]) == ([], "failed")
    first = record["instances"][0]
    assert (first["error"], first["cause"]) == ("UnexpectedArguments", "a template in a row, or ")
    if text == "query.sql":
        assert len(played([row], load())[0]) == 1


def test_what_is_no_template_field_is_not_rendered() -> None:
    task = replace(load(("job_name",)), template_fields=())
    assert played([{"job_name": "{{ ds }}\n"}], task)[0] == [{"JobName": "{{ ds }}\n", "Arguments": {}}]


def test_a_group_takes_its_rows_apart_as_well_and_nothing_in_them_is_rendered() -> None:
    expansion = Expansion(rows=OF_A_TASK, names=("job", "note"))
    task = glue("load", "a")
    arguments = {"job_name": Opaque(GROUP_ARGUMENT, "job")}
    task = replace(task, arguments=arguments, template_fields=("job_name",), is_mapped=True)
    task = replace(task, mapped_group="g", expansion=expansion)
    started, record = played([{"job": "{{ ds }}\n", "note": 1}, {"job": "y", "note": 2}], task)
    assert [one["JobName"] for one in started] == ["{{ ds }}\n", "y"]
    assert record["state"] == "success"


def test_python_tasks_take_rows_of_any_kind() -> None:
    task = reader(replace(load(), operator=""), [])
    found = convert(workflow(python("a"), task), Options())
    assert found.machine is not None
    assert "D292" not in {item.code.id for item in found.diagnostics}
