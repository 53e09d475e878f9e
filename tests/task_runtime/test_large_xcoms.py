"""Large XComs: refused where there is no room, or kept in S3 and fetched for the reader."""

import io
import json

import pytest

from converter.task_runtime.dag2sfn_tasks import xcoms

EVENT = {"task_id": "t/1", "map_index": -1, "run": {"run_id": "manual__2024-01-01T00:00:00+00:00"}}


class Bucket:
    """Keeps what is put into it."""

    def __init__(self):
        self.objects = {}

    def put_object(self, **given):
        assert given.pop("ContentType") == "application/json"
        self.objects[given["Bucket"], given["Key"]] = given["Body"]

    def get_object(self, **given):
        return {"Body": io.BytesIO(self.objects[given["Bucket"], given["Key"]])}


@pytest.fixture
def bucket(monkeypatch):
    made = Bucket()
    monkeypatch.setattr(xcoms, "_s3", lambda: made)
    monkeypatch.setenv(xcoms.BUCKET, "store")
    monkeypatch.setenv(xcoms.PREFIX, "dag2sfn-xcom/etl")
    return made


def test_what_fits_travels_as_it_is():
    answer = {"return_value": "x" * 98, "skip": None}
    assert xcoms.sent(answer, {**EVENT, "room": 107}) == answer
    assert xcoms.sent(answer, EVENT) == answer


def test_what_does_not_fit_is_refused_with_its_size_and_what_to_do():
    answer = {"return_value": "é" * 50, "skip": None, "xcom": {"key": "y"}}
    # [<100 bytes and two quotes>,{"key":"y"}]
    with pytest.raises(xcoms.XComTooLarge, match=r"pushes 116 bytes .* has room for 115; .* --xcom s3"):
        xcoms.sent(answer, {**EVENT, "room": 115})
    assert xcoms.sent(answer, {**EVENT, "room": 116}) == answer


def test_what_the_machine_reads_itself_cannot_be_kept_in_s3():
    event = {**EVENT, "room": 10, "xcom_read_by": "a template of 'load' reads it"}
    with pytest.raises(xcoms.XComTooLarge, match="push its place: a template of 'load' reads it"):
        xcoms.sent({"return_value": "x" * 100}, event)


def test_large_values_are_kept_in_s3_and_fetched_for_the_reader(bucket):
    large, small = {"rows": list(range(100))}, [1, 2]
    answer = {"return_value": large, "skip": None, "xcom": {"a key": large, "small": small}}
    made = xcoms.sent(answer, {**EVENT, "room": 1000, "xcom_over": 50})
    assert made["xcom"]["small"] == small
    assert len(bucket.objects) == 2
    for key, place in (("return_value", made["return_value"]), ("a%20key", made["xcom"]["a key"])):
        start = f"s3://store/dag2sfn-xcom/etl/manual__2024-01-01T00%3A00%3A00%2B00%3A00/t%2F1/-1/{key}-"
        assert place["dag2sfn_xcom"].startswith(start)
        assert place["bytes"] == len(json.dumps(large, separators=(",", ":")))
    pushed = {"return_value": made["return_value"], **made["xcom"]}
    event = {**EVENT, "xcom": {"other": pushed, "none": {}}, "mapped_xcom": {"m": [pushed, {}]}}
    wanted = {"return_value": large, "a key": large, "small": small}
    found = xcoms.received(event)
    assert found["xcom"] == {"other": wanted, "none": {}}
    assert found["mapped_xcom"] == {"m": [wanted, {}]}


def test_two_tries_of_a_task_do_not_write_over_each_other(bucket):
    for _ in range(2):
        xcoms.sent({"return_value": "x" * 100}, {**EVENT, "xcom_over": 50})
    assert len(bucket.objects) == 2


def test_a_place_that_is_gone_is_named(bucket):
    place = {"dag2sfn_xcom": "s3://store/gone.json", "bytes": 3}
    with pytest.raises(Exception, match=r"the XCom in s3://store/gone.json cannot be read"):
        xcoms.received({**EVENT, "xcom": {"other": {"return_value": place}}})


def test_what_only_looks_like_a_place_is_a_value():
    value = {"dag2sfn_xcom": "s3://a/b", "bytes": 1, "more": 2}
    assert xcoms.received({**EVENT, "xcom": {"other": {"k": value}}})["xcom"] == {"other": {"k": value}}
