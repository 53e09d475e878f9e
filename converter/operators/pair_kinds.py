"""Which submits and sensors one ``.sync`` call can stand for, and what it tells of a job that has failed.

A kind is here only if Step Functions and the sensor take the same ends of a job for success, and the call's
result tells what the submit pushes. (Amazon provider 9.39; AWS documentation, "Run a job".)
"""

from __future__ import annotations

from dataclasses import dataclass

from converter.operators.declared import AMAZON

_OPERATORS, _SENSORS = f"{AMAZON}.operators", f"{AMAZON}.sensors"


@dataclass(frozen=True)
class Pushed:
    """The ``argument`` of a sensor, and ``member`` of its call, that takes up what the submit has pushed.

    ``places`` are what a template may write behind the XCom.
    """

    argument: str
    member: str
    places: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class PairKind:
    """A submit, and the sensor that waits for its job, which ``call`` waits for as well.

    ``waits`` is the switch with which the submit waits by itself. The sensor watches that very job if it is
    given what is ``pushed``, or the same as the submit's call: ``same`` are members that both calls have.
    ``taken`` are the sensor's own arguments that may be given besides.

    The cause of a failed job is its description, as JSON text. Behind the first ``id`` in it is what the
    submit pushes (with ``behind``, what comes behind that); or it pushes the description itself, in a member
    ``described``. ``state`` (the first) and ``reason`` (the last) are members of which the sensor tells.
    ``bad`` are states that fail the sensor, whatever the call says. ``looks``: the sensor itself pushes
    something, and looks for it.
    """

    submit: str
    sensor: str
    call: str
    pushed: Pushed
    state: str
    reason: str
    same: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    id: str = ""
    behind: str = ""
    described: str = ""
    bad: tuple[str, ...] = ()
    waits: str = "wait_for_completion"
    looks: bool = False


def _sagemaker(noun: str) -> PairKind:
    name = f"{noun}JobName"
    return PairKind(
        f"{_OPERATORS}.sagemaker.SageMaker{noun}Operator",
        f"{_SENSORS}.sagemaker.SageMaker{noun}Sensor",
        f"sagemaker:create{noun}Job.sync",
        Pushed("job_name", name, (f"['{noun}']['{name}']", f".{noun}.{name}")),
        state=f"{noun}JobStatus",
        reason="FailureReason",
        same=(name,),
        taken=("print_log", "resource_type"),
        described=noun,
        bad=("Failed", "Stopped"),
    )


PAIR_KINDS = (
    PairKind(
        f"{_OPERATORS}.glue.GlueJobOperator",
        f"{_SENSORS}.glue.GlueJobSensor",
        "glue:startJobRun.sync",
        Pushed("run_id", "RunId"),
        state="JobRunState",
        reason="ErrorMessage",
        same=("JobName",),
        taken=("job_name", "verbose", "max_retries"),
        id="Id",
    ),
    PairKind(
        f"{_OPERATORS}.batch.BatchOperator",
        f"{_SENSORS}.batch.BatchSensor",
        "batch:submitJob.sync",
        Pushed("job_id", "Jobs"),
        state="Status",
        reason="StatusReason",
        taken=("max_retries",),
        # The ids of jobs that it depends on may come before its own.
        id="JobArn",
        behind=":job/",
    ),
    PairKind(
        f"{_OPERATORS}.emr.EmrContainerOperator",
        f"{_SENSORS}.emr.EmrContainerSensor",
        "emr-containers:startJobRun.sync",
        Pushed("job_id", "Id"),
        state="State",
        reason="StateDetails",
        same=("VirtualClusterId",),
        taken=("virtual_cluster_id", "poll_interval", "max_retries"),
        id="Id",
    ),
    PairKind(
        f"{_OPERATORS}.emr.EmrServerlessStartJobOperator",
        f"{_SENSORS}.emr.EmrServerlessJobSensor",
        "emr-serverless:startJobRun.sync",
        Pushed("job_run_id", "JobRunId"),
        state="State",
        reason="StateDetails",
        same=("ApplicationId",),
        taken=("application_id",),
        id="JobRunId",
    ),
    _sagemaker("Training"),
    _sagemaker("Processing"),
    PairKind(
        f"{_OPERATORS}.step_function.StepFunctionStartExecutionOperator",
        f"{_SENSORS}.step_function.StepFunctionExecutionSensor",
        "states:startExecution.sync:2",
        Pushed("execution_arn", "ExecutionArn"),
        state="Status",
        reason="Cause",
        id="ExecutionArn",
        waits="deferrable",
        looks=True,
    ),
)
