"""A submit and its sensor, joined to one call that waits: what becomes of both, and when they stay apart."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from random_pairs import KINDS
from workflows import branch, empty, glue, reader, workflow

from converter.asl.options import Failures, Options, Pairs
from converter.engine import TaskFailure, run_virtual
from converter.engine.simulation import DEFAULT_START
from converter.expressions.templates.translation import XCOM_ARG
from converter.operators import step_of
from converter.operators.pair_kinds import PAIR_KINDS
from converter.pipeline import Conversion, convert
from converter.workflow import Opaque, Retries, Task, TriggerRule, Workflow

RESOURCES = {
    "glue": "glue:startJobRun.sync",
    "batch": "batch:submitJob.sync",
    "emr on eks": "emr-containers:startJobRun.sync",
    "emr serverless": "emr-serverless:startJobRun.sync",
    "training": "sagemaker:createTrainingJob.sync",
    "processing": "sagemaker:createProcessingJob.sync",
    "step functions": "states:startExecution.sync:2",
}
_ARN = "arn:aws:states:us-east-1:123456789012:execution:m:e"
#: What each service's call shows of a job: its description, sorted.
SHOWN: dict[str, Callable[[str], dict[str, Any]]] = {
    "glue": lambda state: {
        "Arguments": {"--Id": "no", "--a": '{"Id":"no"}'},
        "ErrorMessage": "out of memory",
        "Id": "jr_1",
        "JobName": "j",
        "JobRunState": state,
        "PredecessorRuns": [{"JobName": "x", "RunId": "jr_0"}],
    },
    "batch": lambda state: {
        "Attempts": [{"StatusReason": "first"}],
        "DependsOn": [{"JobId": "other"}],
        "JobArn": "arn:aws:batch:us-east-1:123456789012:job/b-1",
        "JobId": "b-1",
        "Status": state,
        "StatusReason": "out of memory",
    },
    "emr on eks": lambda state: {"Id": "e-1", "State": state, "StateDetails": "out of memory"},
    "emr serverless": lambda state: {"JobRunId": "s-1", "State": state, "StateDetails": "out of memory"},
    "training": lambda state: {
        "FailureReason": "out of memory",
        "TrainingJobName": "t",
        "TrainingJobStatus": state,
    },
    "processing": lambda state: {
        "FailureReason": "out of memory",
        "ProcessingJobName": "p",
        "ProcessingJobStatus": state,
    },
    "step functions": lambda state: {
        "Cause": "out of memory",
        "Error": "Oops",
        "ExecutionArn": _ARN,
        "Status": state,
    },
}
GOOD = {
    "emr on eks": "COMPLETED",
    "emr serverless": "SUCCESS",
    "training": "Completed",
    "processing": "Completed",
}
BAD = {"training": "Failed", "processing": "Failed"}
PUSHED = {
    "glue": "jr_1",
    "batch": "b-1",
    "emr on eks": "e-1",
    "emr serverless": "s-1",
    "step functions": _ARN,
}

#: One call, several, and a sensor that looks for something.
SOME = ("glue", "emr serverless", "step functions")


def good(kind: str) -> dict[str, Any]:
    return SHOWN[kind](GOOD.get(kind, "SUCCEEDED"))


def job_failed(kind: str) -> TaskFailure:
    return TaskFailure("States.TaskFailed", json.dumps(SHOWN[kind](BAD.get(kind, "FAILED"))))


def pair(kind: str, more: dict[str, Any] | None = None, **fields: Any) -> tuple[Task, Task]:
    of_submit = {name[7:]: fields.pop(name) for name in list(fields) if name.startswith("submit_")}
    submit = KINDS[kind].submit("start", *of_submit.pop("upstream", ()), **of_submit)
    return submit, KINDS[kind].watch("ends", "start", more=more, **fields)


def converted(flow: Workflow, **options: Any) -> Conversion:
    found = convert(flow, Options(**{"resumable": False, **options}))
    assert found.machine is not None, [str(item) for item in found.diagnostics]
    return found


def codes(found: Conversion) -> set[str]:
    return {item.code.id for item in found.diagnostics} & {"D275", "D276"}


class Service:
    """A service whose jobs take a minute and end as it is told, try by try; the last answer is repeated."""

    def __init__(self, *ends: Any, seconds: float = 60.0) -> None:
        self.ends, self.seconds = list(ends), seconds
        self.calls: list[str] = []

    async def run(self, call: Any, submitted: Any) -> Any:
        resource = call.resource.removeprefix("arn:aws:states:::")
        self.calls.append(resource)
        if resource == "aws-sdk:emrserverless:getApplication":
            return {"Application": {"State": "STARTED"}}
        if resource == "aws-sdk:sfn:describeExecution":
            return {"Status": "SUCCEEDED", "Output": '{"n": 1}'}
        assert ".sync" in resource
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        starts = not isinstance(end, TaskFailure) or end.error == "States.TaskFailed"
        await asyncio.sleep(self.seconds if starts else 0)
        if isinstance(end, TaskFailure):
            raise end
        return end


def played(
    found: Conversion, service: Service, run: dict[str, Any] | None = None
) -> tuple[dict[str, Any], float]:
    """Return the records of a run, and how long it took."""
    assert found.machine is not None
    execution = run_virtual(dict(found.machine.definition), {"run_id": "r", **(run or {})}, service)
    ended = (execution.history[-1].timestamp - DEFAULT_START).total_seconds()
    if execution.status == "SUCCEEDED":
        return json.loads(execution.output or "{}"), ended
    last = [event for event in execution.history if event.type == "FailStateEntered"][-1]
    return json.loads((last.details or {})["input"]), ended


def pushed_in(found: Conversion, service: Service) -> dict[str, Any]:
    """Return the records as they were written: further on, data lose what may be large and nobody reads."""
    assert found.machine is not None
    execution = run_virtual(dict(found.machine.definition), {"run_id": "r"}, service)
    ends = [event.details or {} for event in execution.history if event.type == "ParallelStateExited"]
    written = [json.loads(end["output"]) for end in ends]
    return {name: record for records in reversed(written) for name, record in records.items()}


def states_of(records: dict[str, Any]) -> dict[str, str]:
    return {task: record["state"] for task, record in records.items()}


def test_all_kinds_are_tried():
    assert {kind.submit for kind in PAIR_KINDS} == {kind.submit("s").operator for kind in KINDS.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_one_call_waits_for_the_job(kind):
    service = Service(good(kind))
    found = converted(workflow(*pair(kind), empty("after", "ends")))
    records, ended = played(found, service)
    assert codes(found) == {"D275"}
    assert states_of(records) == dict.fromkeys(("start", "ends", "after"), "success")
    looks = {"emr serverless": 2, "step functions": 1}.get(kind, 0)
    assert [name for name in service.calls if ".sync" in name] == [RESOURCES[kind]]
    assert len(service.calls) == 1 + looks
    assert ended == 60
    pushed = pushed_in(converted(workflow(*pair(kind))), Service(good(kind)))
    if kind in PUSHED:
        assert pushed["start"]["output"] == PUSHED[kind]
    else:
        assert list(pushed["start"]["output"].values()) == [good(kind)]
    assert pushed["ends"].get("xcom") == ({"output": {"n": 1}} if kind == "step functions" else None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_that_fails_fails_the_sensor_alone(kind):
    found = converted(workflow(*pair(kind), empty("after", "ends")))
    records, _ = played(found, Service(job_failed(kind)))
    assert states_of(records) == {"start": "success", "ends": "failed", "after": "upstream_failed"}
    # What is pushed as soon as the job has begun is there, as in Airflow.
    pushed = records["start"]["output"]
    assert (
        pushed == PUSHED[kind]
        if kind in PUSHED
        else list(pushed.values()) == [json.loads(job_failed(kind).cause)]
    )
    assert records["ends"]["error"] == "AirflowException"
    assert records["ends"]["cause"] == f"the state is {BAD.get(kind, 'FAILED')}: out of memory"


@pytest.mark.parametrize("kind", SOME)
def test_a_start_that_fails_is_tried_again_and_fails_the_submit(kind):
    tasks = pair(kind, submit_retries=Retries(2, 30.0))
    refused = TaskFailure("Some.AccessDeniedException", "no")
    service = Service(refused, refused, job_failed(kind))
    records, ended = played(converted(workflow(*tasks)), service)
    assert states_of(records) == {"start": "success", "ends": "failed"}
    assert ended == 2 * 30 + 60, "the job itself is not started again"
    records, _ = played(converted(workflow(*tasks)), Service(refused))
    assert states_of(records) == {"start": "failed", "ends": "upstream_failed"}
    assert records["start"]["error"] == "Some.AccessDeniedException"


@pytest.mark.parametrize("kind", [*SOME, "emr on eks"])
def test_the_sensors_timeout_ends_the_job(kind):
    often = {"poll_interval": 30, "max_retries": 9} if kind == "emr on eks" else {"poke_interval": 30}
    tasks = pair(kind, {"timeout": 100, **often}, retries=Retries(3, 10.0))
    records, ended = played(converted(workflow(*tasks)), Service(good(kind), seconds=1000))
    assert states_of(records) == {"start": "success", "ends": "failed"}
    assert records["ends"]["error"] == "AirflowSensorTimeout"
    # Airflow looks at 90 s and at 120 s; a timeout is not tried again.
    assert ended == 120


def test_each_try_of_the_sensor_looks_at_the_same_job():
    tasks = pair("glue", retries=Retries(2, 30.0))
    service = Service(job_failed("glue"))
    records, ended = played(converted(workflow(*tasks)), service)
    assert records["ends"]["state"] == "failed"
    assert (len(service.calls), ended) == (1, 60 + 2 * 30)


def test_its_execution_timeout_counts_without_retries():
    tasks = pair("glue", execution_timeout=45.0)
    records, ended = played(converted(workflow(*tasks)), Service(good("glue")))
    assert (records["ends"]["state"], records["ends"]["error"], ended) == ("failed", "AirflowTaskTimeout", 45)
    # A rescheduled sensor's worker is free between two looks.
    tasks = pair("glue", {"mode": "reschedule"}, execution_timeout=45.0)
    assert states_of(played(converted(workflow(*tasks)), Service(good("glue")))[0])["ends"] == "success"


def test_the_submits_execution_timeout_does_not_limit_the_job():
    found = converted(workflow(*pair("glue", submit_execution_timeout=10.0)))
    assert states_of(played(found, Service(good("glue")))[0]) == {"start": "success", "ends": "success"}
    (said,) = (item for item in found.diagnostics if item.code.id == "D275")
    assert "the execution_timeout of 'start' does not limit that call" in said.problem


def test_a_cause_that_is_cut_off_or_no_json_fails_nothing_else():
    for cause in ("", "no JSON", '{"Arguments": {"--x": "', '{"Id": "jr_1", "JobRunState": "STOPPED", "Err'):
        found = converted(workflow(*pair("glue")))
        records, _ = played(found, Service(TaskFailure("States.TaskFailed", cause)))
        assert states_of(records) == {"start": "success", "ends": "failed"}
    assert records["start"]["output"] == "jr_1"
    assert records["ends"]["cause"] == "the state is STOPPED"


def test_a_cause_that_describes_a_job_is_that_of_a_job_whatever_the_error_is_called():
    cause = json.dumps(SHOWN["batch"]("FAILED"))
    found = converted(workflow(*pair("batch", submit_retries=Retries(2, 30.0))))
    service = Service(TaskFailure("Batch.JobFailed", cause))
    assert states_of(played(found, service)[0]) == {"start": "success", "ends": "failed"}
    assert len(service.calls) == 1


def test_a_stopped_training_job_fails_its_sensor_whatever_the_call_says():
    found = converted(workflow(*pair("training")))
    records, _ = played(found, Service(SHOWN["training"]("Stopped")))
    assert states_of(records) == {"start": "success", "ends": "failed"}


def test_the_machine_may_do_what_a_submit_that_waits_may_do():
    for kind in KINDS:
        submit, sensor = pair(kind)
        flow = workflow(submit, sensor)
        waits = "deferrable" if kind == "step functions" else "wait_for_completion"
        alone, _ = step_of(replace(submit, arguments={**submit.arguments, waits: True}), flow)
        steps = converted(flow).steps
        assert alone is not None
        assert steps["start"].permissions == alone.permissions
        assert bool(steps["ends"].permissions) == (kind == "step functions")


def test_a_run_that_is_gone_on_with_keeps_how_the_job_ended():
    found = converted(workflow(*pair("glue"), empty("after", "ends")), resumable=True)
    records, _ = played(found, Service(job_failed("glue")))
    service = Service(good("glue"))
    again, _ = played(found, service, {"resumed": {"start": records["start"]}})
    assert (states_of(again)["ends"], service.calls) == ("failed", [])  # as Airflow's sensor, cleared alone
    # A machine that polled has recorded no end of the job: it may be any.
    polled = {name: value for name, value in records["start"].items() if name != "job"}
    again, _ = played(found, service, {"resumed": {"start": polled}})
    assert states_of(again)["ends"] == "failed"
    assert "does not say how its job has ended" in again["ends"]["cause"]


OTHER_JOB = {"job_name": "other"}
#: ``start.output``, as the loader has it.
OUTPUT = Opaque(
    XCOM_ARG, "{{ task_instance.xcom_pull(task_ids='start', dag_id='example', key='return_value') }}"
)
FORMS = (
    OUTPUT,
    "{{ ti.xcom_pull('start') }}",
    "{{ task_instance.xcom_pull(task_ids='start') }}",
    '{{ti.xcom_pull(task_ids=["start"],key="return_value")[0]}}',
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("native", [False, True])
def test_what_the_submit_pushes_is_known_in_all_its_forms(form, native):
    settings = {"render_template_as_native_obj": native}
    assert codes(converted(workflow(*pair("glue", {"run_id": form}), settings=settings))) == {"D275"}


@pytest.mark.parametrize("place", ["['Training']['TrainingJobName']", ".Training.TrainingJobName"])
def test_a_job_of_sagemakers_is_known_by_the_description(place):
    name = f"{{{{ ti.xcom_pull('start'){place} }}}}"
    assert codes(converted(workflow(*pair("training", {"job_name": name})))) == {"D275"}


def test_one_template_of_the_run_names_one_job():
    submit, sensor = pair("glue", {"job_name": "{{ params.job }}-{{ dag_run.conf['x'] }}"})
    submit = replace(
        submit,
        arguments={**submit.arguments, "job_name": sensor.arguments["job_name"]},
        template_fields=("job_name",),
    )
    assert codes(converted(workflow(submit, sensor, params={"job": "j"}))) == {"D275"}


@pytest.mark.parametrize(
    ("sensor", "submit", "why"),
    [
        ({"soft_fail": True}, {}, "soft_fail is about its own looks"),
        ({"never_fail": True}, {}, "never_fail is about its own looks"),
        ({"silent_fail": True}, {}, "silent_fail is about its own looks"),
        (OTHER_JOB, {}, "need not be the job of 'start'"),
        ({"run_id": "jr_7"}, {}, "need not be the job of 'start'"),
        ({"run_id": "{{ ti.xcom_pull('start', key='other') }}"}, {}, "need not be the job of 'start'"),
        ({"run_id": "x{{ ti.xcom_pull('start') }}"}, {}, "need not be the job of 'start'"),
        ({"job_name": "j{{ ti.try_number }}"}, {"job_name": "j{{ ti.try_number }}"}, "need not be the job"),
        ({"aws_conn_id": "mine"}, {}, "different connections"),
        ({"aws_conn_id": None}, {}, "different connections"),
        ({"region_name": "eu-west-1"}, {}, "different connections"),
    ],
)  # fmt: skip
def test_arguments_that_keep_them_apart(sensor, submit, why):
    start, ends = pair("glue", sensor)
    start = replace(start, arguments={**start.arguments, **submit}, template_fields=("job_name",))
    assert _said(converted(workflow(start, ends))) == [why]


def test_the_default_connection_may_be_named():
    assert codes(converted(workflow(*pair("glue", {"aws_conn_id": "aws_default"})))) == {"D275"}


def _said(found: Conversion, *whys: str) -> Any:
    """Compare with what is said of pairs that stay apart, by parts of its text."""
    assert codes(found) == {"D276"}

    class Texts(list):  # type: ignore[type-arg]
        def __eq__(self, other: object) -> bool:
            return (
                isinstance(other, list)
                and len(self) == len(other)
                and all(why in text for why, text in zip(other, self, strict=True))
            )

        __hash__ = None  # type: ignore[assignment]

    return Texts(item.problem for item in found.diagnostics if item.code.id == "D276")


def test_target_states_keep_them_apart():
    tasks = pair("emr serverless", {"target_states": ["RUNNING"]})
    assert _said(converted(workflow(*tasks))) == ["argument 'target_states' changes what it waits for"]


def test_others_that_need_the_submit_keep_them_apart():
    start, ends = pair("glue")
    assert _said(converted(workflow(start, ends, empty("too", "start")))) == [
        "'too' begins as soon as the job"
    ]
    done = TriggerRule.ALL_DONE
    late = reader(glue("late", "ends", trigger_rule=done), ["start"])
    assert _said(converted(workflow(start, ends, late))) == [
        "'late' reads what 'start' pushes, which is not known"
    ]
    later = [glue("between", "ends", trigger_rule=done), reader(glue("late", "between"), ["start"])]
    assert _said(converted(workflow(start, ends, *later))) == [
        "'late' reads what 'start' pushes, which is not known"
    ]
    tasks = pair("training")
    behind = reader(glue("late", "ends"), ["start"])
    assert _said(converted(workflow(*tasks, behind))) == ["which is not the same once the job has ended"]


def test_who_runs_only_behind_the_sensors_success_may_read_the_submit():
    start, ends = pair("glue")
    behind = [glue("between", "ends"), reader(glue("late", "between"), ["start"])]
    assert codes(converted(workflow(start, ends, *behind))) == {"D275"}
    # Reading start.output makes a task downstream of the submit, too.
    found = converted(workflow(start, ends, reader(glue("late", "start", "ends"), ["start"])))
    assert codes(found) == {"D275"}
    records, _ = played(found, Service(job_failed("glue")))
    assert states_of(records) == {"start": "success", "ends": "failed", "late": "upstream_failed"}


def test_rules_setups_and_limits_that_keep_them_apart():
    done = TriggerRule.ALL_DONE
    assert _said(converted(workflow(*pair("glue", trigger_rule=done)))) == ["its trigger rule is all_done"]
    assert _said(converted(workflow(*pair("glue", submit_is_setup=True)))) == ["setups and teardowns"]
    assert _said(converted(workflow(*pair("glue"), dagrun_timeout=600.0))) == ["dagrun_timeout would stop"]
    anew = pair("glue", execution_timeout=60.0, retries=Retries(1))
    assert _said(converted(workflow(*anew))) == ["its execution_timeout begins anew"]
    assert _said(converted(workflow(*pair("glue")), failures=Failures.STOP)) == [
        "a first failure ends the run"
    ]


def test_a_submit_that_skips_may_overtake_keeps_them_apart():
    early = pair("glue", submit_upstream=("one", "two"), submit_trigger_rule=TriggerRule.ONE_SUCCESS)
    found = converted(workflow(branch("one"), empty("two"), *early, empty("after", "ends")))
    assert _said(found) == ["'start' may begin before something upstream"]
    found = converted(workflow(glue("one"), empty("two"), *early))
    assert codes(found) == {"D275"}, "nothing orders skips"


def test_kept_apart_by_the_option():
    found = converted(workflow(*pair("glue")), pairs=Pairs.POLL)
    assert _said(found) == ["--pairs poll"]
    assert found.steps["start"].resource == "arn:aws:states:::glue:startJobRun"


def test_a_submit_that_waits_is_no_pair():
    start, ends = pair("glue")
    start = replace(start, arguments={"job_name": "j"})
    assert codes(converted(workflow(start, ends))) == set()


def test_what_a_record_keeps_of_a_cause_shrinks_with_the_dag():
    many = [empty(f"t{n}") for n in range(150)]
    records, _ = played(converted(workflow(*pair("glue"), *many)), Service(job_failed("glue")))
    assert len(json.dumps(records["start"])) < 250
    assert len(records["start"]["job"]["cause"]) == 29  # "the state is FAILED: out of m…"
