"""AWS Glue."""

from __future__ import annotations

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection, waiter_timeout
from converter.operators.registry import converts
from converter.operators.step import GlueRun, Permission, Retrier, Step
from converter.workflow import Opaque

#: Step Functions reports throttling of StartJobRun as AWSGlueException ("Rate exceeded"), and a run over
#: the job's MaxConcurrentRuns as ConcurrentRunsExceededException: both pass, so both are tried again.
_THROTTLING = Retrier(("Glue.AWSGlueException", "Glue.ConcurrentRunsExceededException"))

#: What GlueJobOperator needs only when the job does not exist yet, and then creates it from.
_JOB_DEFINITION = (
    "job_desc",
    "script_location",
    "concurrent_run_limit",
    "retry_limit",
    "num_of_dpus",
    "s3_bucket",
    "iam_role_name",
    "iam_role_arn",
    "create_job_kwargs",
    "replace_script_file",
)


#: The members of StartJobRun (AWS documentation) that are not the operator's own arguments.
_RUN_MEMBERS = frozenset(
    {
        "AllocatedCapacity",
        "ExecutionClass",
        "JobRunQueuingEnabled",
        "MaxCapacity",
        "NotificationProperty",
        "NumberOfWorkers",
        "SecurityConfiguration",
        "Timeout",
        "WorkerType",
    }
)


@converts("airflow.providers.amazon.aws.operators.glue.GlueJobOperator")
def glue_job(args: Arguments) -> Step:
    """A run of a Glue job: ``glue:startJobRun``, with ``.sync`` where the operator waits.

    Return value, as in Airflow: the run's id. The job itself is the user's and must exist.
    """
    job_name = args.take_name("job_name")
    if isinstance(job_name, str) and ("*" in job_name or "?" in job_name):
        problem = f"the job name '{job_name}' would be a wildcard in the machine's permissions"
        args.report(d.BAD_ARGUMENT, problem, "rename the job")
    script_args = args.take_object("script_args")
    run_kwargs = _run_kwargs(args)
    waits = bool(args.take("wait_for_completion", True))
    deferrable = bool(args.take("deferrable", False))
    timeout = waiter_timeout(args, delay=60, attempts=75, applies=deferrable)
    _report_job_definition(args)
    if args.take("openlineage_inject_parent_job_info") or args.take("openlineage_inject_transport_info"):
        args.report(d.LOST_FEATURE, "OpenLineage information is not injected", "pass it in script_args")
    if args.take("sleep_before_return"):
        args.report(d.LOST_FEATURE, "sleep_before_return has no counterpart", "leave it out")
    set_aside_connection(args)
    # How the operator polls, logs and survives its own restart; Step Functions does this in its own way.
    args.set_aside("verbose", "job_poll_interval", "durable", "resume_glue_job_on_retry")
    # A .sync task's run is always stopped with the execution: the safer of the operator's two ways.
    args.set_aside("stop_job_run_on_kill")
    waits = waits or deferrable
    return Step(
        task_id=args.task.task_id,
        operator="GlueJobOperator",
        resource="arn:aws:states:::glue:startJobRun" + (".sync" if waits else ""),
        arguments={"JobName": job_name, "Arguments": _text_values(args, script_args), **run_kwargs},
        output=Expression("$states.result.Id" if waits else "$states.result.JobRunId"),
        retriers=(_THROTTLING,),
        timeout=timeout,
        permissions=(_permission(job_name, waits),),
        # A job whose name only the run knows is seen to end by its record alone.
        completion=GlueRun(job_name) if waits and isinstance(job_name, str) else None,
    )


def _run_kwargs(args: Arguments) -> dict[str, object]:
    """Return what is passed on to StartJobRun; Airflow passes JobName and Arguments itself."""
    given = args.take_mapping("run_job_kwargs")
    for key in given.keys() - _RUN_MEMBERS:
        problem = f"run_job_kwargs['{key}'] is not for run_job_kwargs"
        args.report(d.BAD_ARGUMENT, problem, f"use one of {', '.join(sorted(_RUN_MEMBERS))}")
    return {key: value for key, value in given.items() if key in _RUN_MEMBERS}


def _permission(job_name: str | Expression, waits: bool) -> Permission:
    waiting = ("glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun") if waits else ()
    known = isinstance(job_name, str)
    job = (
        f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:job/{job_name if known else '*'}"
    )
    reason = "" if known else "a template gives the job's name"
    return Permission(("glue:StartJobRun", *waiting), (job,), reason)


def _report_job_definition(args: Arguments) -> None:
    if args.take("update_config"):
        args.report(
            d.LOST_FEATURE,
            "update_config changes the Glue job on every run, the machine only runs it",
            "update the job where it is deployed",
        )
    given = [name for name in _JOB_DEFINITION if args.take(name)]
    if given:
        args.report(
            d.JOB_MUST_EXIST,
            f"the Glue job is not created from {', '.join(given)}",
            "deploy the job before the machine (in Airflow the operator creates it if it is missing)",
        )


def _text_values(
    args: Arguments, script_args: dict[str, object] | Expression
) -> dict[str, object] | Expression:
    """Glue takes strings only; Airflow passes others to boto3, which refuses them when the task runs."""
    if isinstance(script_args, Expression):
        return script_args
    for key, value in script_args.items():
        if not isinstance(value, (str, Expression, Opaque)):  # an Opaque has been reported
            args.report(
                d.BAD_ARGUMENT,
                f"script_args['{key}'] is {value!r}, and Glue takes only strings",
                f'write "{value}"',
            )
    return script_args
