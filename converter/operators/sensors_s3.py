"""S3KeySensor: lists the keys that begin like the one that is waited for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, chained, literal
from converter.operators.arguments import Arguments
from converter.operators.aws import set_aside_connection
from converter.operators.parts import Call, Caught
from converter.operators.registry import converts
from converter.operators.sensing import Look, sensor_step, take_sensing
from converter.operators.step import Permission, Step
from converter.workflow import Opaque

_LIST = "arn:aws:states:::aws-sdk:s3:listObjectsV2"
#: Keys have up to 1,024 bytes; so many entries stay below the 256 KiB that a state may return.
_PAGE = 200
_URL = re.compile(r"[sS]3://([^/]*)/?(.*)", re.DOTALL)
#: A template, or a text between two of them.
_PIECES = re.compile(r"(\{\{.*?\}\})", re.DOTALL)
_STATEMENT = re.compile(r"\{[%#]")


@dataclass(frozen=True)
class _Key:
    """What one key is looked for by: texts or expressions."""

    bucket: str | Expression
    key: str | Expression
    #: The pattern in pieces between stars, where it has any.
    between: tuple[str | Expression, ...] = ()


@converts("airflow.providers.amazon.aws.sensors.s3.S3KeySensor")
def s3_key(args: Arguments) -> Step:
    """Polls ``s3:ListObjectsV2`` for the key, or for each of several, until all are there.

    A wildcard (``*``, and in a pattern without templates ``?`` and ``[…]``) is matched in the list of what
    begins like it. As in Airflow a bucket that is not there has no keys yet.
    """
    sensing = take_sensing(args)
    set_aside_connection(args)
    if args.take_as_it_is("check_fn") is not None:
        remedy = "check the object in a Python task behind the sensor, or use @task.sensor"
        args.report(d.SENSOR_CHOICE, "check_fn is a Python function", remedy)
    if args.take("use_regex"):
        args.report(d.SENSOR_CHOICE, "use_regex is not converted", "use wildcard_match")
    args.set_aside("metadata_keys")
    wildcard = bool(args.take("wildcard_match", False))
    keys = _keys(args, wildcard=wildcard)
    if wildcard and any(key.between for key in keys):
        args.report(d.MANY_PAGES, f"each look lists what begins like the pattern, {_PAGE} keys a call", "")
    if not keys:
        return Step(args.task.task_id, "S3KeySensor")
    if wildcard and len(keys) > 1:
        remedy = "write one sensor for each pattern"
        args.report(d.SENSOR_CHOICE, "several patterns in one sensor are not converted", remedy)
    calls = [_call(key, number) for number, key in enumerate(keys)]
    done = Expression(chained("and", [f"$found{number} = true" for number in range(len(keys))]))
    look = Look(calls[0], done, also=tuple(calls[1:]))
    if keys[0].between:
        look = replace(look, pages=Expression("$page != null and $page != ''"), given={"page": ""})
    return sensor_step(args, sensing, look, [_permission(key.bucket) for key in keys])


def _keys(args: Arguments, *, wildcard: bool) -> list[_Key]:
    bucket = args.take("bucket_name")
    given = args.take_as_it_is("bucket_key")
    texts = given if isinstance(given, list) else [given]
    found = []
    for text in texts:
        if isinstance(text, (Opaque, Expression)):  # of a mapped task, or of another's XCom
            translated = args.piece("bucket_key", text)
            if isinstance(translated, Opaque):
                args.report_object("bucket_key", translated)
            elif wildcard:
                remedy = "write it as a text, with stars and templates in it"
                args.report(d.SENSOR_CHOICE, "the pattern is known to the run alone", remedy)
            elif isinstance(translated, Expression):
                found.append(_Key(*_run_time_url(bucket, translated)))
        elif not isinstance(text, str) or not text:
            args.report(d.BAD_ARGUMENT, f"bucket_key is {text!r}", "write a key, or s3://bucket/key")
        elif (key := _key(args, bucket, text, wildcard=wildcard)) is not None:
            found.append(key)
    if given == []:
        args.report(d.BAD_ARGUMENT, "bucket_key is an empty list", "write a key, or s3://bucket/key")
    return found


def _key(args: Arguments, bucket: Any, text: str, *, wildcard: bool) -> _Key | None:
    url = _URL.fullmatch(text)
    if bucket not in (None, "") and url:
        remedy = "leave bucket_name out, or write the key alone"
        args.report(d.BAD_ARGUMENT, "bucket_key has a bucket, and bucket_name is given as well", remedy)
        return None
    key = text
    if url and "{%" not in url[1]:
        bucket, key = args.piece("bucket_key", url[1]), url[2]
    elif bucket in (None, ""):
        whole = args.piece("bucket_key", text)
        if isinstance(whole, Expression) and not wildcard:
            return _Key(*_run_time_url(None, whole))
        remedy = "write s3://bucket/key, or give bucket_name"
        args.report(d.BAD_ARGUMENT, f"bucket_key {text!r} has no bucket", remedy)
        return None
    if not wildcard or not re.search(r"[*?\[]", key):
        return _Key(bucket, args.piece("bucket_key", key))
    return _pattern(args, bucket, key)


def _run_time_url(bucket: Any, text: Expression) -> tuple[str | Expression, Expression]:
    """Return bucket and key of a text that is known to the run alone."""
    if bucket not in (None, ""):
        return bucket, text
    rest = f"$substringAfter({text.text}, '://')"
    return Expression(f"$substringBefore({rest}, '/')"), Expression(f"$substringAfter({rest}, '/')")


def _pattern(args: Arguments, bucket: Any, key: str) -> _Key | None:
    """Return a key with wildcards, in pieces: what stands before, between and behind its stars."""
    has_template = "{{" in key or _STATEMENT.search(key)
    if not has_template and re.search(r"[?\[]", key):
        return _Key(bucket, re.split(r"[*?\[]", key, maxsplit=1)[0], (Expression(_regex(key)),))
    literal_texts = [piece for piece in _PIECES.split(key) if not piece.startswith("{{")]
    if _STATEMENT.search(key) or any(re.search(r"[?\[]", text) for text in literal_texts):
        remedy = "use stars alone beside {{ … }}"
        args.report(d.SENSOR_CHOICE, f"the pattern {key!r} is too much for a machine", remedy)
        return None
    pieces = [""]
    for piece in _PIECES.split(key):
        first, *others = [piece] if piece.startswith("{{") else piece.split("*")
        pieces[-1] += first
        pieces += others
    translated = tuple(args.piece("bucket_key", piece) for piece in pieces)
    return _Key(bucket, translated[0], translated)


def _regex(pattern: str) -> str:
    """Return an fnmatch pattern as a regular expression of JSONata."""
    written = ""
    for piece in re.findall(r"\[!?\]?[^\]]*\]|.", pattern, re.DOTALL):
        if piece == "*":
            written += r"[\s\S]*"
        elif piece == "?":
            written += r"[\s\S]"
        elif len(piece) > 1:
            inner = piece[1:-1]
            inner = f"^{inner[1:]}" if inner.startswith("!") else inner.replace("^", r"\^")
            written += "[" + inner.replace("\\", r"\\").replace("/", r"\/") + "]"
        else:
            written += re.escape(piece).replace("/", r"\/")
    return f"/^{written}$/"


def _call(key: _Key, number: int) -> Call:
    found, arguments = f"found{number}", {"Bucket": key.bucket, "Prefix": key.key}
    if not key.between:
        exact = f"$states.result.Contents[0].Key = {literal(key.key)}"
        keeps = {found: Expression(exact)}
        caught = (Caught(("S3.NoSuchBucketException",), {found: False}),)
        return Call("look", _LIST, {**arguments, "MaxKeys": 1}, keeps, caught=caught)
    following = "$states.result.NextContinuationToken"
    keeps = {
        found: Expression(f"$count($filter([$states.result.Contents.Key], {_matches(key.between)})) > 0"),
        "page": Expression(f"$exists({following}) ? {following} : ''"),
    }
    first = literal({**arguments, "MaxKeys": _PAGE})
    paged = Expression(f"$merge([{first}, $page = '' ? {{}} : {{'ContinuationToken': $page}}])")
    return Call("look", _LIST, paged, keeps)


def _matches(between: tuple[str | Expression, ...]) -> str:
    """Return a function of a key that tells whether it matches the pieces of a pattern."""
    if len(between) == 1 and isinstance(between[0], Expression):  # a regular expression
        return f"function($key) {{$contains($key, {between[0].text})}}"
    first, *middle, last = (f"$string({literal(piece)})" for piece in between)
    steps = [f"$first := {first}; $last := {last}; $rest := $substring($key, $length($first));"]
    steps.append("$inner := $substring($rest, 0, $length($rest) - $length($last));")
    holds = [
        "$substring($key, 0, $length($first)) = $first",
        "$length($rest) >= $length($last)",
        "$substring($rest, $length($rest) - $length($last)) = $last",
    ]
    for number, piece in enumerate(middle):
        before = f"$inner{number - 1 if number else ''}"
        steps.append(f"$piece{number} := {piece};")
        steps.append(f"$inner{number} := $substringAfter({before}, $piece{number});")
        holds.append(f"$contains({before}, $piece{number})")
    return f"function($key) {{({' '.join(steps)} {' and '.join(holds)})}}"


def _permission(bucket: str | Expression) -> Permission:
    if isinstance(bucket, str):
        return Permission(("s3:ListBucket",), (f"arn:${{AWS::Partition}}:s3:::{bucket}",))
    return Permission(("s3:ListBucket",), ("*",), "Which bucket it is, only the run knows.")
