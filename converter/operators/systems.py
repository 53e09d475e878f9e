"""AWS services of which a DAG uses one or two operators: SSM, CloudFormation, QuickSight, Comprehend, …"""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments, Later
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    allow,
    arn,
    given,
    pace,
    pass_role,
    request,
    step_of,
    wait_for,
    wait_until,
    waits_for_it,
)
from converter.operators.step import Step

_OPERATORS = f"{AMAZON}.operators"
_ACCOUNT = Expression("$split($states.context.StateMachine.Id, ':')[4]")
_BY_TAGS = "which instances they are may be said by tags"
_WAIT: dict[str, Any] = {"delay": ("waiter_delay", 60.0), "attempts": ("waiter_max_attempts", 20.0)}

# --- SSM ----------------------------------------------------------------------------------------------------


@converts(f"{_OPERATORS}.ssm.SsmRunCommandOperator")
def run_command(args: Arguments) -> Step:
    """A command on instances: ``ssm:sendCommand``, and the wait until all have run it.

    Return value, as in Airflow: the command's id. Without ``fail_on_nonzero_exit`` only failures of AWS's
    own count, as in Airflow.
    """
    document = args.take("document_name")
    more = args.take_structure("run_command_kwargs")
    arguments: dict[str, Any] = {"DocumentName": document, **more}
    if isinstance(more, Later):
        arguments = Later(Expression(f"$merge([{literal(arguments)}, {more.expression.text}])"))
    send = request(
        "ssm:sendCommand",
        arguments,
        on=_document(document),
        keeps={"id": "$states.result.Command.CommandId"},
        also=(
            allow("ssm:SendCommand", on=arn("ec2", "instance/*"), reason=_BY_TAGS),
            allow("ssm:SendCommand", on=arn("ssm", "managed-instance/*"), reason=_BY_TAGS),
        ),
    )
    waits, often = waits_for_it(args, default=True), pace(args, 120, 75)
    strict = args.take("fail_on_nonzero_exit", True)
    bad = ["Cancelled", "TimedOut", "Cancelling", *(["Failed"] if strict else [])]
    states = "$states.result.CommandInvocations.Status"
    on_the_way = "['Pending', 'InProgress', 'Delayed']"
    phase = (
        f"($count([{states}]) = 0 or $count($filter([{states}], function($s) {{ $s in {on_the_way} }})) > 0)"
        f" ? 'on' : $count($filter([{states}], function($s) {{ $s in {literal(bad)} }})) > 0"
        " ? 'failed' : 'done'"
    )
    asked = {"CommandId": Expression("$id")}
    wait = wait_until("ssm:listCommandInvocations", asked, f"({phase})", ("done",), **often)
    return step_of(args, send, *([wait] if waits else []), output="$id")


def _document(name: Any) -> str:
    """Return a document's ARN; those of AWS's own, whose names begin so, have no account in it."""
    is_own = isinstance(name, str) and not name.upper().startswith("AWS")
    return arn("ssm", "document/{}", name, **({} if is_own else {"where": "${AWS::Region}:*"}))


@converts(f"{_OPERATORS}.ssm.SsmGetCommandInvocationOperator")
def command_invocation(args: Arguments) -> Step:
    """What a command has done on instances: ``ssm:getCommandInvocation``, or of all of them.

    Return value, as in Airflow: command and invocations. Of all instances, output is that of their plugins.
    """
    command, instance = args.take("command_id"), args.take("instance_id")
    if instance:
        result = "$states.result"
        one = (
            f"{{'instance_id': {literal(instance)}, 'status': {result}.Status, 'response_code': "
            f"{result}.ResponseCode, 'standard_output': {result}.StandardOutputContent, 'standard_error': "
            f"{result}.StandardErrorContent, 'execution_start_time': {result}.ExecutionStartDateTime, "
            f"'execution_end_time': {result}.ExecutionEndDateTime, 'document_name': {result}.DocumentName, "
            f"'comment': {result}.Comment}}"
        )
        found = f"{{'command_id': {literal(command)}, 'invocations': [{one}]}}"
        asked = {"CommandId": command, "InstanceId": instance}
        return step_of(
            args, request("ssm:getCommandInvocation", asked, keeps={"found": found}), output="$found"
        )
    each = (
        "[$states.result.CommandInvocations.{'instance_id': InstanceId, 'status': Status, 'response_code': "
        "CommandPlugins[0].ResponseCode, 'standard_output': $join(CommandPlugins.Output, '\\n'), "
        "'standard_error': '', 'execution_start_time': RequestedDateTime, 'execution_end_time': '', "
        "'document_name': DocumentName, 'comment': Comment}]"
    )
    found = f"{{'command_id': {literal(command)}, 'invocations': {each}}}"
    listed = request(
        "ssm:listCommandInvocations", {"CommandId": command, "Details": True}, keeps={"found": found}
    )
    args.report(d.OTHER_RESULT, "it returns the output of each instance's plugins", "name instance_id")
    return step_of(args, listed, output="$found")


