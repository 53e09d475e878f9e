"""Amazon SageMaker: jobs, models, endpoints, notebooks, pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments, Later
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    allow,
    arn,
    event_rule,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
)
from converter.operators.step import Step

_SAGEMAKER = f"{AMAZON}.operators.sagemaker"
_DIFFERS = "the description with dates as Step Functions writes them"
_RULES = {
    "Processing": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "Training": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "Transform": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "HyperParameterTuning": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
}
#: Members that Airflow turns into numbers, because templates make texts.
_NUMBERS = frozenset(
    {
        "InstanceCount",
        "VolumeSizeInGB",
        "MaxRuntimeInSeconds",
        "MaxConcurrentTransforms",
        "MaxPayloadInMB",
        "InitialInstanceCount",
        "MaxNumberOfTrainingJobs",
        "MaxParallelTrainingJobs",
    }
)


def _config(args: Arguments) -> dict[str, Any]:
    if any(isinstance(value, Mapping) and key == "S3Operations" for key, value in _pairs(args)):
        problem = "S3Operations are done by Airflow's own process"
        args.report(d.NO_COUNTERPART, problem, "use S3CreateBucketOperator and S3CreateObjectOperator")
    config = args.take_structure("config")
    # What the run knows has its numbers already.
    return config if isinstance(config, Later) else _numbered(config)


def _pairs(args: Arguments) -> list[tuple[str, Any]]:
    config = args.task.arguments.get("config")
    return list(config.items()) if isinstance(config, Mapping) else []


def _numbered(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbered(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _number(item) if name in _NUMBERS else _numbered(item) for name, item in value.items()}


def _number(value: Any) -> Any:
    if isinstance(value, Expression):
        return Expression(f"$number({value.text})")
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _job(args: Arguments, kind: str, config: Mapping[str, Any], result: str, *first: Request) -> Step:
    """Return a job: started, waited for where the operator waits, and described."""
    name = config.get(f"{kind}JobName")
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    limit = args.take("max_ingestion_time")
    if args.take("print_log"):
        args.report(d.LOGS_STAY, "the job's log is not copied", "read it in CloudWatch")
    if args.take("action_if_job_exists", "timestamp") == "timestamp" and args.take(
        "check_if_job_exists", True
    ):
        problem = "a job of this name must not exist: Airflow would add the time to its name"
        args.report(d.LOST_FEATURE, problem, "make the name of run and time: {{ ts_nodash }}")
    args.set_aside("check_if_job_exists", "check_interval", "max_attempts", "action_if_job_exists")
    where = arn(
        "sagemaker",
        f"{kind.lower()}-job/{{}}".replace("hyperparametertuning", "hyper-parameter-tuning"),
        name,
    )
    inner = config.get("TrainingJobDefinition")
    role = config.get("RoleArn") or (inner.get("RoleArn") if isinstance(inner, Mapping) else None)
    verb = f"create{kind}Job"
    asked = (f"sagemaker:Describe{kind}Job", f"sagemaker:Stop{kind}Job")
    started = request(
        f"sagemaker:{verb}",
        config,
        on=where,
        optimised=f"sagemaker:{verb}" + (".sync" if waits else ""),
        keeps={} if not waits else {"described": "$states.result"},
        also=(
            *((pass_role(role),) if role else ()),
            *((allow(*asked, on=where), allow("sagemaker:AddTags", on=where)) if waits else ()),
            *((event_rule(_RULES[kind]),) if waits else ()),
        ),
    )
    described = request(
        f"sagemaker:describe{kind}Job",
        {f"{kind}JobName": name},
        on=where,
        keeps={"described": "$states.result"},
    )
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "nothing to do if nothing reads its XCom")
    return step_of(
        args,
        *first,
        started,
        *([] if waits else [described]),
        output=f"{{'{result}': $described}}",
        timeout=limit if waits and isinstance(limit, int) else None,
    )


@converts(f"{_SAGEMAKER}.SageMakerProcessingOperator")
def processing(args: Arguments) -> Step:
    """A processing job: ``sagemaker:createProcessingJob``, with ``.sync`` where the operator waits.

    Return value: ``{"Processing": …}``, the job's description, with dates as Step Functions writes them.
    """
    config = _config(args)
    if args.take("output_files_to_xcom"):
        args.report(d.NO_COUNTERPART, "output files are not read", "read them with S3ReadObjectOperator")
    return _job(args, "Processing", config, "Processing")


@converts(f"{_SAGEMAKER}.SageMakerTrainingOperator")
def training(args: Arguments) -> Step:
    """A training job: ``sagemaker:createTrainingJob``, with ``.sync`` where the operator waits.

    Return value: ``{"Training": …}``, the job's description, with dates as Step Functions writes them.
    """
    return _job(args, "Training", _config(args), "Training")


@converts(f"{_SAGEMAKER}.SageMakerTuningOperator")
def tuning(args: Arguments) -> Step:
    """A tuning job: ``sagemaker:createHyperParameterTuningJob``, with ``.sync`` where the operator waits.

    Return value: ``{"Tuning": …}``, the job's description, with dates as Step Functions writes them.
    """
    return _job(args, "HyperParameterTuning", _config(args), "Tuning")


@converts(f"{_SAGEMAKER}.SageMakerTransformOperator")
def transform(args: Arguments) -> Step:
    """A transform job, after its model if the config has one: ``sagemaker:createTransformJob``.

    Return value: ``{"Transform": …}``, the job's description; without that of the model.
    """
    config = _config(args)
    args.set_aside("action_if_model_exists", "check_if_model_exists")
    if isinstance(config, Later):
        # Whether there is a model in it, only the run knows: Airflow takes either form.
        inner = Later(
            Expression(f"($c := {config.expression.text}; $exists($c.Transform) ? $c.Transform : $c)")
        )
        problem = "a model in the config is not made: which config it is, only the run knows"
        args.report(d.LOST_FEATURE, problem, "make it with SageMakerModelOperator")
        return _job(args, "Transform", inner, "Transform")
    return _job(args, "Transform", config.get("Transform", config), "Transform", *_model(config.get("Model")))


def _model(model: Any) -> list[Request]:
    if not isinstance(model, Mapping):
        return []
    where = arn("sagemaker", "model/{}", model.get("ModelName"))
    also = (pass_role(model.get("ExecutionRoleArn")),)
    return [request("sagemaker:createModel", model, on=where, also=also)]


@converts(f"{_SAGEMAKER}.SageMakerModelOperator")
def model(args: Arguments) -> Step:
    """A new model: ``sagemaker:createModel``.

    Return value: ``{"Model": …}``, its description, with dates as Step Functions writes them.
    """
    config = _config(args)
    described = _described("describeModel", "ModelName", config, "model/{}")
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "nothing to do if nothing reads its XCom")
    return step_of(args, *_model(config), described, output="{'Model': $described}")


def _described(
    action: str, member: str, config: Mapping[str, Any], resource: str, keep: str = "described"
) -> Request:
    name = config.get(member)
    return request(
        f"sagemaker:{action}",
        {member: name},
        on=arn("sagemaker", resource, name),
        keeps={keep: "$states.result"},
    )


@converts(f"{_SAGEMAKER}.SageMakerDeleteModelOperator")
def delete_model(args: Arguments) -> Step:
    """A model is deleted: ``sagemaker:deleteModel``. Return value, as in Airflow: none."""
    name = args.take_structure("config").get("ModelName")
    return step_of(
        args, request("sagemaker:deleteModel", {"ModelName": name}, on=arn("sagemaker", "model/{}", name))
    )


@converts(f"{_SAGEMAKER}.SageMakerEndpointConfigOperator")
def endpoint_config(args: Arguments) -> Step:
    """A new endpoint configuration: ``sagemaker:createEndpointConfig``.

    Return value: ``{"EndpointConfig": …}``, its description, with dates as Step Functions writes them.
    """
    config = _config(args)
    name, resource = "EndpointConfigName", "endpoint-config/{}"
    made = request("sagemaker:createEndpointConfig", config, on=arn("sagemaker", resource, config.get(name)))
    described = _described("describeEndpointConfig", name, config, resource)
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "nothing to do if nothing reads its XCom")
    return step_of(args, made, described, output="{'EndpointConfig': $described}")


@converts(f"{_SAGEMAKER}.SageMakerEndpointOperator")
def endpoint(args: Arguments) -> Step:
    """A new or changed endpoint, with its model and configuration, and the wait until it is in service.

    Return value: ``{"EndpointConfig": …, "Endpoint": …}``, with dates as Step Functions writes them.
    """
    config = _config(args)
    later = isinstance(config, Later)
    settings = None if later else config.get("EndpointConfig")
    target = config if later else config.get("Endpoint", config)
    action = f"{args.take('operation', 'create')}".lower()
    waits = bool(args.take("wait_for_completion", True)) | bool(args.take("deferrable", False))
    delay, limit = args.take_number("check_interval", 30), args.take("max_ingestion_time") or 36000
    name, with_config = target.get("EndpointName"), {"EndpointConfigName": target.get("EndpointConfigName")}
    where = arn("sagemaker", "endpoint/{}", name)
    first = [] if later else _model(config.get("Model"))
    if settings:
        first.append(request("sagemaker:createEndpointConfig", settings))
    change = request(f"sagemaker:{action}Endpoint", target, on=where)
    asked = {"EndpointName": name}
    wait = wait_for("sagemaker:endpoint_in_service", asked, on=where, delay=delay, attempts=limit)
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "nothing to do if nothing reads its XCom")
    return step_of(
        args,
        *first,
        change,
        *([wait] if waits else []),
        _described(
            "describeEndpointConfig", "EndpointConfigName", with_config, "endpoint-config/{}", "config"
        ),
        _described("describeEndpoint", "EndpointName", target, "endpoint/{}", "endpoint"),
        output="{'EndpointConfig': $config, 'Endpoint': $endpoint}",
    )


# --- notebooks ----------------------------------------------------------------------------------------------

_NOTEBOOK: dict[str, Any] = {"on": "notebook-instance/{}", "named": "NotebookInstanceName"}


def _notebook_wait(state: str) -> Wait:
    asked = {"NotebookInstanceName": "NotebookInstanceName"}
    return Wait(f"sagemaker:notebook_instance_{state}", asked)


operator(
    "operators.sagemaker.SageMakerCreateNotebookOperator",
    """A new notebook instance: ``sagemaker:createNotebookInstance``, and the wait until it is in service.

    Return value, as in Airflow: its ARN.
    """,
    "sagemaker:createNotebookInstance",
    "NotebookInstanceName=instance_name InstanceType=instance_type RoleArn=role_arn "
    "VolumeSizeInGB=volume_size_in_gb KmsKeyId=volume_kms_key_id LifecycleConfigName=lifecycle_config_name "
    "DirectInternetAccess=direct_internet_access RootAccess=root_access",
    merged="create_instance_kwargs",
    roles="RoleArn",
    wait=_notebook_wait("in_service"),
    keeps={"arn": "$states.result.NotebookInstanceArn"},
    output="$arn",
    **_NOTEBOOK,
)
for _name, _action, _state, _doc in (
    ("SageMakerStopNotebookOperator", "stop", "stopped", "A notebook instance is stopped"),
    ("SageMakerStartNoteBookOperator", "start", "in_service", "A notebook instance is started"),
    ("SageMakerDeleteNotebookOperator", "delete", "deleted", "A notebook instance is deleted"),
):
    operator(
        f"operators.sagemaker.{_name}",
        f"{_doc}: ``sagemaker:{_action}NotebookInstance``, and the wait until that is done.\n\n"
        "Return value, as in Airflow: none.",
        f"sagemaker:{_action}NotebookInstance",
        "NotebookInstanceName=instance_name",
        wait=_notebook_wait(_state),
        **_NOTEBOOK,
    )

# --- pipelines, experiments, models' versions ---------------------------------------------------------------


@converts(f"{_SAGEMAKER}.SageMakerStartPipelineOperator")
def start_pipeline(args: Arguments) -> Step:
    """A pipeline runs: ``sagemaker:startPipelineExecution``, with the wait for its end where it waits.

    Return value, as in Airflow: the execution's ARN.
    """
    name, parameters = args.take("pipeline_name"), args.take("pipeline_params")
    if isinstance(parameters, Mapping):
        parameters = [{"Name": key, "Value": value} for key, value in parameters.items()]
    start = request(
        "sagemaker:startPipelineExecution",
        {
            "PipelineName": name,
            "PipelineExecutionDisplayName": args.take("display_name", "airflow-triggered-execution"),
            "PipelineParameters": parameters or [],
        },
        on=arn("sagemaker", "pipeline/{}", name),
        keeps={"arn": "$states.result.PipelineExecutionArn"},
    )
    return _pipeline(args, start, Expression("$arn"), "$arn")


@converts(f"{_SAGEMAKER}.SageMakerStopPipelineOperator")
def stop_pipeline(args: Arguments) -> Step:
    """A pipeline's execution is stopped, with the wait for it where the operator waits.

    Return value, as in Airflow: the execution's status after that.
    """
    execution = args.take("pipeline_exec_arn")
    if args.take("fail_if_not_running", False):
        problem = "fail_if_not_running has no effect: an execution that has ended is no failure"
        args.report(d.LOST_FEATURE, problem, "leave it out")
    where = arn("sagemaker", "{}", execution)
    asked = {"PipelineExecutionArn": execution}
    token = {"ClientRequestToken": Expression("$uuid()")}
    stop = request(
        "sagemaker:stopPipelineExecution", {**asked, **token}, on=where, fine=("SageMakerException",)
    )
    look = request(
        "sagemaker:describePipelineExecution",
        asked,
        on=where,
        keeps={"now": "$states.result.PipelineExecutionStatus"},
    )
    return _pipeline(args, stop, execution, "$now", look)


def _pipeline(args: Arguments, first: Request, execution: Any, output: str, *after: Request) -> Step:
    waits = bool(args.take("wait_for_completion", False)) | bool(args.take("deferrable", False))
    delay, attempts = args.take_number("check_interval", 30), args.take_number("waiter_max_attempts", 9999)
    # Every operator of SageMaker has a config.
    args.set_aside("verbose", "config")
    good = ("succeeded", "stopped") if after else ("succeeded",)
    bad = ("failed",) if after else ("failed", "stopped")
    wait = wait_until(
        "sagemaker:describePipelineExecution",
        {"PipelineExecutionArn": execution},
        "PipelineExecutionStatus",
        good,
        bad=bad,
        delay=delay,
        attempts=attempts,
    )
    return step_of(args, first, *([wait] if waits else []), *after, output=output)


operator(
    "operators.sagemaker.SageMakerCreateExperimentOperator",
    """A new experiment: ``sagemaker:createExperiment``. Return value, as in Airflow: its ARN.""",
    "sagemaker:createExperiment",
    "ExperimentName=name Description=description",
    on="experiment/{}",
    named="ExperimentName",
    keeps={"arn": "$states.result.ExperimentArn"},
    output="$arn",
    ignored="config",
    lost="tags",
)


@converts(f"{_SAGEMAKER}.SageMakerAutoMLOperator")
def auto_ml(args: Arguments) -> Step:
    """A model is found by itself: ``sagemaker:createAutoMLJob``, with the wait for its end where it waits.

    Return value: if it waits, the best candidate, with names and dates as Step Functions writes them.
    """
    name, role = args.take("job_name"), args.take("role_arn")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": args.take("s3_input")}}
    data = {"DataSource": source, "TargetAttributeName": args.take("target_attribute")}
    if args.take("compressed_input", False):
        data["CompressionType"] = "Gzip"
    limit, endpoint = args.take("time_limit"), args.take("autodeploy_endpoint_name")
    arguments = {
        "AutoMLJobName": name,
        "InputDataConfig": [data],
        "OutputDataConfig": {"S3OutputPath": args.take("s3_output")},
        "RoleArn": role,
        "AutoMLJobConfig": {"CompletionCriteria": {"MaxAutoMLJobRuntimeInSeconds": limit}} if limit else None,
        "ModelDeployConfig": {"EndpointName": endpoint} if endpoint else None,
        **args.take_mapping("extras"),
    }
    where = arn("sagemaker", "automl-job/{}", name)
    create = request("sagemaker:createAutoMLJob", arguments, on=where, also=(pass_role(role),))
    interval = args.take_number("check_interval", 30)
    args.set_aside("config")
    if not args.take("wait_for_completion", True):
        return step_of(args, create)
    best = "$states.result.BestCandidate"
    wait = wait_until(
        "sagemaker:describeAutoMLJob",
        {"AutoMLJobName": name},
        "AutoMLJobStatus",
        ("completed", "stopped"),
        on=where,
        delay=interval,
        attempts=None,
        keeps={"best": f"$exists({best}) ? {best} : null"},
    )
    args.report(
        d.OTHER_RESULT,
        "it returns the best candidate with names and dates as Step Functions writes them",
        "read it by these names",
    )
    return step_of(args, create, wait, output="$best")


@converts(f"{_SAGEMAKER}.SageMakerRegisterModelVersionOperator")
def register_version(args: Arguments) -> Step:
    """A version of a model: ``sagemaker:createModelPackage``, after its group if there is none.

    Return value, as in Airflow: the package's ARN. The group stays if the package cannot be made.
    """
    group, described = args.take("package_group_name"), args.take("package_desc", "")
    types = ["text/csv"]
    containers = [{"Image": args.take("image_uri"), "ModelDataUrl": args.take("model_url")}]
    approval = args.take("model_approval", "PendingManualApproval")
    package = {
        "InferenceSpecification": {
            "Containers": containers,
            "SupportedContentTypes": types,
            "SupportedResponseMIMETypes": types,
        },
        "ModelPackageGroupName": group,
        "ModelPackageDescription": described,
        "ModelApprovalStatus": approval,
        **args.take_mapping("extras"),
    }
    args.set_aside("package_group_desc", "config")
    make = {"ModelPackageGroupName": group, "ModelPackageGroupDescription": described}
    where = arn("sagemaker", "model-package-group/{}", group)
    grouped = request("sagemaker:createModelPackageGroup", make, on=where, fine=("SageMakerException",))
    packed = request(
        "sagemaker:createModelPackage",
        package,
        on=arn("sagemaker", "model-package/{}/*", group),
        keeps={"arn": "$states.result.ModelPackageArn"},
    )
    return step_of(args, grouped, packed, output="$arn")
