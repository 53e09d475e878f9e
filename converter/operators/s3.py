"""Amazon S3: buckets and objects."""

from __future__ import annotations

import ast
import re
from typing import Any
from urllib.parse import quote

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.registry import converts
from converter.operators.requests import Request, bucket_arn, request, step_of
from converter.operators.step import Step
from converter.workflow import Opaque

_S3 = "airflow.providers.amazon.aws.operators.s3"
#: As Airflow, which takes a bucket that it may not see for none.
_NOT_SEEN = ("NoSuchBucketException", "S3Exception")
#: Scripts that only copy what they are given.
_COPIES = ("/bin/cp", "/usr/bin/cp", "cp")
_REGION = "$split($states.context.StateMachine.Id, ':')[3]"


@converts(f"{_S3}.S3CreateBucketOperator")
def create_bucket(args: Arguments) -> Step:
    """A new bucket, in the machine's region: ``s3:createBucket``. One that is yours already is no failure.

    Return value, as in Airflow: none.
    """
    bucket = args.take("bucket_name")
    namespace = args.take("bucket_namespace")
    # us-east-1 is said by saying nothing.
    where = f"{{'CreateBucketConfiguration': {{'LocationConstraint': {_REGION}}}}}"
    place = f"{_REGION} = 'us-east-1' ? {{}} : {where}"
    bucket_only = literal({"Bucket": bucket, **({"BucketNamespace": namespace} if namespace else {})})
    create = request("s3:createBucket", {}, on=bucket_arn(bucket), fine=("BucketAlreadyOwnedByYouException",))
    arguments: Any = Expression(f"$merge([{bucket_only}, {place}])")
    return step_of(args, create.with_arguments(arguments))


@converts(f"{_S3}.S3DeleteBucketOperator")
def delete_bucket(args: Arguments) -> Step:
    """A bucket is deleted, with ``force_delete`` its objects before. One that is not there is no failure.

    Return value, as in Airflow: none.
    """
    bucket = args.take("bucket_name")
    there = request("s3:headBucket", {"Bucket": bucket}, on=bucket_arn(bucket), over=_NOT_SEEN)
    emptied = _delete_all(bucket, "") if args.take("force_delete") else ()
    return step_of(
        args, there, *emptied, request("s3:deleteBucket", {"Bucket": bucket}, on=bucket_arn(bucket))
    )


def _delete_all(bucket: Any, prefix: Any) -> tuple[Request, ...]:
    """Delete page by page what a list of objects shows, until it shows nothing."""
    delete = request(
        "s3:deleteObjects",
        {"Bucket": bucket, "Delete": {"Objects": Expression("$objects")}},
        on=bucket_arn(bucket, "*"),
        keeps={"undeleted": _undeleted()},
    )
    show = request(
        "s3:listObjectsV2",
        {"Bucket": bucket, "Prefix": prefix or None},
        on=bucket_arn(bucket),
        keeps={"objects": "[$states.result.Contents.{'Key': Key}]"},
    )
    return (show.until("$count($objects) = 0", between=delete),)


def _undeleted() -> str:
    """Return what fails the try if an object could not be deleted, as Airflow does."""
    keys = "$join($states.result.Errors.Key, ', ')"
    return f"$exists($states.result.Errors) ? $error('Errors when deleting: ' & {keys}) : []"


@converts(f"{_S3}.S3CreateObjectOperator")
def create_object(args: Arguments) -> Step:
    """An object with a text as its content: ``s3:putObject``; without ``replace``, only if there is none.

    Return value, as in Airflow: none.
    """
    bucket, key = bucket_and_key(args, "s3_bucket", "s3_key")
    data = _text(args)
    if args.take("encoding") not in (None, "utf-8", "utf8", "UTF-8"):
        args.report(d.BAD_ARGUMENT, "the text is written in UTF-8", "leave out 'encoding'")
    if args.take("compression"):
        args.report(d.NO_COUNTERPART, "a machine cannot compress", "write the object with a @task and boto3")
    return step_of(
        args,
        request(
            "s3:putObject",
            {
                "Bucket": bucket,
                "Key": key,
                "Body": data,
                "IfNoneMatch": None if args.take("replace", False) else "*",
                "ServerSideEncryption": "AES256" if args.take("encrypt", False) else None,
                "ACL": args.take("acl_policy") or None,
            },
            on=bucket_arn(bucket, key),
        ),
    )


def _text(args: Arguments) -> Any:
    """Return what an object shall hold: bytes, too, where they are a text."""
    passed = args.task.arguments.get("data")
    if isinstance(passed, Opaque) and passed.kind == "builtins.bytes":
        args.set_aside("data")
        try:
            return ast.literal_eval(passed.text).decode()
        except (ValueError, SyntaxError):
            args.report(
                d.PYTHON_VALUE, "the object's bytes are no UTF-8 text", "write it with a @task and boto3"
            )
            return ""
    return args.take("data")


