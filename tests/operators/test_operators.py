import json

import pytest
from workflows import GLUE, START_EXECUTION, empty, glue, nested, workflow

from converter.asl.awaiting import Pace
from converter.asl.machine import emit
from converter.asl.options import Options
from converter.checks import problems_of
from converter.expressions.jsonata import Expression
from converter.loading.connections import read_connections
from converter.operators import Permission, steps_of
from converter.operators.settings import dag_problems
from converter.planning import plan_workflow
from converter.workflow import Opaque, Task

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:report_a"


def converted(operator, template_fields=(), **arguments):
    task = Task("t", operator, arguments=arguments, template_fields=template_fields)
    steps, problems = steps_of(workflow(task))
    return steps.get("t"), [problem.code.id for problem in problems]


def test_a_glue_job_is_started_and_waited_for():
    step, codes = converted(
        GLUE, job_name="j", script_args={"--day": "1"}, run_job_kwargs={"WorkerType": "G.1X"}
    )
    assert codes == []
    assert step.resource == "arn:aws:states:::glue:startJobRun.sync"
    assert step.arguments == {"JobName": "j", "Arguments": {"--day": "1"}, "WorkerType": "G.1X"}
    assert step.output.text == "$states.result.Id"
    assert step.completion.job_name == "j"
    assert step.timeout is None
    assert step.permissions[0].actions == (
        "glue:StartJobRun",
        "glue:GetJobRun",
        "glue:GetJobRuns",
        "glue:BatchStopJobRun",
    )


INVOKE = "airflow.providers.amazon.aws.operators.lambda_function.LambdaInvokeFunctionOperator"


@pytest.mark.parametrize(
    ("payload", "sent", "codes"),
    [
        (repr(b'{"a": "\xc3\xa9"}'), {"a": "\u00e9"}, []),
        (repr(b'{"a": "{{ ds }}"}'), None, ["D204"]),  # Airflow renders no bytes
        (repr(b"\xff"), None, ["D204"]),
        (repr(b"no JSON"), None, ["D203"]),
    ],
)
def test_a_payload_of_bytes_is_its_text(payload, sent, codes):
    given = Opaque("builtins.bytes", payload)
    step, found = converted(INVOKE, ("payload",), function_name="f", payload=given)
    assert found == codes
    assert codes or step.arguments["Payload"] == sent


def test_a_value_in_a_payload_of_bytes_is_given_at_deployment():
    given = Opaque("builtins.bytes", repr(b'{"token": "{{ environ.TOKEN }}"}'))
    step, found = converted(INVOKE, ("payload",), function_name="f", payload=given)
    assert found == ["D809"]
    assert "EnvironmentToken" in step.arguments["Payload"].text


def test_where_an_argument_of_airflow_1_went_is_told():
    trigger = "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator"
    task = Task("t", trigger, arguments={"trigger_dag_id": "d", "python_callable": Opaque("function", "f")})
    (problem,) = [item for item in steps_of(workflow(task))[1] if item.code.id == "D202"]
    assert problem.remedy.startswith("write the conf as conf=")


def test_what_a_connection_adds_to_a_cluster_is_asked_for():
    create = "airflow.providers.amazon.aws.operators.emr.EmrCreateJobFlowOperator"
    whole = {"Name": "n", "Instances": {"InstanceCount": 1}}
    assert converted(create, job_flow_overrides=whole, emr_conn_id="emr_default")[1] == []
    assert converted(create, job_flow_overrides={"Name": "n"})[1] == ["D804"]
    assert converted(create, job_flow_overrides=whole, emr_conn_id="mine")[1] == ["D804"]


def test_a_glue_job_that_is_not_waited_for_cannot_be_seen_to_end():
    step, codes = converted(GLUE, job_name="j", wait_for_completion=False)
    assert step.resource == "arn:aws:states:::glue:startJobRun"
    assert step.completion is None
    assert step.permissions[0].actions == ("glue:StartJobRun",)
    assert codes == []


