"""Amazon SNS, SQS, EventBridge and SES: messages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, Substitution, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, operator
from converter.operators.registry import converts
from converter.operators.requests import Request, arn, given, pass_role, request, step_of
from converter.operators.step import Step

_EVENTS = f"{AMAZON}.operators.eventbridge"


@converts(f"{AMAZON}.operators.sns.SnsPublishOperator")
def publish(args: Arguments) -> Step:
    """A message to a topic or an endpoint: ``sns:publish``.

    Return value: the answer, with MessageId, as the operator's; without boto3's ResponseMetadata.
    """
    target, message = args.take("target_arn"), args.take("message")
    attributes = args.take_mapping("message_attributes")
    # Airflow sends every message as JSON with one text for all protocols.
    body = (
        Expression(f"$string({{'default': {message.text}}})")
        if isinstance(message, Expression)
        else json.dumps({"default": message})
    )
    arguments = {
        "TargetArn": target,
        "MessageStructure": "json",
        "Message": body,
        "Subject": args.take("subject"),
        "MessageDeduplicationId": args.take("message_deduplication_id"),
        "MessageGroupId": args.take("message_group_id"),
        "MessageAttributes": {name: _attribute(value) for name, value in attributes.items()} or None,
    }
    where = arn("sns", "{}", target)
    sent = request("sns:publish", arguments, on=where, optimised="sns:publish", keeps={"sent": _ANSWER})
    return step_of(args, sent, output="$sent")


#: The answer, without what only the optimised integration adds.
_ANSWER = "$sift($states.result, function($value, $name) { $not($contains($name, /^Sdk/)) })"


def _attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, (str, Expression)):
        return {"DataType": "String", "StringValue": value}
    if isinstance(value, (int, float)):
        return {"DataType": "Number", "StringValue": str(value)}
    return {"DataType": "String.Array", "StringValue": Expression(f"$string({literal(value)})")}


@converts(f"{AMAZON}.operators.sqs.SqsPublishOperator")
def send(args: Arguments) -> Step:
    """A message to a queue: ``sqs:sendMessage``.

    Return value: the answer, with MessageId, as the operator's; without boto3's ResponseMetadata.
    """
    queue = args.take("sqs_queue")
    arguments = {
        "QueueUrl": queue,
        "MessageBody": args.take("message_content"),
        "DelaySeconds": args.take("delay_seconds", 0),
        "MessageAttributes": args.take("message_attributes") or None,
        "MessageGroupId": args.take("message_group_id"),
        "MessageDeduplicationId": args.take("message_deduplication_id"),
    }
    where = arn("sqs", "{}", _queue_name(queue))
    sent = request(
        "sqs:sendMessage", arguments, on=where, optimised="sqs:sendMessage", keeps={"sent": _ANSWER}
    )
    return step_of(args, sent, output="$sent")


def _queue_name(url: Any) -> str | None:
    return url.rpartition("/")[2] if isinstance(url, str) else None


@converts(f"{_EVENTS}.EventBridgePutEventsOperator")
def put_events(args: Arguments) -> Step:
    """Events to EventBridge: ``events:putEvents``, which fails if one of them was not taken.

    Return value, as in Airflow: the list of event ids.
    """
    entries = args.take("entries")
    buses = (
        {entry.get("EventBusName", "default") for entry in entries if isinstance(entry, dict)}
        if isinstance(entries, list)
        else {None}
    )
    where = arn("events", "event-bus/{}", buses.pop() if len(buses) == 1 else None)
    put = request(
        "events:putEvents",
        {"Entries": entries, "EndpointId": args.take("endpoint_id")},
        on=where,
        optimised="events:putEvents",
        keeps={"ids": "[$states.result.Entries.EventId]"},
    )
    return step_of(args, put, output="$ids")


@converts(f"{_EVENTS}.EventBridgePutRuleOperator")
def put_rule(args: Arguments) -> Step:
    """A rule of EventBridge is made or changed: ``events:putRule``.

    Return value: the answer, with RuleArn, as the operator's; without boto3's ResponseMetadata.
    """
    name, role, bus = (args.take(argument) for argument in ("name", "role_arn", "event_bus_name"))
    pattern, schedule = args.take("event_pattern"), args.take("schedule_expression")
    if not (pattern or schedule):
        args.report(d.BAD_ARGUMENT, "it has neither event_pattern nor schedule_expression", "give one")
    arguments = {
        "Name": name,
        "Description": args.take("description"),
        "EventBusName": bus,
        "EventPattern": pattern,
        "RoleArn": role,
        "ScheduleExpression": schedule,
        "State": args.take("state"),
        "Tags": args.take("tags"),
    }
    where = arn("events", "rule/{}" if bus in (None, "default") else "rule/*/{}", name)
    put = request(
        "events:putRule",
        given(arguments),
        on=where,
        keeps={"answer": "$states.result"},
        also=(pass_role(role),) if role else (),
    )
    return step_of(args, put, output="$answer")


for _verb, _does in (("Enable", "A rule of EventBridge is switched on"), ("Disable", "… is switched off")):
    operator(
        f"operators.eventbridge.EventBridge{_verb}RuleOperator",
        f"{_does.replace('…', 'A rule of EventBridge')}: ``events:{_verb.lower()}Rule``.\n\n"
        "Return value, as in Airflow: none.",
        f"events:{_verb.lower()}Rule",
        "Name=name EventBusName=event_bus_name",
        on="rule/*{}",
        named="Name",
    )


@converts(f"{AMAZON}.operators.ses.SesEmailOperator")
def send_email(args: Arguments) -> Step:
    """A mail through SES: ``ses:sendEmail``, with its HTML as the body.

    Return value: the answer, with MessageId, as the operator's, which sends the same as a raw message.
    """
    args_of_ses = {
        "ReplyToAddresses": _addresses(args.take("reply_to")),
        "ReturnPath": args.take("return_path"),
    }
    sent = _mail(args, args.take("mail_from"), args_of_ses, {"answer": "$states.result"})
    return step_of(args, sent, output="$answer")


@converts("airflow.providers.smtp.operators.smtp.EmailOperator")
def send_email_by_smtp(args: Arguments) -> Step:
    """A mail through SES instead of an SMTP server: ``ses:sendEmail``, with its HTML as the body.

    Return value, as in Airflow: none. A sender that is not given is that of the deployment.
    """
    sender = args.take("from_email")
    if not sender:
        name = "MailSender"
        args.deployed[name] = "The sender of mails, an identity that SES has verified"
        sender = Expression(f"'{Substitution(name)}'")
    args.set_aside("conn_id", "auth_type")
    args.report(
        d.OTHER_CREDENTIALS,
        "SES sends the mail, not the SMTP server of Airflow's connection",
        "verify sender and recipients in SES, where the account is in its sandbox",
    )
    return step_of(args, _mail(args, sender, {}))


def _mail(
    args: Arguments, sender: Any, more: Mapping[str, Any], keeps: Mapping[str, str] | None = None
) -> Request:
    """Return the call that sends the mail that an operator's arguments describe."""
    if args.take("files"):
        args.report(d.NO_COUNTERPART, "a machine cannot attach files", "send the mail with a @task and boto3")
    if args.take("custom_headers"):
        args.report(
            d.NO_COUNTERPART, "ses:sendEmail takes no headers", "send the mail with a @task and boto3"
        )
    destination = {
        "ToAddresses": _addresses(args.take("to")),
        "CcAddresses": _addresses(args.take("cc")),
        "BccAddresses": _addresses(args.take("bcc")),
    }
    kind = args.take("mime_subtype", "mixed")
    charset = args.take("mime_charset", "utf-8")
    arguments = {
        "Source": sender,
        "Destination": given(destination),
        "Message": {
            "Subject": {"Data": args.take("subject"), "Charset": charset},
            "Body": {"Html": {"Data": args.take("html_content"), "Charset": charset}},
        },
        **more,
    }
    if kind != "mixed":
        args.report(d.LOST_FEATURE, f"mime_subtype '{kind}' has no effect", "leave it out")
    return request("ses:sendEmail", arguments, keeps=keeps)


def _addresses(value: Any) -> Any:
    if isinstance(value, str):
        return [address.strip() for address in value.replace(";", ",").split(",") if address.strip()]
    return value
