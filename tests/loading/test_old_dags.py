"""Files in the style of Airflow 1.10 and 2, read as they are."""

import os
from pathlib import Path

import pytest

from converter.loading import load, of_stand_ins
from converter.workflow import Opaque, Schedule, StandInKind, TriggerRule

HERE = Path(__file__).parent
AIRFLOW_2 = os.environ.get("DAG2SFN_AIRFLOW_2_PYTHON", "")
STANDARD = "airflow.providers.standard"
AWS = "airflow.providers.amazon.aws"
SQL = "airflow.providers.common.sql"

EMPTY = f"{STANDARD}.operators.empty.EmptyOperator"
BASH = f"{STANDARD}.operators.bash.BashOperator"
PYTHON = f"{STANDARD}.operators.python.PythonOperator"


@pytest.fixture(scope="module")
def old():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(HERE)
        return {workflow.dag_id: workflow for workflow in load(Path("old_dags"))}


#: dag_id: its tasks, each with what it is today and what it depends on. Written by hand, from the files.
SHAPES = {
    "tutorial": {
        "print_date": (BASH, ()),
        "sleep": (BASH, ("print_date",)),
        "done": (EMPTY, ("print_date", "sleep")),
    },
    "python_context": {
        "check": (f"{STANDARD}.operators.python.ShortCircuitOperator", ()),
        "branch": (f"{STANDARD}.operators.python.BranchPythonOperator", ("check",)),
        "left": (PYTHON, ("branch",)),
        "right": (PYTHON, ("branch",)),
        "join": (PYTHON, ("left", "right")),
    },
    "emr_job_flow": {
        "create_job_flow": (f"{AWS}.operators.emr.EmrCreateJobFlowOperator", ()),
        "add_steps": (f"{AWS}.operators.emr.EmrAddStepsOperator", ("create_job_flow",)),
        "watch_step": (f"{AWS}.sensors.emr.EmrStepSensor", ("add_steps",)),
        "remove_cluster": (
            f"{AWS}.operators.emr.EmrTerminateJobFlowOperator",
            ("create_job_flow", "watch_step"),
        ),
    },
    "glue_of_2_0": {
        "start": (EMPTY, ()),
        "load.crawl": (f"{AWS}.operators.glue_crawler.GlueCrawlerOperator", ("start",)),
        "load.job": (f"{AWS}.operators.glue.GlueJobOperator", ("load.crawl",)),
        "load.wait": (f"{AWS}.sensors.glue.GlueJobSensor", ("load.job",)),
    },
    "s3_of_2_0": {
        "wait": (f"{AWS}.sensors.s3.S3KeySensor", ()),
        "prefix": (f"{AWS}.sensors.s3.S3KeySensor", ()),
        "create": (f"{AWS}.operators.s3.S3CreateBucketOperator", ("wait", "prefix")),
        "copy": (f"{AWS}.operators.s3.S3CopyObjectOperator", ("create",)),
        "listing": (f"{AWS}.operators.s3.S3ListOperator", ("copy",)),
        "delete": (f"{AWS}.operators.s3.S3DeleteBucketOperator", ("listing",)),
    },
    "moved_amazon_classes": {
        "athena": (f"{AWS}.operators.athena.AthenaOperator", ()),
        "lambda": (f"{AWS}.operators.lambda_function.LambdaInvokeFunctionOperator", ("athena",)),
        "batch": (f"{AWS}.operators.batch.BatchOperator", ("lambda",)),
        "ecs": (f"{AWS}.operators.ecs.EcsRunTaskOperator", ("batch",)),
        "redshift": (f"{SQL}.operators.sql.SQLExecuteQueryOperator", ("ecs",)),
        "train": (f"{AWS}.operators.sagemaker.SageMakerTrainingOperator", ("redshift",)),
        "publish": (f"{AWS}.operators.sqs.SqsPublishOperator", ("train",)),
        "machine": (f"{AWS}.operators.step_function.StepFunctionStartExecutionOperator", ("publish",)),
        "receive": (f"{AWS}.sensors.sqs.SqsSensor", ("machine",)),
    },
    "missing_providers": {
        "remote": ("airflow.providers.ssh.operators.ssh.SSHOperator", ()),
        "spark": (
            "airflow.providers.databricks.operators.databricks.DatabricksSubmitRunOperator",
            ("remote",),  # its argument is the other one's output
        ),
        "copy": (f"{SQL}.operators.sql.SQLExecuteQueryOperator", ("spark",)),
        "tell": ("airflow.providers.slack.operators.slack_webhook.SlackWebhookOperator", ("copy",)),
        "mapped": ("airflow.providers.ssh.operators.ssh.SSHOperator", ("remote", "copy")),
    },
    "third_party": {
        "validate": (PYTHON, ()),
        "check": ("company_operators.quality.QualityCheckOperator", ("validate",)),
        "helper": ("company_operators.quality.run_checks", ("check",)),
        # What nobody knows is a task where others depend on it.
        "make_cleanup": ("company_tools.make_cleanup", ("helper",)),
        "last": (EMPTY, ("make_cleanup",)),
    },
    "environment_pipeline": {
        "job": (f"{AWS}.operators.glue.GlueJobOperator", ()),
        "load_environment": (BASH, ("job",)),
    },
    "variables_decide": {"start": (EMPTY, ())},
    "boto3_at_the_top": {"first": (PYTHON, ())},
    "settings_of_the_team.DAG_ID": {
        "process": (PYTHON, ()),
        "train": (f"{AWS}.operators.sagemaker.SageMakerTrainingOperator", ("process",)),
    },
    "ways_to_import": {
        "ecs": (f"{AWS}.operators.ecs.EcsRunTaskOperator", ()),
        "sns": (f"{AWS}.operators.sns.SnsPublishOperator", ("ecs",)),
        "shell": (BASH, ("sns",)),
        "python": (PYTHON, ("shell",)),
        "end": (EMPTY, ("python",)),
    },
    "classes_of_the_company": {
        "copy": ("classes_of_the_company.Copy", ()),
        "extract": (f"{STANDARD}.decorators.python._PythonDecoratedOperator", ()),
        "transform": (f"{STANDARD}.decorators.python._PythonDecoratedOperator", ("copy", "extract")),
        "load": ("classes_of_the_company.Load", ("transform",)),
    },
    "subdags": {
        "start": (EMPTY, ()),
        "section": ("airflow.operators.subdag.SubDagOperator", ("start",)),
        "end": (EMPTY, ("section",)),
    },
    "own_operators": {
        "rows": ("own_operators.RowsSensor", ()),
        "copy": ("own_operators.CopyOperator", ("rows",)),
        "context": ("own_operators.ContextOperator", ("copy",)),
        "shell": (BASH, ("context",)),
    },
    "imports_of_1_8": {
        "other": (f"{STANDARD}.sensors.external_task.ExternalTaskSensor", ()),
        "key": (f"{AWS}.sensors.s3.S3KeySensor", ("other",)),
        "shell": (BASH, ("key",)),
        "python": (PYTHON, ("shell",)),
        "end": (EMPTY, ("python",)),
    },
    "triggers": {
        "latest": (f"{STANDARD}.operators.latest_only.LatestOnlyOperator", ()),
        "wait": (f"{STANDARD}.sensors.time_delta.TimeDeltaSensor", ("latest",)),
        "upstream": (f"{STANDARD}.sensors.external_task.ExternalTaskSensor", ("wait",)),
        "go": (f"{STANDARD}.operators.trigger_dagrun.TriggerDagRunOperator", ("upstream",)),
    },
    "sql_and_mail": {
        "rows": (f"{SQL}.sensors.sql.SqlSensor", ()),
        "insert": (f"{SQL}.operators.sql.SQLExecuteQueryOperator", ("rows",)),
        "newer": (f"{SQL}.operators.sql.SQLExecuteQueryOperator", ("insert",)),
        "mysql": (f"{SQL}.operators.sql.SQLExecuteQueryOperator", ("newer",)),
        "call": ("airflow.providers.http.operators.http.HttpOperator", ("mysql",)),
        "mail": ("airflow.providers.smtp.operators.smtp.EmailOperator", ("call",)),
    },
    "load_orders": {
        "a": (EMPTY, ()),
        "b": (EMPTY, ("a",)),
        "c": (EMPTY, ("a",)),
        "d": (EMPTY, ("b", "c")),
    },
    "load_clicks": {
        "a": (EMPTY, ()),
        "b": (EMPTY, ("a",)),
        "c": (EMPTY, ("a",)),
        "d": (EMPTY, ("b", "c")),
    },
    "taskflow_of_2_4": {
        "extract": (f"{STANDARD}.decorators.python._PythonDecoratedOperator", ()),
        "transform": ("airflow.sdk.task.kubernetes", ("extract",)),
        "load": (f"{STANDARD}.decorators.python._PythonDecoratedOperator", ("transform",)),
        "publish.done": (EMPTY, ("load",)),
    },
    "on_datasets": {"one": (EMPTY, ())},
    "on_datasets_or_time": {"two": (EMPTY, ())},
    "local_helpers": {"orders": (EMPTY, ()), "clicks": (EMPTY, ())},
    "unknown_settings": {"first": (BASH, ()), "second": (BASH, ("first",))},
    "reaches_out": {"fallback": (EMPTY, ())},
}

