"""Amazon EMR on EKS, and EMR Serverless."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import (
    Pace,
    Request,
    allow,
    arn,
    pass_role,
    request,
    step_of,
    wait_for,
)
from converter.operators.step import Permission, Step

_EMR = f"{AMAZON}.operators.emr"
_READY = ("CREATED", "STARTED")


@converts(f"{_EMR}.EmrEksCreateClusterOperator")
def create_virtual_cluster(args: Arguments) -> Step:
    """A new virtual cluster: ``emr-containers:createVirtualCluster``.

    Return value, as in Airflow: its id.
    """
    arguments = {
        "name": args.take("virtual_cluster_name"),
        "containerProvider": {
            "id": args.take("eks_cluster_name"),
            "type": "EKS",
            "info": {"eksInfo": {"namespace": args.take("eks_namespace")}},
        },
        "tags": args.take("tags") or {},
    }
    args.set_aside("virtual_cluster_id")
    made = request("emr-containers:createVirtualCluster", arguments, keeps={"id": "$states.result.Id"})
    return step_of(args, made, output="$id")


@converts(f"{_EMR}.EmrContainerOperator")
def container_job(args: Arguments) -> Step:
    """A job on EKS: ``emr-containers:startJobRun``, with ``.sync`` where the operator waits.

    Return value, as in Airflow: the job run's id.
    """
    cluster, retries = args.take("virtual_cluster_id"), args.take("job_retry_max_attempts")
    arguments = {
        "name": args.take("name"),
        "virtualClusterId": cluster,
        "executionRoleArn": args.take("execution_role_arn"),
        "releaseLabel": args.take("release_label"),
        "jobDriver": args.take("job_driver"),
        "configurationOverrides": args.take("configuration_overrides") or {},
        "tags": args.take("tags") or {},
        "clientToken": args.take("client_request_token"),
        "retryPolicyConfiguration": {"maxAttempts": retries} if retries else None,
    }
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    interval, polls = args.take_number("poll_interval", 30), args.take("max_polling_attempts")
    limit = round(interval * polls) if waits and isinstance(polls, (int, float)) and polls else None
    _report_lineage(args)
    args.set_aside("cancel_on_kill")
    where = arn("emr-containers", "/virtualclusters/{}", cluster)
    runs = arn("emr-containers", "/virtualclusters/{}/jobruns/*", cluster)
    also = allow("emr-containers:DescribeJobRun", "emr-containers:CancelJobRun", on=runs)
    start = request(
        "emr-containers:startJobRun",
        arguments,
        on=where,
        optimised="emr-containers:startJobRun" + (".sync" if waits else ""),
        keeps={"id": "$states.result.Id"},
        also=(also,) if waits else (),
    )
    return step_of(args, start, output="$id", timeout=limit)


def _report_lineage(args: Arguments) -> None:
    if args.take("openlineage_inject_parent_job_info") or args.take("openlineage_inject_transport_info"):
        args.report(d.LOST_FEATURE, "OpenLineage information is not injected", "pass it in the job")


@converts(f"{_EMR}.EmrServerlessCreateApplicationOperator")
def create_application(args: Arguments) -> Step:
    """A new application of EMR Serverless, which is started, with the wait until it is.

    Return value, as in Airflow: its id.
    """
    arguments = {
        "releaseLabel": args.take("release_label"),
        "type": args.take("job_type"),
        "clientToken": args.take("client_request_token") or Expression("$uuid()"),
        **args.take_mapping("config"),
    }
    often = _often(args)
    create = request(
        "emr-serverless:createApplication",
        arguments,
        on=arn("emr-serverless", "/"),
        keeps={"id": "$states.result.ApplicationId"},
    )
    application = Expression("$id")
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    created = _wait("serverless_app_created", application, often)
    started = [_wait("serverless_app_started", application, often)] if waits else []
    return step_of(args, create, created, _on(application, "startApplication"), *started, output="$id")


@converts(f"{_EMR}.EmrServerlessStopApplicationOperator")
def stop_application(args: Arguments) -> Step:
    """An application of EMR Serverless is stopped, with the wait until it is.

    Return value, as in Airflow: none. With ``force_stop`` its running jobs are waited for, not cancelled.
    """
    application, often = args.take("application_id"), _often(args)
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    stopped = [_wait("serverless_app_stopped", application, often)] if waits else []
    return step_of(args, *_emptied(args, application), _on(application, "stopApplication"), *stopped)


@converts(f"{_EMR}.EmrServerlessDeleteApplicationOperator")
def delete_application(args: Arguments) -> Step:
    """An application of EMR Serverless is stopped and deleted, with the waits until it is.

    Return value, as in Airflow: none. With ``force_stop`` its running jobs are waited for, not cancelled.
    """
    application, often = args.take("application_id"), _often(args)
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    gone = [_wait("serverless_app_terminated", application, often)] if waits else []
    return step_of(
        args,
        *_emptied(args, application),
        _on(application, "stopApplication"),
        _wait("serverless_app_stopped", application, often),
        _on(application, "deleteApplication"),
        *gone,
    )


def _emptied(args: Arguments, application: Any) -> list[Request]:
    """Return what ``force_stop`` does first."""
    if not args.take("force_stop", False):
        return []
    problem = "force_stop waits for running jobs to end, and does not cancel them"
    args.report(d.LOST_FEATURE, problem, "cancel them where they are started")
    states = ["PENDING", "SCHEDULED", "RUNNING", "SUBMITTED", "CANCELLING"]
    asked = {"applicationId": application, "states": states}
    return [wait_for("emr-serverless:no_job_running", asked, on=_application_arn(application))]


@converts(f"{_EMR}.EmrServerlessStartJobOperator")
def serverless_job(args: Arguments) -> Step:
    """A job of EMR Serverless: ``emr-serverless:startJobRun``, with ``.sync`` where the operator waits.

    Return value, as in Airflow: the job run's id. The application is started first if it is not.
    """
    application, role = args.take("application_id"), args.take("execution_role_arn")
    config, name = args.take_mapping("config"), args.take("name")
    name = (
        name or config.pop("name", None) or Expression(f"{literal('emr_serverless_job_airflow_')} & $uuid()")
    )
    arguments = {
        "clientToken": args.take("client_request_token") or Expression("$uuid()"),
        "applicationId": application,
        "executionRoleArn": role,
        "jobDriver": args.take("job_driver"),
        "configurationOverrides": args.take("configuration_overrides"),
        "name": name,
        **config,
    }
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    often = _often(args)
    _report_lineage(args)
    args.set_aside("enable_application_ui_links", "cancel_on_kill")
    path = "$states.result.Application.State"
    look = request(
        "emr-serverless:getApplication",
        {"applicationId": application},
        on=_application_arn(application),
        keeps={"ready": f"{path} in {literal(list(_READY))}"},
        does="look at the application",
    )
    start = request(
        "emr-serverless:startApplication",
        {"applicationId": application},
        on=_application_arn(application),
        when="$not($ready)",
    )
    started = _wait("serverless_app_started", application, often)
    job = request(
        "emr-serverless:startJobRun",
        arguments,
        on=_application_arn(application),
        optimised="emr-serverless:startJobRun" + (".sync" if waits else ""),
        keeps={"id": "$states.result.JobRunId"},
        also=(pass_role(role), *_jobs(application, waits)),
    )
    return step_of(args, look, start, started, job, output="$id")


def _jobs(application: Any, waits: bool) -> tuple[Permission, ...]:
    if not waits:
        return ()
    runs = arn("emr-serverless", "/applications/{}/jobruns/*", application)
    rule = arn("events", "rule/{}", "StepFunctionsGetEventsForEMRServerlessJobRule")
    return (
        allow("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun", on=runs),
        allow("events:PutTargets", "events:PutRule", "events:DescribeRule", on=rule),
    )


@converts(f"{_EMR}.EmrServerlessStartSessionOperator")
def start_session(args: Arguments) -> Step:
    """A session of EMR Serverless: ``emr-serverless:startSession``, and the wait until it is ready.

    Return value, as in Airflow: ids of application and session.
    """
    application, role = args.take("application_id"), args.take("execution_role_arn")
    arguments = {
        "applicationId": application,
        "executionRoleArn": role,
        "name": args.take("name"),
        "idleTimeoutMinutes": args.take("idle_timeout_minutes"),
        "configurationOverrides": args.take("configuration_overrides"),
        "clientToken": Expression("$uuid()"),
    }
    start = request(
        "emr-serverless:startSession",
        arguments,
        on=_application_arn(application),
        keeps={"id": "$states.result.SessionId"},
        also=(pass_role(role),),
    )
    result = f"{{'application_id': {literal(application)}, 'session_id': $id}}"
    return _session(args, start, application, Expression("$id"), "ready", result)


@converts(f"{_EMR}.EmrServerlessStopSessionOperator")
def stop_session(args: Arguments) -> Step:
    """A session of EMR Serverless is ended: ``emr-serverless:terminateSession``, with the wait for it.

    Return value, as in Airflow: none.
    """
    application, session = args.take("application_id"), args.take("session_id")
    asked = {"applicationId": application, "sessionId": session}
    end = request("emr-serverless:terminateSession", asked, on=_application_arn(application))
    return _session(args, end, application, session, "terminated", None)


def _session(
    args: Arguments, first: Request, application: Any, session: Any, state: str, output: str | None
) -> Step:
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    delay, attempts = args.take_number("waiter_delay", 10), args.take_number("waiter_max_attempts", 60)
    asked = {"applicationId": application, "sessionId": session}
    wait = wait_for(f"emr-serverless:serverless_session_{state}", asked, delay=delay, attempts=attempts)
    return step_of(args, first, *([wait] if waits else []), output=output)


@converts(f"{_EMR}.EmrServerlessGetSessionEndpointOperator")
def session_endpoint(args: Arguments) -> Step:
    """Where a session is reached: ``emr-serverless:getSessionEndpoint``.

    Return value, as in Airflow: endpoint, token, and when that expires; the token is seen in the history.
    """
    asked = {"applicationId": args.take("application_id"), "sessionId": args.take("session_id")}
    result = "$states.result"
    found = request(
        "emr-serverless:getSessionEndpoint",
        asked,
        keeps={
            "found": f"{{'endpoint': {result}.Endpoint, 'auth_token': {result}.AuthToken, "
            f"'auth_token_expires_at': {result}.AuthTokenExpiresAt}}"
        },
    )
    return step_of(args, found, output="$found")


def _often(args: Arguments) -> Pace:
    return {
        "delay": _number(args, "waiter_delay", 60),
        "attempts": _number(args, "waiter_max_attempts", 25),
    }


def _number(args: Arguments, name: str, default: float) -> float:
    # The operators know an argument that is not given by an object of their own.
    value = args.task.arguments.get(name)
    if value is None or isinstance(value, (int, float)):
        return args.take_number(name, default)
    args.set_aside(name)
    return default


def _on(application: Any, action: str) -> Request:
    asked = {"applicationId": application}
    return request(f"emr-serverless:{action}", asked, on=_application_arn(application))


def _wait(waiter: str, application: Any, often: Pace) -> Request:
    where = _application_arn(application)
    return wait_for(f"emr-serverless:{waiter}", {"applicationId": application}, on=where, **often)


def _application_arn(application: Any) -> str:
    return arn("emr-serverless", "/applications/{}", application)