# --- CloudFormation -----------------------------------------------------------------------------------------


@converts(f"{_OPERATORS}.cloud_formation.CloudFormationCreateStackOperator")
def create_stack(args: Arguments) -> Step:
    """A new stack: ``cloudformation:createStack``. Return value, as in Airflow: none."""
    return _stack(args, "createStack")


@converts(f"{_OPERATORS}.cloud_formation.CloudFormationDeleteStackOperator")
def delete_stack(args: Arguments) -> Step:
    """A stack is deleted: ``cloudformation:deleteStack``. Return value, as in Airflow: none."""
    return _stack(args, "deleteStack")


def _stack(args: Arguments, action: str) -> Step:
    name, parameters = args.take("stack_name"), args.take_mapping("cloudformation_parameters")
    arguments = {"StackName": name, **parameters}
    args.report(
        d.NEEDS_PERMISSIONS,
        "what is in the stack's template is done with the machine's role, unless RoleARN is given",
        "give RoleARN in cloudformation_parameters",
    )
    where = arn("cloudformation", "stack/{}/*", arguments["StackName"])
    return step_of(args, request(f"cloudformation:{action}", arguments, on=where))


# --- QuickSight, OpenSearch, Managed Flink ------------------------------------------------------------------


@converts(f"{_OPERATORS}.quicksight.QuickSightCreateIngestionOperator")
def create_ingestion(args: Arguments) -> Step:
    """A data set is loaded: ``quicksight:createIngestion``, and the wait for its end.

    Return value: the answer, with names as Step Functions writes them.
    """
    names = {
        "AwsAccountId": _ACCOUNT,
        "DataSetId": args.take("data_set_id"),
        "IngestionId": args.take("ingestion_id"),
    }
    kind = {"IngestionType": args.take("ingestion_type", "FULL_REFRESH")}
    start = request("quicksight:createIngestion", {**names, **kind}, keeps={"answer": "$states.result"})
    waits, often = waits_for_it(args, default=True), pace(args, 30, 4320)
    often["delay"] = args.take("check_interval") or often["delay"]
    wait = wait_for("quicksight:ingestion_complete", names, **often)
    args.report(d.OTHER_RESULT, "names of its result are as Step Functions writes them", "read it by these")
    return step_of(args, start, *([wait] if waits else []), output="$answer")


@converts(f"{_OPERATORS}.opensearch_serverless.OpenSearchServerlessCreateCollectionOperator")
def create_collection(args: Arguments) -> Step:
    """A new collection: ``opensearchserverless:createCollection``; with ``if_exists="skip"`` that there is.

    Return value, as in Airflow: its id.
    """
    name = args.take("collection_name")
    arguments = {
        "name": name,
        "type": args.take("collection_type", "SEARCH"),
        "description": args.take("description"),
        "standbyReplicas": args.take("standby_replicas"),
        "tags": args.take("tags"),
        "clientToken": Expression("$uuid()"),
    }
    skips = args.take("if_exists", "skip") == "skip"
    fine = ("ConflictException",) if skips else ()
    create = request("opensearchserverless:createCollection", arguments, fine=fine)
    keeps = {"id": "$states.result.CollectionDetails[0].Id"}
    look = request("opensearchserverless:batchGetCollection", {"names": [name]}, keeps=keeps)
    return step_of(args, create, look, output="$id")


operator(
    "operators.kinesis_analytics.KinesisAnalyticsV2CreateApplicationOperator",
    """A new Flink application: ``kinesisanalyticsv2:createApplication``.

    Return value, as in Airflow: ``{"ApplicationARN": …}``.
    """,
    "kinesisanalyticsv2:createApplication",
    "ApplicationName=application_name ApplicationDescription=application_description "
    "RuntimeEnvironment=runtime_environment ServiceExecutionRole=service_execution_role",
    merged="create_application_kwargs",
    defaults={"application_description": "Managed Service for Apache Flink application created from Airflow"},
    roles="ServiceExecutionRole",
    keeps={"made": "{'ApplicationARN': $states.result.ApplicationDetail.ApplicationARN}"},
    output="$made",
)
for _verb, _more in (("start", "RunConfiguration=run_configuration"), ("stop", "Force=force")):
    operator(
        f"operators.kinesis_analytics.KinesisAnalyticsV2{_verb.title()}ApplicationOperator",
        f"A Flink application {_verb}s: ``kinesisanalyticsv2:{_verb}Application``, and the wait for it.\n\n"
        'Return value, as in Airflow, where it waits: ``{"ApplicationARN": …}``.',
        f"kinesisanalyticsv2:{_verb}Application",
        f"ApplicationName=application_name {_more}",
        defaults={"run_configuration": {}, "force": False},
        on="application/{}",
        named="ApplicationName",
        wait=Wait(
            f"kinesisanalyticsv2:application_{_verb}_complete",
            {"ApplicationName": "ApplicationName"},
            keeps={"found": "{'ApplicationARN': $states.result.ApplicationDetail.ApplicationARN}"},
            **_WAIT,
        ),
        output="$found",
    )

