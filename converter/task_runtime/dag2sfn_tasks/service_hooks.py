"""Hooks of services whose methods are a call or two: queues, topics, functions, tables, secrets, machines."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .aws_hooks import AwsBaseHook
from .exceptions import AirflowException, NotInLambdaError

_NOT_GIVEN = object()


class SqsHook(AwsBaseHook):
    """Queues."""

    service = "sqs"

    def create_queue(self, queue_name: str, attributes: Mapping[str, Any] | None = None) -> Any:
        """Create a queue."""
        texts = {name: str(value) for name, value in (attributes or {}).items()}
        return self.conn.create_queue(QueueName=queue_name, Attributes=texts)

    def send_message(
        self,
        queue_url: str,
        message_body: str,
        delay_seconds: int = 0,
        message_attributes: Mapping[str, Any] | None = None,
        message_group_id: str | None = None,
        message_deduplication_id: str | None = None,
    ) -> Any:
        """Send a message."""
        fifo = {"MessageGroupId": message_group_id, "MessageDeduplicationId": message_deduplication_id}
        return self.conn.send_message(
            QueueUrl=queue_url,
            MessageBody=message_body,
            DelaySeconds=delay_seconds,
            MessageAttributes=message_attributes or {},
            **_given(fifo),
        )


class SnsHook(AwsBaseHook):
    """Topics."""

    service = "sns"

    def publish_to_target(
        self,
        target_arn: str,
        message: str,
        subject: str | None = None,
        message_attributes: Mapping[str, Any] | None = None,
        message_deduplication_id: str | None = None,
        message_group_id: str | None = None,
    ) -> Any:
        """Publish a message, for all protocols alike."""
        more = {
            "Subject": subject,
            "MessageDeduplicationId": message_deduplication_id,
            "MessageGroupId": message_group_id,
            "MessageAttributes": _message_attributes(message_attributes) if message_attributes else None,
        }
        body = json.dumps({"default": message})
        return self.conn.publish(TargetArn=target_arn, MessageStructure="json", Message=body, **_given(more))


def _message_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in attributes.items():
        if isinstance(value, bytes):
            made[name] = {"DataType": "Binary", "BinaryValue": value}
        elif isinstance(value, str):
            made[name] = {"DataType": "String", "StringValue": value}
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            made[name] = {"DataType": "Number", "StringValue": str(value)}
        elif isinstance(value, Iterable):
            made[name] = {"DataType": "String.Array", "StringValue": json.dumps(list(value))}
        else:
            raise TypeError(f"a message's attribute must be bytes, str, int, float or a list: {value!r}")
    return made


class LambdaHook(AwsBaseHook):
    """Functions."""

    service = "lambda"

    def invoke_lambda(self, *, function_name: str, payload: bytes | str | None = None, **options: Any) -> Any:
        """Invoke a function; return boto3's answer, with the payload as a stream."""
        more = {
            "InvocationType": options.get("invocation_type"),
            "LogType": options.get("log_type"),
            "ClientContext": options.get("client_context"),
            "Payload": payload.encode() if isinstance(payload, str) else payload,
            "Qualifier": options.get("qualifier"),
        }
        return self.conn.invoke(FunctionName=function_name, **_given(more))


class AwsLambdaHook(LambdaHook):
    """The hook of Airflow 1 and 2.2, which is for one function."""

    def __init__(self, function_name: str = "", *args: Any, **options: Any) -> None:
        self._function_name = function_name
        options |= dict(zip(("region_name", "log_type", "qualifier", "invocation_type"), args, strict=False))
        self._options = {
            name: options.pop(name, default)
            for name, default in (
                ("log_type", "None"),
                ("qualifier", "$LATEST"),
                ("invocation_type", "RequestResponse"),
            )
        }
        super().__init__(**options)

    def invoke_lambda(self, *, payload: bytes | str | None = None, **options: Any) -> Any:
        """Invoke the hook's function, or another one."""
        named = {"function_name": self._function_name, **self._options, **options}
        return super().invoke_lambda(payload=payload, **named)


