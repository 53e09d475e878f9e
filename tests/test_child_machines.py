"""A DAG that runs as several machines, on the local AWS in real time: deployed, read back, stopped as one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from waiting import wait_until

from converter import executions, loading, pipeline
from converter.asl.budget import Limits
from converter.asl.options import Failures, Options
from converter.checks import check
from converter.deployment import deploy, undeploy

DAG_FILE = Path(__file__).parents[1] / "dags/partial_fan_in.py"
ROLE = "arn:aws:iam::123456789012:role/example"
#: So small that nearly each branch is a machine of its own, and some machines only start others.
LIMITS = Limits(definition=6_000)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Bundles by what failures do to the run."""
    (flow,) = loading.load(DAG_FILE)
    made = {}
    for failures in Failures:
        conversion = pipeline.convert(flow, Options(failures, poll_interval=1), limits=LIMITS)
        assert conversion.machine is not None, conversion.diagnostics
        assert len(conversion.machine.children) >= 4
        made[failures] = pipeline.write(conversion, tmp_path_factory.mktemp(failures.value))
    return made


@pytest.fixture
def sfn(aws, session):
    aws_jobs(aws, glue1=1, glue2=1, glue3=2)
    report = {"QueryLanguage": "JSONata", "StartAt": "write", "States": {"write": {"Type": "Succeed"}}}
    for name in ("report_a", "report_b"):
        aws.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(report), roleArn=ROLE
        )
    return aws.client("stepfunctions")


def aws_jobs(aws, **jobs):
    """Make Glue jobs, each of so many seconds, or with such arguments."""
    for name, behaviour in jobs.items():
        arguments = behaviour if isinstance(behaviour, dict) else {"--local-seconds": str(behaviour)}
        job = {
            "Role": ROLE,
            "Command": {"Name": "glueetl", "ScriptLocation": "s3://example/job.py"},
            "DefaultArguments": arguments,
        }
        try:
            aws.client("glue").create_job(Name=name, **job)
        except aws.client("glue").exceptions.AlreadyExistsException:
            aws.client("glue").update_job(JobName=name, JobUpdate=job)


def run_to_its_end(sfn, session, bundle, **options):
    deployment = deploy(bundle, session)
    arn = executions.start(sfn, deployment.state_machine_arn, **options)
    results = list(executions.follow(sfn, arn, interval=0.2))
    return arn, results


def states(result):
    return {task: found.state for task, found in result.tasks.items()}


def seconds_between(earlier, later):
    return (later - earlier).total_seconds()


@pytest.mark.parametrize("failures", list(Failures), ids=lambda failures: failures.value)
def test_the_bundle_passes_the_checks(bundles, failures):
    assert check(bundles[failures]) == []


def test_a_run_of_several_machines_is_followed_and_read_back_as_one(sfn, session, bundles):
    arn, results = run_to_its_end(sfn, session, bundles[Failures.AIRFLOW], conf={"day": "2026-01-01"})
    last = results[-1]
    assert last.status == "SUCCEEDED"
    assert set(states(last)) == {"glue1", "glue2", "glue3", "report_a", "report_b"}
    assert set(states(last).values()) == {"success"}
    assert any("running" in states(result).values() for result in results)
    end = last.tasks["glue3"].end
    assert 0 <= seconds_between(end, last.tasks["report_b"].start) <= 20  # a poll, and a busy machine
    assert last.tasks["report_b"].output
    assert last.tasks["glue1"].output.startswith("jr_")
    assert executions.read_back(sfn, arn).tasks == last.tasks


@pytest.mark.full
def test_a_failure_in_one_machine_decides_tasks_in_others(aws, sfn, session, bundles):
    aws_jobs(aws, glue3={"--local-seconds": "1", "--local-outcome": "FAILED", "--local-error": "no memory"})
    arn, results = run_to_its_end(sfn, session, bundles[Failures.AIRFLOW])
    last = results[-1]
    assert (last.status, last.error) == ("FAILED", "DagRunFailed")
    assert "glue3" in last.cause
    failed = {"glue1": "success", "glue2": "success", "glue3": "failed"}
    assert states(last) == failed | {"report_a": "upstream_failed", "report_b": "upstream_failed"}

    aws_jobs(aws, glue3=1)
    resumed = executions.resume(sfn, arn)
    assert set(resumed.passed_by) == {"glue1", "glue2"}
    *_, again = executions.follow(sfn, resumed.execution_arn, interval=0.2)
    assert set(states(again).values()) == {"success"}
    assert len(aws.client("glue").get_job_runs(JobName="glue1")["JobRuns"]) == 1


@pytest.mark.full
def test_where_failures_stop_the_run_the_error_is_that_of_the_task(aws, sfn, session, bundles):
    aws_jobs(aws, glue2=30, glue3={"--local-seconds": "1", "--local-outcome": "FAILED"})
    _, results = run_to_its_end(sfn, session, bundles[Failures.STOP])
    last = results[-1]
    assert last.status == "FAILED"
    assert last.error == "States.TaskFailed"
    assert "glue3" in last.cause
    assert states(last)["glue3"] == "failed"
    assert states(last)["report_a"] == "skipped"


def test_stopping_a_run_stops_its_child_machines_and_their_jobs(aws, sfn, session, bundles):
    aws_jobs(aws, glue3=60)
    deployment = deploy(bundles[Failures.AIRFLOW], session)
    arn = executions.start(sfn, deployment.state_machine_arn)
    wait_until(lambda: states(executions.read_back(sfn, arn))["glue3"] == "running", "glue3 runs")
    assert executions.stop(sfn, arn) == "RUNNING"
    machines = [machine["stateMachineArn"] for machine in sfn.list_state_machines()["stateMachines"]]
    own = [machine for machine in machines if "dag2sfn" in machine]
    assert len(own) > 4

    def statuses():
        return {
            execution["status"]
            for machine in own
            for execution in sfn.list_executions(stateMachineArn=machine)["executions"]
        }

    wait_until(lambda: "RUNNING" not in statuses(), "all have ended")
    assert "ABORTED" in statuses()
    (run,) = aws.client("glue").get_job_runs(JobName="glue3")["JobRuns"]
    assert run["JobRunState"] in ("STOPPING", "STOPPED")
    result = executions.read_back(sfn, arn)
    assert result.status == "ABORTED"
    assert states(result)["glue3"] == "failed"  # as Airflow marks what ran


@pytest.mark.full
def test_a_child_machine_that_was_deployed_anew_takes_no_part_in_an_older_run(aws, sfn, session, bundles):
    aws_jobs(aws, glue3=5)
    deployment = deploy(bundles[Failures.AIRFLOW], session)
    arn = executions.start(sfn, deployment.state_machine_arn)
    for machine in sfn.list_state_machines()["stateMachines"]:
        if "-child-" in machine["name"]:
            found = sfn.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
            version = re.search(r"child\.version = '(\w+)'", found)[1]
            sfn.update_state_machine(
                stateMachineArn=machine["stateMachineArn"], definition=found.replace(version, "another")
            )
    *_, last = executions.follow(sfn, arn, interval=0.2)
    assert (last.status, last.error) == ("FAILED", "DeployedWhileRunning")
    assert undeploy("partial_fan_in", session)
