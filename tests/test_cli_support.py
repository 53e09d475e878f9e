from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from converter import cli_support
from converter.diagnostics import Dag2SfnError
from converter.planning.plan import Parallel, Sequence, Step
from converter.report.plan_document import node_json


@pytest.mark.parametrize(
    "text",
    [
        "partial_fan_in",
        "manual__2026-01-01",
        "arn:aws:states:us-east-1:123456789012:stateMachine:dag2sfn-etl",
        "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl",
        "arn:aws:states:us-east-1:123456789012:express:dag2sfn-etl:r:1",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "",
    ],
)
def test_what_is_no_execution_arn_is_a_usage_error(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="not the ARN of an execution, as `dag2sfn run` prints it"):
        cli_support.checked_execution_arn(text)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_execution_arn_brings_its_region(partition: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    arn = f"arn:{partition}:states:eu-west-1:123456789012:execution:dag2sfn-etl:manual__2026-01-01-8f00b2"
    assert cli_support.checked_execution_arn(arn) == arn
    assert cli_support.step_functions(None, arn).meta.region_name == "eu-west-1"
    assert cli_support.step_functions("eu-central-1", arn).meta.region_name == "eu-central-1"
    assert cli_support.step_functions(None).meta.region_name == "us-east-1"


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Python's own; some libraries raise it when they are imported."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("usual_recursion_limit")
def test_a_plan_that_is_too_deep_for_json_is_one_message() -> None:
    plan: Any = Step("last")
    for level in range(500):
        plan = Sequence((Step(f"t{level}"), Parallel((Step(f"s{level}"), plan))))
    with pytest.raises(Dag2SfnError, match="D305 the plan has too many levels"):
        cli_support.print_json([node_json(plan)])


def test_a_document_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    cli_support.print_json({"dags": ["é"]})
    assert json.loads(capsys.readouterr().out) == {"dags": ["é"]}
