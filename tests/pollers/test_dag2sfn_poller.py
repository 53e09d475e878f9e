import datetime
import json
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from converter.pollers import HANDLER, SOURCE, dag2sfn_poller

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-x:run"
START = datetime.datetime(2026, 1, 1, 12, 10, tzinfo=datetime.timezone.utc)
TABLE = "outcomes"


class Glue:
    def __init__(self, runs=(), error=None, page=2):
        self.runs, self.error, self.page, self.calls = list(runs), error, page, []

    def get_job_runs(self, JobName, MaxResults, NextToken="0"):  # noqa: N803
        self.calls.append(JobName)
        if self.error:
            raise ClientError({"Error": {"Code": self.error, "Message": ""}}, "GetJobRuns")
        first = int(NextToken)
        runs = [run for run in self.runs if run["JobName"] == JobName]
        answer = {"JobRuns": runs[first : first + self.page]}
        return answer | ({"NextToken": str(first + self.page)} if first + self.page < len(runs) else {})


class DynamoDb:
    """Answers one key a call, as BatchGetItem may."""

    def __init__(self, records=None):
        self.items = {
            f"{EXECUTION}/{task}": {"id": {"S": f"{EXECUTION}/{task}"}, "record": {"S": json.dumps(record)}}
            for task, record in (records or {}).items()
        }

    def batch_get_item(self, RequestItems):  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        found = [self.items[key["id"]["S"]] for key in keys[:1] if key["id"]["S"] in self.items]
        rest = {TABLE: {**RequestItems[TABLE], "Keys": keys[1:]}} if keys[1:] else {}
        return {"Responses": {TABLE: found}, "UnprocessedKeys": rest}


def run(job="glue3", task="glue3", state="SUCCEEDED", started=10, took=60, execution=EXECUTION, id="jr_1"):
    begin = START + datetime.timedelta(seconds=started)
    return {
        "Id": id,
        "JobName": job,
        "JobRunState": state,
        "StartedOn": begin,
        "Arguments": {"--dag2sfn-run": f"{execution}/{task}/-1"},
        **({"CompletedOn": begin + datetime.timedelta(seconds=took)} if state == "SUCCEEDED" else {}),
    }


def ask(tasks, glue=None, dynamodb=None, table=TABLE, **event):
    event = {"execution": EXECUTION, "started": "2026-01-01T12:10:00.000Z", "tasks": tasks, **event}
    return dag2sfn_poller.answer(event, glue=glue or Glue(), dynamodb=dynamodb or DynamoDb(), table=table)[
        "records"
    ]


def test_a_run_that_has_succeeded_is_told_with_its_id_and_end():
    records = ask({"glue3": {"job": "glue3"}}, Glue([run()]))
    assert records == {"glue3": {"state": "success", "at": 1767269470000, "output": "jr_1"}}  # 12:11:10


@pytest.mark.parametrize(
    "state",
    ["STARTING", "RUNNING", "STOPPING", "STOPPED", "FAILED", "TIMEOUT", "ERROR", "WAITING", "EXPIRED"],
)
def test_of_glue_only_success_is_believed(state):
    assert ask({"glue3": {"job": "glue3"}}, Glue([run(state=state)])) == {}


def test_another_executions_run_of_the_job_does_not_count():
    other = run(execution=EXECUTION.replace(":run", ":other"))
    assert ask({"glue3": {"job": "glue3"}}, Glue([other])) == {}


def test_another_tasks_run_of_the_job_does_not_count():
    runs = [run(job="shared", task="b", id="jr_b"), run(job="shared", task="a", state="RUNNING")]
    records = ask({"a": {"job": "shared"}, "b": {"job": "shared"}}, Glue(runs))
    assert {task: record["output"] for task, record in records.items()} == {"b": "jr_b"}


def test_a_run_by_hand_does_not_count():
    by_hand = {**run(), "Arguments": {}}
    assert ask({"glue3": {"job": "glue3"}}, Glue([by_hand])) == {}


def test_runs_are_looked_through_page_by_page():
    glue = Glue([run(id=f"jr_{n}", execution="other", started=100 - n) for n in range(7)] + [run(id="mine")])
    assert ask({"glue3": {"job": "glue3"}}, glue)["glue3"]["output"] == "mine"
    assert len(glue.calls) == 4


def test_runs_from_before_the_execution_are_not_looked_through():
    glue = Glue([run(execution="other", started=-1000 - n) for n in range(100)])
    assert ask({"glue3": {"job": "glue3"}}, glue) == {}
    assert len(glue.calls) == 1


