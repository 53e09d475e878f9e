from __future__ import annotations

from typing import Any

import pytest

from converter.local.glue_runs import LocalArgumentError
from converter.local.integrations.jobs.told import plan_of


@pytest.mark.parametrize(
    "arguments",
    [
        {"parameters": {"--local-seconds": "5"}},
        {"tags": {"local-seconds": "5"}},
        {"environment": {"LOCAL_SECONDS": "5"}},
        {"containerOverrides": {"environment": [{"name": "LOCAL_SECONDS", "value": "5"}]}},
        {"Tags": [{"Key": "local-seconds", "Value": "5"}]},
        {"HadoopJarStep": {"Args": ["spark-submit", "--local-seconds", "5", "job.py"]}},
        {"command": ["sh", "-c", "run --local-seconds 5 now"]},
        {"QueryString": "SELECT 1 -- --local-seconds=5"},
        {"Sql": "/*--local-seconds=5*/ SELECT 1"},
    ],
)
def test_seconds_are_found_wherever_arguments_have_room(arguments: Any) -> None:
    assert plan_of(arguments).seconds == 5


def test_text_holds_all_three() -> None:
    plan = plan_of("SELECT 1 -- --local-seconds 2 --local-outcome failed --local-error 'two words'")
    assert (plan.seconds, plan.outcome, plan.error) == (2, "FAILED", "two words")


def test_the_later_source_wins_and_absent_ones_say_nothing() -> None:
    plan = plan_of({"--local-seconds": "9", "--local-outcome": "STOPPED"}, None, {"--local-seconds": "1"})
    assert (plan.seconds, plan.outcome) == (1, "STOPPED")


def test_nothing_said_is_a_second_and_success() -> None:
    plan = plan_of({"name": "local", "value": "5"}, ["--local-seconds"], [], {}, "")
    assert (plan.seconds, plan.outcome) == (1, "SUCCEEDED")


def test_a_value_that_means_nothing_is_refused() -> None:
    with pytest.raises(LocalArgumentError, match="local-outcome"):
        plan_of({"LOCAL_OUTCOME": "MAYBE"})
