"""From the DAG file to the outcomes, with the command line, on the local AWS in real time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner
from waiting import wait_until

from converter.cli import app

ROOT = Path(__file__).parents[1]
DAG_FILE = ROOT / "dags/partial_fan_in.py"
POLL = 1
#: What may pass on a busy machine (seconds), and less than the 30 of a poller whose interval nobody has set.
TOLERANCE = 20.0
ROLE = "arn:aws:iam::123456789012:role/example"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles")
    result = dag2sfn("convert", DAG_FILE, "-o", out, "--poll-interval", POLL)
    assert result.exit_code == 0, result.stderr
    return out / "partial_fan_in"


@pytest.fixture
def scene(aws, session):
    """The user's own jobs and machines; the environment leads to the local AWS."""
    for name in ("glue1", "glue2", "glue3"):
        aws.client("glue").create_job(Name=name, **job_that(seconds=1))
    report = {"QueryLanguage": "JSONata", "StartAt": "write", "States": {"write": {"Type": "Succeed"}}}
    for name in ("report_a", "report_b"):
        aws.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(report), roleArn=ROLE
        )
    return aws


def dag2sfn(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def job_that(**behaviour):
    """A Glue job whose runs take ``seconds``, and end with ``outcome`` and ``error``."""
    return {
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://example/job.py"},
        "DefaultArguments": {f"--local-{key}": str(value) for key, value in behaviour.items()},
        "ExecutionProperty": {"MaxConcurrentRuns": 10},
    }


def update_jobs(aws, **jobs):
    for name, job in jobs.items():
        aws.client("glue").update_job(JobName=name, JobUpdate=job)


def finished(arn):
    result = dag2sfn("show", arn, "--wait", "--interval", "0.2", "--format", "json")
    return json.loads(result.stdout), result.exit_code


def started(*options):
    result = dag2sfn("run", "partial_fan_in", *options)
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()


def states(run):
    return {task: result["state"] for task, result in run["tasks"].items()}


def seconds_between(earlier, later):
    from datetime import datetime

    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def test_a_dag_file_becomes_a_machine_that_runs_and_is_read_back(scene, bundle):
    update_jobs(scene, glue3=job_that(seconds=3))
    assert dag2sfn("deploy", bundle).exit_code == 0
    result = dag2sfn(
        "run",
        "partial_fan_in",
        "--conf",
        '{"day": "2026-01-01"}',
        "--wait",
        "--interval",
        "0.2",
        "--format",
        "json",
    )
    assert result.exit_code == 0, result.stderr
    run = json.loads(result.stdout)
    assert set(run) == {"execution_arn", "status", "tasks"}
    assert run["status"] == "SUCCEEDED"
    tasks = run["tasks"]
    assert set(states(run).values()) == {"success"}
    assert all(set(task) == {"state", "start", "end", "attempts", "output"} for task in tasks.values())
    assert tasks["glue1"]["output"].startswith("jr_")
    assert ":execution:report_b:report_b-" in tasks["report_b"]["output"]
    end = tasks["glue3"]["end"]
    assert 0 <= seconds_between(end, tasks["report_b"]["start"]) <= POLL + TOLERANCE
    assert 0 <= seconds_between(end, tasks["report_a"]["start"]) <= TOLERANCE


def test_a_failing_shared_job_fails_what_needs_it_and_nothing_else(scene, bundle):
    update_jobs(scene, glue3=job_that(seconds=2, outcome="FAILED", error="out of memory"))
    dag2sfn("deploy", bundle)
    run, exit_code = finished(started())
    assert exit_code == 1
    assert run["status"] == "FAILED"
    assert states(run) == {
        "glue1": "success",
        "glue2": "success",
        "glue3": "failed",
        "report_a": "upstream_failed",
        "report_b": "upstream_failed",
    }
    assert "out of memory" in run["tasks"]["glue3"]["cause"]
    client = scene.client("stepfunctions")
    execution = client.describe_execution(executionArn=run["execution_arn"])
    assert execution["error"] == "DagRunFailed"
    assert "glue3" in execution["cause"]
    machines = client.list_state_machines()["stateMachines"]
    for machine in machines:  # nothing is left that still polls
        running = client.list_executions(stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING")
        assert running["executions"] == []


def test_pollers_that_retry_wait_in_one_state(scene, tmp_path):
    options = ("--poller-style", "retry", "--poll-interval", POLL)
    assert dag2sfn("convert", DAG_FILE, "-o", tmp_path, *options).exit_code == 0
    update_jobs(scene, glue3=job_that(seconds=6))
    dag2sfn("deploy", tmp_path / "partial_fan_in")
    run, exit_code = finished(started())
    assert exit_code == 0, run
    tasks = run["tasks"]
    assert 0 <= seconds_between(tasks["glue3"]["end"], tasks["report_b"]["start"]) <= POLL + TOLERANCE
    history = scene.client("stepfunctions").get_execution_history(executionArn=run["execution_arn"])
    events = history["events"]
    assert [event for event in events if event["type"] == "WaitStateEntered"] == []
    errors = [event["taskFailedEventDetails"]["error"] for event in events if event["type"] == "TaskFailed"]
    assert set(errors) == {"NotReady"}


def test_two_executions_over_the_same_jobs_do_not_see_each_others_runs(scene, bundle):
    dag2sfn("deploy", bundle)
    update_jobs(scene, glue3=job_that(seconds=4))
    slow = started("--run-id", "slow")
    wait_for_runs(scene, "glue3", 1)
    update_jobs(scene, glue3=job_that(seconds=1, outcome="FAILED"))
    failing = started("--run-id", "failing")
    failed, _ = finished(failing)
    succeeded, exit_code = finished(slow)
    assert states(failed)["report_b"] == "upstream_failed"
    assert exit_code == 0, succeeded
    tasks = succeeded["tasks"]
    assert seconds_between(tasks["glue3"]["end"], tasks["report_b"]["start"]) >= 0


def wait_for_runs(aws, job, count):
    glue = aws.client("glue")
    wait_until(lambda: len(glue.get_job_runs(JobName=job)["JobRuns"]) >= count, f"{count} runs of {job}")


def test_a_stopped_run_stops_its_jobs_and_can_be_read_back(scene, bundle):
    update_jobs(scene, glue2=job_that(seconds=30), glue3=job_that(seconds=30))
    dag2sfn("deploy", bundle)
    arn = started()
    wait_for_runs(scene, "glue2", 1)
    wait_for_runs(scene, "glue3", 1)
    assert dag2sfn("stop", arn, "--cause", "wrong day").exit_code == 0
    run, exit_code = finished(arn)
    assert (run["status"], exit_code) == ("ABORTED", 1)
    assert states(run)["glue3"] == "failed"
    assert states(run)["report_a"] == "skipped"
    for job in ("glue2", "glue3"):
        (job_run,) = scene.client("glue").get_job_runs(JobName=job)["JobRuns"]
        assert job_run["JobRunState"] in ("STOPPING", "STOPPED")


def test_a_job_that_does_not_exist_fails_its_task_and_does_not_hang_the_other_branch(scene, bundle):
    scene.client("glue").delete_job(JobName="glue3")
    dag2sfn("deploy", bundle)
    run, _ = finished(started())
    assert states(run)["report_b"] == "upstream_failed"
    assert run["tasks"]["glue3"]["error"] == "Glue.EntityNotFoundException"


def test_a_second_deployment_changes_nothing_and_undeploy_removes_the_machine(scene, bundle):
    first = dag2sfn("deploy", bundle, "--format", "json")
    second = dag2sfn("deploy", bundle, "--format", "json")
    assert json.loads(second.stdout)["state_machine_arn"] == json.loads(first.stdout)["state_machine_arn"]
    assert dag2sfn("undeploy", "partial_fan_in").exit_code == 0
    result = dag2sfn("run", "partial_fan_in")
    assert result.exit_code == 2
    assert "D451" in result.stderr


@pytest.mark.full
def test_a_dag_file_gives_the_same_bytes_under_eight_hash_seeds(tmp_path):
    found = []
    for seed in range(8):
        out = tmp_path / str(seed)
        subprocess.run(
            [sys.executable, "-m", "converter.cli", "convert", str(DAG_FILE), "-o", str(out)],
            env={"PYTHONHASHSEED": str(seed), "PATH": "", "HOME": str(tmp_path)},
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        files = [path for path in out.rglob("*") if path.is_file()]
        found.append({path.relative_to(out): path.read_bytes() for path in files})
        shutil.rmtree(out)
    names = {path.name for path in found[0]}
    assert {"definition.asl.json", "template.yaml", "conversion.json", "report.html"} <= names
    assert all(files == found[0] for files in found)


def test_a_failed_run_goes_on_from_where_it_failed(scene, bundle):
    update_jobs(scene, glue2=job_that(seconds=1, outcome="FAILED"))
    dag2sfn("deploy", bundle)
    failed, _ = finished(started("--conf", '{"day": "2026-01-01"}'))
    assert states(failed)["report_b"] == "upstream_failed"
    update_jobs(scene, glue2=job_that(seconds=1))
    first = failed["execution_arn"]
    run, exit_code = finished(started("--resume", first))
    assert exit_code == 0
    assert set(states(run).values()) == {"success"}
    assert run["tasks"]["glue1"]["output"] == failed["tasks"]["glue1"]["output"]
    runs = {job: len(scene.client("glue").get_job_runs(JobName=job)["JobRuns"]) for job in ("glue1", "glue2")}
    assert runs == {"glue1": 1, "glue2": 2}
    client = scene.client("stepfunctions")
    given = json.loads(client.describe_execution(executionArn=run["execution_arn"])["input"])
    assert given["conf"] == {"day": "2026-01-01"}
    assert dag2sfn("run", "partial_fan_in", "--resume", run["execution_arn"]).exit_code == 2
    refused = dag2sfn("run", "another", "--resume", first)
    assert refused.exit_code == 2
    assert "no execution of the DAG 'another'" in refused.stderr