def test_a_deferred_operator_gives_up_after_its_attempts():
    assert converted(GLUE, job_name="j", deferrable=True)[0].timeout == 60 * 75
    assert (
        converted(GLUE, job_name="j", deferrable=True, waiter_delay=10, waiter_max_attempts=6)[0].timeout
        == 60
    )
    assert converted(START_EXECUTION, state_machine_arn=ARN, deferrable=True)[0].timeout == 60 * 30


def test_an_execution_is_waited_for_only_if_the_operator_is_deferrable():
    waits, _ = converted(START_EXECUTION, state_machine_arn=ARN, deferrable=True)
    starts, _ = converted(START_EXECUTION, state_machine_arn=ARN)
    assert waits.resource == "arn:aws:states:::states:startExecution.sync:2"
    assert starts.resource == "arn:aws:states:::states:startExecution"
    assert starts.timeout is None


def test_a_json_text_as_input_becomes_the_object():
    step, _ = converted(START_EXECUTION, state_machine_arn=ARN, state_machine_input='{"a": [1]}')
    assert step.arguments["Input"] == {"a": [1]}


def test_an_execution_keeps_the_name_that_the_author_gave():
    step, _ = converted(START_EXECUTION, state_machine_arn=ARN, name="mine")
    assert step.arguments["Name"] == "mine"


@pytest.mark.parametrize(
    ("operator", "arguments", "code"),
    [
        (GLUE, {}, "D203"),
        (GLUE, {"job_name": ""}, "D203"),
        (GLUE, {"job_name": 5}, "D203"),
        (GLUE, {"job_name": Opaque("function", "function f")}, "D204"),
        (GLUE, {"job_name": "j", "script_args": "--day 1"}, "D203"),
        (GLUE, {"job_name": "j", "script_args": {"--day": 1}}, "D203"),
        (GLUE, {"job_name": "j", "script_args": {"--f": Opaque("XComArg", "a")}}, "D204"),
        (GLUE, {"job_name": "j", "no_such_argument": 1}, "D202"),
        (GLUE, {"job_name": "j", "aws_conn_id": "other"}, "D222"),
        (GLUE, {"job_name": "j", "region_name": "eu-west-1"}, "D222"),
        (GLUE, {"job_name": "j", "script_location": "s3://b/x.py"}, "D221"),
        (GLUE, {"job_name": "j", "update_config": True}, "D220"),
        (GLUE, {"job_name": "etl-*"}, "D203"),
        (GLUE, {"job_name": "j", "run_job_kwargs": {"JobName": "other"}}, "D203"),
        (GLUE, {"job_name": "j", "run_job_kwargs": {"Arguments": "x"}}, "D203"),
        (GLUE, {"job_name": "j", "script_args": {"--a": "\ud800"}}, "D203"),
        (GLUE, {"job_name": "j", "waiter_delay": None}, "D203"),
        (GLUE, {"job_name": "j", "waiter_delay": "60", "deferrable": True}, "D203"),
        (GLUE, {"job_name": "j", "waiter_delay": Opaque("function", "f")}, "D204"),
        (START_EXECUTION, {"state_machine_arn": "report_a"}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "name": "a:b c"}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "name": "x" * 81}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "name": 5}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "state_machine_input": [1]}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "state_machine_input": '{"a": NaN}'}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "state_machine_input": "{"}, "D203"),
        (START_EXECUTION, {"state_machine_arn": ARN, "is_redrive_execution": True}, "D220"),
        ("airflow.providers.http.operators.http.HttpOperator", {"endpoint": "x"}, "D862"),
        ("airflow.providers.http.sensors.http.HttpSensor", {"endpoint": "x"}, "D862"),
        ("company.operators.Unheard", {"endpoint": "x"}, "D201"),
    ],
)
def test_what_cannot_be_converted_as_it_stands_is_named(operator, arguments, code):
    assert code in converted(operator, **arguments)[1]


