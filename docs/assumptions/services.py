"""What is assumed of the services that states call: DynamoDB, Lambda, S3 and others, by their SDK's names."""

from __future__ import annotations

from docs.assumptions.model import assumed, by_hand, expect
from docs.assumptions.world import World, parallel

_DYNAMODB = "arn:aws:states:::dynamodb"
_CAUGHT = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "end"}]
_END = {"end": {"Type": "Succeed"}}


def _call(resource: str, arguments: object, **fields: object) -> dict[str, object]:
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, **fields}


def _error_of(world: World, resource: str, arguments: object) -> str:
    """Return the name of the error that a call ends with."""
    run = world.run({"task": _call(resource, arguments, Catch=_CAUGHT, Output={}), **_END})
    return run.output if isinstance(run.output, str) else f"{run.status} {run.error} {run.output}"


def _update(table: str, key: str, **more: object) -> dict[str, object]:
    return {"TableName": table, "Key": {"id": {"S": key}}, "UpdateExpression": "REMOVE nothing", **more}


@assumed(
    "S1",
    "an update with the expression `REMOVE nothing` of an item without that attribute succeeds, and changes nothing",
)
def _remove_nothing(world: World) -> None:
    table = world.table()
    item = {"id": {"S": "a"}, "record": {"S": "kept"}}
    run = world.run(
        {
            "put": _call(f"{_DYNAMODB}:putItem", {"TableName": table, "Item": item}),
            "update": _call(
                f"{_DYNAMODB}:updateItem", _update(table, "a", ConditionExpression="attribute_exists(id)")
            ),
            "get": _call(f"{_DYNAMODB}:getItem", {"TableName": table, "Key": {"id": {"S": "a"}}}),
        }
    )
    expect(
        run.output is not None and run.output.get("Item") == item, f"{run.status} {run.error} {run.output}"
    )


@assumed("S2", "a refused conditional update arrives as `DynamoDB.ConditionalCheckFailedException`")
def _refused_update(world: World) -> None:
    arguments = _update(world.table(), "none", ConditionExpression="attribute_exists(id)")
    error = _error_of(world, f"{_DYNAMODB}:updateItem", arguments)
    expect(error == "DynamoDB.ConditionalCheckFailedException", f"it arrived as {error}")


@assumed(
    "S3",
    "a Task whose `Arguments` fail on purpose (`$error`) in a later try leaves by its Catch, like one that fails in "
    "its first",
)
def _later_failure(world: World) -> None:
    key = "{% $states.context.State.RetryCount > 1 ? $error('no need to wait') : 'none' %}"
    arguments = _update(world.table(), key, ConditionExpression="attribute_exists(id)")
    refused = ["DynamoDB.ConditionalCheckFailedException"]
    retry = [
        {"ErrorEquals": refused, "IntervalSeconds": 1, "MaxAttempts": 9, "BackoffRate": 1},
        {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0},
    ]
    run = world.run(
        {"task": _call(f"{_DYNAMODB}:updateItem", arguments, Retry=retry, Catch=_CAUGHT, Output={}), **_END}
    )
    expect(run.output == "States.QueryEvaluationError", f"{run.status} {run.error} {run.output}")
    tries = len(run.of("TaskScheduled"))
    expect(tries == 2, f"{tries} calls were made, not 2")


@assumed(
    "S4",
    "`Responses` of `aws-sdk:dynamodb:batchGetItem` has the table's name as its member, and items as "
    '`{"id": {"S": …}}`',
)
def _batch(world: World) -> None:
    table = world.table()
    item = {"id": {"S": "a"}}
    run = world.run(
        {
            "put": _call(f"{_DYNAMODB}:putItem", {"TableName": table, "Item": item}),
            "get": _call(
                "arn:aws:states:::aws-sdk:dynamodb:batchGetItem",
                {"RequestItems": {table: {"Keys": [item, {"id": {"S": "b"}}], "ConsistentRead": True}}},
            ),
        }
    )
    expect(run.output is not None, f"{run.status} {run.error}")
    expect(run.output["Responses"] == {table: [item]}, str(run.output))


@assumed("S5", "the description of a forgotten execution fails with `Sfn.ExecutionDoesNotExistException`")
def _unknown_execution(world: World) -> None:
    arn = world.machine({"in": {"Type": "Pass"}}).replace(":stateMachine:", ":execution:") + ":never-started"
    error = _error_of(world, "arn:aws:states:::aws-sdk:sfn:describeExecution", {"ExecutionArn": arn})
    expect(error == "Sfn.ExecutionDoesNotExistException", f"it arrived as {error}")


