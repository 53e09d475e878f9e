"""Amazon Bedrock: models, guardrails, knowledge bases, agents."""

from __future__ import annotations

import re
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    allow,
    arn,
    given,
    json_text,
    pass_role,
    request,
    step_of,
    wait_for,
    waits_for_it,
)
from converter.operators.step import Step

_BEDROCK = f"{AMAZON}.operators.bedrock"
#: How the ids of inference profiles begin, and no model's: where their models are.
_GEOGRAPHY = re.compile(r"(us|us-gov|eu|apac|au|ca|jp|global)\.")
_DIFFERS = "the answer with names as Step Functions writes them"


@converts(f"{_BEDROCK}.BedrockInvokeModelOperator")
def invoke_model(args: Arguments) -> Step:
    """A model is asked: ``bedrock:invokeModel``. Return value, as in Airflow: the answer's body."""
    model = args.take("model_id")
    arguments = {
        "modelId": model,
        "body": args.take("input_data"),
        "contentType": args.take("content_type"),
        "accept": args.take("accept_type"),
    }
    asked = request(
        "bedrock-runtime:invokeModel",
        arguments,
        optimised="bedrock:invokeModel",
        keeps={"body": "$states.result.Body"},
    )
    asked = asked.allowed(*(allow("bedrock:InvokeModel", on=resource) for resource in _resources(model)))
    return step_of(args, asked, output="$body")


def _resources(model: Any) -> tuple[str, ...]:
    """Return the ARNs that a call of a model is allowed on: through a profile, those of every region."""
    if not isinstance(model, str):
        return "*", _model("*", "*")
    profile = model.rpartition(":inference-profile/")[2]
    if geography := _GEOGRAPHY.match(profile):
        resource = model if model.startswith("arn:") else arn("bedrock", "inference-profile/{}", profile)
        return resource, _model(profile[geography.end() :], "*")
    if ":application-inference-profile/" in model:
        return model, _model("*", "*")
    return (model if model.startswith("arn:") else _model(model, "${AWS::Region}"),)


def _model(model: str, region: str) -> str:
    return arn("bedrock", "foundation-model/{}", model, where=f"{region}:")


operator(
    "operators.bedrock.BedrockCustomizeModelOperator",
    """A model is customised: ``bedrock:createModelCustomizationJob``, and the wait for the job's end.

    Return value, as in Airflow: the job's ARN. The job's name must be new.
    """,
    "bedrock:createModelCustomizationJob",
    "jobName=job_name customModelName=custom_model_name roleArn=role_arn baseModelIdentifier=base_model_id "
    "trainingDataConfig.s3Uri=training_data_uri outputDataConfig.s3Uri=output_data_uri "
    "hyperParameters=hyperparameters",
    merged="customization_job_kwargs",
    roles="roleArn",
    wait=Wait(
        "bedrock:model_customization_job_complete",
        {"jobIdentifier": "jobName"},
        delay=("waiter_delay", 120),
        attempts=("waiter_max_attempts", 75),
    ),
    keeps={"arn": "$states.result.JobArn"},
    output="$arn",
    ignored="ensure_unique_job_name",
)
operator(
    "operators.bedrock.BedrockCreateProvisionedModelThroughputOperator",
    """Throughput for a model: ``bedrock:createProvisionedModelThroughput``, and the wait until it is there.

    Return value, as in Airflow: its ARN.
    """,
    "bedrock:createProvisionedModelThroughput",
    "modelUnits=model_units provisionedModelName=provisioned_model_name modelId=model_id",
    merged="create_throughput_kwargs",
    wait=Wait(
        "bedrock:provisioned_model_throughput_complete",
        {"provisionedModelId": "$arn"},
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 20),
    ),
    keeps={"arn": "$states.result.ProvisionedModelArn"},
    output="$arn",
)
operator(
    "operators.bedrock.BedrockBatchInferenceOperator",
    """A batch of questions to a model: ``bedrock:createModelInvocationJob``, and the wait for its end.

    Return value, as in Airflow: the job's ARN.
    """,
    "bedrock:createModelInvocationJob",
    "jobName=job_name roleArn=role_arn modelId=model_id inputDataConfig.s3InputDataConfig.s3Uri=input_uri "
    "outputDataConfig.s3OutputDataConfig.s3Uri=output_uri",
    merged="invoke_kwargs",
    roles="roleArn",
    wait=Wait(
        "bedrock:batch_inference_complete",
        {"jobIdentifier": "$arn"},
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 20),
    ),
    keeps={"arn": "$states.result.JobArn"},
    output="$arn",
)
operator(
    "operators.bedrock.BedrockCreateEvaluationJobOperator",
    """A model is evaluated: ``bedrock:createEvaluationJob``. Return value, as in Airflow: the job's ARN.""",
    "bedrock:createEvaluationJob",
    "jobName=job_name roleArn=role_arn evaluationConfig=evaluation_config inferenceConfig=inference_config "
    "outputDataConfig=output_data_config jobDescription=job_description",
    roles="roleArn",
    keeps={"arn": "$states.result.JobArn"},
    output="$arn",
)