@pytest.mark.parametrize("qualifier", ["", ":PROD", ":3"])
def test_permissions_name_the_machine_itself_also_for_a_version_or_an_alias(qualifier):
    step, codes = converted(START_EXECUTION, state_machine_arn=ARN + qualifier, deferrable=True)
    assert codes == []
    assert step.arguments["StateMachineArn"] == ARN + qualifier
    start, watch, _ = step.permissions
    assert start.resources == (ARN,)
    assert watch.resources == ("arn:aws:states:us-east-1:123456789012:execution:report_a:*",)


def test_a_task_with_dates_of_its_own_is_refused_and_a_dag_with_dates_is_not():
    task = glue("t", settings={"end_date": "2020-01-01T00:00:00+00:00"})
    assert [problem.code.id for problem in steps_of(workflow(task))[1]] == ["D209"]
    flow = workflow(glue("t"), settings={"end_date": "2020-01-01T00:00:00+00:00"})
    assert dag_problems(flow) == []


def test_templates_are_translated_in_template_fields_only():
    fields = ("job_name", "script_args")
    step, codes = converted(GLUE, fields, job_name="j", script_args={"--day": "{{ ds }}", "{{ x }}": "1"})
    assert codes == []
    assert isinstance(step.arguments["Arguments"]["--day"], Expression)
    assert step.arguments["Arguments"]["{{ x }}"] == "1"
    assert converted(GLUE, (), job_name="j", script_args={"--braces": "{{ no template }}"})[1] == []


def test_a_job_whose_name_the_run_decides_is_seen_by_its_record_and_allowed_by_a_wildcard():
    step, codes = converted(GLUE, ("job_name",), job_name="job-{{ ds }}")
    assert codes == []
    assert isinstance(step.arguments["JobName"], Expression)
    assert step.completion is None
    assert step.permissions[0].resources[0].endswith(":job/*")
    assert step.permissions[0].reason
    assert (
        converted(GLUE, ("job_name",), job_name="job-{{ dag.dag_id }}")[0].completion.job_name
        == "job-example"
    )


def test_a_template_that_cannot_be_translated_is_refused_with_its_reason():
    task = Task("t", GLUE, arguments={"job_name": "{{ conn.x.host }}"}, template_fields=("job_name",))
    (problem,) = steps_of(workflow(task))[1]
    assert problem.code.id == "D205"
    assert "conn.x.host" in problem.problem


def test_a_task_reads_the_records_of_those_whose_xcoms_it_pulls():
    arguments = {"job_name": "j", "script_args": {"--from": "{{ ti.xcom_pull('a') }}"}}
    task = Task("t", GLUE, arguments=arguments, template_fields=("script_args",), upstream=("a",))
    steps, problems = steps_of(workflow(Task("a", GLUE, arguments={"job_name": "a"}), task))
    assert not problems
    assert steps["t"].reads == ("a",)


def test_all_problems_of_all_tasks_are_reported_at_once():
    bad = Task("bad", GLUE, arguments={"x": 1})
    mapped = Task("mapped", GLUE, arguments={"job_name": "j"}, is_mapped=True)
    worse = Task("worse", "custom.Operator", settings={"pool": "p", "pre_execute": True})
    _, problems = steps_of(workflow(bad, mapped, worse))
    assert sorted(problem.code.id for problem in problems) == [
        "D201",
        "D202",
        "D203",
        "D208",
        "D209",
        "D224",
    ]


def test_a_subclass_that_overrides_nothing_follows_its_parent():
    arguments = {"job_name": "j", "environment": "prod"}
    task = Task("t", "my.Glue", bases=("my.Base", GLUE), arguments=arguments)
    steps, (problem,) = steps_of(workflow(task))
    assert steps["t"].arguments["JobName"] == "j"
    assert problem.code.id == "D211"
    assert "Glue is converted as GlueJobOperator, its own arguments environment" in problem.problem


def test_a_subclass_that_overrides_a_method_is_refused_with_its_name():
    task = Task("t", "my.Glue", bases=(GLUE,), overrides=("execute",), arguments={"job_name": "j"})
    (problem,) = steps_of(workflow(task))[1]
    assert problem.code.id == "D212"
    assert "Glue overrides execute of GlueJobOperator" in problem.problem


