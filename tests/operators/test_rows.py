"""``expand_kwargs``: which arguments it gives has to be seen when the DAG is converted."""

from __future__ import annotations

import pytest
from workflows import empty, workflow

from converter.expansion import Expansion, Source, SourceKind
from converter.operators import steps_of
from converter.workflow import Task

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