@assumed(
    "S6", "a Lambda function's exception arrives with its class as the error's name, inside a Parallel, too"
)
def _exception(world: World) -> None:
    function = world.function(
        "class AirflowSkipException(Exception): pass\ndef handler(event, context): raise AirflowSkipException('x')\n"
    )
    call = _call("arn:aws:states:::lambda:invoke", {"FunctionName": function, "Payload": {}})
    run = world.run({"both": parallel({"in": call}, Catch=_CAUGHT), **_END})
    expect(run.output == "AirflowSkipException", f"{run.status} {run.error} {run.output}")


@assumed(
    "S7",
    "a bucket, cluster or database that is not there arrives as `S3.NoSuchBucketException`, "
    "`Redshift.ClusterNotFoundException`, `Rds.DbInstanceNotFoundException`",
)
def _not_there(world: World) -> None:
    name = f"{world.name}-none"
    for action, arguments, wanted in (
        ("s3:listObjectsV2", {"Bucket": name}, "S3.NoSuchBucketException"),
        ("redshift:describeClusters", {"ClusterIdentifier": name}, "Redshift.ClusterNotFoundException"),
        ("rds:describeDBInstances", {"DbInstanceIdentifier": name}, "Rds.DbInstanceNotFoundException"),
    ):
        error = _error_of(world, f"arn:aws:states:::aws-sdk:{action}", arguments)
        expect(error == wanted, f"{action} of what there is not arrived as {error}")


@assumed(
    "S14",
    "`s3:headBucket` of a bucket that there is not fails with `S3.NoSuchBucketException` or `S3.S3Exception`",
)
def _no_head(world: World) -> None:
    arguments = {"Bucket": f"{world.name}-none"}
    error = _error_of(world, "arn:aws:states:::aws-sdk:s3:headBucket", arguments)
    expect(error in ("S3.NoSuchBucketException", "S3.S3Exception"), f"it arrived as {error}")


@assumed(
    "S8",
    "`aws-sdk:` calls spell members as the SDK for Java does (`DbInstances`), also where AWS's documentation shows "
    "no example",
)
def _members(world: World) -> None:
    run = world.run({"task": _call("arn:aws:states:::aws-sdk:rds:describeDBInstances", {})})
    expect(run.output is not None and "DbInstances" in run.output, f"{run.status} {run.error} {run.output}")


by_hand(
    "S9",
    "`s3:createBucket` of your own (outside us-east-1) fails with `S3.BucketAlreadyOwnedByYouException`; a refused "
    "`IfNoneMatch` fails",
    "run S3CreateBucketOperator twice",
    "names of buckets are taken for everybody, and for a while after they are deleted",
)
by_hand(
    "S10",
    "a list of 200 keys stays below 256 KiB as the result of `aws-sdk:s3:listObjectsV2`; a key has 1,024 bytes at "
    "most, and the SDK's answer some 250 more",
    "list a bucket with long keys",
    "it is arithmetic on documented sizes",
)
by_hand(
    "S11",
    "an action's IAM name is the API's own but for those in `requests.py` (`s3:ListBucket`, `lambda:InvokeFunction`, …)",
    "run a DAG of each service with the role of its bundle",
    "each of some 300 actions needs something of its service's to act on, much of which costs by the hour",
)
by_hand(
    "S12",
    "the results of `.sync` jobs are as the service describes the job, with names in PascalCase",
    "run one of Athena, Batch, ECS, EMR and SageMaker",
    "clusters, images and compute environments would have to be made first, and cost by the hour",
)
by_hand(
    "S13",
    "throttling of `StartExecution` arrives as `StepFunctions.AWSStepFunctionsException`, "
    "`StepFunctions.ThrottlingException` or `StepFunctions.ExecutionLimitExceeded`",
    "look at a throttled task's events",
    "it would use up the quota that all machines of the account share",
)
by_hand(
    "S15",
    "`aws-sdk:sfn:listExecutions` lists the newest first, with `StartDate` in UTC; 200 of them stay below 256 KiB; `getExecutionHistory` has a state's input below `StateEnteredEventDetails.Input`",
    "run a DAG with an ExternalTaskSensor",
    "200 executions would be needed for the size; the first run of such a DAG shows the rest",
)
by_hand(
    "S16",
    "S3 refuses `PutObject` with `IfNoneMatch: *` where the key is there (`PreconditionFailed`), and lists keys in their order",
    "`dag2sfn score` twice",
    "documented; it would take a bucket, whose name is taken for a while after it is deleted",
)
by_hand(
    "S17",
    "tags of a state machine are told by `states:ListTagsForResource` a minute after its stack was updated",
    "deploy a shadow, look at the scheduler's log",
    "that it was so once does not say that it is so always",
)

by_hand(
    "S18",
    "a job that a `.sync` call has started and that fails, is stopped or times out (Glue, Batch, EMR on EKS, EMR "
    "Serverless, SageMaker) fails the call with `States.TaskFailed`, and its description is the cause; a start that is "
    "refused has another error",
    "start a job that fails, and look at the TaskFailed event",
    "it takes a job, an image or a cluster of yours, and minutes",
)
