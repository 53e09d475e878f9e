"""``max_active_runs``: at most so many executions run at once, the others wait for a slot.

One item of the outcome table holds the ARNs of the executions that have a slot, as a set. An execution takes
a slot by adding itself on condition that the set is not full: DynamoDB carries out such updates of one item
one after another, so that two executions never take the last slot. It gives the slot back at its end. One
that was stopped, timed out or broke cannot; so whoever waits looks, each time, whether a holder (one of them,
by chance) still runs, and removes it if not. No slot is lost for longer than that takes, and none is taken
from an execution that runs. Nobody queues up: of those that wait, the first to look gets the slot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.asl import awaiting, records
from converter.asl.awaiting import OUTCOME_TABLE, Pace
from converter.asl.names import Names
from converter.asl.options import DEFAULT_DEADLINE, Options
from converter.expressions.jsonata import Expression

#: Seconds after which a waiting execution gives up.
PATIENCE = DEFAULT_DEADLINE
#: What waits for long looks less often, so that a day of waiting fits into the history with the run itself.
_GROWTH = 0.02
#: Take (entered, scheduled, started, failed, exited), look, ask, Choice, Wait.
EVENTS_PER_ROUND = 5 + 5 + 5 + 2 + 2

GIVEN_UP_ERROR = "NoFreeRunSlot"
TAKE, LOOK, ASK = "run: take a slot", "run: who has the slots?", "run: does that run go on?"
DECIDE, WAIT, TAKE_BACK = "run: is a slot free?", "run: wait for a slot", "run: take back a dead run's slot"
GIVE_UP, FREE, FREED = "run: no slot in time", "run: free the slot", "run: ended"
#: The item of the table, and its only attribute.
_KEY = {"id": {"S": "max_active_runs"}}
_HOLDERS = "holders"
_OCCUPIED = "DynamoDB.ConditionalCheckFailedException"
_ME = str(Expression("$states.context.Execution.Id"))
#: Of an execution that has ended, and of one that is long forgotten.
_DEAD = f"{records.INPUT}.status in ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'UNKNOWN']"


def pace_of(options: Options) -> Pace:
    """Return how often a waiting execution looks, and for how long."""
    return Pace(options.poll_interval, PATIENCE, _GROWTH)


def with_lease(block: Mapping[str, Any], slots: int, options: Options, names: Names) -> dict[str, Any]:
    """Return the outermost block of a machine with states before it that take a slot, and one behind each
    of its ends that gives it back.
    """
    states = dict(block["States"])
    entry = block["StartAt"]
    ends: dict[str, str] = {}
    freeing: dict[str, dict[str, Any]] = {}
    for name, state in block["States"].items():
        if state["Type"] == "Succeed":
            ends[name] = FREE
            del states[name]
        elif state["Type"] == "Fail":
            ends[name] = names.unique(f"{name}, {FREE.removeprefix('run: ')}")
            freeing[ends[name]] = _free_state(name)
    states = {name: _led_elsewhere(state, ends) for name, state in states.items()}
    freeing |= {FREE: _free_state(FREED), FREED: {"Type": "Succeed"}}
    return {
        "StartAt": TAKE,
        "States": {**_taking_states(ends.get(entry, entry), slots, pace_of(options)), **states, **freeing},
    }


def _led_elsewhere(state: Mapping[str, Any], ends: Mapping[str, str]) -> dict[str, Any]:
    """Return a state that leads to where a slot is given back instead of to the end."""
    led = dict(state)
    if led.pop("End", False):
        led["Next"] = FREE
    for field in ("Next", "Default"):
        if field in led:
            led[field] = ends.get(led[field], led[field])
    for field in ("Choices", "Catch"):
        if field in led:
            led[field] = [{**way, "Next": ends.get(way["Next"], way["Next"])} for way in led[field]]
    return led


def _taking_states(entry: str, slots: int, pace: Pace) -> dict[str, dict[str, Any]]:
    return {
        TAKE: {
            "Type": "Task",
            "Comment": f"max_active_runs = {slots}",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Arguments": {
                "TableName": str(OUTCOME_TABLE),
                "Key": _KEY,
                "UpdateExpression": f"ADD {_HOLDERS} :me",
                # It may have the slot already, if the answer to an earlier try was lost.
                "ConditionExpression": (
                    f"attribute_not_exists({_HOLDERS}) OR size({_HOLDERS}) < :slots"
                    f" OR contains({_HOLDERS}, :id)"
                ),
                "ExpressionAttributeValues": {
                    ":me": {"SS": [_ME]},
                    ":id": {"S": _ME},
                    ":slots": {"N": str(slots)},
                },
            },
            "Retry": [{"ErrorEquals": [_OCCUPIED], "MaxAttempts": 0}, awaiting.SERVICE_RETRIER],
            # Any other error fails the execution: without the table no limit can be held.
            "Catch": [{"ErrorEquals": [_OCCUPIED], "Output": {}, "Next": LOOK}],
            "Output": str(Expression("$states.context.Execution.Input")),
            "Next": entry,
        },
        LOOK: {
            "Type": "Task",
            "Comment": "one of them, by chance: whoever waits looks again and again",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Arguments": {"TableName": str(OUTCOME_TABLE), "Key": _KEY, "ConsistentRead": True},
            "Retry": [awaiting.SERVICE_RETRIER],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": DECIDE}],
            "Output": {"holder": str(Expression(_any_of(f"$states.result.Item.{_HOLDERS}.SS")))},
            "Next": ASK,
        },
        ASK: {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
            "Arguments": {"ExecutionArn": str(Expression(f"{records.INPUT}.holder"))},
            "Retry": [
                {"ErrorEquals": ["Sfn.ExecutionDoesNotExistException"], "MaxAttempts": 0},
                awaiting.SERVICE_RETRIER,
            ],
            "Catch": [
                {
                    "ErrorEquals": ["Sfn.ExecutionDoesNotExistException"],
                    "Output": str(Expression(f"$merge([{records.INPUT}, {{'status': 'UNKNOWN'}}])")),
                    "Next": DECIDE,
                },
                # Nothing is known of the holder, and time passes: as if it still ran.
                {"ErrorEquals": ["States.ALL"], "Output": {}, "Next": DECIDE},
            ],
            "Output": str(Expression(f"$merge([{records.INPUT}, {{'status': $states.result.Status}}])")),
            "Next": DECIDE,
        },
        DECIDE: {
            "Type": "Choice",
            "Choices": [
                {"Condition": str(Expression(_DEAD)), "Next": TAKE_BACK},
                {"Condition": str(Expression(f"{awaiting.ELAPSED} < {pace.deadline * 1000}")), "Next": WAIT},
            ],
            "Default": GIVE_UP,
        },
        TAKE_BACK: {
            "Type": "Task",
            "Comment": "it can no longer give it back itself",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Arguments": _removal(str(Expression(f"{records.INPUT}.holder"))),
            "Retry": [awaiting.SERVICE_RETRIER],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": WAIT}],
            "Output": {},
            "Next": TAKE,
        },
        WAIT: {
            "Type": "Wait",
            "Seconds": awaiting.pause_seconds(pace),
            "Next": TAKE,
        },
        GIVE_UP: {
            "Type": "Fail",
            "Error": GIVEN_UP_ERROR,
            "Cause": f"{slots} other executions had not ended {pace.deadline} s after the start of this one",
        },
    }  # fmt: skip


def _any_of(array: str) -> str:
    """Return one member of an array by chance; null where there is none."""
    # A predicate is evaluated anew for each member, so the chance has to be taken before it.
    chosen = "$chosen := $floor($random() * $count($members))"
    return f"($members := [{array}]; {chosen}; $count($members) = 0 ? null : $members[$chosen])"


def _free_state(following: str) -> dict[str, Any]:
    """Return the state that gives the slot back. If that fails, whoever waits finds it out."""
    here = str(Expression(records.INPUT))
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Arguments": _removal(_ME),
        "Retry": [awaiting.SERVICE_RETRIER],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": here, "Next": following}],
        "Output": here,
        "Next": following,
    }


def _removal(execution: str) -> dict[str, Any]:
    return {
        "TableName": str(OUTCOME_TABLE),
        "Key": _KEY,
        "UpdateExpression": f"DELETE {_HOLDERS} :gone",
        "ExpressionAttributeValues": {":gone": {"SS": [execution]}},
    }
