"""Hooks in the function: the same methods with the same results as Airflow's own, on a modelled AWS."""

from __future__ import annotations

import datetime
import importlib
import inspect
import io
import json
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.local import LocalAws
from converter.task_runtime.dag2sfn_tasks.hooks import HOOKS
from converter.task_runtime.dag2sfn_tasks.inert import running_a_task

PLACE = "airflow.providers.amazon.aws.hooks"


def one_task(text: str) -> str:
    return (
        f"{text}\nfrom airflow.providers.standard.operators.python import PythonOperator\n"
        "from airflow.sdk import DAG\n"
        "with DAG('etl'):\n    PythonOperator(task_id='t', python_callable=run)\n"
    )


def event() -> dict[str, Any]:
    return {"task_id": "t", "map_index": -1, "try_number": 1, "run": {"run_id": "r", "conf": {}}, "xcom": {}}


def test_nothing_is_asked_while_the_file_is_imported(function_of):
    text = f"""
from {PLACE}.s3 import S3Hook
hook = S3Hook(aws_conn_id="lake")
KEYS = hook.list_keys("lake")
def run():
    return [hook.aws_conn_id, KEYS[0]]
"""
    answer = function_of(one_task(text))(event())
    assert answer["error"] == "NotInLambdaError"
    assert "S3Hook.list_keys, called while the DAG file is imported" in answer["message"]


def test_a_method_that_is_not_there_is_named_with_what_to_write(function_of):
    text = f"""
from {PLACE}.glue import GlueJobHook
def run():
    return GlueJobHook().initialize_job()
"""
    answer = function_of(one_task(text))(event())
    assert answer["error"] == "NotInLambdaError"
    assert "GlueJobHook.initialize_job is not there" in answer["message"]
    assert "GlueJobHook().conn, which is boto3's client" in answer["message"]


@pytest.mark.parametrize(
    ("made", "place", "service", "region"),
    [
        ("AwsBaseHook(client_type='glue')", (), "glue", "eu-west-1"),
        ("AwsHook('aws_default')", ("sqs",), "sqs", "eu-west-1"),
        ("AwsHook('aws_default')", ("emr-serverless", "us-east-2"), "emr-serverless", "us-east-2"),
        ("S3Hook(region_name='us-west-2')", (), "s3", "us-west-2"),
        ("S3Hook()", ("ap-south-1",), "s3", "ap-south-1"),
        ("DynamoDBHook(client_type='dynamodb')", (), "dynamodb", "eu-west-1"),
    ],
)
def test_a_hook_makes_clients_as_old_and_new_airflows_ask_for_them(monkeypatch, made, place, service, region):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with running_a_task():
        client = eval(made, dict(HOOKS)).get_client_type(*place)  # noqa: S307 (the table above)
    assert (client.meta.service_model.service_name, client.meta.region_name) == (service, region)


