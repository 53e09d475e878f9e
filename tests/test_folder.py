"""Folders of DAGs: one DAG's trouble costs no other, and every DAG is accounted for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from workflows import glue, workflow

from converter import diagnostics as d
from converter import folder, pipeline
from converter.asl.options import Options, OptionsOfDags
from converter.diagnostics import Dag2SfnError, Diagnostic
from converter.packaging import read_manifest
from converter.workflow import Location, Task, Workflow

GOOD = workflow(glue("a"), dag_id="etl", source_hash="0" * 64)
REFUSED = workflow(Task("a", "airflow.example.UnheardOfOperator"), dag_id="etl", source_hash="0" * 64)


def converted(*workflows: Workflow, out: Path) -> list[tuple[list[str], Path | None]]:
    """Return the codes of the problems and the bundle of each."""
    return [
        ([str(problem) for problem in item.diagnostics], item.bundle)
        for item in folder.convert_each(workflows, OptionsOfDags(Options()), out)
    ]


def test_the_bundle_of_a_dag_that_is_refused_by_now_makes_way_for_the_report(tmp_path: Path) -> None:
    converted(GOOD, out=tmp_path)
    (((refusal,), written),) = converted(REFUSED, out=tmp_path)
    assert written is None
    assert refusal.startswith("D201 ")
    assert sorted(path.name for path in (tmp_path / "etl").iterdir()) == [
        "REPORT.md",
        "conversion.json",
        "report.html",
    ]
    with pytest.raises(Dag2SfnError, match=r"has the report of a DAG that was not converted"):
        read_manifest(tmp_path / "etl")


def test_the_report_of_a_refused_dag_makes_way_for_a_bundle(tmp_path: Path) -> None:
    converted(REFUSED, out=tmp_path)
    ((problems, written),) = converted(GOOD, out=tmp_path)
    assert problems == []
    assert written == tmp_path / "etl"
    assert read_manifest(tmp_path / "etl").dag_id == "etl"


def test_a_folder_of_something_else_is_left_alone_also_for_a_report(tmp_path: Path) -> None:
    (tmp_path / "etl").mkdir()
    (tmp_path / "etl/mine.txt").write_text("mine")
    (((refusal, spared), _),) = converted(REFUSED, out=tmp_path)
    assert refusal.startswith("D201 ")
    assert spared.startswith("D401 ")
    assert [path.name for path in (tmp_path / "etl").iterdir()] == ["mine.txt"]


def test_a_refused_dag_without_a_bundle_is_not_told_about_one(tmp_path: Path) -> None:
    (((refusal,), _),) = converted(REFUSED, out=tmp_path)
    assert refusal.startswith("D201 ")


def test_a_folder_that_is_no_bundle_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "etl").mkdir()
    (tmp_path / "etl/bundle.json").write_text("{}")
    ((problems, _),) = converted(REFUSED, out=tmp_path)
    assert len(problems) == 1


def out_is_a_file(folder: Path) -> Path:
    (folder / "build").write_text("")
    return folder / "build"


def out_is_below_a_file(folder: Path) -> Path:
    return out_is_a_file(folder) / "bundles"


def out_is_too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


@pytest.mark.parametrize(
    ("out", "reason"),
    [
        (out_is_a_file, "it is no folder; give another folder with --out"),
        (out_is_below_a_file, "Not a directory; give another folder with --out"),
        (out_is_too_long, "File name too long; "),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_message_with_its_reason(
    out: Any, reason: str, tmp_path: Path
) -> None:
    path = out(tmp_path)
    (((problem,), written),) = converted(GOOD, out=path)
    assert written is None
    assert problem.startswith(
        f"D411 dags/example.py:1: DAG 'etl': its bundle cannot be written to {path}: {reason}"
    )


def test_what_cannot_be_written_for_one_dag_stops_no_other(tmp_path: Path) -> None:
    too_long = workflow(glue("a"), dag_id="x" * 300, source_hash="0" * 64)
    (((problem,), _), (_, written)) = converted(too_long, GOOD, out=tmp_path)
    assert problem.endswith("File name too long; give the DAG a shorter id")
    assert written == tmp_path / "etl"


def test_a_bundle_that_cannot_be_replaced_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    converted(GOOD, out=tmp_path)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("converter.packaging.bundle.write_files", full)
    (((unwritten, left), _),) = converted(GOOD, out=tmp_path)
    assert "No space left on device" in unwritten
    assert left.startswith("D412 ")


def test_a_dag_with_a_cycle_has_a_report(tmp_path: Path) -> None:
    cycle = Diagnostic(
        d.CYCLE, "DAG 'round' has a cycle: a >> a", "remove it", Location("dags/round.py", 3), "round"
    )
    assert next(folder.convert_each([cycle, GOOD], OptionsOfDags(Options()), tmp_path)) is cycle
    document = json.loads((tmp_path / "round/conversion.json").read_text())
    assert document == {"dag_id": "round", "dag": ["D109"], "tasks": []}


def test_a_mistake_of_the_converter_costs_one_dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pipeline.convert

    def stumbling(flow: Workflow, *arguments: Any, **options: Any) -> Any:
        if flow.dag_id == "etl":
            raise KeyError("oops")
        return real(flow, *arguments, **options)

    monkeypatch.setattr(pipeline, "convert", stumbling)
    other = workflow(glue("a"), dag_id="other", source_hash="0" * 64)
    (((problem,), written), (_, other_written)) = converted(GOOD, other, out=tmp_path)
    assert written is None
    assert problem.startswith("D136 dags/example.py:1: DAG 'etl': KeyError: 'oops' (test_folder.py:")
    assert other_written == tmp_path / "other"


def test_refused_tasks_are_allowed_where_it_is_asked_for(tmp_path: Path) -> None:
    (item,) = folder.convert_each([REFUSED], OptionsOfDags(Options(allow_unsupported=True)), tmp_path)
    assert isinstance(item, folder.Converted)
    assert item.bundle == tmp_path / "etl"
    assert item.row.counts["refused"] == 1
    definition = json.loads((tmp_path / "etl/definition.asl.json").read_text())
    assert definition["States"]["a"]["Type"] == "Pass"
    assert json.loads((tmp_path / "etl/conversion.json").read_text())["tasks"][0]["status"] == "refused"


def test_several_processes_give_the_same_in_the_same_order(tmp_path: Path) -> None:
    flows = [workflow(glue("a"), dag_id=f"dag_{number}", source_hash="0" * 64) for number in range(20)]
    one, two = (
        list(folder.convert_each(flows, OptionsOfDags(Options()), tmp_path, jobs=jobs)) for jobs in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder_has_a_page_that_leads_to_all_others(tmp_path: Path, jobs: int) -> None:
    unreadable = Diagnostic(d.FILE_SYNTAX, "syntax error: invalid syntax", "", Location("dags/broken.py", 2))
    flows = [GOOD, unreadable, workflow(Task("b", "x.Y"), dag_id="bad")]
    items = list(folder.convert_each(flows, OptionsOfDags(Options()), tmp_path, jobs=jobs, index="dags"))
    text = (tmp_path / "index.html").read_text()
    rows = [item.row for item in items if isinstance(item, folder.Converted)]
    assert [row.dag_id for row in rows] == ["etl", "bad"]
    for row in rows:
        assert f'<a href="{row.page}">' in text
        assert (tmp_path / row.page).is_file()
    assert "dags/broken.py:2" in text
