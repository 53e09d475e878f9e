from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/anything"


def definition_that_says(word: str) -> str:
    states = {"Say": {"Type": "Succeed", "Output": word}}
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Say", "States": states})


WAITING = json.dumps(
    {
        "QueryLanguage": "JSONata",
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}},
    }
)


@pytest.fixture
def machine(sfn: Any) -> str:
    created = sfn.create_state_machine(name="speaking", definition=definition_that_says("one"), roleArn=ROLE)
    return str(created["stateMachineArn"])


@pytest.fixture
def says(sfn: Any, finish: Callable[..., Any]) -> Callable[[str], Any]:
    """Start what an ARN leads to, and return its output."""

    def run(arn: str) -> Any:
        return json.loads(finish(sfn.start_execution(stateMachineArn=arn)["executionArn"])["output"])

    return run


def publish(sfn: Any, machine: str, word: str | None = None, **options: Any) -> str:
    if word is not None:
        sfn.update_state_machine(stateMachineArn=machine, definition=definition_that_says(word))
    return str(
        sfn.publish_state_machine_version(stateMachineArn=machine, **options)["stateMachineVersionArn"]
    )


def test_a_valid_definition_is_ok(sfn: Any) -> None:
    answer = sfn.validate_state_machine_definition(definition=definition_that_says("yes"))
    assert (answer["result"], answer["diagnostics"], answer["truncated"]) == ("OK", [], False)


def test_all_problems_of_a_definition_are_told_with_code_and_place(sfn: Any) -> None:
    states = {
        "A": {"Type": "Pass", "Next": "Nowhere"},
        "B": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "A", "States": {}}]},
    }
    broken = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})
    answer = sfn.validate_state_machine_definition(definition=broken)
    assert answer["result"] == "FAIL"
    places = {(found["code"], found["location"]) for found in answer["diagnostics"]}
    assert ("MISSING_TRANSITION_TARGET", "/States/A/Next") in places
    assert {found["severity"] for found in answer["diagnostics"]} == {"ERROR"}
    assert len(answer["diagnostics"]) >= 2

    first = sfn.validate_state_machine_definition(definition=broken, maxResults=1)
    assert (len(first["diagnostics"]), first["truncated"]) == (1, True)


@pytest.mark.parametrize("text", ["", "[]", '{"StartAt": '])
def test_text_that_is_no_definition_fails_to_validate(sfn: Any, text: str) -> None:
    found = sfn.validate_state_machine_definition(definition=text or " ")["diagnostics"]
    assert [problem["code"] for problem in found] == ["INVALID_JSON_DESCRIPTION"]


def test_what_validates_can_be_created_and_what_does_not_cannot(sfn: Any) -> None:
    twice = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    states = {
        "A": {"Type": "Parallel", "End": True, "Branches": [twice]},  # the name twice
    }
    broken = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})
    found = sfn.validate_state_machine_definition(definition=broken)["diagnostics"]
    assert [problem["code"] for problem in found] == ["DUPLICATE_STATE_NAME"]
    with pytest.raises(ClientError, match="DUPLICATE_STATE_NAME"):
        sfn.create_state_machine(name="bad", definition=broken, roleArn=ROLE)


def test_a_version_stays_what_it_was(sfn: Any, machine: str, says: Callable[[str], Any]) -> None:
    first = publish(sfn, machine)
    second = publish(sfn, machine, "two")
    sfn.update_state_machine(stateMachineArn=machine, definition=definition_that_says("three"))

    assert (first, second) == (f"{machine}:1", f"{machine}:2")
    assert [says(arn) for arn in (first, second, machine)] == ["one", "two", "three"]
    assert "one" in sfn.describe_state_machine(stateMachineArn=first)["definition"]
    listed = sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [version["stateMachineVersionArn"] for version in listed] == [second, first]


def test_publishing_the_same_revision_again_gives_the_same_version(sfn: Any, machine: str) -> None:
    assert publish(sfn, machine) == publish(sfn, machine) == f"{machine}:1"
    # An update makes a new revision, even one that changes nothing.
    assert publish(sfn, machine, "one") == f"{machine}:2"


def test_a_version_is_published_only_of_the_revision_that_its_caller_saw(sfn: Any, machine: str) -> None:
    assert "revisionId" not in sfn.describe_state_machine(stateMachineArn=machine)
    assert publish(sfn, machine, revisionId="INITIAL") == f"{machine}:1"
    seen = sfn.update_state_machine(stateMachineArn=machine, definition=definition_that_says("two"))[
        "revisionId"
    ]
    assert sfn.describe_state_machine(stateMachineArn=machine)["revisionId"] == seen
    assert publish(sfn, machine, revisionId=seen) == f"{machine}:2"
    sfn.update_state_machine(stateMachineArn=machine, definition=definition_that_says("three"))
    with pytest.raises(ClientError, match="ConflictException"):
        publish(sfn, machine, revisionId=seen)


def test_creating_and_updating_can_publish_at_once(sfn: Any) -> None:
    created = sfn.create_state_machine(
        name="m", definition=WAITING, roleArn=ROLE, publish=True, versionDescription="first"
    )
    version = created["stateMachineVersionArn"]
    assert version == created["stateMachineArn"] + ":1"
    assert sfn.describe_state_machine(stateMachineArn=version)["description"] == "first"
    updated = sfn.update_state_machine(
        stateMachineArn=created["stateMachineArn"], definition=definition_that_says("2"), publish=True
    )
    assert updated["stateMachineVersionArn"].endswith(":m:2")


def test_an_update_must_change_something(sfn: Any, machine: str) -> None:
    with pytest.raises(ClientError, match="MissingRequiredParameter"):
        sfn.update_state_machine(stateMachineArn=machine)


