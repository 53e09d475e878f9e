"""How long machines take, on the virtual clock: as long as the DAG's critical path, and what polling adds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflows import glue, machine_of, nested, workflow

from converter.asl.options import Options
from converter.engine import parse_definition, run_virtual
from converter.planning import Await, Parallel, Sequence, Step, plan_workflow
from converter.verify import SimulatedAws, Try

pytestmark = pytest.mark.usefixtures("each_poller_style")

INTERVAL = 5


@st.composite
def timed_flows(draw, most):
    count = draw(st.integers(2, most))
    tasks, seconds = [], {}
    for number in range(count):
        width = draw(st.integers(0, min(number, 3)))
        upstream = {f"t{draw(st.integers(max(0, number - 12), number - 1))}" for _ in range(width)}
        make = draw(st.sampled_from([glue, nested]))
        tasks.append(make(f"t{number}", *sorted(upstream)))
        seconds[f"t{number}"] = draw(st.integers(0, 40))
    return workflow(*tasks), seconds


def awaits_before(plan):
    """Return how many Awaits stand between each task and what is before it in the plan: task → number."""
    found = {}

    def walk(node, waiting):
        if isinstance(node, Step):
            found[node.task_id] = waiting
        elif isinstance(node, Parallel):
            for child in node.children:
                walk(child, waiting)
        elif isinstance(node, Sequence):
            for child in node.children:
                if isinstance(child, Await):
                    waiting += 1
                else:
                    walk(child, waiting)
                    waiting = 0

    walk(plan, 0)
    return found


def starts(flow, seconds, polls):
    """Return when each task may begin, if each of ``polls`` (task → number) takes an interval."""
    found = {}
    for task in flow.tasks:
        ends = (found[up] + seconds[up] for up in task.upstream)
        found[task.task_id] = max(ends, default=0) + polls.get(task.task_id, 0) * INTERVAL
    return found


@pytest.mark.parametrize(("examples", "most"), [(8, 30), pytest.param(40, 60, marks=pytest.mark.full)])
def test_a_task_begins_an_interval_late_at_most_for_each_await_on_its_path(examples, most):
    waited = []

    @settings(max_examples=examples, deadline=None)
    @given(timed_flows(most))
    def check(timed):
        flow, seconds = timed
        definition = parse_definition(machine_of(flow, Options(poll_interval=INTERVAL)).definition)
        aws = SimulatedAws({task: [Try(taken)] for task, taken in seconds.items()}, poll_seconds=0)
        execution = run_virtual(definition, {"conf": {}}, aws)
        assert execution.status == "SUCCEEDED"
        began = {task: moment for moment, what, task in aws.timeline if what == "start"}
        polls = awaits_before(plan_workflow(flow))
        earliest, latest = starts(flow, seconds, {}), starts(flow, seconds, polls)
        for task, moment in began.items():
            assert earliest[task] - 1e-6 <= moment <= latest[task] + 1e-6
        assert began.keys() == seconds.keys()
        waited.append(sum(polls.values()))

    check()
    assert any(waited)
