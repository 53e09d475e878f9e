from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from workflows import glue, workflow

from converter import cli_support
from converter.asl.options import Options
from converter.diagnostics import Dag2SfnError
from converter.planning.plan import Parallel, Sequence, Step
from converter.report.plan_document import node_json
from converter.workflow import Task, Workflow

GOOD = workflow(glue("a"), dag_id="etl", source_hash="0" * 64)
REFUSED = workflow(Task("a", "airflow.example.UnheardOfOperator"), dag_id="etl", source_hash="0" * 64)


def converted(*workflows: Workflow, out: Path) -> list[tuple[list[str], Path | None]]:
    """Return the codes of the problems and the bundle of each."""
    return [
        ([str(problem) for problem in conversion.diagnostics], written)
        for conversion, written in cli_support.convert_all(workflows, Options(), out)
    ]


def test_a_refused_dag_whose_bundle_is_still_there_is_told_so(tmp_path: Path) -> None:
    converted(GOOD, out=tmp_path)
    (((refusal, left), written),) = converted(REFUSED, out=tmp_path)
    assert written is None
    assert refusal.startswith("D201 ")
    assert left.startswith("D412 dags/example.py:1: DAG 'etl': ")
    assert f"the bundle in {tmp_path / 'etl'} is from an earlier conversion of dags/example.py" in left
    assert (tmp_path / "etl/bundle.json").exists()


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

    monkeypatch.setattr(Path, "write_bytes", full)
    (((unwritten, left), _),) = converted(GOOD, out=tmp_path)
    assert "No space left on device" in unwritten
    assert left.startswith("D412 ")


@pytest.mark.parametrize(
    "text",
    [
        "partial_fan_in",
        "manual__2026-01-01",
        "arn:aws:states:us-east-1:123456789012:stateMachine:dag2sfn-etl",
        "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl",
        "arn:aws:states:us-east-1:123456789012:express:dag2sfn-etl:r:1",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "",
    ],
)
def test_what_is_no_execution_arn_is_a_usage_error(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="not the ARN of an execution, as `dag2sfn run` prints it"):
        cli_support.checked_execution_arn(text)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_execution_arn_brings_its_region(partition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    arn = f"arn:{partition}:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__2026-01-01-8f00b2"
    assert cli_support.checked_execution_arn(arn) == arn
    assert cli_support.step_functions(None, arn).meta.region_name == "eu-west-1"
    assert cli_support.step_functions("eu-central-1", arn).meta.region_name == "eu-central-1"
    assert cli_support.step_functions(None).meta.region_name == "us-east-1"


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Python's own; some libraries raise it when they are imported."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("usual_recursion_limit")
def test_a_plan_that_is_too_deep_for_json_is_one_message() -> None:
    plan: Any = Step("last")
    for level in range(500):
        plan = Sequence((Step(f"t{level}"), Parallel((Step(f"s{level}"), plan))))
    with pytest.raises(Dag2SfnError, match="D305 the plan has too many levels"):
        cli_support.print_json([node_json(plan)])


def test_a_document_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    cli_support.print_json({"dags": ["é"]})
    assert json.loads(capsys.readouterr().out) == {"dags": ["é"]}