def test_an_alias_leads_where_it_is_told_by_weight(
    sfn: Any, machine: str, says: Callable[[str], Any]
) -> None:
    first, second = publish(sfn, machine), publish(sfn, machine, "two")
    alias = sfn.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
    )["stateMachineAliasArn"]
    assert alias == f"{machine}:live"
    assert says(alias) == "one"

    routes = [
        {"stateMachineVersionArn": first, "weight": 50},
        {"stateMachineVersionArn": second, "weight": 50},
    ]
    sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=routes)
    described = sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert (described["name"], described["routingConfiguration"]) == ("live", routes)
    said = Counter(says(alias) for _ in range(40))
    assert set(said) == {"one", "two"}  # all alike: once in 2^39

    sfn.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": second, "weight": 100}]
    )
    assert says(alias) == "two"
    assert sfn.list_state_machine_aliases(stateMachineArn=first)["stateMachineAliases"] == []
    listed = sfn.list_state_machine_aliases(stateMachineArn=machine)["stateMachineAliases"]
    assert [entry["stateMachineAliasArn"] for entry in listed] == [alias]


def test_an_execution_tells_by_what_it_was_started(
    sfn: Any, machine: str, finish: Callable[..., Any]
) -> None:
    version = publish(sfn, machine)
    alias = sfn.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]
    runs = {
        name: finish(sfn.start_execution(stateMachineArn=arn, name=name)["executionArn"])
        for name, arn in (("plain", machine), ("version", version), ("alias", alias))
    }
    assert {run["stateMachineArn"] for run in runs.values()} == {machine}
    assert runs["plain"]["executionArn"] == machine.replace("stateMachine", "execution") + ":plain"
    assert "stateMachineVersionArn" not in runs["plain"]
    assert [runs[name]["stateMachineVersionArn"] for name in ("version", "alias")] == [version, version]
    assert runs["alias"]["stateMachineAliasArn"] == alias

    def names(arn: str) -> list[str]:
        return [run["name"] for run in sfn.list_executions(stateMachineArn=arn)["executions"]]

    assert names(machine) == ["alias", "version", "plain"]
    assert names(version) == ["alias", "version"]
    assert names(alias) == ["alias"]


@pytest.mark.parametrize(
    ("weights", "problem"),
    [([60, 60], "weights must equal 100"), ([100, 0, 0], "less than or equal to 2"), ([50, 50], "distinct")],
)
def test_an_alias_with_impossible_routes_is_refused(
    sfn: Any, machine: str, weights: list[int], problem: str
) -> None:
    version = publish(sfn, machine)
    routes = [{"stateMachineVersionArn": version, "weight": weight} for weight in weights]
    with pytest.raises(ClientError, match=problem):
        sfn.create_state_machine_alias(name="live", routingConfiguration=routes)


def test_an_alias_must_lead_to_a_version_that_exists(sfn: Any, machine: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sfn.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": f"{machine}:7", "weight": 100}]
        )
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        sfn.start_execution(stateMachineArn=f"{machine}:live")


def test_a_version_that_an_alias_leads_to_cannot_be_deleted(sfn: Any, machine: str) -> None:
    version = publish(sfn, machine)
    alias = sfn.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
    )["stateMachineAliasArn"]
    with pytest.raises(ClientError, match=r"ConflictException.*\[live\]"):
        sfn.delete_state_machine_version(stateMachineVersionArn=version)
    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    sfn.delete_state_machine_version(stateMachineVersionArn=version)
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        sfn.start_execution(stateMachineArn=version)
    # A number is not used again.
    assert publish(sfn, machine) == f"{machine}:2"


def test_deleting_a_machine_deletes_its_versions_aliases_and_tags(sfn: Any, machine: str) -> None:
    version = publish(sfn, machine)
    sfn.tag_resource(resourceArn=machine, tags=[{"key": "dag", "value": "example"}])
    sfn.delete_state_machine(stateMachineArn=machine)
    for gone in (machine, version):
        with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
            sfn.describe_state_machine(stateMachineArn=gone)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sfn.list_tags_for_resource(resourceArn=machine)
    sfn.create_state_machine(name="speaking", definition=WAITING, roleArn=ROLE)
    assert sfn.list_tags_for_resource(resourceArn=machine)["tags"] == []
    assert sfn.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"] == []


def test_machines_are_listed_in_pages(sfn: Any) -> None:
    for number in range(5):
        sfn.create_state_machine(name=f"m{number}", definition=WAITING, roleArn=ROLE)
    pages = sfn.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    names = [[machine["name"] for machine in page["stateMachines"]] for page in pages]
    assert names == [["m0", "m1"], ["m2", "m3"], ["m4"]]


def test_executions_are_listed_by_each_status(sfn: Any, finish: Callable[..., Any]) -> None:
    def start(name: str, states: dict[str, Any], **top: Any) -> str:
        text = json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": states}, **top})
        sfn.update_state_machine(stateMachineArn=arn, definition=text)
        return str(sfn.start_execution(stateMachineArn=arn, name=name)["executionArn"])

    arn = sfn.create_state_machine(name="m", definition=WAITING, roleArn=ROLE)["stateMachineArn"]
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    finish(start("SUCCEEDED", {"Type": "Succeed"}))
    finish(start("FAILED", {"Type": "Fail"}))
    finish(start("TIMED_OUT", wait, TimeoutSeconds=1))
    sfn.stop_execution(executionArn=start("ABORTED", wait))
    start("RUNNING", wait)
    for status in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "RUNNING"):
        found = sfn.list_executions(stateMachineArn=arn, statusFilter=status)["executions"]
        assert [execution["name"] for execution in found] == [status]
