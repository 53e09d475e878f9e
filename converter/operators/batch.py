"""AWS Batch."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import allow, arn, event_rule, pass_role, request, step_of, wait_for
from converter.operators.step import Step

_BATCH = f"{AMAZON}.operators.batch"


@converts(f"{_BATCH}.BatchOperator")
def batch(args: Arguments) -> Step:
    """A Batch job: ``batch:submitJob``, with ``.sync`` where the operator waits.

    Return value, as in Airflow: the job's id.
    """
    definition, queue = args.take("job_definition"), args.take("job_queue")
    seconds = args.take("submit_job_timeout")
    arguments = {
        "jobName": args.take("job_name"),
        "jobQueue": queue,
        "jobDefinition": definition,
        "arrayProperties": args.take("array_properties"),
        "parameters": args.take("parameters") or {},
        "tags": args.take("tags") or {},
        "containerOverrides": args.take("container_overrides"),
        "ecsPropertiesOverride": args.take("ecs_properties_override"),
        "eksPropertiesOverride": args.take("eks_properties_override"),
        "nodeOverrides": args.take("node_overrides"),
        "retryStrategy": args.take("retry_strategy"),
        "shareIdentifier": args.take("share_identifier"),
        "schedulingPriorityOverride": args.take("scheduling_priority_override"),
        "timeout": {"attemptDurationSeconds": seconds} if seconds else None,
    }
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    if args.take("waiters"):
        args.report(
            d.LOST_FEATURE, "waiters have no effect: Step Functions waits in its own way", "leave it out"
        )
    if args.take("awslogs_enabled"):
        args.report(d.LOGS_STAY, "the job's log is not copied", "read it in CloudWatch")
    if args.task.arguments.get("job_id"):
        args.report(d.BAD_ARGUMENT, "job_id cannot be chosen: Batch gives one", "leave it out")
    # How the operator polls and logs.
    args.set_aside("job_id", "max_retries", "status_retries", "poll_interval", "awslogs_fetch_interval")
    where = arn("batch", "job-queue/{}", queue)
    submitted = request(
        "batch:submitJob",
        arguments,
        on=where,
        optimised="batch:submitJob" + (".sync" if waits else ""),
        keeps={"id": "$states.result.JobId"},
        also=(
            *(allow("batch:SubmitJob", on=resource) for resource in _definition_arns(definition)),
            allow("batch:SubmitJob", on=arn("batch", "job/*"), reason="a job's id is given by Batch"),
            *(
                (
                    allow("batch:DescribeJobs", "batch:TerminateJob", reason="a job's id is given by Batch"),
                    event_rule("StepFunctionsGetEventsForBatchJobsRule"),
                )
                if waits
                else ()
            ),
        ),
    )
    return step_of(args, submitted, output="$id")


def _definition_arns(definition: Any) -> tuple[str, ...]:
    """Return what a job definition is called: without a revision it is the newest, which has a number too."""
    named = arn("batch", "job-definition/{}", definition)
    has_revision = not isinstance(definition, str) or ":" in definition
    return (named,) if has_revision else (named, f"{named}:*")


@converts(f"{_BATCH}.BatchCreateComputeEnvironmentOperator")
def create_compute_environment(args: Arguments) -> Step:
    """A new compute environment: ``batch:createComputeEnvironment``; deferred, the wait until it is valid.

    Return value, as in Airflow: its ARN.
    """
    role, name = args.take("service_role"), args.take("compute_environment_name")
    where = arn("batch", "compute-environment/{}", name)
    created = request(
        "batch:createComputeEnvironment",
        {
            "computeEnvironmentName": name,
            "type": args.take("environment_type"),
            "state": args.take("state"),
            "unmanagedvCpus": args.take("unmanaged_v_cpus"),
            "computeResources": args.take("compute_resources"),
            "serviceRole": role,
            "tags": args.take("tags") or {},
        },
        on=where,
        keeps={"arn": "$states.result.ComputeEnvironmentArn"},
        also=(pass_role(role),),
    )
    deferred = bool(args.take("deferrable", False))
    delay, attempts = args.take_number("poll_interval", 30), args.take("max_retries") or 120
    asked = {"computeEnvironments": [name]}
    wait = wait_for("batch:compute_env_ready", asked, delay=delay, attempts=attempts)
    return step_of(args, created, *([wait] if deferred else []), output="$arn")
