"""Pollers that give up: what is behind them ends as if the task that they held up had failed (D301)."""

from dataclasses import replace

import pytest
from random_dags import random_dag
from verifying import OPTIONS, verified, verifier_of
from workflows import empty, glue, machine_of, workflow

from converter import diagnostics as d
from converter.asl.options import Options
from converter.engine import TaskFailure, parse_definition, run_virtual
from converter.verify import SimulatedAws, Try
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


#: A Parallel behind ``first``, of which a branch looks at a task that was awaited before ``first``.
LOOKS_BACK = (
    *JOBS,
    glue("first", "glue2", "glue3", trigger_rule=ALL_DONE),
    glue("one", "first"),
    glue("two", "first", "glue3", trigger_rule=TriggerRule.NONE_FAILED),
)


class Denied(SimulatedAws):
    async def _poll(self, call):
        raise TaskFailure("ClientError", "not authorized to perform: glue:GetJobRuns")


@pytest.mark.parametrize(
    ("aws", "error"),
    [(SimulatedAws, "AwaitDeadlineExceeded"), (Denied, "ClientError")],
    ids=["late", "denied"],
)
def test_what_a_poller_has_not_learned_counts_as_failed_behind_it(aws, error):
    flow = workflow(*LOOKS_BACK)
    tries = {task.task_id: [Try(500 if task.task_id == "glue3" else 1)] for task in flow.tasks}
    execution = run_virtual(parse_definition(machine_of(flow, SOON).definition), {"conf": {}}, aws(tries))
    assert (execution.status, execution.error) == ("FAILED", "DagRunFailed")
    assert execution.cause == f"failed: first ({error}); upstream_failed: one, two"


@pytest.mark.parametrize(
    ("seed", "scenarios"), [(910_018, (0, 1)), (910_054, (5,)), (910_057, (3, 7)), (910_058, (2, 4))]
)
def test_random_dags_whose_pollers_give_up_end_as_in_airflow(seed, scenarios):
    found = verified(random_dag(seed), scenarios, replace(OPTIONS, await_deadline=600))
    assert found.divergences == ()
    assert found.approximations[d.AWAIT_DEADLINE]
