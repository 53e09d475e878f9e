from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from converter.local import LocalAws

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:speaking"
Resources = Callable[..., dict[str, Any]]


@pytest.fixture
def says(sfn: Any, finish: Callable[..., Any]) -> Callable[[str], Any]:
    def run(arn: str) -> Any:
        return json.loads(finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])["output"])

    return run


def test_a_machine_is_created_updated_and_deleted(
    stack: Any, machine: Resources, sfn: Any, says: Callable[[str], Any]
) -> None:
    stack.apply(machine(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]))
    assert stack.id_of("Machine") == MACHINE
    assert says(MACHINE) == "one"
    assert sfn.describe_state_machine(stateMachineArn=MACHINE)["loggingConfiguration"]["level"] == "OFF"

    stack.apply(
        machine(
            "two",
            Tags=[{"Key": "a", "Value": "2"}],
            TracingConfiguration={"Enabled": "true"},  # text for a boolean, as AWS takes it
        )
    )
    assert says(MACHINE) == "two"
    assert sfn.list_tags_for_resource(resourceArn=MACHINE)["tags"] == [{"key": "a", "value": "2"}]
    assert sfn.describe_state_machine(stateMachineArn=MACHINE)["tracingConfiguration"] == {"enabled": True}

    stack.delete()
    assert sfn.list_state_machines()["stateMachines"] == []


def test_a_version_follows_the_machine_and_an_alias_the_version(
    stack: Any, machine: Resources, sfn: Any, says: Callable[[str], Any]
) -> None:
    def resources(word: str) -> dict[str, Any]:
        return {
            **machine(word),
            "Version": {
                "Type": "AWS::StepFunctions::StateMachineVersion",
                # The description changes with the definition, so that the version is replaced.
                "Properties": {"StateMachineArn": {"Ref": "Machine"}, "Description": word},
            },
            "Live": {
                "Type": "AWS::StepFunctions::StateMachineAlias",
                "Properties": {
                    "Name": "live",
                    "RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "Version"}, "Weight": "100"}],
                },
            },
        }

    stack.apply(resources("one"))
    assert (stack.id_of("Version"), stack.id_of("Live")) == (f"{MACHINE}:1", f"{MACHINE}:live")
    stack.apply(resources("two"))
    assert says(f"{MACHINE}:live") == "two"
    # The old version is deleted, once nothing leads to it any more.
    versions = sfn.list_state_machine_versions(stateMachineArn=MACHINE)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in versions] == [f"{MACHINE}:2"]
    stack.delete()


def test_an_old_version_stays_if_the_template_says_so(stack: Any, machine: Resources, sfn: Any) -> None:
    def resources(word: str) -> dict[str, Any]:
        version = {
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"StateMachineArn": {"Ref": "Machine"}, "Description": word},
        }
        return {**machine(word), "Version": version}

    stack.apply(resources("one"))
    stack.apply(resources("two"))
    versions = sfn.list_state_machine_versions(stateMachineArn=MACHINE)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"][-2:] for version in versions] == [":2", ":1"]


def test_an_alias_may_be_deployed_to(stack: Any, machine: Resources, says: Callable[[str], Any]) -> None:
    preference = {
        "StateMachineVersionArn": {"Ref": "Version"},
        "Type": "LINEAR",
        "Interval": 5,
        "Percentage": 20,
    }
    more = {
        "Version": {
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "Properties": {"StateMachineArn": {"Ref": "Machine"}},
        },
        "Live": {
            "Type": "AWS::StepFunctions::StateMachineAlias",
            "Properties": {"Name": "live", "DeploymentPreference": preference},
        },
    }
    stack.apply({**machine(), **more})
    assert says(f"{MACHINE}:live") == "one"


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}}, "MISSING_TRANSITION_TARGET"),
        (
            {
                "StartAt": "A",
                "States": {
                    "A": {
                        "Type": "Parallel",
                        "End": True,
                        "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}],
                    }
                },
            },
            "DUPLICATE_STATE_NAME",
        ),
    ],
)
def test_a_wrong_definition_fails_and_leaves_nothing(
    aws: LocalAws, stack: Any, machine: Resources, sfn: Any, definition: dict[str, Any], reason: str
) -> None:
    stack.apply(machine(Definition=definition), expect="ROLLBACK_COMPLETE")
    assert list(stack.reasons) == ["Machine"]
    assert reason in stack.reasons["Machine"]
    assert sfn.list_state_machines()["stateMachines"] == []
    assert aws.client("iam").list_roles()["Roles"] == []


@pytest.mark.parametrize("error", ["no such role", "trusts somebody else"])
def test_a_role_that_cannot_be_assumed_fails_the_machine(
    stack: Any, machine: Resources, sfn: Any, error: str
) -> None:
    resources = machine()
    if error == "no such role":
        resources["Machine"]["Properties"]["RoleArn"] = "arn:aws:iam::123456789012:role/none"
    else:
        statement = resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
        statement["Principal"] = {"Service": "lambda.amazonaws.com"}
    stack.apply(resources, expect="ROLLBACK_COMPLETE")
    assert "is authorized to assume the provided role" in stack.reasons["Machine"]
    assert sfn.list_state_machines()["stateMachines"] == []


def test_a_machine_without_a_role_is_refused_by_name(stack: Any, machine: Resources) -> None:
    resources = machine()
    del resources["Machine"]["Properties"]["RoleArn"]
    stack.apply(resources, expect="ROLLBACK_COMPLETE")
    assert "required key [RoleArn] not found" in stack.reasons["Machine"]


def test_a_machine_that_exists_already_is_not_taken_over(
    stack: Any, machine: Resources, create_machine: Callable[..., str], sfn: Any
) -> None:
    arn = create_machine({"Mine": {"Type": "Succeed"}}, name="speaking")
    stack.apply(machine(), expect="ROLLBACK_COMPLETE")
    assert "Already Exists" in stack.reasons["Machine"]
    assert "Mine" in sfn.describe_state_machine(stateMachineArn=arn)["definition"]


def test_a_renamed_machine_is_a_new_one(stack: Any, machine: Resources, sfn: Any) -> None:
    stack.apply(machine())
    stack.apply(machine(StateMachineName="renamed"))
    names = [each["name"] for each in sfn.list_state_machines()["stateMachines"]]
    assert names == ["renamed"]


def test_a_failed_replacement_leaves_the_original(stack: Any, machine: Resources, sfn: Any) -> None:
    stack.apply(machine())
    broken = machine(StateMachineName="renamed")
    # It fails after the replacement was made: it refers to it.
    broken["Version"] = {
        "Type": "AWS::StepFunctions::StateMachineVersion",
        "Properties": {"StateMachineArn": {"Ref": "Machine"}, "StateMachineRevisionId": "another"},
    }
    stack.apply(broken, expect="ROLLBACK_COMPLETE")
    assert "Failed to publish" in stack.reasons["Version"]
    assert [each["name"] for each in sfn.list_state_machines()["stateMachines"]] == ["speaking"]
    assert stack.id_of("Machine") == MACHINE
    stack.apply(machine("two"))
    assert "two" in sfn.describe_state_machine(stateMachineArn=MACHINE)["definition"]
