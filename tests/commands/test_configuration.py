"""Options that are not given have the values of dag2sfn.yaml, in every command that has them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from converter.cli import app
from converter.commands import (
    assess,
    compare,
    configuration,
    convert,
    deploying,
    plan,
    running,
    scheduling,
    scoring,
    verify,
)
from converter.config import Config

DAG = Path(__file__).parents[2] / "dags" / "partial_fan_in.py"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


def bundle_options(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "partial_fan_in" / "bundle.json").read_text())["options"])


def test_what_the_file_can_say_each_command_with_such_an_option_takes() -> None:
    known = configuration._parameters_of(Config())
    told = (
        assess.assess,
        compare.compare,
        convert.convert,
        deploying.deploy,
        deploying.status,
        deploying.rollback,
        deploying.undeploy,
        plan.plan,
        running.run,
        scheduling.schedule,
        scheduling.backfill,
        scoring.score,
        verify.verify,
    )
    for command in told:
        parameters = inspect.signature(command).parameters
        assert {"config", "environment"} <= parameters.keys(), command
    assert set(known) <= {name for command in told for name in inspect.signature(command).parameters}


def test_a_dag_is_converted_as_file_environment_and_command_line_say(here: Path) -> None:
    (here / "dag2sfn.yaml").write_text(
        "poll: {interval: 7, style: retry}\nprefix: etl-\n"
        "dags: {partial_fan_in: {failures: stop, tasks: {glue3: {poll: {interval: 3}}}}}\n"
        "environments: {shadow: {prefix: shadow-, jobs: {glue3: glue3_shadow}}}\n"
    )
    run("convert", str(DAG))
    options = bundle_options(here / "build")
    assert (options["poll_interval"], options["poller_style"], options["failures"]) == (7, "retry", "stop")
    assert options["poll_intervals"] == {"glue3": 3}
    run("convert", str(DAG), "--environment", "shadow", "--poll-interval", "2", "--failures", "airflow")
    options = bundle_options(here / "build" / "shadow")
    assert (options["poll_interval"], options["poll_intervals"], options["failures"]) == (2, {}, "airflow")
    written = (here / "build" / "shadow" / "partial_fan_in" / "definition.asl.json").read_text()
    assert '"JobName": "glue3_shadow"' in written
    # Deployed, each has to be of the environment that is named.
    told = run("deploy", "build/shadow/partial_fan_in", "--dry-run", code=2)
    assert "D436" in told
    assert "shadow-partial_fan_in, and is to be etl-partial_fan_in" in " ".join(told.split())


def test_a_task_that_there_is_not_stops_the_conversion_of_its_dag(here: Path) -> None:
    (here / "dag2sfn.yaml").write_text("dags: {partial_fan_in: {tasks: {glue33: {correlation: window}}}}")
    told = run("convert", str(DAG), code=2)
    assert "D432 dag2sfn.yaml:1: DAG 'partial_fan_in' has no task 'glue33'; write 'glue3'" in " ".join(
        told.split()
    )
    assert not (here / "build" / "partial_fan_in").exists()


@pytest.mark.parametrize(
    ("command", "document"),
    [
        (("convert", "x.py"), {"dags": [], "diagnostics": 1}),
        (("assess", "x.py"), {"dags": [], "diagnostics": 1}),
        (("plan", "x.py"), []),
        (("verify", "x.py"), []),
        (("undeploy", "x"), {"diagnostics": 1}),
    ],
)
def test_a_mistake_in_the_file_is_told_by_every_command(
    here: Path, command: tuple[str, ...], document: object
) -> None:
    (here / "dag2sfn.yaml").write_text("regoin: eu-west-1")
    done = CliRunner().invoke(app, [*command, "--format", "json"])
    assert done.exit_code == 2
    assert "D432 dag2sfn.yaml:1: the file has no key 'regoin'; write 'region'" in done.stderr
    found = json.loads(done.stdout)
    if isinstance(found, dict):
        found["diagnostics"] = len(found["diagnostics"])
    assert found == document


def test_another_account_is_refused_before_anything_is_done(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sts:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Account": "111111111111"}

    class Session:
        region_name = "eu-west-1"

        def client(self, name: str) -> Sts:
            assert name == "sts", "nothing else is asked"
            return Sts()

    monkeypatch.setattr("converter.cli_support.session", lambda _region: Session())
    (here / "dag2sfn.yaml").write_text(
        'account: "222222222222"\nenvironments: {ci: {account: "333333333333"}}'
    )
    for command in (
        ("undeploy", "x"),
        ("rollback", "x"),
        ("schedule", "on", "x"),
        ("run", "x"),
        ("status", "."),
    ):
        told = " ".join(run(*command, code=2).split())
        assert "D435 dag2sfn.yaml:1: the account is 111111111111, and is to be 222222222222" in told
    told = " ".join(run("undeploy", "x", "--environment", "ci", code=2).split())
    assert "D435 dag2sfn.yaml:2: the account is 111111111111, and is to be 333333333333" in told


@pytest.mark.full  # it loads DAG files
def test_init_gives_each_dag_its_place(here: Path) -> None:
    run("init", str(DAG))
    assert "'partial_fan_in': {}" in (here / "dag2sfn.yaml").read_text()
    run("plan", str(DAG))


def test_init_never_replaces_a_file(here: Path) -> None:
    run("init", "--region", "eu-west-1")
    text = (here / "dag2sfn.yaml").read_text()
    assert "\nregion: eu-west-1\n" in text
    assert "D437 dag2sfn.yaml: there is one already" in " ".join(run("init", code=2).split())
    assert (here / "dag2sfn.yaml").read_text() == text
