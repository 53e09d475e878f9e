"""S3KeySensor: which keys are there, as Airflow sees it."""

from __future__ import annotations

import fnmatch
from random import Random
from typing import Any

import pytest
from mapped import grouped, listed
from sensing import AMAZON, definition_of, outcome_of, sensor
from workflows import workflow

from converter.checks import problems_of
from converter.diagnostics import Severity
from converter.operators import steps_of
from converter.workflow import GROUP_ARGUMENT, Opaque

S3 = f"{AMAZON}.s3.S3KeySensor"
FIELDS = ("bucket_key", "bucket_name")


class Bucket:
    """Lists keys as S3 does: those that begin so, in order, in pages."""

    def __init__(self, *keys: str, page: int = 1000) -> None:
        self.keys = sorted(keys)
        self.page = page

    def __call__(self, resource: str, arguments: Any) -> Any:
        assert resource.endswith("s3:listObjectsV2")
        start = int(arguments.get("ContinuationToken", "0"))
        found = [key for key in self.keys if key.startswith(arguments["Prefix"])][start:]
        size = min(arguments["MaxKeys"], self.page)
        answer: dict[str, Any] = {"Name": arguments["Bucket"], "KeyCount": len(found[:size])}
        if found:
            answer["Contents"] = [{"Key": key, "Size": 1} for key in found[:size]]
        if len(found) > size:
            answer["NextContinuationToken"] = str(start + size)
        return answer


@pytest.mark.parametrize("keys", [("s3://data/{{ ds }}/x",), ("s3://data/{{ ds }}/x",) * 2])
def test_what_a_mapped_group_is_expanded_over_is_not_rendered(keys: tuple[str, ...]) -> None:
    task = sensor(S3, template_fields=FIELDS, bucket_key=[Opaque(GROUP_ARGUMENT, "key"), "s3://o/{{ ds }}"])
    steps, problems = steps_of(workflow(grouped(task, key=listed(*keys))))
    assert [problem.code.severity for problem in problems if problem.code.severity is Severity.REFUSED] == []
    (poll,) = steps[task.task_id].parts
    of_group, own = poll.ask.arguments, poll.also[0].arguments
    assert "{{ ds }}" in str(of_group["Prefix"])
    assert "logical_date" not in str(of_group["Prefix"])
    assert "logical_date" in str(own["Prefix"])


def definition(bucket_key: Any, **arguments: Any) -> dict[str, Any]:
    task = sensor(S3, template_fields=FIELDS, bucket_key=bucket_key, timeout=0, **arguments)
    return definition_of(task)


def state(made: dict[str, Any], bucket: Any, **run: Any) -> str:
    record, _, _ = outcome_of(made, bucket, run)
    return "not yet" if record.get("error") == "AirflowSensorTimeout" else str(record["state"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(["a/b.csv"], "success"), (["a/b.csv.gz"], "not yet"), (["a/b"], "not yet"), ([], "not yet")],
)
def test_a_key_is_there_if_that_very_key_is(keys: list[str], expected: str) -> None:
    made = definition("s3://data/a/b.csv")
    assert problems_of(made) == ()
    assert state(made, Bucket(*keys)) == expected
    assert state(definition("a/b.csv", bucket_name="data"), Bucket(*keys)) == expected


def test_a_bucket_that_is_not_there_has_no_keys_yet() -> None:
    assert state(definition("s3://data/a"), lambda *_: "S3.NoSuchBucketException") == "not yet"


def test_all_of_several_keys_have_to_be_there_at_one_look() -> None:
    made = definition(["s3://data/a", "s3://other/b"])
    assert problems_of(made) == ()
    assert state(made, Bucket("a")) == "not yet"
    assert state(made, Bucket("a", "b")) == "success"


def test_templates_name_keys_and_buckets_of_the_run() -> None:
    date = "2026-03-01T00:00:00+00:00"
    made = definition("s3://data-{{ ds_nodash }}/in/{{ ds }}/x.csv")
    seen: list[Any] = []

    def answer(resource: str, arguments: Any) -> Any:
        seen.append(arguments)
        return Bucket("in/2026-03-01/x.csv")(resource, arguments)

    assert state(made, answer, logical_date=date) == "success"
    assert seen[0] == {"Bucket": "data-20260301", "Prefix": "in/2026-03-01/x.csv", "MaxKeys": 1}
    whole = definition("{{ dag_run.conf['where'] }}")
    assert state(whole, Bucket("k/e/y"), conf={"where": "s3://data/k/e/y"}) == "success"


