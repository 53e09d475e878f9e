from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from cfnlint.api import lint
from mapped import days, mapped_glue
from stack_templates import OF_A_FUNCTION, WITHOUT_DIGEST, allowed_by, allowed_in, made, text_of
from workflows import empty, glue, machine_of, nested, partial_fan_in, workflow

from converter.asl.options import Failures, Options, PollerStyle
from converter.packaging.bundle import function_sources
from converter.packaging.settings import default_settings
from converter.packaging.template import template
from converter.packaging.yaml_text import Note, Ref, yaml_text
from converter.pipeline import convert
from converter.workflow import Retries, TriggerRule

HASH = "0" * 64
STOP = Options(failures=Failures.STOP)


def chain():
    return workflow(glue("load"), empty("done", "load"), dag_id="chain", source_hash=HASH)


def fan_in():
    return partial_fan_in(source_hash=HASH)


def cluster():
    rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
    return workflow(
        glue("create", is_setup=True),
        glue("work", "create"),
        glue("delete", "work", "create", is_teardown=True, trigger_rule=rule),
        dag_id="cluster",
        source_hash=HASH,
        settings={"max_active_runs": 2},
    )


CASES = [
    pytest.param(cluster(), Options(), id="outer machine"),
    pytest.param(fan_in(), Options(), id="poller and table"),
    pytest.param(fan_in(), STOP, id="poller alone"),
    pytest.param(chain(), Options(), id="neither"),
]


def job(name: str) -> str:
    return f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:job/{name}"


#: AWS documentation, IAM policies for AWS Glue jobs that are waited for.
RUN_A_JOB = {"glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"}
LOG = {
    (f"logs:{action}", "*")
    for action in [
        "CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries",
        "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
    ]
}  # fmt: skip
LOG |= {
    (f"xray:{action}", "*")
    for action in ["GetSamplingRules", "GetSamplingTargets", "PutTelemetryRecords", "PutTraceSegments"]
}
LOG |= {("kms:Decrypt", "!Ref KmsKeyArn"), ("kms:GenerateDataKey", "!Ref KmsKeyArn")}
NESTED = {
    (action, arn)
    for report in ("report_a", "report_b")
    for action, arn in [
        ("states:StartExecution", f"arn:aws:states:us-east-1:123456789012:stateMachine:{report}"),
        ("states:DescribeExecution", f"arn:aws:states:us-east-1:123456789012:execution:{report}:*"),
        ("states:StopExecution", f"arn:aws:states:us-east-1:123456789012:execution:{report}:*"),
    ]
} | {
    (
        f"events:{action}",
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
        ":rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
    )
    for action in ("PutTargets", "PutRule", "DescribeRule")
}


def test_the_machine_may_do_what_its_states_do_and_nothing_else():
    role = made(fan_in())["Resources"]["StateMachineRole"]
    assert allowed_by(role) == {
        *((action, job(name)) for action in RUN_A_JOB for name in ("glue1", "glue2", "glue3")),
        *NESTED,
        *LOG,
        ("lambda:InvokeFunction", "${PollerFunction.Arn}:*"),
        ("dynamodb:PutItem", "!GetAtt OutcomeTable.Arn"),
    }


def test_a_machine_without_pollers_may_neither_call_nor_write():
    role = made(chain())["Resources"]["StateMachineRole"]
    assert allowed_by(role) == {*((action, job("load")) for action in RUN_A_JOB), *LOG}


HERE = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"


def of_map_runs(name: str) -> set[tuple[str, str]]:
    """AWS documentation, IAM policies for using Distributed Map states; their label stands in ARNs, too."""
    return {
        ("states:StartExecution", f"{HERE}:stateMachine:{name}"),
        *(
            (f"states:{action}Execution", f"{HERE}:execution:{name}{of}:*")
            for action in ("Describe", "Stop")
            for of in ("", "/*")
        ),
    }


