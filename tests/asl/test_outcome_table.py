import json

import pytest
from workflows import empty, glue, machine_of, nested, partial_fan_in, workflow

from converter.asl.awaiting import Pace
from converter.asl.budget import states_of, worst_case_events
from converter.asl.options import Options, PollerStyle
from converter.asl.outcome_table import MOST_ITEMS
from converter.checks import problems_of
from converter.engine import parse_definition, run_virtual
from converter.verify import SimulatedAws, Try
from converter.workflow import TriggerRule

LOOP = Options(resumable=False)
RETRY = Options(resumable=False, poller_style=PollerStyle.RETRY)


def awaiting_one(make=nested):
    return workflow(make("a"), make("b"), make("c"), make("d", "a", "b"), make("e", "b", "c"))


def awaiting_two():
    """One poller, for two tasks: ``b`` and ``x``."""
    flow = [nested("a"), nested("b"), nested("x"), nested("c"), nested("d", "a", "b", "x")]
    return workflow(*flow, nested("e", "b", "x", "c"))


def resources_of(machine):
    return {
        name: state["Resource"].rpartition(":::")[2]
        for name, state in states_of(machine.definition)
        if "ask for" in name or "how did" in name
    }


def played(flow, options, **seconds):
    script = {task.task_id: [Try(seconds.get(task.task_id, 1))] for task in flow.tasks}
    aws = SimulatedAws(script, poll_seconds=0)
    execution = run_virtual(parse_definition(machine_of(flow, options).definition), {}, aws)
    assert execution.status == "SUCCEEDED", execution.cause
    return aws, execution


def test_a_loop_reads_one_record_by_get_item():
    machine = machine_of(awaiting_one(), LOOP)
    assert resources_of(machine) == {"e: ask for b": "dynamodb:getItem"}
    assert not machine.needs_poller
    assert machine.table_actions == ("PutItem", "GetItem")


def test_a_loop_reads_several_records_in_one_call():
    machine = machine_of(awaiting_two(), LOOP)
    (resource,) = resources_of(machine).values()
    assert resource == "aws-sdk:dynamodb:batchGetItem"
    assert machine.table_actions == ("PutItem", "BatchGetItem")


def test_with_retries_a_task_waits_for_each_record_before_the_loop_looks():
    machine = machine_of(awaiting_two(), RETRY)
    assert sorted(resources_of(machine).values()) == [
        "aws-sdk:dynamodb:batchGetItem",
        "dynamodb:updateItem",
        "dynamodb:updateItem",
    ]
    assert not machine.needs_poller


def test_any_of_several_records_is_waited_for_in_a_loop():
    tasks = [nested("a"), nested("b"), nested("c"), nested("d", "a", "b"), nested("e", "b", "c")]
    tasks.append(nested("f", "d", "e", trigger_rule=TriggerRule.ONE_SUCCESS))
    machine = machine_of(workflow(*tasks), RETRY)
    states = dict(states_of(machine.definition))
    (ask,) = (name for name in states if name.startswith("f: ask for"))
    assert states[ask]["Resource"] == "arn:aws:states:::aws-sdk:dynamodb:batchGetItem"


def test_a_glue_run_is_asked_for_by_the_function():
    machine = machine_of(partial_fan_in(), LOOP)
    assert machine.needs_poller
    assert set(resources_of(machine).values()) == {"lambda:invoke"}


def test_more_records_than_one_call_reads_are_asked_for_by_the_function():
    shared = [f"s{number}" for number in range(MOST_ITEMS + 1)]
    tasks = [nested("a"), nested("c"), *map(nested, shared)]
    flow = workflow(*tasks, nested("d", "a", *shared), nested("e", "c", *shared))
    assert machine_of(flow, LOOP).needs_poller


@pytest.mark.parametrize("options", [LOOP, RETRY], ids=["loop", "retry"])
@pytest.mark.parametrize("flow", [awaiting_one(), awaiting_two()], ids=["one", "two"])
def test_what_waits_begins_one_interval_after_the_last_record_at_most(flow, options):
    aws, _ = played(flow, options, b=100, x=207)
    moments = {(what, task): moment for moment, what, task in aws.timeline}
    ended = max(moments["end", task] for task in ("b", "x", "c") if ("end", task) in moments)
    assert 0 <= moments["start", "e"] - ended <= options.poll_interval


def test_waiting_by_retries_takes_one_transition_and_three_events_a_question():
    shorter, longer = (played(awaiting_one(), RETRY, b=seconds) for seconds in (61, 361))
    assert longer[0].polls - shorter[0].polls == 10
    assert len(longer[1].history) - len(shorter[1].history) == 3 * 10
    waits = [event for event in longer[1].history if event.type == "WaitStateEntered"]
    assert waits == []


@pytest.mark.parametrize("options", [LOOP, RETRY], ids=["loop", "retry"])
def test_a_record_that_never_comes_is_given_up_at_the_deadline(options):
    flow = awaiting_two()
    script = {task.task_id: [Try(1)] for task in flow.tasks} | {"x": [Try(5000)]}
    pace = Pace(30, 1000)
    machine = machine_of(flow, options, pace)
    execution = run_virtual(parse_definition(machine.definition), {}, SimulatedAws(script, poll_seconds=0))
    assert execution.status == "FAILED"
    assert "e (AwaitDeadlineExceeded)" in execution.cause
    late = [event for event in execution.history if event.type == "WaitStateEntered"]
    assert (len(late) > 1) == (options is LOOP)  # a retry is not tried again past the deadline


@pytest.mark.parametrize("options", [LOOP, RETRY], ids=["loop", "retry"])
@pytest.mark.parametrize("flow", [awaiting_one(), awaiting_one(glue), awaiting_two()])
def test_the_checks_find_nothing_and_see_whom_is_waited_for(flow, options):
    definition = machine_of(flow, options, Pace(30, 3600)).definition
    assert list(problems_of(definition, {})) == []
    nobody = json.loads(json.dumps(definition).replace("task b:", "task nobody:"))
    assert "D532" in {problem.code.id for problem in problems_of(nobody, {})}


def test_retries_until_a_record_is_there_are_no_errors_of_the_worst_case():
    definition = machine_of(awaiting_two(), RETRY).definition
    assert worst_case_events(definition) < 500


def test_an_empty_task_tells_by_its_record_too():
    machine = machine_of(
        workflow(empty("a"), empty("b"), nested("c"), empty("d", "a", "b"), nested("e", "b", "c"))
    )
    assert not machine.needs_poller
