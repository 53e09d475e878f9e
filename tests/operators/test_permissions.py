"""What the machine's role is allowed, where the ARN is not plainly the argument's."""

import pytest
from workflows import workflow

from converter.operators import steps_of
from converter.packaging.iam_reference import fitted
from converter.workflow import Task

AMAZON = "airflow.providers.amazon.aws.operators"
HERE = "${AWS::Region}:${AWS::AccountId}"


def allowed(operator, action, **arguments):
    """Return the resources that a converted task may do something on, without ``arn:${AWS::Partition}:``."""
    fields = ("model_id", "document_name", "job_queue", "job_definition")
    task = Task("t", f"{AMAZON}.{operator}", arguments=arguments, template_fields=fields)
    steps, _ = steps_of(workflow(task))
    fit = [one for permission in steps["t"].permissions for one in fitted(permission)]
    found = [arn for one in fit if action in one.actions for arn in one.resources]
    return {arn.removeprefix("arn:${AWS::Partition}:") for arn in found}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("mine", f"ssm:{HERE}:document/mine"),
        # The ARNs of AWS's own have no account in them.
        ("AWS-RunShellScript", "ssm:${AWS::Region}:*:document/AWS-RunShellScript"),
        ("{{ dag_run.conf.document }}", "ssm:${AWS::Region}:*:document/*"),
        ("arn:aws:ssm:eu-west-1:222222222222:document/x", "arn:aws:ssm:eu-west-1:222222222222:document/x"),
    ],
)
def test_a_command_is_sent_by_one_document(name, document):
    assert allowed("ssm.SsmRunCommandOperator", "ssm:SendCommand", document_name=name) == {
        document,
        f"ec2:{HERE}:instance/*",
        f"ssm:{HERE}:managed-instance/*",
    }


def test_a_job_of_batch_is_submitted_to_its_queue_as_a_job():
    resources = allowed(
        "batch.BatchOperator", "batch:SubmitJob", job_name="n", job_queue="q", job_definition="d:3"
    )
    assert resources == {f"batch:{HERE}:{what}" for what in ("job/*", "job-queue/q", "job-definition/d:3")}


INVOKE = "BedrockInvokeModelOperator"
EVERY_MODEL = "bedrock:*::foundation-model/*"
IN_ITS_REGIONS = "bedrock:*::foundation-model/anthropic.claude-v2"
GIVEN = "arn:aws:bedrock:us-east-1:111111111111"


@pytest.mark.parametrize(
    ("model", "resources"),
    [
        ("anthropic.claude-v2", {"bedrock:${AWS::Region}::foundation-model/anthropic.claude-v2"}),
        # https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
        (
            "us-gov.anthropic.claude-v2",
            {f"bedrock:{HERE}:inference-profile/us-gov.anthropic.claude-v2", IN_ITS_REGIONS},
        ),
        (
            f"{GIVEN}:inference-profile/eu.anthropic.claude-v2",
            {f"{GIVEN}:inference-profile/eu.anthropic.claude-v2", IN_ITS_REGIONS},
        ),
        (
            f"{GIVEN}:application-inference-profile/x",
            {f"{GIVEN}:application-inference-profile/x", EVERY_MODEL},
        ),
        (f"{GIVEN}:provisioned-model/x", {f"{GIVEN}:provisioned-model/x"}),
    ],
)
def test_a_model_is_called_itself_or_through_a_profile(model, resources):
    found = allowed(
        "bedrock.BedrockInvokeModelOperator", "bedrock:InvokeModel", model_id=model, input_data={}
    )
    assert found == resources


def test_a_model_that_the_run_names_may_be_one_of_a_profile():
    found = allowed(f"bedrock.{INVOKE}", "bedrock:InvokeModel", model_id="{{ ds }}", input_data={})
    assert found > {EVERY_MODEL, "bedrock:${AWS::Region}:*:inference-profile/*"}
