"""Items that mapped tasks are expanded over: JSONata in the engine, against Airflow's own results."""

import json

import pytest
from airflow.sdk.definitions.xcom_arg import _ConcatResult

from converter.engine import SimulatedBackend, run_virtual
from converter.expansion import Source, SourceKind
from converter.expressions.expansions import count_of, items_of

BOTH = Source(
    SourceKind.CONCAT,
    sources=(Source(SourceKind.XCOM, task_id="a"), Source(SourceKind.XCOM, task_id="b")),
)
VALUES = [["x"], [], ["x", ["y", "z"]], [{"k": 1}], {"k": 1}, {"k": 1, "l": [2]}, {}]


def in_the_engine(expression, records):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "items",
        "States": {"items": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}},
    }
    execution = run_virtual(definition, records, SimulatedBackend({}))
    assert execution.status == "SUCCEEDED", execution.cause
    return json.loads(execution.output)


@pytest.mark.parametrize("first", VALUES, ids=str)
@pytest.mark.parametrize("second", VALUES, ids=str)
def test_concatenated_lists_and_dicts_give_what_airflow_makes_of_them(first, second):
    """Of a dict among them, that is its keys."""
    airflow = list(_ConcatResult([first, second]))
    records = {"a": {"output": first}, "b": {"output": second}}
    found = in_the_engine(items_of(BOTH, lambda task: False), records)
    assert found == airflow
    assert in_the_engine(count_of(BOTH, lambda task: False), records) == len(airflow)


def test_a_dict_of_the_file_too():
    literal = Source(SourceKind.LITERAL, {"k": 1, "l": 2})
    both = Source(SourceKind.CONCAT, sources=(literal, Source(SourceKind.XCOM, task_id="a")))
    found = in_the_engine(items_of(both, lambda task: False), {"a": {"output": ["m"]}})
    assert found == list(_ConcatResult([{"k": 1, "l": 2}, ["m"]])) == ["k", "l", "m"]
