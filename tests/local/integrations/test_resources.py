from __future__ import annotations

import pytest

from converter.local.integrations.resources import Place, Resource


@pytest.mark.parametrize(
    ("arn", "parts"),
    [
        ("arn:aws:states:::glue:startJobRun", Resource("glue", "startJobRun")),
        ("arn:aws:states:::glue:startJobRun.sync", Resource("glue", "startJobRun", "sync")),
        ("arn:aws-cn:states:::states:startExecution.sync:2", Resource("states", "startExecution", "sync:2")),
        ("arn:aws:states:::aws-sdk:dynamodb:updateItem", Resource("dynamodb", "updateItem", sdk=True)),
        (
            "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken",
            Resource("dynamodb", "updateItem", "waitForTaskToken", sdk=True),
        ),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", Resource("lambda", "")),
        ("arn:aws:lambda:us-east-1:123456789012:function:f:7", Resource("lambda", "")),
        # It looks like a service; the router knows none of this name.
        ("arn:aws:states:us-east-1:123456789012:activity:work", Resource("activity", "work")),
        ("arn:aws:states:::glue:startJobRun.async", None),
        ("glue:startJobRun", None),
    ],
)
def test_a_resource_is_taken_apart(arn: str, parts: Resource | None) -> None:
    assert Resource.parse(arn) == parts


def test_the_place_of_an_execution() -> None:
    assert Place.of("arn:aws:states:eu-west-1:123456789012:execution:m:e") == Place(
        "123456789012", "eu-west-1"
    )
