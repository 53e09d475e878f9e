from __future__ import annotations

import json
from typing import Any

import pytest
from check_fixtures import FIXTURES, definition_of

from converter.checks import problems_of
from converter.checks.limits import most_events
from converter.checks.machine import read_machine
from converter.checks.poller_loops import _pause, _questions, pollers_of
from converter.engine.simulation import SimulatedBackend, TaskResult, run_virtual
from converter.engine.tasks import TaskCall


def counted(definition: Any) -> int:
    machine = read_machine(definition)
    return 2 + most_events(machine.root, {poller.states: poller for poller in pollers_of(machine)})


def recorded(definition: Any, behaviour: Any) -> int:
    return len(run_virtual(definition, {}, SimulatedBackend(behaviour)).history)


def machine(states: dict[str, Any]) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def call(**fields: Any) -> dict[str, Any]:
    resource, arguments = "arn:aws:states:::lambda:invoke", {"FunctionName": "f"}
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, **fields}


def test_events_of_a_straight_machine_are_those_of_its_history() -> None:
    branches = [
        machine({name: call(Next=f"{name} end"), f"{name} end": {"Type": "Succeed"}}) for name in ("a", "b")
    ]
    for branch in branches:
        del branch["QueryLanguage"]
    job = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True}
    definition = machine(
        {
            "first": {"Type": "Pass", "Next": "pause"},
            "pause": {"Type": "Wait", "Seconds": 1, "Next": "both"},
            "both": {"Type": "Parallel", "Branches": branches, "Next": "job"},
            "job": {**job, "Arguments": {"JobName": "j"}},
        }
    )
    assert counted(definition) == recorded(definition, lambda call: TaskResult()) == 2 + 2 + 2 + 4 + 2 * 7 + 6


def test_every_try_counts() -> None:
    handlers = {
        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 4}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "end"}],
    }
    definition = machine({"call": call(**handlers, Next="end"), "end": {"Type": "Succeed"}})
    failing = recorded(definition, lambda call: TaskResult(error="Broken"))
    assert counted(definition) == failing == 2 + 1 + 5 * 3 + 1 + 2


def test_of_two_ways_the_longer_one_counts() -> None:
    which = {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "long"}], "Default": "end"}
    states = {"which": which, "long": call(Next="end"), "end": {"Type": "Succeed"}}
    assert counted(machine(states)) == recorded(machine(states), lambda call: TaskResult())


def test_a_poller_that_waits_until_its_deadline_has_the_events_that_were_counted() -> None:
    definition = definition_of(FIXTURES / "valid-poller.json")

    def nobody_tells(call: TaskCall) -> TaskResult:
        if "putItem" in call.resource or "glue" in call.resource:
            return TaskResult(error="Broken")  # the job fails, and so does telling it
        return TaskResult(output={"Payload": {"records": {}}})

    teller = definition["States"]["side by side"]["Branches"][0]["States"]["glue1: publish"]
    teller["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "not told"}]
    definition["States"]["side by side"]["Branches"][0]["States"]["not told"] = {"Type": "Pass", "End": True}
    # A poller's last question is followed by no Wait, which is counted all the same.
    assert counted(definition) == recorded(definition, nobody_tells) + 2
    (poller,) = pollers_of(read_machine(definition))
    assert (poller.deadline, poller.questions) == (3600, 121)


def test_a_loop_that_is_no_poller_counts_once() -> None:
    again = {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "again"}], "Default": "end"}
    assert counted(machine({"again": again, "end": {"Type": "Succeed"}})) == 2 + 2 + 2


def test_a_distributed_map_has_histories_of_its_own() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 8000}]
    processor = {
        **{name: value for name, value in machine({"call": call(Retry=retry, End=True)}).items()},
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    del processor["QueryLanguage"]
    each = {"Type": "Map", "Items": [1, 2], "ItemProcessor": processor, "End": True}
    assert [item.code.id for item in problems_of(machine({"each": each}))] == []
    processor["States"]["call"]["Retry"][0]["MaxAttempts"] = 9000
    (problem,) = problems_of(machine({"each": each}))
    assert problem.code.id == "D543"
    assert "ItemProcessor" in problem.problem
    assert counted(machine({"each": each})) < 10
    processor["ProcessorConfig"]["ExecutionType"] = "EXPRESS"
    assert problems_of(machine({"each": each})) == ()


_AGE = "($millis() - $toMillis($states.context.Execution.StartTime)) / 1000"


@pytest.mark.parametrize(
    "seconds",
    [
        30,
        7,
        f"{{% $max([30, $floor({_AGE} * 0.02)]) %}}",
        f"{{% {_AGE} < 600 ? 10 : {_AGE} < 6000 ? 60 : 300 %}}",
    ],
)
@pytest.mark.parametrize("deadline", [1, 29, 30, 599, 12_345])
def test_questions_are_as_many_as_asked_one_after_the_other(seconds: Any, deadline: int) -> None:
    pauses = json.dumps([seconds])
    asked, age = 1, 0
    while age < deadline:
        asked, age = asked + 1, age + _pause(pauses, age)
    assert _questions(pauses, deadline) == asked
