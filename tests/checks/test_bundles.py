from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from mapped import days, mapped_glue
from workflows import glue, partial_fan_in, workflow

from converter import pipeline
from converter.asl.budget import LIMITS
from converter.asl.options import Options
from converter.checks import check, inspect
from converter.checks.template import read_template
from converter.workflow import TriggerRule


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return pipeline.write(pipeline.convert(partial_fan_in(), Options()), tmp_path)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    "line",
    [
        "glue:StartJobRun",
        "glue:GetJobRun",
        "glue:BatchStopJobRun",
        "states:StartExecution",
        "states:StopExecution",
        "events:PutRule",
        "lambda:InvokeFunction",
        "dynamodb:PutItem",
    ],
)
def test_each_action_of_the_role_is_needed(bundle: Path, line: str) -> None:
    edit(bundle / "template.yaml", f"                  - {line}\n", "                  - sts:Nothing\n")
    found = check(bundle)
    assert {item.code.id for item in found} == {"D546"}
    assert line in found[0].problem


@pytest.mark.parametrize(
    "resource",
    ["job/glue2", "stateMachine:report_b", "!GetAtt OutcomeTable.Arn\n              # Log"],
)
def test_each_resource_of_the_role_is_needed(bundle: Path, resource: str) -> None:
    edit(
        bundle / "template.yaml",
        resource,
        resource.replace("glue2", "x").replace("report_b", "x").replace("OutcomeTable", "Other"),
    )
    assert {item.code.id for item in check(bundle)} == {"D546"}


def test_wildcards_cover_what_they_match(bundle: Path) -> None:
    edit(bundle / "template.yaml", "job/glue2", "job/gl*")
    edit(bundle / "template.yaml", "glue:StartJobRun", "glue:Start*")
    assert check(bundle) == []


def test_a_role_that_stands_elsewhere_is_not_judged(bundle: Path) -> None:
    file = bundle / "template.yaml"
    [role] = set(re.findall(r"RoleArn: !GetAtt StateMachineRole\w+\.Arn", file.read_text()))
    edit(file, role, "RoleArn: arn:aws:iam::1:role/mine")
    assert check(bundle) == []


def with_teardown(folder: Path) -> Path:
    """A bundle of two machines: instances are executions of the body, which the outer machine starts."""
    flow = workflow(
        glue("s", is_setup=True),
        mapped_glue("m", "s", over=days("a", "b")),
        glue("t", "s", "m", is_teardown=True, trigger_rule=TriggerRule.ALL_DONE_SETUP_SUCCESS),
    )
    return pipeline.write(pipeline.convert(flow, Options(), limits=replace(LIMITS, instances=0)), folder)


@pytest.mark.parametrize("action", ["StartExecution", "DescribeExecution", "StopExecution"])
@pytest.mark.parametrize(("role", "machine"), [(0, "definition.asl.json"), (1, "outer.asl.json")])
def test_what_one_machine_may_do_another_may_not(
    tmp_path: Path, action: str, role: int, machine: str
) -> None:
    bundle = with_teardown(tmp_path)
    assert check(bundle) == []
    file = bundle / "template.yaml"
    # Both roles have it: the body's stands first.
    found = [match.span() for match in re.finditer(rf"states:{action}\b", file.read_text())]
    assert len(found) == 2
    start, end = found[role]
    file.write_text(file.read_text()[:start] + "sts:Nothing" + file.read_text()[end:])
    places = {(item.code.id, Path(item.location.file).name) for item in check(bundle) if item.location}
    assert places == {("D546", machine)}


def test_policies_of_their_own_count() -> None:
    template = read_template(
        """
        Resources:
          Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: !GetAtt Role.Arn}}
          Role: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [!Ref First]}}
          First:
            Type: AWS::IAM::ManagedPolicy
            Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: a:B, Resource: '*'}}}
          Second:
            Type: AWS::IAM::Policy
            Properties:
              Roles: [{Ref: Role}]
              PolicyDocument: {Statement: [{Effect: Allow, Action: [c:D], Resource: [{'Fn::Sub': '${X}'}]}]}
        """
    )
    assert template.grants is not None
    assert [(grant.actions, grant.resources) for grant in template.grants] == [
        (("a:B",), ("*",)),
        (("c:D",), ("${X}",)),
    ]


def test_a_template_that_is_nested_too_deep_is_named(bundle: Path) -> None:
    (bundle / "template.yaml").write_text("[" * 5_000 + "]" * 5_000)
    [problem] = check(bundle)
    assert (problem.code.id, "nested too deep" in problem.problem) == ("D547", True)


def test_a_finding_has_the_line_of_its_state(bundle: Path) -> None:
    file = bundle / "definition.asl.json"
    edit(file, '"Seconds": "{%', '"Seconds": "{% (')
    problem = next(item for item in check(bundle) if item.code.id == "D511")
    assert problem.location is not None
    assert problem.location.file == file.as_posix()
    assert file.read_text().split("\n")[problem.location.line - 1].strip() == '"report_b: wait for glue3": {'


@pytest.mark.parametrize("name", ["definition.asl.json", "template.yaml", "bundle.json"])
def test_a_missing_file_is_found(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert [(item.code.id, name in item.problem) for item in check(bundle)] == [("D547", True)]


def test_a_task_without_its_state_is_found(bundle: Path) -> None:
    manifest = json.loads((bundle / "bundle.json").read_text())
    manifest["tasks"][0]["state"] = "elsewhere"
    (bundle / "bundle.json").write_text(json.dumps(manifest))
    (problem,) = check(bundle)
    assert "glue1" in problem.problem


@pytest.mark.parametrize("text", ["Resources: [", "just text", "Resources: !Foo {", "[]"])
def test_what_is_no_template_is_found(bundle: Path, text: str) -> None:
    (bundle / "template.yaml").write_text(text)
    assert {item.code.id for item in check(bundle)} == {"D547"}


def test_bundles_of_a_folder_are_checked_each(bundle: Path) -> None:
    report = inspect(bundle.parent)
    assert [file.parent for file in report.checked] == [bundle]
    assert report.diagnostics == ()


def test_where_nothing_is_there_it_says_so(tmp_path: Path) -> None:
    assert [item.code.id for item in check(tmp_path)] == ["D501"]
    assert [item.code.id for item in check(tmp_path / "missing")] == ["D501"]