#: A cron expression of schedule_interval means intervals, as it did when these files were written.
SCHEDULES = {
    "tutorial": Schedule("DeltaDataIntervalTimetable", "86400"),
    "python_context": Schedule("CronDataIntervalTimetable", "0 6 * * 1-5", "UTC"),
    "emr_job_flow": Schedule("CronDataIntervalTimetable", "0 3 * * *", "UTC"),
    "glue_of_2_0": Schedule("CronDataIntervalTimetable", "0 0 * * *", "UTC"),
    "s3_of_2_0": None,
    "moved_amazon_classes": Schedule("CronDataIntervalTimetable", "0 0 * * 0", "UTC"),
    "missing_providers": None,
    "third_party": Schedule("CronDataIntervalTimetable", "30 4 * * *", "UTC"),
    "environment_pipeline": Schedule("CronDataIntervalTimetable", "0 * * * *", "UTC"),
    "variables_decide": None,
    "boto3_at_the_top": Schedule("CronDataIntervalTimetable", "0 0 1 * *", "UTC"),
    "settings_of_the_team.DAG_ID": None,
    "ways_to_import": Schedule("CronDataIntervalTimetable", "0 5 * * *", "UTC"),
    "classes_of_the_company": Schedule("CronDataIntervalTimetable", "0 0 * * *", "UTC"),
    "subdags": Schedule("OnceTimetable"),
    "own_operators": Schedule("CronDataIntervalTimetable", "15 * * * *", "UTC"),
    "imports_of_1_8": Schedule("CronDataIntervalTimetable", "0 12 * * *", "UTC"),
    "triggers": Schedule("CronDataIntervalTimetable", "0 0 1 * *", "UTC"),
    "sql_and_mail": Schedule("DeltaDataIntervalTimetable", "21600"),
    "load_orders": Schedule("CronDataIntervalTimetable", "0 1 * * *", "UTC"),
    "load_clicks": Schedule("CronDataIntervalTimetable", "0 2 * * *", "UTC"),
    "taskflow_of_2_4": Schedule("CronDataIntervalTimetable", "0 0 * * *", "Europe/Berlin"),
    "on_datasets": Schedule("AssetTriggeredTimetable"),
    "on_datasets_or_time": Schedule("AssetOrTimeSchedule"),
    "local_helpers": Schedule("CronDataIntervalTimetable", "0 0 * * *", "UTC"),
    "unknown_settings": None,
    "reaches_out": None,
}


