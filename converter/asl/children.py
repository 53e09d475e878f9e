"""Child machines: sub-trees of a plan that run as machines of their own, started by the one around them.

To the machine around it a child is one Task, which starts an execution and waits for its end. What it hands
in are the records that the child's tasks look at, what it gets back are those that others look at. All
executions of a run have the same name; what names the run to AWS, such as the keys of outcome records, is
the execution of the first machine, which hands its ARN and its start on. A child is started whatever has
become of the tasks before it: its own tasks decide what that means for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from typing import Any

from converter.asl import records
from converter.asl.awaiting import SERVICE_RETRIER
from converter.asl.contexts import of_another_execution, with_texts
from converter.asl.map_runs import is_distributed
from converter.expressions.jsonata import Expression, Substitution, literal, path
from converter.planning import Node, Parallel, Sequence, Step

#: Where a child finds what the machine around it hands in.
_GIVEN = "$states.context.Execution.Input.child"
#: Stands for the version until the definitions are complete.
_VERSION = "@version of the machines@"
#: How many failed, and upstream_failed, tasks a child names that nobody outside looks at.
_NAMED_FAILURES = 20
_OF_RUN = {"Id": f"{_GIVEN}.run", "StartTime": f"{_GIVEN}.started"}
REDEPLOYED_ERROR = "DeployedWhileRunning"
#: What a child is handed besides records, as JSONata.
RUN_INPUT = "$merge([{}, $sift($states.context.Execution.Input, function($v, $k) { $k != 'child' })])"


@dataclass(frozen=True)
class Child(Parallel):
    """A single branch that runs as a machine of its own.

    ``returns`` are those of its tasks whose records the machine around it needs, ``learned`` other tasks that
    an Await inside has learned of, and that what follows in the same branch looks at as well; ``with_output``
    those of them whose outputs are read there.
    """

    number: int = 0
    returns: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    with_output: tuple[str, ...] = ()


def recorded_tasks(node: Node) -> tuple[str, ...]:
    """Return the tasks whose records a machine has once it has run a node: of a child, those it returns."""
    found: list[str] = []
    for current in own_nodes(node):
        if isinstance(current, Child):
            found += current.returns
        elif isinstance(current, Step):
            found.append(current.task_id)
    return tuple(found)


def has_children(node: Node) -> bool:
    """Return whether something below a node, or the node itself, runs as a machine of its own."""
    return any(isinstance(current, Child) for current in own_nodes(node))


def own_nodes(node: Node) -> Iterator[Node]:
    """Yield a node and the nodes below it that its machine runs, and the children that it starts."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        if isinstance(current, (Sequence, Parallel)) and not isinstance(current, Child):
            pending.extend(reversed(current.children))


def machine_of(number: int) -> Substitution:
    """Return what stands for the ARN of a child machine."""
    return Substitution(f"Child{number}MachineArn")


def starting_state(
    child: Child,
    given: SequenceOf[str],
    rooms: Mapping[str, Expression],
    *,
    has_records: bool,
    comment: str,
) -> dict[str, Any]:
    """Return the Task that runs a child, without its transition.

    ``given``: whose records it gets; ``rooms``, what it is told of rooms.
    """
    members = {task: f"{records.INPUT}.{path(task)}" for task in given}
    members |= {key: value.text for key, value in rooms.items()}
    handed = "{" + ", ".join(f"{literal(name)}: {value}" for name, value in members.items()) + "}"
    about = (
        f"{{'version': {literal(_VERSION)}, 'run': $states.context.Execution.Id,"
        f" 'started': $states.context.Execution.StartTime, 'records': {handed}}}"
    )
    result = "$states.result.Output"
    return {
        "Type": "Task",
        "Comment": comment,
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {
            "StateMachineArn": str(machine_of(child.number)),
            "Name": str(Expression("$states.context.Execution.Name")),
            "Input": str(Expression(f"$merge([$states.context.Execution.Input, {{'child': {about}}}])")),
        },
        # An execution that has failed is not started again: its tasks have had their retries.
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 0}, SERVICE_RETRIER],
        "Output": str(Expression(f"$merge([{records.INPUT}, {result}])" if has_records else result)),
    }


def with_beginning(child: Child, block: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outermost block of a child machine: it begins with the records handed in.

    A run goes on by the definitions with which it began; a child of a later deployment would be another one.
    """
    begin, redeployed = f"child {child.number}: begin", f"child {child.number}: deployed anew"
    return {
        "StartAt": begin,
        "States": {
            begin: {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": str(Expression(f"{_GIVEN}.version = {literal(_VERSION)}")),
                        "Output": str(Expression(f"{_GIVEN}.records")),
                        "Next": block["StartAt"],
                    }
                ],
                "Default": redeployed,
            },
            redeployed: {
                "Type": "Fail",
                "Error": REDEPLOYED_ERROR,
                "Cause": "the DAG was deployed anew while the run was under way: start another run",
            },
            **block["States"],
        },
    }


def returned(child: Child, *, leaves: SequenceOf[str] | None, strangers: SequenceOf[str]) -> Expression:
    """Return the records that leave a child: those looked at outside, and some of what has failed.

    ``leaves``: the tasks that decide the run, None where any that did not succeed tells that the run failed;
    ``strangers``: tasks that run elsewhere. Outputs that nobody reads are left behind.
    """
    here = records.INPUT
    own = f"$sift({here}, function($record, $task) {{$not($task in {literal(list(strangers))})}})"
    is_leaf = "" if leaves is None else f" and $task in {literal(list(leaves))}"
    fields = "['state', 'at', 'first', 'skips', 'error', 'instances']"
    short = f"$sift($record, function($value, $name) {{$name in {fields}}})"
    if child.with_output:
        short = f"$task in {literal(list(child.with_output))} ? $record : {short}"
    return Expression(
        f"($own := {own}; $failed := $keys($sift($own, function($record) {{$record.state = 'failed'}}))"
        f"[[0..{_NAMED_FAILURES - 1}]];"
        f" $behind := $keys($sift($own, function($record, $task)"
        f" {{$record.state in ['failed', 'upstream_failed']{is_leaf}}}))[[0..{_NAMED_FAILURES - 1}]];"
        f" $out := $append($append({literal([*child.returns, *child.learned])}, $failed), $behind);"
        f" $merge([{{}}, $each({here}, function($record, $task) {{$task in $out ? {{$task: {short}}}}})]))"
    )


def of_one_run(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a child's definition with the first machine's execution wherever it names its own.

    Instances that are executions of their own are told of the run; what they say of their own they mean.
    """
    return {name: _of_one_run(value) for name, value in definition.items()}


def _of_one_run(value: Any) -> Any:
    if isinstance(value, Mapping):
        apart = ("ItemProcessor",) if is_distributed(value) else ()
        return {name: inner if name in apart else _of_one_run(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_of_one_run(inner) for inner in value]
    return of_another_execution(value, _OF_RUN)


def versioned(definition: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a definition with the version of the machines filled in."""
    return {
        name: with_texts(value, lambda text: text.replace(_VERSION, version))
        for name, value in definition.items()
    }