@converts(f"{_S3}.S3CopyObjectOperator")
def copy_object(args: Arguments) -> Step:
    """A copy of an object: ``s3:copyObject``. Return value, as in Airflow: none."""
    bucket, key = bucket_and_key(args, "dest_bucket_name", "dest_bucket_key")
    source_bucket, source_key = bucket_and_key(args, "source_bucket_name", "source_bucket_key")
    version = args.take("source_version_id")
    policy = args.take("acl_policy") or "private"
    return step_of(
        args,
        request(
            "s3:copyObject",
            {
                "Bucket": bucket,
                "Key": key,
                "CopySource": _source(source_bucket, source_key, version),
                "ACL": None if policy == "no-acl" else policy,
                "MetadataDirective": args.take("meta_data_directive"),
                "SSEKMSKeyId": args.take("kms_key_id"),
                "ServerSideEncryption": args.take("kms_encryption_type"),
            },
            on=bucket_arn(bucket, key),
            also=request("s3:headObject", {}, on=bucket_arn(source_bucket, source_key)).permissions,
        ),
    )


@converts(f"{_S3}.S3FileTransformOperator")
def transform_file(args: Arguments) -> Step:
    """A copy of an object, if the script is ``/bin/cp``: ``s3:copyObject``. Other scripts are not converted.

    Without ``replace`` the task fails if there is an object already. Return value, as in Airflow: none.
    """
    bucket, key = bucket_and_key(args, "bucket", "dest_s3_key")
    source_bucket, source_key = bucket_and_key(args, "bucket", "source_s3_key")
    transforms = args.take("select_expression") or args.take("script_args")
    if transforms or args.task.arguments.get("transform_script") not in _COPIES:
        args.report(
            d.NO_COUNTERPART,
            "a script of Airflow's own machine transforms the object",
            "write it as a @task with boto3, or as a Glue, Batch or ECS job; /bin/cp alone is a copy",
        )
    connections = {args.take(f"{end}_aws_conn_id") for end in ("source", "dest")} - {None, "aws_default"}
    for connection in sorted(connections):
        args.report(
            d.OTHER_CREDENTIALS,
            f"Airflow's connection '{connection}' is not used: the machine acts as its own role",
            "allow the machine's role what that one may",
        )
    args.set_aside("transform_script", "select_expr_serialization_config", "source_verify", "dest_verify")
    copy = request(
        "s3:copyObject",
        # As a new object is, without what the source says of itself.
        {
            "Bucket": bucket,
            "Key": key,
            "CopySource": _source(source_bucket, source_key, None),
            "MetadataDirective": "REPLACE",
        },
        on=bucket_arn(bucket, key),
        also=request("s3:headObject", {}, on=bucket_arn(source_bucket, source_key)).permissions,
    )
    if args.take("replace", False):
        return step_of(args, copy)
    is_there = f"$error('The key already exists: ' & {literal(key)})"
    look = request(
        "s3:headObject",
        {"Bucket": bucket, "Key": key},
        on=bucket_arn(bucket, key),
        fine=("NoSuchKeyException",),
        keeps={"fresh": is_there},
        # Without it, S3 does not say that there is none.
        also=request("s3:headBucket", {}, on=bucket_arn(bucket)).permissions,
    )
    return step_of(args, look, copy)


def _source(bucket: Any, key: Any, version: Any) -> Any:
    """Return where a copy comes from, in the form of the header x-amz-copy-source."""
    if isinstance(bucket, str) and isinstance(key, str) and not isinstance(version, Expression):
        return quote(f"{bucket}/{key}", safe="-._~/") + (f"?versionId={version}" if version else "")
    named = f"{literal(bucket)} & '/' & $encodeUrl({literal(key)})"
    return Expression(f"{named} & '?versionId=' & {literal(version)}" if version else named)


@converts(f"{_S3}.S3DeleteObjectsOperator")
def delete_objects(args: Arguments) -> Step:
    """Objects are deleted, by their keys or all under a prefix: ``s3:deleteObjects``.

    Return value, as in Airflow: none.
    """
    bucket, keys, prefix = args.take("bucket"), args.take("keys"), args.take("prefix")
    if args.take("from_datetime") or args.take("to_datetime"):
        remedy = "use a lifecycle rule, or a @task with boto3"
        args.report(d.NO_COUNTERPART, "objects cannot be chosen by their dates here", remedy)
    if keys is None:
        return step_of(args, *_delete_all(bucket, prefix))
    if isinstance(keys, Expression):
        objects: Any = Expression(f"[$map([{keys.text}], function($key) {{ {{'Key': $key}} }})]")
    else:
        objects = [{"Key": key} for key in ([keys] if isinstance(keys, str) else keys)]
    if isinstance(objects, list) and len(objects) > 1000:
        args.report(d.BAD_ARGUMENT, f"{len(objects)} keys are more than one call takes", "use two tasks")
    delete = request(
        "s3:deleteObjects",
        {"Bucket": bucket, "Delete": {"Objects": objects}},
        on=bucket_arn(bucket, "*"),
        keeps={"undeleted": _undeleted()},
    )
    return step_of(args, delete)


