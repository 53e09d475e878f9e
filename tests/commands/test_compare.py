from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import airflow, machine, task
from typer.testing import CliRunner

from converter.cli import app
from converter.comparison import pairing
from converter.comparison.airflow_api import AirflowApi, Answer
from converter.comparison.pairing import Wanted, find_or_start
from converter.diagnostics import Dag2SfnError
from converter.identity import machine_name

RUN = {
    "dag_id": "etl",
    "dag_run_id": "manual__1",
    "state": "success",
    "conf": {"day": 1},
    "logical_date": None,
}
ARN = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl:manual__1"


def compare(*arguments):
    return CliRunner().invoke(app, ["compare", "etl", "--airflow", "http://127.0.0.1:9", *arguments])


@pytest.fixture
def found(monkeypatch, session):
    """Both runs are there; ``set`` says how they went."""
    runs = {}
    monkeypatch.setattr(pairing, "find_or_start", lambda *a: pairing.Found("etl", "manual__1", ARN))
    monkeypatch.setattr(pairing, "wait_for_both", lambda *a, **k: None)
    monkeypatch.setattr(pairing, "read_both", lambda *a: (runs["airflow"], runs["machine"]))

    def set_runs(left, right):
        runs.update(airflow=left, machine=right)

    return set_runs


def test_equal_runs_exit_with_0(found):
    found(airflow(task("load")), machine(task("load")))
    done = compare()
    assert (done.exit_code, done.stderr) == (0, "")
    assert "etl: equal" in done.stdout


@pytest.mark.parametrize("format", ["text", "json", "html"])
def test_different_runs_exit_with_1_in_every_format(found, format):
    found(airflow(task("load")), machine(task("load", state="failed"), state="failed"))
    done = compare("--format", format)
    assert done.exit_code == 1
    assert "load" in done.stdout
    if format == "json":
        assert json.loads(done.stdout)["verdict"] == "different"


def test_a_run_that_goes_on_exits_with_1(found):
    found(airflow(task("load"), state="running"), machine(task("load")))
    assert compare("--no-wait").exit_code == 1


def test_rules_are_read(found, tmp_path: Path):
    found(airflow(task("load", output={"at": 1})), machine(task("load", output={"at": 2})))
    rules = tmp_path / "rules.yaml"
    rules.write_text("ignore: [{path: at}]")
    assert compare("--rules", str(rules)).exit_code == 0
    rules.write_text("ignored: []")
    refused = compare("--rules", str(rules), "--format", "json")
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["diagnostics"][0]["code"] == "D704"


def test_an_airflow_out_of_reach_exits_with_2(session):
    done = compare("--run-id", "manual__1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "D701" in done.stderr


def test_usage():
    assert CliRunner().invoke(app, ["compare", "etl"]).exit_code == 2
    assert compare("--run-id", "manual__1", "--conf", '{"a": 1}').exit_code == 2
    assert compare("--execution", "no-arn").exit_code == 2
    assert compare("--conf", "[]").exit_code == 2


class FakeAirflow:
    """A DAG, its runs; starting one is refused if there is a ``refusal``."""

    def __init__(self, *runs, paused=False, refusal=None):
        self.runs = {run["dag_run_id"]: run for run in runs}
        self.paused, self.refusal = paused, refusal

    def call(self, method, path, query=None, body=None):
        *_, last = path.split("/")
        if method == "POST":
            if self.refusal:
                return Answer(400, {"detail": self.refusal})
            self.runs[body["dag_run_id"]] = {**RUN, **body}
            return Answer(200, self.runs[body["dag_run_id"]])
        if path == "/version":
            return Answer(200, {"version": "3.3.2"})
        if path == "/dags/etl":
            return Answer(200, {"is_paused": self.paused})
        from urllib.parse import unquote

        run = self.runs.get(unquote(last))
        return Answer(200, run) if run else Answer(404, None)


@pytest.fixture
def sfn(aws):
    client = aws.client("stepfunctions")
    definition = {"QueryLanguage": "JSONata", "StartAt": "go", "States": {"go": {"Type": "Succeed"}}}
    client.create_state_machine(
        name=machine_name("etl"),
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/x",
    )
    return client


def given(client, arn):
    return json.loads(client.describe_execution(executionArn=arn)["input"])


def test_both_are_started_with_the_same_conf_date_and_id(sfn):
    airflow_side, said = FakeAirflow(), []
    found = find_or_start(Wanted("etl", conf={"day": 2}), AirflowApi(airflow_side), sfn, said.append)
    assert airflow_side.runs[found.run_id]["conf"] == {"day": 2}
    run = given(sfn, found.execution)
    assert (run["conf"], run["run_id"]) == ({"day": 2}, found.run_id)
    assert len(said) == 2


@pytest.mark.parametrize(("given_airflow", "code"), [({"paused": True}, "D703"), ({"refusal": "no"}, "D703")])
def test_if_airflow_refuses_nothing_is_started(sfn, given_airflow, code):
    with pytest.raises(Dag2SfnError, match=code):
        find_or_start(Wanted("etl"), AirflowApi(FakeAirflow(**given_airflow)), sfn, print)
    (listed,) = sfn.list_state_machines()["stateMachines"]
    assert sfn.list_executions(stateMachineArn=listed["stateMachineArn"])["executions"] == []


def test_the_latest_execution_that_is_named_after_a_run_is_its_counterpart(sfn):
    from converter import executions

    api = AirflowApi(FakeAirflow(RUN))
    with pytest.raises(Dag2SfnError, match="D705"):
        find_or_start(Wanted("etl", "manual__1"), api, sfn, print)
    for day in (1, 2):
        last = executions.start(sfn, "etl", conf={"day": day}, run_id="manual__1")
    assert last.endswith(":manual__1-2")
    assert find_or_start(Wanted("etl", "manual__1"), api, sfn, print).execution == last


def test_a_missing_counterpart_can_be_started_on_either_side(sfn):
    from converter import executions

    airflow_side = FakeAirflow(RUN)
    api = AirflowApi(airflow_side)
    wanted = Wanted("etl", "manual__1", start_missing=True)
    assert given(sfn, find_or_start(wanted, api, sfn, print).execution)["conf"] == {"day": 1}
    arn = executions.start(sfn, "etl", conf={"day": 3}, run_id="manual__3")
    with pytest.raises(Dag2SfnError, match="D702"):
        find_or_start(Wanted("etl", execution=arn), api, sfn, print)
    found = find_or_start(Wanted("etl", execution=arn, start_missing=True), api, sfn, print)
    assert (found.run_id, airflow_side.runs["manual__3"]["conf"]) == ("manual__3", {"day": 3})
