from __future__ import annotations

import json

import pytest
from workflows import empty, glue, workflow

from converter import diagnostics as d
from converter.asl.options import Options, OptionsOfDags
from converter.assessment import Assessment, assess_one
from converter.assessment.dependencies import Dependency
from converter.diagnostics import Diagnostic
from converter.planning.durations import NO_DURATIONS
from converter.report.assessment_page import assessment_page
from converter.report.assessment_text import assessment_text
from converter.workflow import Location, Opaque, StandIn, StandInKind, Task

ASSET = Opaque(
    "airflow.sdk.definitions.asset.Asset", 'airflow.sdk.definitions.asset.Asset(name="orders", uri="s3://o")'
)
UNREADABLE = Diagnostic(d.FILE_SYNTAX, "syntax error: invalid syntax", "", Location("dags/broken.py", 2))
OLD = StandIn(StandInKind.MOVED, "airflow.operators.dummy", "EmptyOperator", Location("dags/example.py", 3))


def other(task_id, name, **arguments):
    return Task(task_id, f"airflow.example.{name}", arguments=arguments)


@pytest.fixture(scope="module")
def found():
    flows = [
        workflow(glue("a", settings={"outlets": [ASSET]}), dag_id="good", stand_ins=(OLD,)),
        workflow(other("a", "FtpOperator"), other("b", "FtpOperator"), dag_id="ftp"),
        workflow(
            other("a", "FtpOperator"),
            glue("b", settings={"pre_execute": True}),
            other("c", "StartOperator", trigger_dag_id="good"),
            dag_id="both",
        ),
        workflow(
            empty("a"),
            other("b", "WaitOperator", external_dag_id="elsewhere"),
            dag_id="fed",
            scheduled_on=("orders",),
        ),
    ]
    return Assessment.of(
        [*(assess_one(OptionsOfDags(Options()), NO_DURATIONS, flow) for flow in flows), UNREADABLE]
    )


def test_dags_and_tasks_are_counted_by_their_status(found):
    assert sum(found.dags_by_status.values()) == 4
    assert found.dags_by_status["refused"] == 3
    assert found.tasks_by_status["refused"] == 6
    assert sum(found.tasks_by_status.values()) == 8
    assert found.exit_code == 2


def test_what_stands_in_the_way_is_counted_the_most_frequent_first(found):
    first, second = found.blockers()
    assert (first.code, first.dags, first.tasks, first.alone) == ("D201", 3, 5, 2)
    assert first.operators[0] == ("airflow.example.FtpOperator", 3)
    assert (second.code, second.dags, second.tasks, second.alone) == ("D209", 1, 1, 0)


def test_dags_that_start_await_and_feed_each_other_are_found(found):
    assert set(found.dependencies()) == {
        Dependency("both", "starts", "good", "c"),
        Dependency("fed", "awaits", "elsewhere", "b"),
        Dependency("good", "feeds", "fed", "orders"),
    }


def test_stand_ins_are_counted_by_files(found):
    (used,) = found.stand_ins()
    assert (used.kind, used.name, used.files) == ("moved", "airflow.operators.dummy", 1)


def test_only_what_converts_has_a_price(found):
    assert [dag.dag_id for dag, _ in found.costs()] == ["good"]


def test_every_form_has_all_dags_and_what_could_not_be_read(found):
    document = json.loads(json.dumps(found.to_json()))
    assert [dag["dag_id"] for dag in document["dags"]] == ["good", "ftp", "both", "fed"]
    assert document["dags"][1]["codes"] == ["D201"]
    assert document["diagnostics"][0]["code"] == "D104"
    page = assessment_page("dags", found)
    assert all(f">{dag_id}<" in page for dag_id in ("good", "ftp", "both", "fed"))
    assert "dags/broken.py:2" in page
    text = assessment_text(found)
    assert text.startswith("1 of 4 (25 %) DAGs convert: ")
    assert "D201 operator is not converted: 3 DAGs, 5 tasks, alone in 2 DAGs: FtpOperator 3, " in text
    assert "fed awaits a task of elsewhere (not in this folder), by b" in text


def test_a_folder_in_which_all_converts_exits_with_0():
    assert (
        Assessment.of([assess_one(OptionsOfDags(Options()), NO_DURATIONS, workflow(glue("a")))]).exit_code
        == 0
    )