def test_every_file_is_read_unedited(old):
    assert sorted(old) == sorted(SHAPES)
    assert len(list((HERE / "old_dags").glob("*.py"))) >= 20


@pytest.mark.parametrize("dag_id", SHAPES)
def test_tasks_have_their_operators_of_today_and_their_dependencies(old, dag_id):
    assert {task.task_id: (task.operator, task.upstream) for task in old[dag_id].tasks} == SHAPES[dag_id]


@pytest.mark.parametrize("dag_id", SHAPES)
def test_schedules_mean_what_they_meant(old, dag_id):
    assert old[dag_id].schedule == SCHEDULES[dag_id]


@pytest.mark.skipif(not AIRFLOW_2, reason="needs DAG2SFN_AIRFLOW_2_PYTHON, a Python with Airflow 2.11")
def test_airflow_2_reads_the_same(monkeypatch, old):
    monkeypatch.chdir(HERE)
    by_airflow_2 = {workflow.dag_id: workflow for workflow in load(Path("old_dags"), python=AIRFLOW_2)}
    assert {
        dag_id: {task.task_id: (task.operator, task.upstream) for task in workflow.tasks}
        for dag_id, workflow in by_airflow_2.items()
    } == SHAPES
    schedules = {dag_id: workflow.schedule for dag_id, workflow in by_airflow_2.items()}
    assert schedules == {
        **SCHEDULES,
        "on_datasets": Schedule("DatasetTriggeredTimetable"),
        "on_datasets_or_time": Schedule("DatasetOrTimeSchedule"),
        # Without a schedule, Airflow 2 starts a run every day.
        "unknown_settings": Schedule("DeltaDataIntervalTimetable", "86400"),
    }
    same = ("moved_amazon_classes", "missing_providers", "imports_of_1_8", "environment_pipeline")
    for dag_id in same:
        for task in by_airflow_2[dag_id].tasks:
            expected = dict(old[dag_id].task(task.task_id).arguments)
            # What is deferrable by default, and how an XCom is called, differs.
            assert {**task.arguments, "deferrable": 0, "notebook": 0, "environment": 0} == {
                **expected,
                "deferrable": 0,
                "notebook": 0,
                "environment": 0,
            }


