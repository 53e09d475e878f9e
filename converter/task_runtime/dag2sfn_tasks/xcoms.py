"""XComs that are large: kept in S3, or refused before they end the execution.

An execution has 256 KiB for its data. The event says how much of that is left for the task (``room``), how
large what it pushes may be as a text in its outcome record (``room_as_text``), whether nobody reads it
(``xcom_unread``), and, with ``--xcom s3``, above how many bytes a value is kept in S3 (``xcom_over``): then
its place travels instead.
"""

import json
import logging
import os
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .exceptions import AirflowException, AirflowFailException

#: The environment variables of the function that say where values are kept.
BUCKET, PREFIX = "DAG2SFN_XCOM_BUCKET", "DAG2SFN_XCOM_PREFIX"
#: Marks an object that says where a value is.
_PLACE = "dag2sfn_xcom"

_log = logging.getLogger(__name__)


class XComTooLarge(AirflowFailException):
    """What a task pushes does not fit into the execution's data. Not tried again."""


def received(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with the values themselves where it has places in S3."""
    found = {**event, "xcom": {task: _values(pushed) for task, pushed in event.get("xcom", {}).items()}}
    if "mapped_xcom" in event:
        found["mapped_xcom"] = {
            task: [_values(pushed) for pushed in instances]
            for task, instances in event["mapped_xcom"].items()
        }
    return found


def sent(answer: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the function's answer as it may travel: with places instead of large values, if these may be.

    Raises XComTooLarge if there is no room for it in the execution, and somebody reads it.
    """
    made, over = dict(answer), event.get("xcom_over")
    if over is not None:
        made["return_value"] = _kept(answer.get("return_value"), "return_value", over, event)
        if "xcom" in answer:
            made["xcom"] = {key: _kept(value, key, over, event) for key, value in answer["xcom"].items()}
    size, room = _too_large(made, event)
    if size and event.get("xcom_unread"):
        _log.warning("XComs of %s bytes, which no task reads, are not kept: there is room for %s", size, room)
        # A task that others are skipped by says so beside it.
        made["return_value"] = None
        made.pop("xcom", None)
    elif size:
        raise XComTooLarge(
            f"it pushes {size:,} bytes of XComs, and the execution has room for {room:,}; " + _remedy(event)
        )
    return made


def _too_large(made: Mapping[str, Any], event: Mapping[str, Any]) -> tuple[int, int]:
    """Return the bytes of what is pushed and the room for it, if it is too large; else (0, 0)."""
    pushed = [made.get("return_value"), made.get("xcom")]
    for size, room in ((_size(pushed), event.get("room")), (_text_size(pushed), event.get("room_as_text"))):
        if room is not None and size > room:
            return size, max(room, 0)
    return 0, 0


def _remedy(event: Mapping[str, Any]) -> str:
    if "xcom_over" in event:
        return "keep less in each of its keys"
    if readers := event.get("xcom_read_by"):
        return f"store it yourself, and push its place: {readers}, so that it cannot be kept in S3"
    return "convert the DAG with --xcom s3, or store the value yourself and push its place"


def _kept(value: Any, key: str, over: int, event: Mapping[str, Any]) -> Any:
    """Return a value, or where it has been put."""
    size = _size(value)
    if size <= over:
        return value
    bucket, parts = os.environ[BUCKET], [os.environ[PREFIX]]
    parts += [quote(str(part), safe="") for part in (event["run"].get("run_id", ""), event["task_id"])]
    parts += [str(event.get("map_index", -1)), f"{quote(key, safe='')}-{uuid.uuid4().hex}.json"]
    place = "/".join(parts)
    _s3().put_object(
        Bucket=bucket, Key=place, Body=json.dumps(value).encode(), ContentType="application/json"
    )
    return {_PLACE: f"s3://{bucket}/{place}", "bytes": size}


def _values(pushed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task has pushed, by its keys, with the values themselves."""
    return {key: _value(value) for key, value in pushed.items()}


def _value(value: Any) -> Any:
    if not isinstance(value, dict) or set(value) != {_PLACE, "bytes"}:
        return value
    bucket, _, key = value[_PLACE].removeprefix("s3://").partition("/")
    try:
        return json.loads(_s3().get_object(Bucket=bucket, Key=key)["Body"].read())
    except Exception as error:
        raise AirflowException(f"the XCom in {value[_PLACE]} cannot be read: {error}") from error


def _size(value: Any) -> int:
    """Return the bytes of a value as JSON, as Step Functions counts them."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _text_size(value: Any) -> int:
    """Return the bytes of a value as a text in JSON."""
    return _size(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _s3() -> Any:
    import boto3

    return boto3.client("s3")