@pytest.fixture
def in_a_task(aws: LocalAws, session: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """The local AWS, to which the environment of a running task leads."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with running_a_task():
        yield aws


def told(work: Callable[[], Any]) -> Any:
    """Return a result as it compares, or the error's name."""
    try:
        found = work()
    except Exception as error:  # noqa: BLE001 (compared)
        return type(error).__name__.removeprefix("S3HookUriParseFailure") or "AirflowException"
    return found.key if hasattr(found, "key") else found


def uses_of_s3(hook: Any, folder: Path) -> Iterator[Any]:
    """Yield what a DAG file's calls give, one after another."""
    late = datetime.datetime(2999, 1, 1, tzinfo=datetime.timezone.utc)
    (folder / "in.txt").write_text("a file")
    for call in (
        lambda: hook.create_bucket("lake"),
        lambda: hook.check_for_bucket("lake"),
        lambda: hook.check_for_bucket("sea"),
        lambda: hook.load_string("a text", "in/a.txt", "lake"),
        lambda: hook.load_string("again", "in/a.txt", "lake"),
        lambda: hook.load_string("again", "s3://lake/in/a.txt", replace=True, encrypt=True),
        lambda: hook.load_string("packed", "in/p.gz", "lake", compression="gzip"),
        lambda: hook.load_string("packed", "in/p.zip", "lake", compression="zip"),
        lambda: hook.load_bytes(b"bytes", key="in/b.bin", bucket_name="lake", acl_policy="private"),
        lambda: hook.load_file(folder / "in.txt", "in/deep/c.txt", "lake"),
        lambda: hook.load_file(str(folder / "in.txt"), "in/deep/c.gz", "lake", gzip=True),
        lambda: hook.load_file_obj(io.BytesIO(b"obj"), "in/d.bin", "lake"),
        lambda: hook.read_key("in/a.txt", "lake"),
        lambda: hook.read_key("s3://lake/in/a.txt"),
        lambda: hook.read_key("in/none", "lake"),
        lambda: hook.read_key("no url"),
        lambda: hook.get_key("in/a.txt", "lake"),
        lambda: hook.check_for_key("in/a.txt", "lake"),
        lambda: hook.check_for_key("https://lake.s3.us-east-1.amazonaws.com/in/a.txt"),
        lambda: hook.check_for_key("https://s3.us-east-1.amazonaws.com/lake/in/a.txt"),
        lambda: hook.check_for_key("in/none", "lake"),
        lambda: hook.list_keys("lake"),
        lambda: hook.list_keys("lake", prefix="in/", delimiter="/"),
        lambda: hook.list_keys("lake", prefix="in/*.bin", apply_wildcard=True),
        lambda: hook.list_keys("lake", start_after_key="in/b.bin", max_items=2),
        lambda: hook.list_keys("lake", from_datetime=late),
        lambda: len(hook.list_keys("lake", to_datetime=late)),
        lambda: hook.list_prefixes("lake", prefix="in/", delimiter="/"),
        lambda: hook.check_for_prefix("in/deep", "/", "lake"),
        lambda: hook.check_for_prefix("in/none", "/", "lake"),
        lambda: hook.get_wildcard_key("in/d*.txt", "lake"),
        lambda: hook.get_wildcard_key("s3://lake/in/?.txt"),
        lambda: hook.check_for_wildcard_key("in/[xyz]*", "lake"),
        lambda: "CopyObjectResult" in hook.copy_object("in/a.txt", "out/a.txt", "lake", "lake"),
        lambda: hook.copy_object("s3://lake/in/a.txt", "s3://lake/out/b.txt", acl_policy="no-acl") and 1,
        lambda: hook.copy_object("s3://lake/in/a.txt", "out/b.txt", "lake", "lake"),
        lambda: [item["Key"] for item in hook.get_file_metadata("out/", "lake")],
        lambda: Path(hook.download_file("in/a.txt", "lake", str(folder))).read_text(),
        lambda: Path(
            hook.download_file("in/b.bin", "lake", str(folder), preserve_file_name=True)
        ).name,
        lambda: hook.parse_s3_url("s3a://lake/a/b?c#d"),
        lambda: hook.parse_s3_url("s3:/lake"),
        lambda: hook.delete_objects("lake", ["out/a.txt", "out/b.txt"]),
        lambda: hook.delete_objects("lake", "in/a.txt"),
        lambda: hook.list_keys("lake"),
        lambda: hook.delete_bucket("lake"),
        lambda: hook.delete_bucket("lake", force_delete=True),
        lambda: hook.check_for_bucket("lake"),
    ):  # fmt: skip
        yield told(call)


@pytest.mark.full  # imports Airflow and the modelled AWS
def test_what_is_done_with_s3_is_what_airflows_hook_does(in_a_task, tmp_path):
    real = pytest.importorskip(f"{PLACE}.s3").S3Hook(aws_conn_id=None)
    expected = list(uses_of_s3(real, tmp_path))
    assert list(uses_of_s3(HOOKS["S3Hook"](aws_conn_id=None), tmp_path)) == expected
    assert expected[:3] == [None, True, False]
    assert {"AirflowException", "ClientError", "ValueError"} <= {*map(str, expected)}


def uses_of_services(hook: Callable[..., Any]) -> Iterator[Any]:
    import boto3

    queue = hook("SqsHook").create_queue("q", {"DelaySeconds": 0})["QueueUrl"]
    yield hook("SqsHook").send_message(queue, "hello", message_attributes={})["MD5OfMessageBody"]
    topic = boto3.client("sns").create_topic(Name="t")["TopicArn"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    attributes = {"a": "text", "n": 5, "b": b"x", "l": [1, "2"]}
    yield bool(hook("SnsHook").publish_to_target(topic, "news", "subject", attributes)["MessageId"])
    messages = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    for body in sorted(message["Body"] for message in messages):
        told_of = json.loads(body) if body.startswith("{") else body
        yield (
            {key: told_of[key] for key in ("Message", "Subject", "MessageAttributes")}
            if isinstance(told_of, dict)
            else told_of
        )
    yield told(lambda: hook("SnsHook").publish_to_target(topic, "news", None, {"o": object()}))
    boto3.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tables = hook("DynamoDBHook", table_name="table", table_keys=["id"])
    yield tables.write_batch_data([{"id": "1", "v": 1}, {"id": "1", "v": 2}])
    yield told(lambda: tables.write_batch_data([{"v": 1}]))
    yield hook("DynamoDBHook").get_item("table", {"id": "1"})
    yield hook("DynamoDBHook").get_item("table", {"id": "2"})
    boto3.client("secretsmanager").create_secret(Name="s", SecretString='{"user": "me"}')
    yield hook("SecretsManagerHook").get_secret("s")
    yield hook("SecretsManagerHook").get_secret_as_dict("s")
    boto3.client("ssm").put_parameter(Name="p", Value="v", Type="String")
    yield hook("SsmHook").get_parameter_value("p")
    yield hook("SsmHook").get_parameter_value("none", default="d")
    yield told(lambda: hook("SsmHook").get_parameter_value("none"))
    yield hook("StsHook").get_account_number()
    role = "arn:aws:iam::123456789012:role/r"
    machine = boto3.client("stepfunctions").create_state_machine(
        name="m", definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}', roleArn=role
    )["stateMachineArn"]
    started = hook("StepFunctionHook").start_execution(machine, "e", {"a": 1})
    yield started
    yield hook("StepFunctionHook").describe_execution(started)["input"]


@pytest.mark.full  # imports Airflow and the modelled AWS
def test_what_is_done_with_other_services_is_what_airflows_hooks_do(in_a_task):
    real = real_hooks()

    def airflows(name: str, **options: Any) -> Any:
        return real[name](aws_conn_id=None, **options)

    expected = list(uses_of_services(airflows))
    in_a_task.reset()
    assert list(uses_of_services(lambda name, **options: HOOKS[name](**options))) == expected


def real_hooks() -> dict[str, Any]:
    package = pytest.importorskip(PLACE)
    base = importlib.import_module(f"{PLACE}.base_aws").AwsGenericHook
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        try:
            names = vars(importlib.import_module(f"{PLACE}.{module.name}"))
        except Exception:  # noqa: BLE001, S112 (one that needs what is not installed)
            continue
        for name, item in names.items():
            if inspect.isclass(item) and issubclass(item, base):
                found.setdefault(name, item)
    return found


@pytest.mark.full  # imports all hooks
def test_each_hook_has_the_client_that_airflows_has(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    today = {name: hook for name, hook in real_hooks().items() if name in HOOKS}
    assert len(today) > 45
    for name, hook in today.items():
        given = {"delivery_stream": "d"} if name == "FirehoseHook" else {}
        real, ours = hook(aws_conn_id=None, **given), HOOKS[name](**given)
        assert (real.client_type, real.resource_type) == (ours.client_type, ours.resource_type), name
        methods = {item for item in dir(type(ours)) if not item.startswith("_")} - {"service", "is_resource"}
        assert {item for item in methods if not hasattr(hook, item)} <= {"conn_client_meta"}, name
