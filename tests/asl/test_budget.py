import pytest
from workflows import PARTIAL_FAN_IN, glue, machine_of, partial_fan_in, workflow

from converter import pipeline
from converter.asl import fitting
from converter.asl.awaiting import Pace
from converter.asl.budget import (
    EVENTS_PER_POLL,
    fitting_pace,
    polls_until_deadline,
    size_problems,
    worst_case_events,
)
from converter.asl.options import Options, PollerStyle
from converter.engine import parse_definition, run_virtual
from converter.verify import SimulatedAws, Try

HOUR, DAY = 3600, 86_400


def waited(pace, style):
    """Return AWS and execution of a poller that waits until its deadline, on the virtual clock."""
    options = Options(poll_interval=pace.interval, await_deadline=pace.deadline, poller_style=style)
    script = {task: [Try(0)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(3 * pace.deadline)]}
    aws = SimulatedAws(script, poll_seconds=0)
    return aws, run_virtual(parse_definition(machine_of(partial_fan_in(), options, pace).definition), {}, aws)


def asked(pace, style=PollerStyle.LOOP):
    aws, _ = waited(pace, style)
    return aws.polls


PACES = [
    Pace(30, 10),
    Pace(30, HOUR),
    Pace(60, DAY),
    Pace(30, DAY, 0.02),
    Pace(1, DAY, 0.1),
    Pace(30, HOUR, 0.02),
]


@pytest.mark.parametrize("pace", PACES)
def test_a_poller_asks_as_often_as_the_budget_says(pace):
    assert asked(pace) == polls_until_deadline(pace)


@pytest.mark.parametrize("pace", [*PACES, Pace(7, DAY, 0.0005)])
def test_a_poller_that_retries_asks_as_often_as_the_budget_says_and_then_its_deadline_has_passed(pace):
    aws, execution = waited(pace, PollerStyle.RETRY)
    assert aws.polls == 1 + pace.retries
    waits = [event for event in execution.history if event.type == "WaitStateEntered"]
    assert waits == []  # the retries lasted until the deadline
    ended = max(
        e.timestamp for e in execution.history if e.type == "TaskSucceeded" and "lambda" in str(e.details)
    )
    late = (ended - aws.start).total_seconds() - pace.deadline
    assert 0 <= late <= pace.longest_pause(pace.deadline)


def test_a_poller_that_retries_has_a_third_of_the_events():
    loop, retry = (len(waited(Pace(30, HOUR), style)[1].history) for style in PollerStyle)
    assert (loop - retry) == 6 * (polls_until_deadline(Pace(30, HOUR)) - 1)


def test_pollers_that_retry_keep_an_interval_that_loops_cannot():
    pace = Pace(30, DAY)
    by_style = {}
    for style in PollerStyle:
        machine = machine_of(partial_fan_in(), Options(poller_style=style))
        by_style[style] = fitting_pace(machine.definition, [30] * machine.pollers, pace)
    assert by_style[PollerStyle.LOOP].growth > 0
    assert by_style[PollerStyle.RETRY] == pace


def test_the_interval_asked_for_is_kept_where_it_fits():
    definition = machine_of(partial_fan_in()).definition
    assert fitting_pace(definition, [30], Pace(30, 6 * HOUR)) == Pace(30, 6 * HOUR)


def test_a_machine_with_pollers_is_emitted_once(monkeypatch):
    paces = []

    def emit(workflow, plan, steps, options, pace, **kwargs):
        paces.append(pace)
        return emitted(workflow, plan, steps, options, pace, **kwargs)

    emitted = fitting.emit
    monkeypatch.setattr(fitting, "emit", emit)
    machine = pipeline.convert(partial_fan_in(), Options()).machine
    assert [pace.growth for pace in paces] == [machine.pace.growth]
    assert machine.pace.growth > 0


def test_many_pollers_ask_less_often_as_time_goes_by():
    definition = machine_of(partial_fan_in()).definition
    pace = fitting_pace(definition, [30] * 10, Pace(30, DAY))
    assert pace.growth > 0
    assert 10 * asked(pace) * EVENTS_PER_POLL < 25_000 - worst_case_events(definition)


def test_more_pollers_than_an_execution_can_hold_have_no_pace():
    definition = machine_of(partial_fan_in()).definition
    assert fitting_pace(definition, [30] * 2000, Pace(30, DAY)) is None


def test_no_execution_has_more_events_than_the_worst_case():
    deadline = 600
    options = Options(poll_interval=30, await_deadline=deadline)
    machine = machine_of(partial_fan_in(), options)
    script = {task: [Try(1)] for task in PARTIAL_FAN_IN} | {"glue3": [Try(5000)]}
    execution = run_virtual(parse_definition(machine.definition), {}, SimulatedAws(script))
    worst = worst_case_events(machine.definition) + EVENTS_PER_POLL * polls_until_deadline(Pace(30, deadline))
    assert 180 < len(execution.history) <= worst  # 20 polls of 9 events, at least


def test_a_machine_over_the_limits_is_refused_with_the_numbers():
    flow = workflow(*(glue(f"task_{number}") for number in range(2000)))
    machine = machine_of(flow)
    problems = size_problems(flow, machine.machines[0].text, machine.machines[0].data)
    assert [problem.code.id for problem in problems] == ["D305", "D305"]
    assert "1,048,576 are allowed" in str(problems[0])
    machine = machine_of(partial_fan_in())
    assert size_problems(partial_fan_in(), machine.machines[0].text, machine.machines[0].data) == []
