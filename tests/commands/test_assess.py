from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner
from workflows import glue, workflow

from converter import loading
from converter.asl.options import LongFunctions
from converter.assessment import assess_one
from converter.cli import app
from converter.workflow import Task

FLOWS = (workflow(glue("a"), dag_id="good"), workflow(Task("a", "x.Custom"), dag_id="bad"))


def assess(*arguments):
    return CliRunner().invoke(app, ["assess", *map(str, arguments)])


@pytest.fixture(autouse=True)
def loaded(monkeypatch):
    monkeypatch.setattr(loading, "load_each", lambda path, **_: iter(FLOWS))


def test_nothing_is_written_and_the_exit_code_tells_that_something_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = assess("dags")
    assert result.exit_code == 1
    assert result.stdout.startswith("1 of 2 (50 %) DAGs convert: ")
    assert list(tmp_path.iterdir()) == []


def test_the_json_document_is_alone_on_stdout():
    document = json.loads(assess("dags", "--format", "json").stdout)
    assert [dag["dag_id"] for dag in document["dags"]] == ["good", "bad"]


def test_the_page_is_one_document():
    page = assess("dags", "--format", "html").stdout
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")


def test_a_path_that_is_not_there_is_one_message(monkeypatch, tmp_path):
    monkeypatch.undo()
    result = assess(tmp_path / "missing", "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["diagnostics"][0]["code"] == "D101"


def test_what_an_option_of_convert_would_change_can_be_asked(monkeypatch):
    given = []

    def one(options, expected, workflow):
        given.append(options.of("good").long_functions)
        return assess_one(options, expected, workflow)

    monkeypatch.setattr("converter.assessment.assess_one", one)
    assess("dags", "--long-functions", "cap")
    assert given == [LongFunctions.CAP] * len(FLOWS)