class DynamoDBHook(AwsBaseHook):
    """Tables, as boto3's resource."""

    service = "dynamodb"
    is_resource = True

    def __init__(
        self, *args: Any, table_keys: list[str] | None = None, table_name: str | None = None, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.table_keys = table_keys
        self.table_name = table_name

    def write_batch_data(self, items: Iterable[Any]) -> bool:
        """Write items to the hook's table."""
        try:
            with self.conn.Table(self.table_name).batch_writer(overwrite_by_pkeys=self.table_keys) as batch:
                for item in items:
                    batch.put_item(Item=item)
        except Exception as error:
            raise AirflowException(f"Failed to insert items in dynamodb, error: {error}") from error
        return True

    def get_item(self, table_name: str, key: Mapping[str, Any]) -> Any:
        """Return an item; None if it is not there."""
        return self.conn.Table(table_name).get_item(Key=key).get("Item")

    def put_item(
        self, table_name: str, item: Mapping[str, Any], condition_expression: str | None = None
    ) -> Any:
        """Write an item."""
        more = {"ConditionExpression": condition_expression}
        return self.conn.Table(table_name).put_item(Item=item, **_given(more))


class SecretsManagerHook(AwsBaseHook):
    """Secrets."""

    service = "secretsmanager"

    def get_secret(self, secret_name: str) -> Any:
        """Return a secret: a text, or bytes."""
        found = self.conn.get_secret_value(SecretId=secret_name)
        return found["SecretString"] if "SecretString" in found else base64.b64decode(found["SecretBinary"])

    def get_secret_as_dict(self, secret_name: str) -> Any:
        """Return a secret that is JSON."""
        return json.loads(self.get_secret(secret_name))


class SsmHook(AwsBaseHook):
    """Parameters of Systems Manager."""

    service = "ssm"

    def get_parameter_value(self, parameter: str, default: Any = _NOT_GIVEN) -> Any:
        """Return a parameter's value, or the default if there is none."""
        try:
            return self.conn.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        except self.conn.exceptions.ParameterNotFound:
            if default is _NOT_GIVEN:
                raise
            return default


class StepFunctionHook(AwsBaseHook):
    """Executions of state machines."""

    service = "stepfunctions"

    def start_execution(
        self,
        state_machine_arn: str,
        name: str | None = None,
        state_machine_input: Mapping[str, Any] | str | None = None,
    ) -> str:
        """Start an execution; return its ARN."""
        given = state_machine_input
        text = json.dumps(given) if isinstance(given, Mapping) else given
        more = _given({"name": name, "input": text})
        return str(self.conn.start_execution(stateMachineArn=state_machine_arn, **more)["executionArn"])

    def describe_execution(self, execution_arn: str) -> Any:
        """Return what is known of an execution."""
        return self.conn.describe_execution(executionArn=execution_arn)


class MwaaHook(AwsBaseHook):
    """Environments of MWAA."""

    service = "mwaa"

    def invoke_rest_api(
        self,
        env_name: str,
        path: str,
        method: str,
        body: Mapping[str, Any] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        """Call the REST API of an environment, as the role's Airflow user."""
        if options.get("generate_local_token"):
            raise NotInLambdaError("generate_local_token is not there: allow airflow:InvokeRestApi instead")
        answer = self.conn.invoke_rest_api(
            Name=env_name,
            Path=path,
            Method=method,
            Body=_given(body or {}),
            QueryParameters=query_params or {},
        )
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


class StsHook(AwsBaseHook):
    """Who one is."""

    service = "sts"

    def get_account_number(self) -> str:
        """Return the id of the account."""
        return str(self.conn.get_caller_identity()["Account"])


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


SERVICE_HOOKS: dict[str, Any] = {
    hook.__name__: hook
    for hook in (
        SqsHook,
        SnsHook,
        LambdaHook,
        AwsLambdaHook,
        DynamoDBHook,
        MwaaHook,
        SecretsManagerHook,
        SsmHook,
        StepFunctionHook,
        StsHook,
    )
}
