"""Pollers that differ by the task that they wait for."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from verifying import OPTIONS, verified
from workflows import glue, machine_of, partial_fan_in, workflow

from converter import diagnostics as d
from converter import pipeline
from converter.asl.budget import polls_until_deadline, states_of, waiting_events
from converter.asl.options import Correlate, Correlation, Options, PollerStyle
from converter.planning import awaits


def crossing():
    """Eight jobs in a row, and a task behind each two neighbours: pollers for b and c, d and e, f and g."""
    names = "abcdefgh"
    return workflow(*map(glue, names), *(glue(x + y, x, y) for x, y in itertools.pairwise(names)))


def states(machine):
    return dict(states_of(machine.definition))


def waits(found):
    return {state["Seconds"] for state in found.values() if state["Type"] == "Wait"}


def test_each_poller_asks_as_often_as_its_task_wants():
    options = Options(await_deadline=3600, poll_intervals={"b": 7, "c": 60, "g": 20})
    conversion = pipeline.convert(crossing(), options)
    assert [node.task_ids for node in awaits(conversion.plan)] == [("b", "c"), ("d", "e"), ("f", "g")]
    assert waits(states(conversion.machine)) == {7, 30, 20}
    assert conversion.machine.machines[0].intervals == (7, 30, 20)
    assert conversion.machine.pace.interval == 30  # the slowest
    (told,) = [str(item) for item in conversion.diagnostics if item.code == d.POLLING_DELAY]
    assert "up to 30 s later" in told


def test_a_poller_for_several_tasks_asks_as_often_as_the_most_impatient_wants():
    assert Options(poll_intervals={"a": 60, "b": 5}).interval_for(["a", "b", "c"], 30) == 5
    assert Options(poll_intervals={"a": 60}).interval_for(["a"], 30) == 60
    assert Options(poll_intervals={"a": 60}).interval_for(["a", "c"], 30) == 30


@pytest.mark.parametrize("style", PollerStyle)
def test_the_budget_counts_each_poller_at_its_own_interval(style):
    options = Options(await_deadline=3600, poll_intervals={"glue3": 5}, poller_style=style)
    machine = machine_of(partial_fan_in(), options)
    slow = machine_of(partial_fan_in(), Options(await_deadline=3600, poller_style=style))
    pace = slow.pace
    assert machine.machines[0].intervals == (5,)
    fast = waiting_events(machine.definition, machine.machines[0].intervals, pace)
    assert fast > 5 * waiting_events(slow.definition, slow.machines[0].intervals, pace)
    if style is PollerStyle.LOOP:
        assert polls_until_deadline(pace) == 3600 // 30 + 1


def test_runs_of_one_job_are_known_by_time_and_of_another_by_their_argument():
    options = Options(correlations={"glue3": Correlation(Correlate.WINDOW, 900)})
    found = states(machine_of(partial_fan_in(), options))
    assert "--dag2sfn-run" not in found["glue3"]["Arguments"].get("Arguments", {})
    asked = found["report_b: ask for glue3"]["Arguments"]["Payload"]["tasks"]
    assert asked == {"glue3": {"job": "glue3", "window": 900}}
    told = {item.code for item in pipeline.convert(partial_fan_in(), options).diagnostics}
    assert d.WINDOW_CORRELATION in told
    other = Options(correlate=Correlate.WINDOW, correlations={"glue3": Correlation()})
    found = states(machine_of(partial_fan_in(), other))
    assert "--dag2sfn-run" in found["glue3"]["Arguments"]["Arguments"]
    told = {item.code for item in pipeline.convert(partial_fan_in(), other).diagnostics}
    assert d.WINDOW_CORRELATION not in told


def test_machines_with_several_intervals_do_what_airflow_does():
    options = replace(OPTIONS, poll_intervals={"b": 5, "c": 5, "d": 90, "e": 120, "g": 10})
    assert not verified(crossing(), range(5), options).divergences
