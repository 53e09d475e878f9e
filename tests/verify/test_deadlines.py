"""Pollers that give up: what is behind them ends as if the task that they held up had failed (D301)."""

import pytest
from verifying import verifier_of
from workflows import empty, glue, workflow

from converter import diagnostics as d
from converter.asl.options import Options
from converter.workflow import TriggerRule

#: Many scenarios take longer.
SOON = Options(poll_interval=30, await_deadline=300, resumable=False)
ALL_DONE = TriggerRule.ALL_DONE
JOBS = (glue("glue1"), glue("glue2"), glue("glue3"), glue("report_a", "glue1", "glue3"))


def replays(*tasks, count=12):
    """Return scenarios in which a poller gave up; all are as in Airflow."""
    verifier = verifier_of(workflow(*JOBS, *tasks), SOON)
    found = [verifier.replay(seed) for seed in range(count)]
    assert not [item for replay in found for item in replay.findings.divergences]
    late = [replay for replay in found if d.AWAIT_DEADLINE in replay.findings.approximations]
    assert late
    return late


@pytest.mark.parametrize("rule", [ALL_DONE, TriggerRule.ALL_SUCCESS])
def test_what_is_behind_a_task_that_does_nothing_is_upstream_failed(rule):
    for replay in replays(
        empty("join", "glue2", "glue3", trigger_rule=rule), glue("on", "join"), empty("end", "on")
    ):
        if replay.machine.outcomes["join"] == "failed":
            assert replay.machine.outcomes["on"] == replay.machine.outcomes["end"] == "upstream_failed"
            assert replay.machine.outcome.value == "failed"


def test_all_tasks_that_a_poller_holds_up_fail():
    both = [("a", "glue2", "glue3"), ("b", "glue2", "glue3")]
    late = replays(*(empty(*task, trigger_rule=ALL_DONE) for task in both), glue("on", "a"), glue("off", "b"))
    assert any(
        [replay.machine.outcomes[task] for task in ("a", "b", "on", "off")]
        == ["failed", "failed", "upstream_failed", "upstream_failed"]
        for replay in late
    )
