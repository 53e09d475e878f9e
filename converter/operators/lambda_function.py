"""AWS Lambda: functions of the user's."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import arn, given, pace, pass_role, request, step_of, wait_for, waits_for_it
from converter.operators.step import Retrier, Step
from converter.workflow import Opaque

#: The template of a Variable or environment variable that has no value while the file is read.
_STANDING_IN = re.compile(r"\{\{ (?:var|environ)[.\[][^{}]*\}\}")
_LAMBDA = f"{AMAZON}.operators.lambda_function"
#: AWS documentation, "Handle transient Lambda service exceptions".
_TROUBLE = Retrier(
    (
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    )
)
#: Arguments of LambdaHook.create_lambda, and the members of CreateFunction that they are.
_CONFIG = {
    "memory_size": "MemorySize",
    "publish": "Publish",
    "vpc_config": "VpcConfig",
    "package_type": "PackageType",
    "dead_letter_config": "DeadLetterConfig",
    "environment": "Environment",
    "kms_key_arn": "KMSKeyArn",
    "tracing_config": "TracingConfig",
    "tags": "Tags",
    "layers": "Layers",
    "file_system_configs": "FileSystemConfigs",
    "image_config": "ImageConfig",
    "code_signing_config_arn": "CodeSigningConfigArn",
    "architectures": "Architectures",
    "ephemeral_storage": "EphemeralStorage",
    "snap_start": "SnapStart",
    "logging_config": "LoggingConfig",
}


@converts(f"{_LAMBDA}.LambdaInvokeFunctionOperator")
def invoke(args: Arguments) -> Step:
    """A call of a function: ``lambda:invoke``. It fails if the function does.

    Return value, as in Airflow: the function's answer as JSON text; it is written without blanks.
    """
    function, kind = args.take("function_name"), args.take("invocation_type")
    qualifier = args.take("qualifier")
    if args.take("log_type"):
        args.report(d.LOGS_STAY, "the function's log is not shown", "read it in CloudWatch")
    args.set_aside("keep_empty_log_lines")
    arguments = {
        "FunctionName": function,
        "InvocationType": kind,
        "ClientContext": args.take("client_context"),
        "Payload": _payload(args),
        "Qualifier": qualifier,
    }
    answer = "''" if kind in ("Event", "DryRun") else "$string($states.result.Payload)"
    where = arn("lambda", "function:{}", function)
    called = request(
        "lambda:invoke",
        arguments,
        # With a qualifier the permission is on the version or the alias.
        on=f"{where}:{qualifier}" if isinstance(qualifier, str) else where,
        optimised="lambda:invoke",
        keeps={"answer": answer},
    ).retried(_TROUBLE)
    return step_of(args, called, output="$answer")


def _payload(args: Arguments) -> Any:
    """Return what the function is given: the text of the operator is JSON, and Step Functions writes that."""
    payload = _text_of_bytes(args) or args.take("payload")
    if isinstance(payload, Expression):
        return Expression(f"$parse({payload.text})")
    if isinstance(payload, str):
        try:
            return json.loads(payload)
        except ValueError:
            args.report(d.BAD_ARGUMENT, "argument 'payload' is no JSON text", "write json.dumps(…)")
    return payload if isinstance(payload, (dict, list)) else None


def _text_of_bytes(args: Arguments) -> Any:
    """Return the text of a payload of bytes, in which a value that is not known yet is a template.

    Airflow renders no bytes: with a template of the author's own they stay what they are.
    """
    payload = args.task.arguments.get("payload")
    if not isinstance(payload, Opaque) or payload.kind != "builtins.bytes":
        return None
    try:
        text = ast.literal_eval(payload.text).decode()
    except UnicodeDecodeError:
        return None
    if any(mark in _STANDING_IN.sub("", text) for mark in ("{{", "{%", "{#")):
        return None
    args.set_aside("payload")
    return args.translated("payload", text)


@converts(f"{_LAMBDA}.LambdaCreateFunctionOperator")
def create(args: Arguments) -> Step:
    """A new function: ``lambda:createFunction``, with the wait until it is active where the operator waits.

    Return value, as in Airflow: the function's ARN.
    """
    function, role, config = args.take("function_name"), args.take("role"), args.take_mapping("config")
    arguments = {
        "FunctionName": function,
        "Runtime": args.take("runtime"),
        "Role": role,
        "Handler": args.take("handler"),
        "Code": args.take("code"),
        "Description": args.take("description"),
        "Timeout": args.take("timeout"),
        **{_CONFIG[name]: value for name, value in config.items() if name in _CONFIG},
    }
    for name in config.keys() - _CONFIG.keys():
        args.report(d.BAD_ARGUMENT, f"config['{name}'] is no argument of a function", "leave it out")
    where = arn("lambda", "function:{}", function)
    made = request(
        "lambda:createFunction",
        given(arguments),
        on=where,
        keeps={"arn": "$states.result.FunctionArn"},
        also=(pass_role(role),),
    )
    waits, often = waits_for_it(args, default=False), pace(args, 15, 60)
    wait = wait_for("lambda:function_active_v2", {"FunctionName": function}, on=where, **often)
    return step_of(args, made, *([wait] if waits else []), output="$arn")
