from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from mapped import days, mapped_glue
from workflows import glue, machine_of, partial_fan_in, workflow

from converter import pipeline
from converter.asl.budget import LIMITS
from converter.asl.options import Failures, Options
from converter.deployment import Change, Declined, deploy, preview_of, rollback, undeploy
from converter.diagnostics import Dag2SfnError
from converter.packaging import write_bundle
from converter.workflow import TriggerRule

HASH = "0" * 64


@pytest.fixture
def bundle(tmp_path):
    def write(flow=None, **options) -> Path:
        flow = flow or partial_fan_in(source_hash=HASH)
        chosen = Options(**options)
        return write_bundle(tmp_path / flow.dag_id, flow, machine_of(flow, chosen), chosen)

    return write


def definition_of(session, deployment):
    client = session.client("stepfunctions")
    return client.describe_state_machine(stateMachineArn=deployment.state_machine_arn)["definition"]


def test_a_bundle_is_deployed_with_its_substitutions_filled_in(bundle, session):
    told = []
    deployment = deploy(bundle(), session, on_progress=told.append)

    assert deployment.change is Change.CREATED
    assert deployment.state_machine_name == "dag2sfn-partial_fan_in"
    assert deployment.bucket == "dag2sfn-123456789012-us-east-1"
    definition = definition_of(session, deployment)
    assert "${" not in definition
    assert deployment.poller_function_arn in definition
    [table] = session.client("dynamodb").list_tables()["TableNames"]
    assert f'"{table}"' in definition
    assert any("CREATE_COMPLETE" in line for line in told)
    assert json.loads(json.dumps(deployment.to_json()))["change"] == "created"


def test_the_machine_carries_tags_that_tell_where_it_comes_from(bundle, session):
    arn = deploy(bundle(), session).state_machine_arn
    tags = session.client("stepfunctions").list_tags_for_resource(resourceArn=arn)["tags"]
    by_key = {tag["key"]: tag["value"] for tag in tags}
    assert by_key["dag2sfn:dag-id"] == "partial_fan_in"
    assert by_key["dag2sfn:source-hash"] == HASH
    assert "dag2sfn:converter-version" in by_key


def test_the_deployed_poller_answers(bundle, session):
    arn = deploy(bundle(), session).poller_function_arn
    event = {
        "execution": "arn:aws:states:us-east-1:123456789012:execution:m:e",
        "started": "2026-01-01T00:00:00Z",
        "tasks": {"glue3": {"job": "no_such_job"}},
    }
    response = session.client("lambda").invoke(FunctionName=arn, Payload=json.dumps(event))
    assert json.load(response["Payload"]) == {"records": {}}
    assert "FunctionError" not in response


def test_deploying_the_same_again_changes_nothing(bundle, session):
    first = deploy(bundle(), session)
    again = deploy(bundle(), session)
    assert again.change is Change.UNCHANGED
    assert again.state_machine_arn == first.state_machine_arn


def test_deploying_a_changed_dag_updates_the_machine(bundle, session):
    before = deploy(bundle(), session)
    after = deploy(bundle(poll_interval=77), session)
    assert after.change is Change.UPDATED
    assert after.state_machine_arn == before.state_machine_arn
    assert '"Seconds":77' in definition_of(session, after)


def test_what_a_changed_dag_no_longer_needs_is_removed(bundle, session):
    deploy(bundle(), session)
    deployment = deploy(bundle(failures=Failures.STOP), session)
    assert deployment.poller_function_arn is not None
    assert session.client("dynamodb").list_tables()["TableNames"] == []


