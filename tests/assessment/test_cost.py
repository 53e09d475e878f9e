"""What a run is charged for, against what the engine enters."""

from __future__ import annotations

import pytest
from workflows import empty, glue, machine_of, nested, partial_fan_in, workflow

from converter.asl.options import Options, PollerStyle
from converter.assessment.cost import cost_of
from converter.engine.simulation import run_virtual
from converter.verify.playing import result_of
from converter.verify.simulated_aws import SimulatedAws, Try
from converter.workflow import TriggerRule

CASES = {
    "a single task": workflow(glue("a")),
    "a chain": workflow(glue("a"), glue("b", "a"), nested("c", "b")),
    "tasks side by side": workflow(glue("a"), glue("b"), empty("c", "a", "b")),
    "the example with its poller": partial_fan_in(),
    "a rule": workflow(glue("a"), glue("b"), glue("c", "a", "b", trigger_rule=TriggerRule.ALL_DONE)),
}


@pytest.mark.parametrize("resumable", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_a_run_in_which_all_goes_well_enters_as_many_states(case, resumable):
    flow, options = CASES[case], Options(resumable=resumable)
    machine = machine_of(flow, options)
    aws = SimulatedAws(
        {task.task_id: [Try(0.1)] for task in flow.tasks},
        results={task: result_of(step) for task, step in machine.steps.items()},
    )
    execution = run_virtual(machine.definition, {"run_id": "r"}, aws)
    assert execution.status == "SUCCEEDED"
    entered = sum(event.type.endswith("StateEntered") for event in execution.history)
    assert cost_of(machine, options).transitions == entered


def test_an_hour_of_waiting_is_a_loop_every_interval_or_a_retry():
    machine = machine_of(partial_fan_in())
    assert cost_of(machine, Options()).polls_an_hour == 3 * 120
    assert cost_of(machine, Options(poller_style=PollerStyle.RETRY)).polls_an_hour == 120


def test_a_thousand_transitions_cost_two_and_a_half_cents():
    cost = cost_of(machine_of(workflow(glue("a"))), Options())
    assert cost.dollars == pytest.approx(cost.transitions * 0.025 / 1000)
