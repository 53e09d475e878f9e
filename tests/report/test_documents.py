from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.report.documents import ConversionDocument, diagnostics_json
from converter.workflow import Location

REFUSED = Diagnostic(d.UNKNOWN_OPERATOR, "no", "write another", Location("dags/a.py", 7), "a", "load")
UNWRITTEN = Diagnostic(d.BUNDLE_NOT_WRITTEN, "no space", dag_id="b")


def test_a_diagnostic_has_its_place_and_its_remedy() -> None:
    assert diagnostics_json([REFUSED]) == [
        {
            "code": "D201",
            "severity": "refused",
            "message": "no; write another",
            "file": "dags/a.py",
            "line": 7,
            "dag_id": "a",
            "task_id": "load",
        }
    ]


def test_what_a_diagnostic_does_not_have_is_null() -> None:
    about_a_file = Diagnostic(d.NO_DAG, "no DAG", location=Location("dags/a.py"))
    (with_file, without) = diagnostics_json([about_a_file, Diagnostic(d.AWS_UNUSABLE, "no region")])
    assert (with_file["file"], with_file["line"]) == ("dags/a.py", None)
    assert [without[key] for key in ("file", "line", "dag_id", "task_id")] == [None] * 4
    assert without["severity"] == "error"


def test_a_conversion_lists_every_dag_and_every_problem() -> None:
    document = ConversionDocument()
    document.add("a", None, [replace(REFUSED, dag_id="")])
    document.add("b", Path("build/b"), [], Path("build/b"))
    assert document.to_json() == {
        "dags": [
            {"dag_id": "a", "bundle": None, "report": None},
            {"dag_id": "b", "bundle": "build/b", "report": "build/b"},
        ],
        "diagnostics": diagnostics_json([REFUSED]),
    }


def test_the_worst_dag_decides_about_the_exit_code() -> None:
    document = ConversionDocument()
    note = Diagnostic(d.AWAIT_DEADLINE, "in 24 h")
    codes = []
    for bundle, problem in ((Path("a"), note), (None, REFUSED), (None, UNWRITTEN), (None, REFUSED)):
        document.add(str(len(codes)), bundle, [problem])
        codes.append(document.exit_code)
    assert codes == [0, 1, 2, 2]