def test_parameters_that_somebody_has_set_are_kept(bundle, session):
    deployment = deploy(bundle(), session)
    cloudformation = session.client("cloudformation")
    [stack] = cloudformation.describe_stacks(StackName=deployment.stack_name)["Stacks"]
    values = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    values["LogRetentionDays"] = "7"
    cloudformation.update_stack(
        StackName=deployment.stack_name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    deploy(bundle(poll_interval=77), session)
    [stack] = cloudformation.describe_stacks(StackName=deployment.stack_name)["Stacks"]
    kept = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    assert kept["LogRetentionDays"] == "7"


def test_undeploying_removes_everything_of_the_stack(bundle, session):
    deploy(bundle(), session)
    assert undeploy("partial_fan_in", session) is True
    assert session.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert session.client("lambda").list_functions()["Functions"] == []
    assert session.client("dynamodb").list_tables()["TableNames"] == []
    assert session.client("iam").list_roles()["Roles"] == []


def test_undeploying_what_is_not_there_is_no_error(session):
    told = []
    assert undeploy("never_deployed", session, on_progress=told.append) is False
    assert told == []


def test_a_dag_can_be_deployed_again_after_it_was_removed(bundle, session):
    deploy(bundle(), session)
    undeploy("partial_fan_in", session)
    assert deploy(bundle(), session).change is Change.CREATED


def test_a_failed_deployment_names_the_resource_and_its_reason_and_can_be_repeated(bundle, session):
    folder = bundle(workflow(glue("a"), dag_id="broken", source_hash=HASH))
    definition = folder / "definition.asl.json"
    sound = definition.read_text()
    definition.write_text(sound.replace('"StartAt": "a"', '"StartAt": "nowhere"'))

    with pytest.raises(
        Dag2SfnError, match=r"D402 .*StateMachine \(AWS::StepFunctions::StateMachine\)"
    ) as raised:
        deploy(folder, session)
    assert "nowhere" in str(raised.value)
    assert raised.value.exit_code == 1

    definition.write_text(sound)
    assert deploy(folder, session).change is Change.CREATED


def test_a_failed_update_leaves_the_machine_as_it_was(bundle, session):
    flow = workflow(glue("a"), dag_id="broken", source_hash=HASH)
    before = deploy(bundle(flow), session)
    sound = definition_of(session, before)
    definition = bundle(flow) / "definition.asl.json"
    definition.write_text(definition.read_text().replace('"StartAt": "a"', '"StartAt": "nowhere"'))
    with pytest.raises(Dag2SfnError, match=r"D402 .*UPDATE_ROLLBACK_COMPLETE: StateMachine "):
        deploy(definition.parent, session)
    assert definition_of(session, before) == sound


def test_a_large_template_goes_through_the_bucket(bundle, session):
    folder = bundle(
        workflow(*(glue(f"task_{number:060}") for number in range(400)), dag_id="large", source_hash=HASH)
    )
    assert (folder / "template.yaml").stat().st_size > 51_200
    assert deploy(folder, session).change is Change.CREATED


def test_artifacts_go_to_the_bucket_that_is_given(bundle, session):
    session.client("s3").create_bucket(Bucket="mine")
    assert deploy(bundle(), session, bucket="mine").bucket == "mine"
    assert [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]] == ["mine"]


def test_a_given_bucket_that_does_not_exist_is_named(bundle, session):
    with pytest.raises(Dag2SfnError, match="D402 AWS refuses PutObject: The specified bucket does not exist"):
        deploy(bundle(), session, bucket="missing")


@pytest.mark.parametrize("name", ["BAD!", "ab", "x" * 64, "my-bucket.", "arn:aws:s3:::mine", ""])
def test_what_is_no_name_of_a_bucket_is_said_without_a_pattern(name, bundle, session):
    with pytest.raises(Dag2SfnError, match=r"^D414 .* is no bucket's name: 3 to 63 letters") as raised:
        deploy(bundle(), session, bucket=name)
    assert repr(name) in str(raised.value)
    assert "regex" not in str(raised.value)


