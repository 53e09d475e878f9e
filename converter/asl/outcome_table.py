"""The outcome table: a task's own branch writes how it ended, pollers of other branches read it.

Where records tell all that an Await waits for, its poller asks the table itself, without a function: one item
by ``getItem``, several by ``batchGetItem``.

In the style ``retry``, Tasks stand before the loop that wait for one record each: an update that changes
nothing, on the condition that the item is there. The table refuses it until then, and Retry repeats it. They
decide nothing; whatever ends them, the loop behind them looks, and decides. So they may wait for one task
after the other where all must have ended, and a first failure is seen a little late by what will not run
anyway. For any of several tasks they cannot wait: that remains a loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from converter.asl import records
from converter.asl.awaiting import (
    ELAPSED,
    OUTCOME_TABLE,
    SERVICE_RETRIER,
    Pace,
    Question,
    resumed_records,
    until_ready,
)
from converter.asl.options import Options
from converter.expressions.jsonata import Expression, literal, path
from converter.operators.step import GlueRun

#: The most items that one call of BatchGetItem reads (AWS documentation).
MOST_ITEMS = 100
#: The table's refusal of an update whose condition does not hold.
REFUSED = "DynamoDB.ConditionalCheckFailedException"

#: How long an outcome record is kept once no poller can wait for it any more, for people who want to look.
_KEPT_SECONDS = 7 * 86_400
#: A few quick tries: the next poll is not far.
_RETRIER = {**SERVICE_RETRIER, "MaxAttempts": 2}
#: Errors of DynamoDB that pass, without the prefix: the optimised integration and the SDK's differ in it.
_TROUBLES = (
    "ProvisionedThroughputExceededException",
    "RequestLimitExceededException",
    "ThrottlingException",
    "InternalServerErrorException",
    "SdkClientException",
)


def tells_all(awaited: Mapping[str, GlueRun | None]) -> bool:
    """Return whether the table alone can be asked about awaited tasks, given their Glue runs."""
    return not any(awaited.values()) and len(awaited) <= MOST_ITEMS


def table_question(awaited: Sequence[str], options: Options) -> Question:
    """Return the question to the table: which of these tasks have ended, and how?"""
    one = len(awaited) == 1
    call: dict[str, Any]
    keys = [{"id": {"S": str(_key(task))}} for task in awaited]
    if one:
        call = {
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Arguments": {"TableName": str(OUTCOME_TABLE), "Key": keys[0], "ConsistentRead": True},
        }
        found = "[$states.result.Item]"
    else:
        asked = {str(OUTCOME_TABLE): {"Keys": keys, "ConsistentRead": True}}
        call = {
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:batchGetItem",
            "Arguments": {"RequestItems": asked},
        }
        found = "[$states.result.Responses.*]"
    read = "{$substringAfter($item.id.S, $states.context.Execution.Id & '/'): $parse($item.record.S)}"
    told = f"$append([{{}}], $map({found}, function($item) {{{read}}}))"
    unanswered: Any = {}
    if options.resumable:
        resumed = resumed_records(awaited)
        told = f"$append({told}, {resumed})"
        unanswered = str(Expression(f"$merge([{{}}, {resumed}])"))
    prefix = "DynamoDB" if one else "DynamoDb"
    troubles = [*(f"{prefix}.{trouble}" for trouble in _TROUBLES), "States.Timeout"]
    call = {**call, "TimeoutSeconds": 60}
    asks = "GetItem" if one else "BatchGetItem"
    return Question(asks, call, [_RETRIER], troubles, Expression(f"$merge({told})"), unanswered)


def waiting_state(task_id: str, following: str, options: Options, pace: Pace) -> dict[str, Any]:
    """Return the Task that waits until a task's record is there, or the deadline has passed."""
    over = f"{ELAPSED} >= {pace.deadline * 1000}"
    if options.resumable:
        over = f"{over} or $exists({records.RESUMED}.{path(task_id)})"
    here = str(Expression(records.INPUT))
    return {
        "Type": "Task",
        "Comment": f"until it is known how {task_id} ended",
        "Resource": "arn:aws:states:::dynamodb:updateItem",
        "Arguments": {
            "TableName": str(OUTCOME_TABLE),
            # Each try evaluates this anew. An error is the only way out of waiting that a Task has.
            "Key": {
                "id": {"S": str(Expression(f"{over} ? $error('no need to wait') : {_key(task_id).text}"))}
            },
            "ConditionExpression": "attribute_exists(id)",
            "UpdateExpression": "REMOVE nothing",
        },
        "TimeoutSeconds": 60,
        "Retry": [
            until_ready(REFUSED, pace),
            {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0},
            SERVICE_RETRIER,
        ],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": here, "Next": following}],
        "Output": here,
        "Next": following,
    }


def publish_state(task_id: str, next_state: str, pace: Pace, *, with_output: bool = True) -> dict[str, Any]:
    """Return the Task that tells sibling branches how a task ended, and then goes to ``next_state``.

    ``with_output`` says whether anybody reads what it has pushed. If the Task fails for good, the branch goes
    on all the same: those who wait reach their deadline.
    """
    data = records.INPUT if with_output else records.without_outputs([task_id])
    record = f"$string($lookup({data}, {literal(task_id)}))"
    expires = f"$string($floor($millis() / 1000) + {pace.deadline + _KEPT_SECONDS})"
    return {
        "Type": "Task",
        "Comment": f"tells sibling branches how {task_id} ended",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Arguments": {
            "TableName": str(OUTCOME_TABLE),
            "Item": {
                "id": {"S": str(_key(task_id))},
                "record": {"S": str(Expression(record))},
                "expires": {"N": str(Expression(expires))},
            },
        },
        "Retry": [SERVICE_RETRIER],
        "Catch": [
            {"ErrorEquals": ["States.ALL"], "Output": str(Expression(records.INPUT)), "Next": next_state}
        ],
        "Output": str(Expression(records.INPUT)),
        "Next": next_state,
    }


def _key(task_id: str) -> Expression:
    """Return the key of a task's outcome record: the execution and the task."""
    return Expression(f"$states.context.Execution.Id & {literal(f'/{task_id}')}")
