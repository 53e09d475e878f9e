from __future__ import annotations

import json
from typing import Any

import pytest
from check_fixtures import FIXTURES
from typer.testing import CliRunner

from converter.cli import app


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["check", *arguments])


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [
        ("valid-poller.json", 0),
        ("valid-bundle", 0),
        ("D508-no-default.json", 0),
        ("D505-next-leads-nowhere.json", 1),
        ("D546-may-not-stop-the-job", 1),
        ("D501-no-json.json", 2),
        ("no-such-thing", 2),
    ],
)
def test_the_exit_code_says_how_bad_it_is(name: str, exit_code: int) -> None:
    assert run(str(FIXTURES / name)).exit_code == exit_code


def test_json_has_what_was_checked_and_what_was_found() -> None:
    valid, failing = FIXTURES / "valid-poller.json", FIXTURES / "D506-nobody-leads-there.json"
    result = run(str(valid), str(failing), "--format", "json")
    document = json.loads(result.stdout)
    assert document["checked"] == [valid.as_posix(), failing.as_posix()]
    (problem,) = document["diagnostics"]
    assert (problem["code"], problem["file"], problem["line"]) == ("D506", failing.as_posix(), 9)
    assert "forgotten" in problem["message"]
    assert result.exit_code == 1


def test_problems_go_to_stderr_and_the_result_to_stdout() -> None:
    result = run(str(FIXTURES / "D505-next-leads-nowhere.json"))
    assert result.stdout == "1 checked, problems found: 1\n"
    assert "refused D505" in result.stderr