def test_the_bucket_that_is_created_is_not_public(bundle, session):
    bucket = deploy(bundle(), session).bucket
    block = session.client("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}


def test_a_region_other_than_the_first_gets_a_bucket_of_its_own(bundle, session):
    elsewhere = boto3.Session(region_name="eu-west-1")
    deployment = deploy(bundle(), elsewhere)
    assert deployment.bucket == "dag2sfn-123456789012-eu-west-1"
    location = elsewhere.client("s3").get_bucket_location(Bucket=deployment.bucket)
    assert location["LocationConstraint"] == "eu-west-1"
    assert ":eu-west-1:" in deployment.state_machine_arn


def test_a_bundle_that_lacks_a_file_is_refused_before_aws_is_asked(bundle):
    folder = bundle()
    (folder / "template.yaml").unlink()
    with pytest.raises(Dag2SfnError, match=r"D401 .*template.yaml"):
        deploy(folder, boto3.Session(region_name="us-east-1"))


# --- versions ---------------------------------------------------------------------------------------------


def steps(*names: str, dag_id: str = "steps"):
    """A DAG of Glue jobs in a row."""
    tasks = [glue(name, *names[max(0, index - 1) : index]) for index, name in enumerate(names)]
    return workflow(*tasks, dag_id=dag_id, source_hash=HASH)


def live(session, deployment) -> str:
    client = session.client("stepfunctions")
    alias = client.describe_state_machine_alias(stateMachineAliasArn=deployment.state_machine_alias_arn)
    return alias["routingConfiguration"][0]["stateMachineVersionArn"]


def roles_of(session) -> set[str]:
    return {role["RoleName"] for role in session.client("iam").list_roles()["Roles"]}


def test_each_deployment_publishes_a_version_and_leads_the_alias_to_it(bundle, session):
    first = deploy(bundle(steps("a")), session)
    assert live(session, first) == first.state_machine_version_arn
    second = deploy(bundle(steps("a", "b")), session)
    assert second.state_machine_version_arn != first.state_machine_version_arn
    assert live(session, second) == second.state_machine_version_arn


def test_rolling_back_leads_to_the_version_before_and_deploying_again_forward(bundle, session):
    first = deploy(bundle(steps("a")), session)
    second = deploy(bundle(steps("a", "b")), session)
    back = rollback("steps", session)
    assert (back.from_version, back.to_version) == (2, 1)
    assert live(session, second) == first.state_machine_version_arn
    with pytest.raises(Dag2SfnError, match=r"D415 .*no version before 1"):
        rollback("steps", session)
    again = deploy(bundle(steps("a", "b")), session)
    assert again.change is Change.UPDATED
    assert live(session, again) == second.state_machine_version_arn


def test_what_was_never_deployed_cannot_be_rolled_back(session):
    with pytest.raises(Dag2SfnError, match="D451"):
        rollback("never", session)


def test_a_failed_deployment_after_a_rollback_leaves_the_version_in_force(bundle, session):
    deploy(bundle(steps("a")), session)
    second = deploy(bundle(steps("a", "b")), session)
    rollback("steps", session)
    before = live(session, second)
    definition = bundle(steps("a", "b", "c")) / "definition.asl.json"
    content = json.loads(definition.read_text())
    definition.write_text(json.dumps({**content, "StartAt": "nowhere"}))
    with pytest.raises(Dag2SfnError, match="D402"):
        deploy(definition.parent, session)
    assert live(session, second) == before


def test_the_role_of_a_version_stays_as_long_as_the_version_and_no_longer(bundle, session):
    deploy(bundle(steps("a")), session)
    [first] = roles_of(session)
    deploy(bundle(steps("b")), session)
    assert first in roles_of(session)
    for number in range(5):
        deploy(bundle(steps(f"c{number}")), session)
    assert first not in roles_of(session)
    assert len(roles_of(session)) == 5


def test_undeploying_removes_the_roles_of_earlier_versions_too(bundle, session):
    deploy(bundle(steps("a")), session)
    deploy(bundle(steps("b")), session)
    undeploy("steps", session)
    assert roles_of(session) == set()


@pytest.mark.full  # four deployments
def test_a_body_may_run_maps_of_its_own_alone_and_its_role_leaves_with_all_it_has(tmp_path, session):
    def wide(job, instances):
        rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        flow = workflow(
            glue("up", is_setup=True),
            mapped_glue("m", "up", over=days("a", "b")),
            glue("down", "m", "up", job=job, is_teardown=True, trigger_rule=rule),
            dag_id="steps",
            source_hash=HASH,
        )
        limits = replace(LIMITS, instances=instances)
        return pipeline.write(pipeline.convert(flow, Options(), limits=limits), tmp_path / job)

    deploy(wide("one", 15_000), session)
    inline = roles_of(session)
    preview = preview_of(wide("two", 0), session)
    assert "+ StateMachineRole: states:StartExecution on ${BodyMachine}" in preview.iam
    assert not any("Policy" in line for line in preview.resources)
    deploy(wide("two", 0), session)
    (body,) = (
        one["stateMachineArn"]
        for one in session.client("stepfunctions").list_state_machines()["stateMachines"]
        if "BodyMachine-" in one["name"]
    )
    iam = session.client("iam")

    def granted():
        policies = {}
        for role in roles_of(session) - inline:
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                policies[role, name] = document["Statement"]
        return policies

    first = granted()
    maps = [statements for (_, name), statements in first.items() if name == "least-privilege-2"]
    executions = body.replace(":stateMachine:", ":execution:")
    assert [[one["Resource"] for one in statements] for statements in maps] == [
        [[body], [f"{executions}:*", f"{executions}/*:*"]]
    ]
    # With other permissions there is another role; what runs under this one goes on with all it had.
    deploy(wide("three", 0), session)
    assert {key: granted()[key] for key in first} == first
    assert len([name for _, name in granted() if name == "least-privilege-2"]) == 2
    undeploy("steps", session)
    assert roles_of(session) == set()


def test_the_change_is_shown_first_and_can_be_declined(bundle, session):
    deploy(bundle(steps("a")), session)
    shown = []

    def decline(preview):
        shown.append(preview)
        return False

    with pytest.raises(Declined):
        deploy(bundle(steps("a", "b")), session, confirm=decline)
    [preview] = shown
    assert "+ state 'b' (glue:startJobRun.sync)" in preview.machine
    job = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:job/b"
    assert f"+ StateMachineRole: glue:StartJobRun on {job}" in preview.iam
    assert not any(line.startswith("-") for line in preview.iam)
    assert preview.settings == ()
    assert preview == preview_of(bundle(steps("a", "b")), session)
    assert preview_of(bundle(steps("a")), session).is_empty


def test_a_setting_is_shown_and_kept(bundle, session):
    deploy(bundle(steps("a")), session)
    preview = preview_of(bundle(steps("a")), session, settings={"LogRetentionDays": "7"})
    assert preview.settings == ('~ LogRetentionDays: "90" -> "7"',)
    deploy(bundle(steps("a")), session, settings={"LogRetentionDays": "7"})
    assert preview_of(bundle(steps("a")), session).is_empty


def test_what_the_machine_starts_and_is_not_there_is_named_before_anything_changes(bundle, session):
    with pytest.raises(Dag2SfnError) as raised:
        deploy(bundle(), session, look_for_what_it_calls=True)
    text = str(raised.value)
    assert all(
        f"the Glue job '{name}', which does not exist in account" in text for name in ("glue1", "glue3")
    )
    assert "the state machine arn:aws:states:us-east-1:123456789012:stateMachine:report_a" in text
    assert session.client("cloudformation").describe_stacks()["Stacks"] == []


def test_what_nobody_gave_at_conversion_is_given_at_deployment_and_kept(bundle, session):
    def folder():
        task = glue("load", job="{{ var.value.env }}-load", template_fields=("job_name",))
        return bundle(workflow(task, dag_id="given", source_hash=HASH))

    with pytest.raises(Dag2SfnError) as caught:
        deploy(folder(), session)
    (problem,) = caught.value.diagnostics
    assert problem.code.id == "D421"
    assert "VariableEnv has no value: The Airflow Variable env" in problem.problem

    deployed = deploy(folder(), session, settings={"VariableEnv": "prod"})
    definition = json.loads(definition_of(session, deployed))
    assert definition["States"]["load"]["Arguments"]["JobName"] == "{% 'prod' & '-load' %}"
    assert deploy(folder(), session).change is Change.UNCHANGED