def of_kind(workflow, kind):
    return {(item.name, item.detail): item.location.line for item in workflow.stand_ins if item.kind is kind}


def test_what_was_moved_is_named_with_its_place_and_its_name_of_today(old):
    # The lines are those of the import statements.
    assert of_kind(old["glue_of_2_0"], StandInKind.MOVED) == {
        ("airflow.operators.dummy.DummyOperator", EMPTY): 2,
        (f"{AWS}.operators.glue.AwsGlueJobOperator", f"{AWS}.operators.glue.GlueJobOperator"): 3,
        (
            f"{AWS}.operators.glue_crawler.AwsGlueCrawlerOperator",
            f"{AWS}.operators.glue_crawler.GlueCrawlerOperator",
        ): 4,
        (f"{AWS}.sensors.glue.AwsGlueJobSensor", f"{AWS}.sensors.glue.GlueJobSensor"): 5,
    }
    messages = [str(message) for message in of_stand_ins(old["glue_of_2_0"])]
    assert messages[0] == (
        "D120 old_dags/glue_of_2_0.py:2: 'airflow.operators.dummy.DummyOperator' is called otherwise today; "
        f"write '{EMPTY}'"
    )


def test_a_file_of_today_needs_no_stand_in(good):
    assert {workflow.stand_ins for workflow in good.values()} == {()}


def test_settings_have_their_names_of_today(old):
    workflow = old["python_context"]
    assert workflow.settings["max_active_tasks"] == 4
    assert workflow.task("right").settings["max_active_tis_per_dag"] == 2
    assert workflow.task("join").trigger_rule is TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
    # It has no effect any more: every callable can take the context.
    assert workflow.task("left").arguments == {
        "op_kwargs": {"n": 1},
        "python_callable": Opaque("builtins.function", "python_context.work"),
    }
    assert set(of_kind(workflow, StandInKind.IDLE_ARGUMENT)) >= {
        ("PythonOperator(provide_context=...)", ""),
        ("DAG(default_view=...)", ""),
        ("DAG(orientation=...)", ""),
    }
    assert old["sql_and_mail"].task("mail").trigger_rule is TriggerRule.ALWAYS
    assert old["imports_of_1_8"].task("end").trigger_rule is TriggerRule.ALWAYS
    assert old["load_orders"].task("d").trigger_rule is TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
    assert old["on_datasets_or_time"].settings["fail_fast"] is True


def test_positions_in_the_dag_are_those_of_1_10(old):
    assert old["imports_of_1_8"].settings == {
        "description": "From another age",
        "start_date": "2016-01-01T00:00:00+00:00",
    }


def test_arguments_have_their_names_of_today(old):
    workflow = old["moved_amazon_classes"]
    assert workflow.task("athena").arguments["max_polling_attempts"] == 7
    assert workflow.task("batch").arguments["container_overrides"] == {"vcpus": 2}
    assert workflow.task("redshift").arguments["conn_id"] == "dwh"
    assert old["imports_of_1_8"].task("key").arguments["aws_conn_id"] == "s3"
    assert old["triggers"].task("go").arguments["logical_date"] == "{{ execution_date }}"
    # It named no connection, and had one by default.
    assert old["sql_and_mail"].task("newer").arguments["conn_id"] == "postgres_default"
    assert old["s3_of_2_0"].task("prefix").arguments == {
        "bucket_key": "raw/{{ ds }}/*",
        "bucket_name": "in",
        "deferrable": False,
        "wildcard_match": True,
    }