def test_a_mapped_task_is_refused():
    task = Task("t", GLUE, arguments={"expand": {"script_args": []}}, is_mapped=True)
    assert [problem.code.id for problem in steps_of(workflow(task))[1]] == ["D208"]


@pytest.mark.parametrize(
    ("setting", "value", "codes"),
    [
        ("owner", "me", []),
        ("depends_on_past", False, []),
        ("depends_on_past", True, ["D220"]),
        ("wait_for_downstream", True, ["D220"]),
        ("pre_execute", Opaque("function", "function tell"), ["D209"]),
        ("on_failure_callback", Opaque("function", "function tell"), ["D220"]),
        ("email", ["me@example.com"], ["D220"]),
        ("pool", "quota", ["D224"]),
        ("something_new", 1, ["D209"]),
    ],
)
def test_every_setting_is_accounted_for(setting, value, codes):
    task = empty("t", settings={setting: value})
    assert [problem.code.id for problem in steps_of(workflow(task))[1]] == codes


def test_callbacks_are_named_as_the_file_does_also_where_airflow_has_a_list_of_them():
    settings = {"on_failure_callback": [Opaque("function", "function tell")]}
    (problem,) = steps_of(workflow(empty("t", settings=settings)))[1]
    assert problem.problem == "task 't': on_failure_callback ([function tell]) has no effect in the machine"


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({"variable_start_string": "[[", "variable_end_string": "]]"}, ["D209"]),  # {{ ds }} would be a text
        ({"line_statement_prefix": "%", "cache_size": 1}, ["D209"]),
        ({"trim_blocks": True}, ["D220"]),
        (Opaque("function", "function kwargs"), ["D220"]),
        ({"cache_size": 1}, []),
        ({}, []),
        (None, []),
    ],
)
def test_jinja_of_ones_own_is_refused_where_it_reads_other_templates(kwargs, expected):
    flow = workflow(glue("t"), settings={"jinja_environment_kwargs": kwargs})
    assert [problem.code.id for problem in dag_problems(flow)] == expected


def test_mail_that_nobody_would_get_is_not_missed():
    settings = {"email": ["me@example.com"], "email_on_failure": False, "email_on_retry": False}
    assert steps_of(workflow(empty("t", settings=settings)))[1] == ()
    del settings["email_on_retry"]
    assert [problem.code.id for problem in steps_of(workflow(empty("t", settings=settings)))[1]] == ["D220"]


ROLE_OF_CONNECTION = "arn:aws:iam::210987654321:role/etl"


@pytest.mark.parametrize(
    ("operator", "arguments"),
    [
        (GLUE, {"job_name": "j"}),
        ("airflow.providers.amazon.aws.sensors.s3.S3KeySensor", {"bucket_key": "s3://b/k"}),
    ],
)
def test_a_task_acts_as_the_role_of_its_connection(operator, arguments):
    task = Task("s", operator, arguments={**arguments, "aws_conn_id": "other"})
    connections = {"other": {"conn_type": "aws", "extra": {"role_arn": ROLE_OF_CONNECTION}}}
    steps, problems = steps_of(workflow(task), None, connections)
    assert [problem.code.id for problem in problems if problem.code.id == "D222"] == ["D222"]
    assert steps["s"].permissions == (Permission(("sts:AssumeRole",), (ROLE_OF_CONNECTION,)),)
    assert steps["s"].completion is None
    made = emit(workflow(task), plan_workflow(workflow(task)), steps, Options(), Pace(30, 86_400))
    calls = [state for state in _states(made.definition) if state["Type"] == "Task"]
    assert calls
    assert all(state["Credentials"] == {"RoleArn": ROLE_OF_CONNECTION} for state in calls)
    assert problems_of(made.definition) == ()