def test_one_listing_serves_all_tasks_of_a_job():
    glue = Glue([run(job="shared", task="a"), run(job="shared", task="b")])
    assert set(ask({"a": {"job": "shared"}, "b": {"job": "shared"}}, glue)) == {"a", "b"}
    assert len(glue.calls) == 1


def test_an_outcome_record_is_told_and_glue_is_not_asked():
    failed = {"state": "failed", "at": 1, "error": "Boom"}
    glue = Glue()
    assert ask({"glue3": {"job": "glue3"}}, glue, DynamoDb({"glue3": failed})) == {"glue3": failed}
    assert glue.calls == []


def test_outcome_records_are_read_although_dynamodb_answers_in_parts():
    records = {task: {"state": "success", "at": 1} for task in "abc"}
    assert ask({task: {} for task in "abcd"}, dynamodb=DynamoDb(records)) == records


def test_a_job_that_does_not_exist_is_not_finished():
    assert ask({"glue3": {"job": "glue3"}}, Glue(error="EntityNotFoundException")) == {}


def test_throttling_means_not_finished_yet():
    assert ask({"glue3": {"job": "glue3"}}, Glue(error="ThrottlingException")) == {}


def test_a_missing_permission_fails_the_poll():
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ask({"glue3": {"job": "glue3"}}, Glue(error="AccessDeniedException"))


def over(until, records, seconds=0):
    event = {"started": "2026-01-01T12:10:00.000Z", "tasks": {"a": {}, "b": {}}}
    event |= {"until": until, "deadline": 600}
    return dag2sfn_poller.is_over(event, records, START + datetime.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("until", "states", "expected"),
    [
        ([], [], False),
        ([], ["failed"], False),
        ([], ["failed", "success"], True),
        (["failed", "skipped"], ["success"], False),
        (["failed", "skipped"], ["skipped"], True),
        (["success"], ["skipped", "failed"], True),
    ],
)
def test_a_wait_is_over_with_one_of_the_ends_that_decide_or_when_all_have_ended(until, states, expected):
    records = {task: {"state": state} for task, state in zip("ab", states, strict=False)}
    assert over(until, records) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(599, False), (600, True)])
def test_a_wait_is_over_at_its_deadline(seconds, expected):
    assert over([], {}, seconds) is expected


def test_a_record_of_another_task_ends_no_wait():
    assert over(["success"], {"c": {"state": "success"}}) is False


def test_who_waits_is_told_not_ready(monkeypatch):
    clients = {"glue": Glue([run(state="RUNNING")]), "dynamodb": DynamoDb()}
    monkeypatch.setattr(dag2sfn_poller, "_client", clients.get)
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    event = {"execution": EXECUTION, "started": now, "tasks": {"glue3": {"job": "glue3"}}}
    assert dag2sfn_poller.handler(event) == {"records": {}}
    with pytest.raises(dag2sfn_poller.NotReady, match="glue3"):
        dag2sfn_poller.handler({**event, "until": ["failed"], "deadline": 600})


def test_without_a_table_only_glue_is_asked():
    assert set(ask({"glue3": {"job": "glue3"}}, Glue([run()]), table=None)) == {"glue3"}


def test_of_two_tasks_with_one_job_each_is_known_in_its_own_way():
    tasks = {"by_time": {"job": "glue3", "window": 900}, "by_argument": {"job": "glue3"}}
    old = {**run(started=-500, id="jr_old"), "Arguments": {}}
    assert set(ask(tasks, Glue([old]))) == {"by_time"}
    marked = run(task="by_argument", started=-200, id="jr_marked")  # Glue's clock may be behind
    assert {task: record["output"] for task, record in ask(tasks, Glue([marked, old])).items()} == {
        "by_time": "jr_marked",
        "by_argument": "jr_marked",
    }
    tasks["by_time"]["window"] = 0
    assert set(ask(tasks, Glue([marked]))) == {"by_argument"}


@pytest.mark.parametrize(
    ("window", "started", "counts"),
    [(0, 0, True), (0, -1, False), (900, -600, True), (900, -601, False)],  # 12:10 rounds down to 12:00
)
def test_with_a_window_a_run_counts_by_its_start(window, started, counts):
    by_anybody = {**run(started=started), "Arguments": {}}
    assert bool(ask({"glue3": {"job": "glue3", "window": window}}, Glue([by_anybody]))) is counts


def test_the_source_needs_nothing_but_python_and_boto3():
    module, _, function = HANDLER.partition(".")
    script = (
        "import sys; before = set(sys.modules); "
        f"import {module}; assert callable({module}.{function}); "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(new & {'converter', 'airflow', 'rich', 'typer'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=SOURCE.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