def test_an_argument_that_nobody_takes_is_kept_and_named(old):
    assert old["own_operators"].task("copy").arguments["owner_team"] == "data"
    assert ("CopyOperator(owner_team=...)", "") in of_kind(old["own_operators"], StandInKind.FOREIGN_ARGUMENT)


def test_an_argument_that_an_authors_own_class_adds_is_translated_too(old):
    task = old["own_operators"].task("context")
    assert (set(task.arguments), task.settings) == ({"python_callable"}, {"max_active_tis_per_dag": 1})
    assert old["own_operators"].task("shell").settings["do_xcom_push"] is True


def test_an_operator_that_is_not_installed_keeps_its_arguments(old):
    workflow = old["missing_providers"]
    remote = workflow.task("remote")
    assert remote.arguments == {"ssh_conn_id": "box", "command": "ls {{ ds }}"}
    assert (remote.settings["do_xcom_push"], remote.retries.count) == (True, 3)
    assert workflow.task("mapped").arguments == {
        "environment": workflow.task("spark").arguments["notebook"],
        "ssh_conn_id": "box",
    }
    assert remote.bases == ("airflow.sdk.bases.operator.BaseOperator",)
    assert workflow.task("tell").trigger_rule is TriggerRule.ALL_DONE
    assert old["taskflow_of_2_4"].task("transform").arguments["image"] == "python:3.10"


def test_a_class_with_a_base_that_is_not_installed_keeps_its_arguments(old):
    workflow = old["classes_of_the_company"]
    copy, load_ = workflow.task("copy"), workflow.task("load")
    assert copy.arguments == {"source": ["other", Opaque("unknown", "company_conf.BaseConfig.region")]}
    assert load_.arguments == {"mode": "append", "table": "orders"}
    assert load_.bases[0] == "company_base.CompanyOperator"
    assert not of_kind(workflow, StandInKind.UNKNOWN_DECIDES)


def test_an_import_that_may_fail_fails(old):
    # The fallback of the file was taken: nothing stands in for the module that it can do without.
    assert not any("ujson" in item.name for item in old["third_party"].stand_ins)


def test_what_comes_from_a_module_that_is_not_installed_is_unknown(old):
    workflow = old["unknown_settings"]
    first = workflow.task("first")
    assert first.arguments == {
        "bash_command": Opaque("unknown", "company_settings.BUCKET"),
        "env": {"TABLE": Opaque("unknown", "company_settings.TABLES['orders']")},
    }
    assert first.settings["on_failure_callback"] == [Opaque("unknown", "company_settings.notify")]
    assert of_kind(workflow, StandInKind.UNKNOWN_DECIDES) == {
        ("company_settings.DEFAULT_ARGS", "is the argument 'default_args', which is left out"): 8,
        ("company_settings.SCHEDULE", "is the argument 'schedule', which is left out"): 8,
        ("company_settings.RETRIES", "is the argument 'retries', which is left out"): 14,
    }


def test_a_variable_without_value_is_the_template_that_reads_it(old):
    workflow = old["environment_pipeline"]
    job, shell = workflow.tasks
    assert job.arguments == {
        "deferrable": False,
        "job_name": "{{ var.value.environment }}-clean",
        "num_of_dpus": "{{ var.json.limits.dpus }}",
        "region_name": "eu-central-1",
        "script_args": {
            "--bucket": "{{ var.json.pipeline_config.bucket }}",
            "--upper": "{{ var.value.environment.upper() }}",
        },
    }
    assert shell.arguments == {"bash_command": "load --host {{ conn.warehouse.host }}"}
    # The file put its value there, whether or not Airflow renders the argument.
    assert "num_of_dpus" in job.template_fields
    assert set(of_kind(workflow, StandInKind.VARIABLE)) == {
        ("environment", "{{ var.value.environment }}"),
        ("limits", "{{ var.value.limits }}"),
        ("pipeline_config", "{{ var.json.pipeline_config }}"),
    }
    assert of_kind(workflow, StandInKind.VARIABLE_DEFAULT) == {("region", "'eu-central-1'"): 14}
    assert of_kind(workflow, StandInKind.CONNECTION) == {("warehouse", "{{ conn.warehouse }}"): 15}
    assert of_kind(workflow, StandInKind.NAMED_AFTER_UNKNOWN) == {
        ("{{ var.value.environment }}_pipeline", "environment_pipeline"): 17,
        ("load_{{ var.value.environment }}", "load_environment"): 25,
    }