# --- guardrails ---------------------------------------------------------------------------------------------

_GUARDRAIL = (
    "name=guardrail_name blockedInputMessaging=blocked_input_messaging "
    "blockedOutputsMessaging=blocked_outputs_messaging description topicPolicyConfig=topic_policy_config "
    "contentPolicyConfig=content_policy_config wordPolicyConfig=word_policy_config "
    "sensitiveInformationPolicyConfig=sensitive_information_policy_config"
)


@converts(f"{_BEDROCK}.BedrockCreateGuardrailOperator")
def create_guardrail(args: Arguments) -> Step:
    """A new guardrail: ``bedrock:createGuardrail``; with ``if_exists="skip"`` the one of that name.

    Return value, as in Airflow: its id.
    """
    table = [pair.partition("=") for pair in _GUARDRAIL.split()]
    arguments = {member: args.take(name or member) for member, _, name in table}
    arguments |= {
        "contextualGroundingPolicyConfig": args.take("contextual_grounding_policy_config"),
        "kmsKeyId": args.take("kms_key_id"),
        "tags": args.take("tags"),
    }
    skips = args.take("if_exists", "skip") == "skip"
    create = request(
        "bedrock:createGuardrail",
        given(arguments),
        keeps={"id": "$states.result.GuardrailId"},
        fine=("ConflictException",) if skips else (),
    )
    if not skips:
        return step_of(args, create, output="$id")
    found = f"$states.result.Guardrails[Name = {literal(arguments['name'])}].Id"
    look = request("bedrock:listGuardrails", {"maxResults": 1000}, when="$id = ''", keeps={"id": found})
    return step_of(args, create.keeping("id", ""), look, output="$id")


operator(
    "operators.bedrock.BedrockUpdateGuardrailOperator",
    """A guardrail is changed: ``bedrock:updateGuardrail``. Return value, as in Airflow: its id.""",
    "bedrock:updateGuardrail",
    f"guardrailIdentifier=guardrail_identifier {_GUARDRAIL}",
    keeps={"id": "$states.result.GuardrailId"},
    output="$id",
)
operator(
    "operators.bedrock.BedrockDeleteGuardrailOperator",
    """A guardrail is deleted: ``bedrock:deleteGuardrail``. Return value, as in Airflow: none.""",
    "bedrock:deleteGuardrail",
    "guardrailIdentifier=guardrail_identifier guardrailVersion=guardrail_version",
)
operator(
    "operators.bedrock.BedrockCreateGuardrailVersionOperator",
    """A version of a guardrail: ``bedrock:createGuardrailVersion``. Return value, as in Airflow: it.""",
    "bedrock:createGuardrailVersion",
    "guardrailIdentifier=guardrail_identifier description",
    keeps={"version": "$states.result.Version"},
    output="$version",
)

# --- knowledge bases ----------------------------------------------------------------------------------------