PATTERNS = ["in/*.csv", "*", "in/*/part-*.gz", "in/a*b*c", "in/?x[ab]*.csv", "in/[!a]*", "a*a", "in/*in/*"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_wildcard_matches_what_fnmatch_matches(pattern: str) -> None:
    rng = Random(pattern)
    made = definition(pattern, bucket_name="data", wildcard_match=True)
    pieces = ["in/", "a", "b", "c", ".csv", "x", "part-", ".gz", "/", "."]
    keys = ["".join(rng.choices(pieces, k=rng.randint(1, 6))) for _ in range(60)]
    keys += ["in/" + key for key in keys[:10]] + [pattern.replace("*", "q").replace("?", "q")]
    matching = {key for key in keys if fnmatch.fnmatch(key, pattern)}
    assert len(matching) > 0 or "[" in pattern
    for key in keys:
        assert state(made, Bucket(key)) == ("success" if key in matching else "not yet"), key


def test_a_wildcard_may_stand_beside_templates() -> None:
    made = definition("in/{{ ds }}/*_{{ ds_nodash }}.csv", bucket_name="data", wildcard_match=True)
    assert problems_of(made) == ()
    date = "2026-03-01T00:00:00+00:00"
    assert state(made, Bucket("in/2026-03-01/x_20260301.csv"), logical_date=date) == "success"
    assert state(made, Bucket("in/2026-03-01/x_20260302.csv"), logical_date=date) == "not yet"


def test_the_pages_of_a_list_are_read_one_after_another() -> None:
    made = definition("in/*9.csv", bucket_name="data", wildcard_match=True)
    keys = [f"in/{number:03}.csv" for number in range(0, 30, 3)]
    record, calls, seconds = outcome_of(made, Bucket(*keys, page=3))
    assert (record["state"], seconds) == ("success", 0)
    assert [arguments.get("ContinuationToken") for _, _, arguments in calls] == [None, "3"]
    # The last page has been read, and the next look begins anew.
    record, calls, _ = outcome_of(
        definition_of(
            sensor(S3, bucket_key="in/*x", bucket_name="b", wildcard_match=True, timeout=5, poke_interval=9)
        ),
        Bucket(*keys, page=4),
    )
    assert [arguments.get("ContinuationToken") for _, _, arguments in calls] == [None, "4", "8"] * 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"bucket_key": "a"}, "D203"),
        ({"bucket_key": "s3://b/a", "bucket_name": "b"}, "D203"),
        ({"bucket_key": []}, "D203"),
        ({"bucket_key": 3, "bucket_name": "b"}, "D203"),
        ({"bucket_key": "s3://b/a", "use_regex": True}, "D273"),
        ({"bucket_key": ["s3://b/a*", "s3://b/b*"], "wildcard_match": True}, "D273"),
        ({"bucket_key": "s3://b/{{ ds }}/a?", "wildcard_match": True}, "D273"),
        ({"bucket_key": "s3://b/{{ no_such_thing }}"}, "D205"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(arguments: dict[str, Any], code: str) -> None:
    _, problems = steps_of(workflow(sensor(S3, template_fields=FIELDS, **arguments)))
    assert code in [problem.code.id for problem in problems]


def test_the_role_may_list_the_buckets_and_no_others() -> None:
    def resources(bucket_key: Any, **arguments: Any) -> list[str]:
        task = sensor(S3, template_fields=FIELDS, bucket_key=bucket_key, **arguments)
        permissions = steps_of(workflow(task))[0]["s"].permissions
        assert {action for item in permissions for action in item.actions} == {"s3:ListBucket"}
        return [item.resources[0].rpartition(":")[2] for item in permissions]

    assert resources(["s3://a/{{ ds }}", "s3://b/x"]) == ["a", "b"]
    assert resources("s3://a-{{ ds }}/x") == ["*"]