def test_given_values_of_variables_are_taken(monkeypatch):
    monkeypatch.chdir(HERE)
    monkeypatch.setenv("AIRFLOW_VAR_REGION", "us-east-1")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "postgres://user@db.example.com:5432/dwh")
    values = {"environment": "prod", "pipeline_config": {"bucket": "lake"}, "limits": '{"dpus": 10}'}
    (workflow,) = load(Path("old_dags/variables.py"), variables=values)
    job, shell = workflow.tasks
    assert workflow.dag_id == "prod_pipeline"
    assert job.arguments == {
        "deferrable": False,
        "job_name": "prod-clean",
        "num_of_dpus": 10,
        "region_name": "us-east-1",
        "script_args": {"--bucket": "lake", "--upper": "PROD"},
    }
    assert shell.arguments == {"bash_command": "load --host db.example.com"}
    assert {item.kind for item in workflow.stand_ins} == {StandInKind.MOVED, StandInKind.INTERVALS}


def test_what_hangs_on_a_variable_without_value_is_named(old):
    assert of_kind(old["variables_decide"], StandInKind.UNKNOWN_DECIDES) == {
        ("{{ var.value.retries }}", "is used as a number, and taken to be 1"): 8,
        ("{{ var.json.tables }}", "is iterated over, and taken to be empty"): 9,
        ("{{ var.value.environment }}", "is compared, and taken to differ"): 11,
    }


def test_values_make_the_dag_what_it_is(monkeypatch):
    monkeypatch.chdir(HERE)
    values = {"retries": 4, "tables": ["orders", "clicks"], "environment": "prod"}
    (workflow,) = load(Path("old_dags/variables_decide.py"), variables=values)
    assert [task.task_id for task in workflow.tasks] == ["start", "load_orders", "load_clicks", "notify"]
    assert workflow.task("start").retries.count == 4
    assert not of_kind(workflow, StandInKind.UNKNOWN_DECIDES)


def test_aws_is_not_called(old):
    workflow = old["boto3_at_the_top"]
    account = "boto3.client('sts').get_caller_identity()['Account']"
    assert workflow.task("first").arguments["op_kwargs"] == {"bucket": Opaque("unknown", account)}
    assert of_kind(workflow, StandInKind.CALL) == {
        ("boto3.client('sts')", ""): 10,
        ("boto3.resource('s3')", ""): 12,
    }
    assert [line for (name, _), line in of_kind(workflow, StandInKind.UNKNOWN_DECIDES).items()] == [23]


def test_hooks_are_not_used(old):
    workflow = old["settings_of_the_team.DAG_ID"]
    assert of_kind(workflow, StandInKind.CALL) == {(f"{AWS}.hooks.base_aws.AwsBaseHook()", ""): 14}
    config = workflow.task("train").arguments["config"]
    assert config == Opaque("unknown", "sagemaker_sdk.workflow.training_config()")
    assert of_kind(workflow, StandInKind.NAMED_AFTER_UNKNOWN) == {
        ("\u27e6settings_of_the_team.DAG_ID\u27e7", "settings_of_the_team.DAG_ID"): 30
    }


def test_the_network_is_closed(old):
    assert "127.0.0.1:9 was asked for" in old["reaches_out"].settings["doc_md"]


def test_the_dag_of_a_subdag_operator_is_no_dag_of_its_own(old):
    assert "subdags.section" not in old
    section = old["subdags"].task("section")
    assert section.arguments == {"subdag": Opaque("airflow.sdk.definitions.dag.DAG", "DAG subdags.section")}
    assert of_kind(old["subdags"], StandInKind.REMOVED) == {
        ("airflow.operators.subdag_operator.SubDagOperator", "a TaskGroup"): 5
    }


def test_a_module_beside_the_file_is_as_old_as_the_file(old):
    places = {str(item.location) for item in old["local_helpers"].stand_ins if "days_ago" in item.name}
    assert places == {"old_dags/old_helpers/settings.py:1"}
    assert all(task.retries.count == 2 for task in old["local_helpers"].tasks)