@converts(f"{_S3}.S3ListOperator")
def list_keys(args: Arguments) -> Step:
    """The keys under a prefix: ``s3:listObjectsV2``, one page.

    Return value, as in Airflow: the list of keys. The task fails if there are more than 1,000.
    """
    prefix = args.take("prefix", "")
    keys = "[$states.result.Contents.Key]"
    if args.take("apply_wildcard", False) and isinstance(prefix, str) and "*" in prefix:
        pattern = re.sub(r"[/\\^$.|+(){}\[\]]", r"\\\g<0>", prefix).replace("*", ".*").replace("?", ".")
        keys = f"[$filter({keys}, function($key) {{ $contains($key, /^{pattern}$/) }})]"
        prefix = prefix.split("*", 1)[0]
    return _listing(args, prefix, keys)


@converts(f"{_S3}.S3ListPrefixesOperator")
def list_prefixes(args: Arguments) -> Step:
    """The common prefixes under a prefix: ``s3:listObjectsV2``, one page.

    Return value, as in Airflow: the list of prefixes. The task fails if there are more than 1,000.
    """
    return _listing(args, args.take("prefix"), "[$states.result.CommonPrefixes.Prefix]")


def _listing(args: Arguments, prefix: Any, found: str) -> Step:
    bucket = args.take("bucket")
    args.report(d.ONE_PAGE, "it lists 1,000 entries, and fails if there are more", "narrow the prefix")
    arguments = {"Bucket": bucket, "Prefix": prefix or None, "Delimiter": args.take("delimiter") or None}
    complete = f"$states.result.IsTruncated ? $error('there are more than 1,000 entries') : {found}"
    listed = request("s3:listObjectsV2", arguments, on=bucket_arn(bucket), keeps={"found": complete})
    return step_of(args, listed, output="$found")


@converts(f"{_S3}.S3ReadObjectOperator")
def read_object(args: Arguments) -> Step:
    """The content of an object, a text of at most 256 KiB: ``s3:getObject``.

    Return value, as in Airflow: the text.
    """
    bucket, key = bucket_and_key(args, "s3_bucket", "s3_key")
    read = request(
        "s3:getObject",
        {"Bucket": bucket, "Key": key},
        on=bucket_arn(bucket, key),
        keeps={"text": "$string($states.result.Body)"},
    )
    return step_of(args, read, output="$text")


@converts(f"{_S3}.S3GetBucketTaggingOperator")
def get_tags(args: Arguments) -> Step:
    """The tags of a bucket: ``s3:getBucketTagging``. Return value, as in Airflow: the list of tags."""
    bucket = args.take("bucket_name")
    found = request(
        "s3:getBucketTagging",
        {"Bucket": bucket},
        on=bucket_arn(bucket),
        keeps={"tags": "[$states.result.TagSet]"},
    )
    return step_of(args, found, output="$tags")


@converts(f"{_S3}.S3PutBucketTaggingOperator")
def put_tags(args: Arguments) -> Step:
    """A bucket gets tags: ``s3:putBucketTagging``. Return value, as in Airflow: none."""
    bucket, key, value, tags = (args.take(name) for name in ("bucket_name", "key", "value", "tag_set"))
    if isinstance(tags, dict):
        tags = [{"Key": name, "Value": text} for name, text in tags.items()]
    tags = [*(tags or ()), *([{"Key": key, "Value": value}] if key else ())]
    tagging = {"Bucket": bucket, "Tagging": {"TagSet": tags}}
    return step_of(args, request("s3:putBucketTagging", tagging, on=bucket_arn(bucket)))


@converts(f"{_S3}.S3DeleteBucketTaggingOperator")
def delete_tags(args: Arguments) -> Step:
    """A bucket loses its tags: ``s3:deleteBucketTagging``. Return value, as in Airflow: none."""
    bucket = args.take("bucket_name")
    # IAM knows no action for this alone (S3 API Reference, DeleteBucketTagging).
    does, where = "s3:PutBucketTagging", bucket_arn(bucket)
    return step_of(args, request("s3:deleteBucketTagging", {"Bucket": bucket}, on=where, does=does))


def bucket_and_key(args: Arguments, bucket_name: str, key_name: str) -> tuple[Any, Any]:
    """Return bucket and key from their two arguments, or from a ``s3://`` URL in the one for the key."""
    bucket, key = args.take(bucket_name), args.take(key_name)
    if bucket is not None:
        return bucket, key
    if isinstance(key, Expression):
        path = f"$substringAfter({key.text}, '://')"
        return Expression(f"$substringBefore({path}, '/')"), Expression(f"$substringAfter({path}, '/')")
    match = re.match(r"s3[na]?://([^/]+)/+(.*)", str(key), re.IGNORECASE | re.DOTALL)
    if match is None:
        if not isinstance(key, Opaque):
            problem = f"argument '{key_name}' is {key!r}, and there is no '{bucket_name}'"
            args.report(d.BAD_ARGUMENT, problem, "write s3://bucket/key")
        return "", ""
    return match[1], match[2]