def test_a_machine_with_a_distributed_map_may_start_executions_of_its_own():
    wide = mapped_glue("load", over=days(*map(str, range(1000))), retries=Retries(3, 5))
    flow = workflow(wide, source_hash=HASH)
    machine = convert(flow, Options()).machine
    role = made(flow, machine=machine)["Resources"]["StateMachineRole"]
    assert allowed_by(role) == {
        *((action, job("load")) for action in RUN_A_JOB),
        *of_map_runs("${MachineName}"),
        *LOG,
    }


def test_a_body_with_a_distributed_map_may_start_executions_of_its_own_and_of_no_other_dag():
    wide = mapped_glue("load", over=days(*map(str, range(1000))), retries=Retries(3, 5))
    flow = replace(cluster(), tasks=(*cluster().tasks, wide))
    written = made(flow, machine=convert(flow, Options()).machine)
    resources = written["Resources"]
    # Its name is CloudFormation's, and there when the role already is: the role gets the rest afterwards.
    assert not any("BodyMachine" in on for _, on in allowed_by(resources["StateMachineRole"]))
    ((name, policy),) = [(id_, one) for id_, one in resources.items() if one["Type"] == "AWS::IAM::Policy"]
    [role] = policy["Properties"]["Roles"]
    assert resources[role.name] is resources["StateMachineRole"]
    assert allowed_in(policy["Properties"]["PolicyDocument"]) == {
        ("states:StartExecution", "!Ref BodyMachine"),
        *(pair for pair in of_map_runs("${BodyMachine.Name}") if pair[0] != "states:StartExecution"),
    }
    # It stays as long as the role; and no run begins before it.
    assert (policy["DeletionPolicy"], policy["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert resources["BodyMachineVersion"]["DependsOn"] == name
    assert [str(match) for match in lint(yaml_text(written))] == []


def test_cfn_lint_finds_nothing_to_object_to_in_a_distributed_map():
    wide = mapped_glue("m", over=days(*map(str, range(1000))), retries=Retries(3, 5))
    flow = workflow(wide, source_hash=HASH)
    machine = convert(flow, Options()).machine
    written = made(flow, machine=machine)
    properties = written["Resources"]["StateMachine"]["Properties"]
    del properties["DefinitionS3Location"]
    properties["Definition"] = machine.definition
    for name in ("DefinitionKey", "ArtifactBucket"):
        del written["Parameters"][name]
    assert '"DISTRIBUTED"' in json.dumps(machine.definition)
    assert [str(match) for match in lint(yaml_text(written))] == []


def test_the_poller_may_only_ask_for_awaited_jobs():
    role = made(fan_in())["Resources"]["PollerRole"]
    assert allowed_by(role) == {
        ("glue:GetJobRuns", job("glue3")),
        ("dynamodb:BatchGetItem", "!GetAtt OutcomeTable.Arn"),
        ("logs:CreateLogStream", "!GetAtt PollerLogs.Arn"),
        ("logs:PutLogEvents", "!GetAtt PollerLogs.Arn"),
        *OF_A_FUNCTION,
    }


@pytest.mark.parametrize(
    ("style", "more"), [(PollerStyle.LOOP, set()), (PollerStyle.RETRY, {"dynamodb:UpdateItem"})]
)
def test_tasks_that_are_no_glue_jobs_are_awaited_without_a_function(style, more):
    flow = workflow(
        nested("a"), nested("b"), nested("c"), nested("x", "a", "c"), nested("y", "b", "c"), source_hash=HASH
    )
    resources = made(flow, Options(poller_style=style))["Resources"]
    assert not [item for item in resources.values() if item["Type"].startswith("AWS::Lambda::")]
    actions = {action for action, _ in allowed_by(resources["StateMachineRole"]) if "dynamodb" in action}
    assert actions == {"dynamodb:PutItem", "dynamodb:GetItem", *more}


def test_a_job_name_that_looks_like_a_variable_stays_a_name():
    role = made(workflow(glue("load", job="x${AWS::StackName}"), source_hash=HASH))["Resources"]
    assert ("glue:StartJobRun", job("x${!AWS::StackName}")) in allowed_by(role["StateMachineRole"])


OF_EVERY_STACK = {
    *("StateMachine", "StateMachineVersion", "StateMachineAlias", "StateMachineRole", "StateMachineLogs"),
    *("FailedAlarm", "TimedOutAlarm"),
}


@pytest.mark.parametrize(
    ("flow", "options", "resources", "filled"),
    [
        (
            fan_in(),
            Options(),
            {"PollerFunction", "PollerVersion", "PollerRole", "PollerLogs", "OutcomeTable"},
            {"PollerFunctionArn": "PollerVersion", "OutcomeTableName": "OutcomeTable"},
        ),
        (
            fan_in(),
            STOP,
            {"PollerFunction", "PollerVersion", "PollerRole", "PollerLogs"},
            {"PollerFunctionArn": "PollerVersion"},
        ),
        (chain(), Options(), set(), {}),
    ],
)
def test_a_stack_has_the_resources_that_its_machine_needs(flow, options, resources, filled):
    written = made(flow, options)
    names = {WITHOUT_DIGEST.sub("", name) for name in written["Resources"]}
    assert names == {*OF_EVERY_STACK, *resources}
    given = written["Resources"]["StateMachine"]["Properties"].get("DefinitionSubstitutions", {})
    assert {name: WITHOUT_DIGEST.sub("", value.name) for name, value in given.items()} == filled
    assert ("PollerKey" in written["Parameters"]) == ("PollerFunction" in resources)
    assert ("PollerFunctionArn" in written["Outputs"]) == ("PollerFunction" in resources)


def test_the_table_fits_what_the_machine_writes_and_the_poller_reads():
    machine = machine_of(fan_in())
    [item] = {
        json.dumps(sorted((key, *value) for key, value in state["Arguments"]["Item"].items()))
        for _, state in _states(machine.definition)
        if state.get("Resource") == "arn:aws:states:::dynamodb:putItem"
    }
    table = made(fan_in())["Resources"]["OutcomeTable"]["Properties"]
    [key] = table["AttributeDefinitions"]
    assert [key["AttributeName"], key["AttributeType"]] in json.loads(item)
    assert [table["TimeToLiveSpecification"]["AttributeName"], "N"] in json.loads(item)


def _states(block):
    for name, state in block["States"].items():
        yield name, state
        for branch in state.get("Branches", ()):
            yield from _states(branch)


@pytest.mark.parametrize(("flow", "options"), CASES)
def test_cfn_lint_finds_nothing_to_object_to(flow, options):
    assert [str(match) for match in lint(text_of(flow, options))] == []


@pytest.mark.parametrize(("flow", "options"), CASES)
def test_cfn_lint_finds_nothing_to_object_to_in_the_definition(flow, options):
    machine = machine_of(flow, options)
    written = made(flow, options)
    properties = written["Resources"]["StateMachine"]["Properties"]
    del properties["DefinitionS3Location"]
    # cfn-lint reads a definition only where it stands in the template.
    properties["Definition"] = machine.outer or machine.definition
    del written["Parameters"]["OuterDefinitionKey" if machine.outer else "DefinitionKey"]
    if not machine.needs_poller and machine.outer is None:
        del written["Parameters"]["ArtifactBucket"]
    assert [str(match) for match in lint(yaml_text(written))] == []


def test_cfn_lint_would_find_a_broken_definition():
    written = made(chain())
    properties = written["Resources"]["StateMachine"]["Properties"]
    del properties["DefinitionS3Location"]
    properties["Definition"] = {"StartAt": "x", "States": {"x": {"Type": "Nonsense"}}}
    assert any("Nonsense" in str(match) for match in lint(yaml_text(written)))


@pytest.mark.parametrize(("flow", "options"), CASES)
def test_statelint_finds_nothing_to_object_to(flow, options, tmp_path):
    path = tmp_path / "definition.json"
    path.write_text(json.dumps(machine_of(flow, options).definition))
    command = [sys.executable, "-m", "statelint", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_outer_machine_may_start_its_body_tear_down_and_nothing_else():
    resources = made(cluster())["Resources"]
    executions = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:"
    rule = (
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
        ":rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
    )
    assert allowed_by(resources["OuterRole"]) == {
        *LOG,
        *((action, job("delete")) for action in RUN_A_JOB),
        ("states:StartExecution", "!GetAtt BodyMachine.Arn"),
        ("states:DescribeExecution", f"{executions}${{BodyMachine.Name}}:*"),
        ("states:StopExecution", f"{executions}${{BodyMachine.Name}}:*"),
        ("states:DescribeExecution", f"{executions}${{MachineName}}:*"),
        *((f"events:{action}", rule) for action in ("DescribeRule", "PutRule", "PutTargets")),
        ("dynamodb:GetItem", "!GetAtt OutcomeTable.Arn"),
        ("dynamodb:UpdateItem", "!GetAtt OutcomeTable.Arn"),
    }
    assert allowed_by(resources["StateMachineRole"]) == {
        *LOG,
        *((action, job(name)) for action in RUN_A_JOB for name in ("create", "work", "delete")),
        ("dynamodb:PutItem", "!GetAtt OutcomeTable.Arn"),
    }


def test_a_change_of_the_functions_code_publishes_another_version():
    flow = fan_in()
    machine = machine_of(flow)
    versions = {
        name
        for code in ("x = 1", "x = 2", "x = 2")
        for name in template(flow, machine, {"poller": {"dag2sfn_poller.py": code}})["Resources"]
        if name.startswith("PollerVersion")
    }
    assert len(versions) == 2


def test_other_permissions_are_another_role_and_the_old_one_stays():
    one, two = (made(workflow(glue("load", job=job), source_hash=HASH))["Resources"] for job in ("a", "b"))
    assert {name for name in one if "Role" in name}.isdisjoint(name for name in two if "Role" in name)
    role = one["StateMachineRole"]
    assert (role["DeletionPolicy"], role["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_runs_are_started_by_an_alias_of_a_version_that_stays():
    resources = made(fan_in())["Resources"]
    assert resources["StateMachineVersion"]["UpdateReplacePolicy"] == "Retain"
    [route] = resources["StateMachineAlias"]["Properties"]["RoutingConfiguration"]
    assert route == {"StateMachineVersionArn": Ref("StateMachineVersion"), "Weight": 100}


@pytest.mark.parametrize(("flow", "options"), CASES)
def test_a_wildcard_has_its_reason_in_a_comment(flow, options):
    """Whatever is allowed on all resources says why; names that end in a wildcard are of this stack."""
    machine = machine_of(flow, options)
    resources = template(flow, machine, function_sources(flow, machine))["Resources"]
    for name, noted in resources.items():
        if "Role" not in name:
            continue
        [policy] = noted.value["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]:
            comment = statement.comment if isinstance(statement, Note) else ""
            content = statement.value if isinstance(statement, Note) else statement
            content = content["Fn::If"][1] if "Fn::If" in content else content
            assert "*" not in content["Resource"] or comment, (name, content)
            assert not any("*" in action for action in content["Action"])


def test_what_differs_between_accounts_is_a_parameter():
    names = set(made(fan_in())["Parameters"])
    assert names >= {"MachineName", "KmsKeyArn", "VpcSubnetIds", "VpcSecurityGroupIds", "AlarmTopicArn"}
    assert "VpcSubnetIds" not in made(chain())["Parameters"]
    assert set(default_settings("d", ("poller",))) == names - {"ArtifactBucket", "DefinitionKey", "PollerKey"}
