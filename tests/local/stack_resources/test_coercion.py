from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from converter.local.stack_resources.coercion import coerced


def shape(operation: str, service: str = "lambda") -> Any:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Timeout": "60"}, {"Timeout": 60}),
        ({"Timeout": 60}, {"Timeout": 60}),
        ({"Timeout": "a minute"}, {"Timeout": "a minute"}),  # for the service to refuse
        ({"Publish": "true"}, {"Publish": True}),
        (
            {"Environment": {"Variables": {"N": 5, "B": True}}},
            {"Environment": {"Variables": {"N": "5", "B": "true"}}},
        ),
        ({"Layers": [1]}, {"Layers": ["1"]}),
        ({"Unknown": "5"}, {"Unknown": "5"}),
    ],
)
def test_values_become_what_the_api_wants(given: Any, expected: Any) -> None:
    assert coerced(given, shape("CreateFunction")) == expected