@pytest.mark.parametrize("arguments", [{}, {"aws_conn_id": "aws_default"}])
@pytest.mark.parametrize("external", ['"external_id": "x"', '"assume_role_kwargs": {"ExternalId": "x"}', ""])
def test_region_and_external_id_of_a_connection_are_told(tmp_path, arguments, external):
    file = tmp_path / "connections.json"
    comma = ", " if external else ""
    extra = f'{{"role_arn": "{ROLE_OF_CONNECTION}", "region_name": "eu-central-1"{comma}{external}}}'
    file.write_text(json.dumps({"aws_default": {"conn_type": "aws", "extra": extra}}))
    task = Task("s", GLUE, arguments={"job_name": "j", **arguments})
    _, problems = steps_of(workflow(task), None, read_connections(file))
    role, region = [problem for problem in problems if problem.code.id == "D222"]
    assert "region_name is 'eu-central-1'" in region.problem
    assert ["external id" in role.problem, "no external id" in role.remedy] == [bool(external)] * 2


def test_without_a_connection_none_is_read():
    task = Task("s", GLUE, arguments={"job_name": "j", "aws_conn_id": None})
    connections = {"aws_default": {"extra": {"region_name": "eu-central-1"}}}
    assert steps_of(workflow(task), None, connections)[1] == ()


def _states(block):
    for state in block["States"].values():
        yield state
        for branch in state.get("Branches", ()):
            yield from _states(branch)


def test_only_an_empty_operator_cannot_fail():
    steps, _ = steps_of(workflow(empty("e"), glue("g"), nested("n")))
    assert {task: step.can_fail for task, step in steps.items()} == {"e": False, "g": True, "n": True}


def test_a_crawler_of_which_only_the_name_is_given_is_run_as_it_is():
    crawler = "airflow.providers.amazon.aws.operators.glue_crawler.GlueCrawlerOperator"

    def actions(config):
        steps, _ = steps_of(workflow(Task("t", crawler, arguments={"config": config})))
        calls = (getattr(part, "ask", part) for part in steps["t"].parts)
        return [call.resource.rpartition(":")[2] for call in calls]

    assert actions({"Name": "c"}) == ["startCrawler", "getCrawler"]
    assert actions({"Name": "c", "Schedule": "x"}) == ["updateCrawler", "startCrawler", "getCrawler"]
    whole = {"Name": "c", "Role": "r", "Targets": {"S3Targets": []}}
    assert actions(whole) == ["createCrawler", "updateCrawler", "startCrawler", "getCrawler"]


def test_an_argument_that_the_provider_knew_once_or_hands_on_itself_is_no_problem():
    crawler = "airflow.providers.amazon.aws.operators.glue_crawler.GlueCrawlerOperator"
    snapshot = "airflow.providers.amazon.aws.operators.rds.RdsCreateDbSnapshotOperator"
    tasks = [
        Task("crawl", crawler, arguments={"config": {"Name": "c"}, "crawler_name": "c"}),
        Task(
            "copy",
            snapshot,
            arguments={
                "db_type": "instance",
                "db_identifier": "d",
                "db_snapshot_identifier": "s",
                "hook_params": {"region_name": "eu-west-1"},
            },
        ),
    ]
    _, problems = steps_of(workflow(*tasks))
    assert [(problem.task_id, problem.code.id) for problem in problems] == [
        ("copy", "D803"),
        ("copy", "D222"),
    ]


def test_a_mail_is_sent_by_ses_from_the_sender_of_the_deployment():
    mail = {"to": "a@example.com; b@example.com", "subject": "s", "html_content": "<p>", "conn_id": "smtp"}
    operator = "airflow.providers.smtp.operators.smtp.EmailOperator"
    given = {**mail, "from_email": "me@example.com"}
    steps, problems = steps_of(
        workflow(Task("mail", operator, arguments=mail), Task("mine", operator, arguments=given))
    )
    assert [problem.code.id for problem in problems] == ["D222", "D222", "D809"]
    assert steps["mail"].resource == "arn:aws:states:::aws-sdk:ses:sendEmail"
    assert steps["mail"].arguments["Source"] == Expression("'${MailSender}'")
    assert steps["mail"].arguments["Destination"]["ToAddresses"] == ["a@example.com", "b@example.com"]
    assert steps["mine"].arguments["Source"] == "me@example.com"
    assert not steps["mine"].deployed
