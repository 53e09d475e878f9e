"""Amazon EMR clusters and their steps.

Steps of a cluster run one after another, whatever becomes of the one before. A cluster that is not kept alive
terminates when its last step has ended.
"""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from converter.local.integrations.jobs.kinds import (
    Answer,
    JobDesk,
    JobError,
    JobKind,
    Request,
    described_shape,
    echo,
    listing,
    present,
    showing,
)
from converter.local.integrations.jobs.model import Job, Phase

_FATAL = ("TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW")
"""What ActionOnFailure says when a failing step is to end its cluster; both are spellings of one thing."""


def _identify_cluster(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"j-{token_hex(7)[:13].upper()}"
    return identity, desk.arn(f"cluster/{identity}")


def _identify_step(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = f"s-{token_hex(7)[:13].upper()}"
    return identity, desk.arn(f"cluster/{request['ClusterId']}/step/{identity}")


def _run_job_flow(clusters: JobDesk, request: Request) -> Answer:
    cluster = clusters.start(request)
    _add(clusters, cluster, request.get("Steps", []))
    return {"JobFlowId": cluster.id, "ClusterArn": cluster.arn}


def _add_steps(steps: JobDesk, request: Request) -> Answer:
    clusters = steps.siblings["cluster"]
    cluster = clusters.known(request["JobFlowId"])
    if _state(clusters, cluster).startswith("TERMINAT"):
        raise JobError(
            STEP.refusal, "A job flow that is shutting down, terminating, or finished may not be modified."
        )
    return {"StepIds": _add(clusters, cluster, request["Steps"])}


def _add(clusters: JobDesk, cluster: Job, steps: list[Request]) -> list[str]:
    desk = clusters.siblings["step"]
    one_by_one = cluster.request.get("StepConcurrencyLevel", 1) == 1
    added = []
    for step in steps:
        before = [other.ends_on for other in _steps_of(clusters, cluster)] if one_by_one else []
        begins_on = max(desk.now(), cluster.ends_on, *before)
        added.append(desk.start({**step, "ClusterId": cluster.id}, begins_on=begins_on).id)
    return added


def _steps_of(clusters: JobDesk, cluster: Job) -> list[Job]:
    """Return the cluster's steps, newest first."""
    desk = clusters.siblings["step"]
    return [step for step in desk.newest_first() if step.request["ClusterId"] == cluster.id]


def _state(clusters: JobDesk, cluster: Job) -> str:
    now = clusters.now()
    if cluster.phase(now) is not Phase.SUCCEEDED:
        return clusters.state(cluster)
    steps = _steps_of(clusters, cluster)
    if any(_is_fatal(step, now) for step in steps):
        return "TERMINATED_WITH_ERRORS"
    if not all(step.is_over(now) for step in steps):
        return "RUNNING"
    kept = cluster.request.get("Instances", {}).get("KeepJobFlowAliveWhenNoSteps", False)
    return "WAITING" if kept else "TERMINATED"


def _is_fatal(step: Job, now: datetime) -> bool:
    failed = step.phase(now) in (Phase.FAILED, Phase.TIMED_OUT)
    return failed and step.request.get("ActionOnFailure", "TERMINATE_CLUSTER") in _FATAL


def _reason(clusters: JobDesk, cluster: Job, state: str) -> Answer:
    now = clusters.now()
    if problem := cluster.problem(now):
        stopped = cluster.phase(now) is Phase.STOPPED
        return {"Code": "USER_REQUEST" if stopped else "BOOTSTRAP_FAILURE", "Message": problem}
    code = {"TERMINATED": "ALL_STEPS_COMPLETED", "TERMINATED_WITH_ERRORS": "STEP_FAILURE"}.get(state)
    return {} if code is None else {"Code": code, "Message": "Steps completed"}


def _show_cluster(clusters: JobDesk, cluster: Job) -> Answer:
    state = _state(clusters, cluster)
    ended = max([cluster.ends_on, *(step.ends_on for step in _steps_of(clusters, cluster))])
    timeline = {
        "CreationDateTime": cluster.created_on,
        "ReadyDateTime": cluster.ends_on if cluster.phase(clusters.now()) is Phase.SUCCEEDED else None,
        "EndDateTime": ended if state.startswith("TERMINATED") else None,
    }
    return {
        **echo(cluster.request, described_shape("emr", "DescribeCluster", "Cluster")),
        **_cluster_entry(clusters, cluster),
        "AutoTerminate": not cluster.request.get("Instances", {}).get("KeepJobFlowAliveWhenNoSteps", False),
        "TerminationProtected": cluster.request.get("Instances", {}).get("TerminationProtected", False),
        "Status": {
            "State": state,
            "StateChangeReason": _reason(clusters, cluster, state),
            "Timeline": present(timeline),
        },
    }


def _cluster_entry(clusters: JobDesk, cluster: Job) -> Answer:
    return {
        "Id": cluster.id,
        "Name": cluster.request["Name"],
        "ClusterArn": cluster.arn,
        "Status": {"State": _state(clusters, cluster)},
    }


def _list_clusters(clusters: JobDesk, request: Request) -> Answer:
    found: list[Answer] = listing("Clusters", _cluster_entry)(clusters, request)["Clusters"]
    states = request.get("ClusterStates")
    return {"Clusters": [entry for entry in found if not states or entry["Status"]["State"] in states]}


def _terminate(clusters: JobDesk, request: Request) -> Answer:
    for identity in request["JobFlowIds"]:
        cluster = clusters.known(identity)
        if not _state(clusters, cluster).startswith("TERMINATED"):
            clusters.stop(identity, "Terminated by user request", even_if_over=True)
        for step in _steps_of(clusters, cluster):
            clusters.siblings["step"].stop(step.id)
    return {}


def _show_step(steps: JobDesk, step: Job) -> Answer:
    now = steps.now()
    problem = step.problem(now)
    timeline = {
        "CreationDateTime": step.created_on,
        "StartDateTime": step.runs_from if step.has_run(now) else None,
        "EndDateTime": step.ends_on if step.is_over(now) else None,
    }
    status = {
        "State": steps.state(step),
        "StateChangeReason": {},
        "FailureDetails": {"Reason": problem, "Message": problem} if problem else None,
        "Timeline": present(timeline),
    }
    jar = dict(step.request["HadoopJarStep"])
    if "Properties" in jar:  # a list when it is sent, a map when it is described
        jar["Properties"] = {pair["Key"]: pair["Value"] for pair in jar["Properties"]}
    return {
        "Id": step.id,
        "Name": step.request["Name"],
        "Config": jar,
        "ActionOnFailure": step.request.get("ActionOnFailure", "TERMINATE_CLUSTER"),
        "Status": present(status),
    }


def _list_steps(steps: JobDesk, request: Request) -> Answer:
    found: list[Answer] = listing("Steps", JobDesk.show, ClusterId="ClusterId")(steps, request)["Steps"]
    states, wanted = request.get("StepStates"), request.get("StepIds")
    return {
        "Steps": [
            step
            for step in found
            if (not states or step["Status"]["State"] in states) and (not wanted or step["Id"] in wanted)
        ]
    }


def _cancel_steps(steps: JobDesk, request: Request) -> Answer:
    answers = []
    for identity in request["StepIds"]:
        can_be = not steps.known(identity).is_over(steps.now())
        steps.stop(identity)
        answers.append({"StepId": identity, "Status": "SUBMITTED" if can_be else "FAILED"})
    return {"CancelStepsInfoList": answers}


CLUSTER = JobKind(
    service="emr",
    name="cluster",
    # SUCCEEDED: it is up. What it does then, follows from its steps.
    states={
        Phase.QUEUED: "STARTING",
        Phase.RUNNING: "BOOTSTRAPPING",
        Phase.SUCCEEDED: "WAITING",
        Phase.FAILED: "TERMINATED_WITH_ERRORS",
        Phase.TIMED_OUT: "TERMINATED_WITH_ERRORS",
        Phase.STOPPED: "TERMINATED",
    },
    identify=_identify_cluster,
    show=_show_cluster,
    operations={
        "RunJobFlow": _run_job_flow,
        "DescribeCluster": showing("ClusterId", "Cluster"),
        "ListClusters": _list_clusters,
        "TerminateJobFlows": _terminate,
    },
    refusal="InvalidRequestException",
    unknown=("InvalidRequestException", "Cluster id '{}' is not valid."),
    arguments=lambda request: {name: value for name, value in request.items() if name != "Steps"},
)

STEP = JobKind(
    service="emr",
    name="step",
    states={
        Phase.QUEUED: "PENDING",
        Phase.RUNNING: "RUNNING",
        Phase.SUCCEEDED: "COMPLETED",
        Phase.FAILED: "FAILED",
        Phase.TIMED_OUT: "FAILED",
        Phase.STOPPED: "CANCELLED",
    },
    identify=_identify_step,
    show=_show_step,
    operations={
        "AddJobFlowSteps": _add_steps,
        "DescribeStep": showing("StepId", "Step"),
        "ListSteps": _list_steps,
        "CancelSteps": _cancel_steps,
    },
    refusal="InvalidRequestException",
    unknown=("InvalidRequestException", "Step id '{}' is not valid."),
)