@converts(f"{_BEDROCK}.BedrockCreateKnowledgeBaseOperator")
def create_knowledge_base(args: Arguments) -> Step:
    """A new knowledge base: ``bedrock-agent:createKnowledgeBase``, and the wait until it is active.

    Return value, as in Airflow: its id.
    """
    role = args.take("role_arn")
    arguments = {
        "name": args.take("name"),
        "roleArn": role,
        "knowledgeBaseConfiguration": {
            "type": "VECTOR",
            "vectorKnowledgeBaseConfiguration": {"embeddingModelArn": args.take("embedding_model_arn")},
        },
        "storageConfiguration": args.take("storage_config"),
        **args.take_mapping("create_knowledge_base_kwargs"),
    }
    if args.take("wait_for_indexing", True):
        problem = "it does not try again until the index is there, as wait_for_indexing would"
        args.report(d.LOST_FEATURE, problem, "give the task retries")
    args.set_aside("indexing_error_retry_delay", "indexing_error_max_attempts")
    create = request(
        "bedrock-agent:createKnowledgeBase",
        arguments,
        keeps={"id": "$states.result.KnowledgeBase.KnowledgeBaseId"},
        also=(pass_role(role),),
    )
    waits = waits_for_it(args, default=True)
    delay, attempts = args.take_number("waiter_delay", 60), args.take_number("waiter_max_attempts", 20)
    asked = {"knowledgeBaseId": Expression("$id")}
    wait = wait_for("bedrock-agent:knowledge_base_active", asked, delay=delay, attempts=attempts)
    return step_of(args, create, *([wait] if waits else []), output="$id")


@converts(f"{_BEDROCK}.BedrockCreateDataSourceOperator")
def create_data_source(args: Arguments) -> Step:
    """A data source of a knowledge base: ``bedrock-agent:createDataSource``.

    Return value, as in Airflow: its id.
    """
    bucket = args.take("bucket_name")
    bucket_arn = (
        Expression(f"'arn:aws:s3:::' & {bucket.text}")
        if isinstance(bucket, Expression)
        else (f"arn:aws:s3:::{bucket}")
    )
    arguments = {
        "name": args.take("name"),
        "knowledgeBaseId": args.take("knowledge_base_id"),
        "dataSourceConfiguration": {"type": "S3", "s3Configuration": {"bucketArn": bucket_arn}},
        **args.take_mapping("create_data_source_kwargs"),
    }
    keeps = {"id": "$states.result.DataSource.DataSourceId"}
    return step_of(args, request("bedrock-agent:createDataSource", arguments, keeps=keeps), output="$id")


operator(
    "operators.bedrock.BedrockIngestDataOperator",
    """Data goes into a knowledge base: ``bedrock-agent:startIngestionJob``, and the wait for its end.

    Return value, as in Airflow: the job's id.
    """,
    "bedrock-agent:startIngestionJob",
    "knowledgeBaseId=knowledge_base_id dataSourceId=data_source_id",
    wait=Wait(
        "bedrock-agent:ingestion_job_complete",
        {"knowledgeBaseId": "knowledgeBaseId", "dataSourceId": "dataSourceId", "ingestionJobId": "$id"},
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 10),
    ),
    keeps={"id": "$states.result.IngestionJob.IngestionJobId"},
    output="$id",
    ignored="ingest_data_kwargs",
)


@converts(f"{_BEDROCK}.BedrockRaGOperator")
def retrieve_and_generate(args: Arguments) -> Step:
    """A question with retrieval: ``bedrock-agent-runtime:retrieveAndGenerate``.

    Return value: the answer with names as Step Functions writes them.
    """
    kind, prompt = args.take("source_type"), args.take("prompt_template")
    kind = kind.upper() if isinstance(kind, str) else kind
    search, knowledge_base = args.take("vector_search_config"), args.take("knowledge_base_id")
    sources = args.take("sources")
    config: dict[str, Any] = {"modelArn": args.take("model_arn")}
    if prompt:
        config["generationConfiguration"] = {"promptTemplate": {"textPromptTemplate": prompt}}
    if kind == "KNOWLEDGE_BASE":
        if search:
            config["retrievalConfiguration"] = {"vectorSearchConfiguration": search}
        whole = {"type": kind, "knowledgeBaseConfiguration": {**config, "knowledgeBaseId": knowledge_base}}
    else:
        whole = {"type": kind, "externalSourcesConfiguration": {**config, "sources": sources}}
    arguments = {
        "input": {"text": args.take("input")},
        "retrieveAndGenerateConfiguration": whole,
        **args.take_mapping("rag_kwargs"),
    }
    return _answered(args, "bedrock-agent-runtime:retrieveAndGenerate", arguments, "RetrieveAndGenerate")