# --- Comprehend ---------------------------------------------------------------------------------------------


@converts(f"{_OPERATORS}.comprehend.ComprehendStartPiiEntitiesDetectionJobOperator")
def detect_entities(args: Arguments) -> Step:
    """Personal data is looked for: ``comprehend:startPiiEntitiesDetectionJob``, and the wait for the end.

    Return value, as in Airflow: the job's id.
    """
    role, more = args.take("data_access_role_arn"), args.take_mapping("start_pii_entities_kwargs")
    default = Expression("'start_pii_entities_detection_job-' & $string($floor($millis() / 1000))")
    arguments = {
        "InputDataConfig": args.take("input_data_config"),
        "OutputDataConfig": args.take("output_data_config"),
        "Mode": args.take("mode"),
        "DataAccessRoleArn": role,
        "LanguageCode": args.take("language_code"),
        **more,
        "JobName": more.get("JobName") or default,
    }
    start = request(
        "comprehend:startPiiEntitiesDetectionJob",
        arguments,
        keeps={"id": "$states.result.JobId"},
        also=(pass_role(role),),
    )
    waits, often = waits_for_it(args, default=True), pace(args, 60, 20)
    asked = {"JobId": Expression("$id")}
    wait = wait_for("comprehend:pii_entities_detection_job_complete", asked, **often)
    return step_of(args, start, *([wait] if waits else []), output="$id")


operator(
    "operators.comprehend.ComprehendCreateDocumentClassifierOperator",
    """A document classifier is trained: ``comprehend:createDocumentClassifier``, and the wait for the end.

    Return value, as in Airflow: its ARN.
    """,
    "comprehend:createDocumentClassifier",
    "DocumentClassifierName=document_classifier_name InputDataConfig=input_data_config Mode=mode "
    "DataAccessRoleArn=data_access_role_arn LanguageCode=language_code OutputDataConfig=output_data_config",
    merged="document_classifier_kwargs",
    roles="DataAccessRoleArn",
    wait=Wait(
        "comprehend:create_document_classifier_complete",
        {"DocumentClassifierArn": "$arn"},
        delay=("waiter_delay", 60),
    ),
    keeps={"arn": "$states.result.DocumentClassifierArn"},
    output="$arn",
    lost="fail_on_warnings",
)

# --- MWAA ---------------------------------------------------------------------------------------------------


@converts(f"{_OPERATORS}.mwaa.MwaaTriggerDagRunOperator")
def trigger_mwaa(args: Arguments) -> Step:
    """A DAG of an MWAA environment runs: ``mwaa:invokeRestApi``, with the wait for its end where it waits.

    Return value: the answer, as the operator's: RestApiStatusCode and RestApiResponse.
    """
    environment, dag = args.take("env_name"), args.take("trigger_dag_id")
    body = given(
        {
            "dag_run_id": args.take("trigger_run_id"),
            "logical_date": args.take("logical_date"),
            "data_interval_start": args.take("data_interval_start"),
            "data_interval_end": args.take("data_interval_end"),
            "conf": args.take("conf") or {},
            "note": args.take("note"),
        }
    )
    path = Expression(f"'/dags/' & {literal(dag)} & '/dagRuns'")
    args.set_aside("airflow_version")
    plain = f"/dags/{dag}/dagRuns" if isinstance(dag, str) else path
    where = arn("airflow", "role/{}/*", environment)
    start = request(
        "mwaa:invokeRestApi",
        {"Name": environment, "Path": plain, "Method": "POST", "Body": body, "QueryParameters": {}},
        on=where,
        keeps={"answer": "$states.result", "run": "$states.result.RestApiResponse.dag_run_id"},
    )
    waits, often = waits_for_it(args, default=False), pace(args, 60, 20)
    run = Expression(f"{literal(plain)} & '/' & $run")
    asked = {"Name": environment, "Path": run, "Method": "GET"}
    wait = wait_until("mwaa:invokeRestApi", asked, "RestApiResponse.state", ("success",), on=where, **often)
    return step_of(args, start, *([wait] if waits else []), output="$answer")


