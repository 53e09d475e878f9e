"""SqsSensor: receives messages, and deletes what it has received."""

from __future__ import annotations

import re

from converter import diagnostics as d
from converter.expressions.jsonata import Expression
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection
from converter.operators.parts import Call
from converter.operators.registry import converts
from converter.operators.sensing import Look, sensor_step, take_sensing
from converter.operators.step import Permission, Step

_QUEUE_URL = re.compile(
    r"https?://(?:sqs\.)?(?P<region>[a-z0-9-]+)\.[^/]+/(?P<account>\d{12})/(?P<name>[\w.-]+)"
)


@converts("airflow.providers.amazon.aws.sensors.sqs.SqsSensor")
def sqs(args: Arguments) -> Step:
    """Polls ``sqs:ReceiveMessage`` until a message comes, and deletes what came. XCom ``messages``: those.

    A retry after the messages were received does not find them again, as in Airflow.
    """
    sensing = take_sensing(args)
    set_aside_connection(args)
    queue = args.take("sqs_queue")
    if args.take("num_batches", 1) != 1:
        args.report(d.UNKNOWN_ARGUMENT, "num_batches is not converted", "receive more with max_messages")
    for name in ("message_filtering", "message_filtering_match_values", "message_filtering_config"):
        if args.take(name) is not None:
            remedy = "filter in a task behind the sensor"
            args.report(d.SENSOR_CHOICE, f"argument '{name}' is not converted", remedy)
    deletes = args.take("delete_message_on_reception", True)
    arguments = {
        "QueueUrl": queue,
        "MaxNumberOfMessages": args.take("max_messages", 5),
        "WaitTimeSeconds": args.take("wait_time_seconds", 1),
    }
    visibility = args.take("visibility_timeout")
    if visibility is not None:
        arguments["VisibilityTimeout"] = visibility
    receive = Call(
        "look",
        "arn:aws:states:::aws-sdk:sqs:receiveMessage",
        arguments,
        {"messages": Expression("[$states.result.Messages]")},
    )
    entries = "function($m) {{'Id': $m.MessageId, 'ReceiptHandle': $m.ReceiptHandle}}"
    delete = Call(
        "delete messages",
        "arn:aws:states:::aws-sdk:sqs:deleteMessageBatch",
        {"QueueUrl": queue, "Entries": Expression(f"[$map($messages, {entries})]")},
    )
    actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage") if deletes else ("sqs:ReceiveMessage",)
    return sensor_step(
        args,
        sensing,
        Look(receive, Expression("$messages != null and $count($messages) > 0")),
        [_permission(actions, queue)],
        then=(delete,) if deletes else (),
        xcom=Expression("{'messages': $messages}"),
    )


def _permission(actions: tuple[str, ...], queue: object) -> Permission:
    match = _QUEUE_URL.fullmatch(queue) if isinstance(queue, str) else None
    if match is None:
        return Permission(actions, ("*",), "Which queue it is, its address does not tell before the run.")
    arn = f"arn:${{AWS::Partition}}:sqs:{match['region']}:{match['account']}:{match['name']}"
    return Permission(actions, (arn,))