@converts(f"{_BEDROCK}.BedrockRetrieveOperator")
def retrieve(args: Arguments) -> Step:
    """A knowledge base is searched: ``bedrock-agent-runtime:retrieve``.

    Return value: the answer with names as Step Functions writes them.
    """
    search = args.take("vector_search_config")
    arguments = {
        "retrievalQuery": {"text": args.take("retrieval_query")},
        "knowledgeBaseId": args.take("knowledge_base_id"),
        "retrievalConfiguration": {"vectorSearchConfiguration": search} if search else None,
        **args.take_mapping("retrieve_kwargs"),
    }
    return _answered(args, "bedrock-agent-runtime:retrieve", arguments, "Retrieve")


def _answered(args: Arguments, action: str, arguments: dict[str, Any], needs: str) -> Step:
    reason = "the model and the knowledge base are named in several places"
    also = (allow(f"bedrock:{needs}", "bedrock:InvokeModel", reason=reason),)
    asked = request(action, arguments, keeps={"answer": "$states.result"}, also=also)
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "read it by these names")
    return step_of(args, asked, output="$answer")


# --- agents -------------------------------------------------------------------------------------------------

operator(
    "operators.bedrock.BedrockCreateAgentRuntimeOperator",
    """A new agent runtime: ``bedrock-agentcore-control:createAgentRuntime``, and the wait until it is ready.

    Return value, as in Airflow: its ARN.
    """,
    "bedrock-agentcore-control:createAgentRuntime",
    "agentRuntimeName=agent_runtime_name agentRuntimeArtifact=agent_runtime_artifact roleArn=role_arn "
    "networkConfiguration=network_configuration",
    merged="create_agent_runtime_kwargs",
    roles="roleArn",
    wait=Wait(
        "bedrock-agentcore-control:agent_runtime_ready",
        {"agentRuntimeId": "$id", "agentRuntimeVersion": "$version"},
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 20),
    ),
    keeps={
        "arn": "$states.result.AgentRuntimeArn",
        "id": "$states.result.AgentRuntimeId",
        "version": "$states.result.AgentRuntimeVersion",
    },
    output="$arn",
)
operator(
    "operators.bedrock.BedrockDeleteAgentRuntimeOperator",
    """An agent runtime is deleted: ``bedrock-agentcore-control:deleteAgentRuntime``, and the wait for it.

    Return value, as in Airflow: none.
    """,
    "bedrock-agentcore-control:deleteAgentRuntime",
    "agentRuntimeId=agent_runtime_id",
    wait=Wait(
        "bedrock-agentcore-control:agent_runtime_deleted",
        {"agentRuntimeId": "agentRuntimeId"},
        delay=("waiter_delay", 60),
        attempts=("waiter_max_attempts", 20),
    ),
)


@converts(f"{_BEDROCK}.BedrockInvokeAgentRuntimeOperator")
def invoke_agent(args: Arguments) -> Step:
    """An agent is asked: ``bedrock-agentcore:invokeAgentRuntime``.

    Return value: the answer with names as Step Functions writes them.
    """
    runtime = args.take("agent_runtime_arn")
    arguments = {
        "agentRuntimeArn": runtime,
        "payload": json_text(args.take("payload")),
        "contentType": args.take("content_type", "application/json"),
        "accept": args.take("accept", "application/json"),
        **args.take_mapping("invoke_agent_runtime_kwargs"),
    }
    where = arn("bedrock-agentcore", "runtime/{}", runtime)
    asked = request(
        "bedrock-agentcore:invokeAgentRuntime", arguments, on=where, keeps={"answer": "$states.result"}
    )
    args.report(d.OTHER_RESULT, f"it returns {_DIFFERS}", "read it by these names")
    return step_of(args, asked, output="$answer")