_WORKFLOW = "Name=workflow_name DefinitionS3Location=definition_s3_location Code=code RoleArn=role_arn"

operator(
    "operators.mwaa_serverless.MwaaServerlessStartWorkflowRunOperator",
    """A workflow of MWAA Serverless runs: ``mwaa-serverless:startWorkflowRun``.

    Return value, as in Airflow: the run's id.
    """,
    "mwaa-serverless:startWorkflowRun",
    "WorkflowArn=workflow_arn OverrideParameters=override_parameters WorkflowVersion=workflow_version",
    keeps={"id": "$states.result.RunId"},
    output="$id",
)
operator(
    "operators.mwaa_serverless.MwaaServerlessStopWorkflowRunOperator",
    """A run of MWAA Serverless stops: ``mwaa-serverless:stopWorkflowRun``.

    Return value, as in Airflow: its status.
    """,
    "mwaa-serverless:stopWorkflowRun",
    "WorkflowArn=workflow_arn RunId=run_id",
    keeps={"status": "$states.result.Status"},
    output="$status",
)
operator(
    "operators.mwaa_serverless.MwaaServerlessDeleteWorkflowOperator",
    """A workflow of MWAA Serverless is deleted: ``mwaa-serverless:deleteWorkflow``.

    Return value, as in Airflow: none.
    """,
    "mwaa-serverless:deleteWorkflow",
    "WorkflowArn=workflow_arn WorkflowVersion=workflow_version",
)
operator(
    "operators.mwaa_serverless.MwaaServerlessUpdateWorkflowOperator",
    """A workflow of MWAA Serverless is changed: ``mwaa-serverless:updateWorkflow``.

    Return value, as in Airflow: its ARN.
    """,
    "mwaa-serverless:updateWorkflow",
    f"WorkflowArn=workflow_arn {_WORKFLOW.partition(' ')[2]} Description=description",
    merged="update_workflow_kwargs",
    roles="RoleArn",
    keeps={"arn": "$states.result.WorkflowArn"},
    output="$arn",
)


@converts(f"{_OPERATORS}.mwaa_serverless.MwaaServerlessCreateWorkflowOperator")
def create_workflow(args: Arguments) -> Step:
    """A new workflow of MWAA Serverless: ``mwaa-serverless:createWorkflow``, or the one of that name.

    Return value, as in Airflow: its ARN.
    """
    name, role = args.take("workflow_name"), args.take("role_arn")
    arguments: dict[str, Any] = {
        "Name": name,
        "DefinitionS3Location": args.take("definition_s3_location"),
        "Code": args.take("code"),
        "RoleArn": role,
        "Description": args.take("description"),
        "Tags": args.take("tags"),
        **args.take_mapping("create_workflow_kwargs"),
    }
    keeps, also = {"arn": "$states.result.WorkflowArn"}, (pass_role(role),)
    skips = args.take("if_exists", "skip") == "skip"
    fine = ("ConflictException",) if skips else ()
    create = request("mwaa-serverless:createWorkflow", arguments, keeps=keeps, also=also, fine=fine)
    if not skips:
        return step_of(args, create, output="$arn")
    found = f"$states.result.Workflows[Name = {literal(name)}].WorkflowArn"
    look = request("mwaa-serverless:listWorkflows", {}, when="$arn = ''", keeps={"arn": found})
    return step_of(args, create.keeping("arn", ""), look, output="$arn")


# --- AppFlow ------------------------------------------------------------------------------------------------


@converts(f"{_OPERATORS}.appflow.AppflowRunOperator")
def run_flow(args: Arguments) -> Step:
    """A flow of AppFlow runs as it is: ``appflow:startFlow``, and the wait for its end.

    Return value, as in Airflow: the execution's id, also under the key ``execution_id``.
    """
    flow = args.take("flow_name")
    args.set_aside("source", "source_field", "filter_date", "flow_update")
    start = request(
        "appflow:startFlow",
        {"flowName": flow, "clientToken": Expression("$uuid()")},
        on=arn("appflow", "flow/{}", flow),
        keeps={"id": "$states.result.ExecutionId"},
    )
    delay, attempts = args.take_number("poll_interval", 20), args.take_number("max_attempts", 60)
    wait = wait_until(
        "appflow:describeFlowExecutionRecords",
        {"flowName": flow, "maxResults": 100},
        "$states.result.FlowExecutions[ExecutionId = $id].ExecutionStatus",
        ("successful",),
        bad=("error",),
        on=arn("appflow", "flow/{}", flow),
        delay=delay,
        attempts=attempts,
    )
    waits = args.take("wait_for_completion", True)
    return step_of(args, start, *([wait] if waits else []), output="$id", xcom={"execution_id": "$id"})
