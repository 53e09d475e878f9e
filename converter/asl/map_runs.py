"""A distributed Map: each instance of a mapped task is an execution of its own, with a history of its own.

Such an execution sees neither the variables nor the context of the one around it. What its states need of
the run is in its input, under a name that no task has; and that input is in its context, in every state.

An instance never fails: its failure is its record, as in an inline Map. What remains (the limits of an
execution) ends the Map, and with it all instances. Of very many instances, whose records would not fit the
Map's result, each gives back only how it ended, and when; the task's record then has a sum of that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from converter.asl.contexts import of_another_execution
from converter.asl.rooms import MOST_GIVEN
from converter.expressions.jsonata import Expression, literal, path
from converter.expressions.variables import ALL_VARIABLES
from converter.operators import room
from converter.operators.step import Step

#: How many instances run at once where the task has no limit of its own: as many as in an inline Map.
AT_ONCE = 40
#: In the input of an instance: what its states need of the run.
THE_RUN = "the run"
#: In the data of an instance, at its task's place: its record of an earlier execution, if there is one.
EARLIER = "earlier"
#: MapStateStarted and -Succeeded, MapRunStarted and -Succeeded, entered and exited.
EVENTS_OF_MAP = 6
#: Of the run's input, what hands on records: an instance gets those that it needs.
_RECORDS_IN_INPUT = ("resumed", "resumed_instances", "child")
_EXECUTION = "$states.context.Execution"
_HANDED = f"{_EXECUTION}.Input.{path(THE_RUN)}"
#: Where an instance finds the input of the run.
INPUT_OF_RUN = f"{_HANDED}.input"
_OF_RUN = {
    "Id": f"{_HANDED}.id",
    "Name": f"{_HANDED}.name",
    "StartTime": f"{_HANDED}.started",
    "Input": INPUT_OF_RUN,
}
_OF_TASKS = ("Task", "Parallel", "Pass")
#: How many instances there may be of which only a sum is kept: the Map's result has some 23 bytes of each.
MOST_SUMMED = 10_000
#: The error of a task of whose instances only a sum is kept.
_SUMMED_ERROR = "InstancesFailed"
#: What stands for the outcome of an instance in a sum.
_LETTERS = {"success": "s", "failed": "f", "skipped": "k"}
_TRIES = "tries_of_instance"


def the_run(step: Step, reads: Collection[str]) -> Expression:
    """Return what an instance is told of the run; it fails if that, with the records that the instance
    ``reads`` (JSONata), is too large for the input of an execution.
    """
    given = literal(list(_RECORDS_IN_INPUT))
    members = {
        "id": f"{_EXECUTION}.Id",
        "name": f"{_EXECUTION}.Name",
        "started": f"{_EXECUTION}.StartTime",
        "input": f"$merge([{{}}, $sift({_EXECUTION}.Input, function($v, $k) {{ $not($k in {given}) }})])",
    }
    if step.variables:
        members["variables"] = f"${ALL_VARIABLES}"
    told = "{" + ", ".join(f"'{name}': {value}" for name, value in members.items()) + "}"
    size = room.size(f"[{', '.join(['$run', *reads])}]")
    says = f"'{room.TOO_LARGE}: what each instance is given, with conf and params, has ' & $size & ' bytes'"
    return Expression(f"($run := {told}; $size := {size}; $size > {MOST_GIVEN} ? $error({says}) : $run)")


def processor(
    task_id: str, step: Step, start: str, states: Mapping[str, Any], *, begin: str, measured: str, done: str
) -> dict[str, Any]:
    """Return the ItemProcessor of a distributed Map.

    ``states`` are those of an instance in an inline Map: they end, or lead to ``done``. ``begin`` and
    ``measured`` are names for states before and behind them; they may be the same as ``done``.
    """
    found = {
        name: _measured_after(state, done, measured) if state["Type"] in _OF_TASKS else state
        for name, state in states.items()
    }
    found = of_another_execution(found, _OF_RUN)
    if step.variables:
        assigned = {ALL_VARIABLES: str(Expression(f"{_HANDED}.variables"))}
        found = {begin: {"Type": "Pass", "Assign": assigned, "Next": start}, **found}
        start = begin
    found[measured] = {
        "Type": "Pass",
        "Output": str(_summed(task_id) if is_summed(step) else _measured(task_id)),
        "End": True,
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"ProcessorConfig": config, "StartAt": start, "States": found}


def is_summed(step: Step) -> bool:
    """Whether only a sum of the instances' records is kept."""
    return step.instances is not None and step.instances.summed


def _measured(task_id: str) -> Expression:
    """Return the record of an instance, with how long it took and how many tries."""
    record = f"$states.input.{path(task_id)}"
    began = f"$toMillis({_EXECUTION}.StartTime)"
    tries = f"$exists(${_TRIES}) and ${_TRIES} > 1 ? {{'tries': ${_TRIES}}} : {{}}"
    measures = f"$merge([{record}, {{'ran': {record}.at - {began}}}, {tries}])"
    return Expression(f"{{{literal(task_id)}: {measures}}}")


def _summed(task_id: str) -> Expression:
    """Return the little that an instance gives back: how it ended, and when."""
    record = f"$states.input.{path(task_id)}"
    letter = " : ".join(f"{record}.state = '{state}' ? '{its}'" for state, its in _LETTERS.items())
    return Expression(f"{{({letter} : 'f'): {record}.at}}")


def summed_before(task_id: str, resumed: str) -> str:
    """Return the record of an instance that an earlier execution has done, as JSONata in ItemSelector.

    ``resumed`` is where the input of the run has the sum of all.
    """
    was = f"$substring({resumed}.{path(task_id)}, $states.context.Map.Item.Value, 1) = 's'"
    return f"{was} ? {{'state': 'success', 'at': $toMillis({_EXECUTION}.StartTime)}}"


def record_of_sum(found_empty: str) -> str:
    """Return the record of a task of whose instances only a sum is kept, as JSONata.

    ``instances`` are the first and the last of each outcome, so that rules find what they ask for; ``each``
    has the outcome of each instance, as a letter.
    """
    times = "; ".join(f"${letter} := $states.result.{letter}" for letter in _LETTERS.values())
    ends = (
        "$ends := function($state, $at) { $exists($at) ? [{'state': $state, 'at': $min($at)},"
        " {'state': $state, 'at': $max($at)}] : [] }"
    )
    all_ends = "[" + ", ".join(f"$ends('{state}', ${its})" for state, its in _LETTERS.items()) + "]"
    letters = " : ".join(f"$exists({its}) ? '{its}'" for its in _LETTERS.values())
    return (
        f"({times}; {ends}; $i := {all_ends}; $count($states.result) = 0"
        f" ? {{'state': 'skipped', 'at': {found_empty}}}"
        " : {'state': $exists($f) ? 'failed' : $exists($k) ? 'skipped' : 'success', 'at': $max($i.at),"
        f" 'instances': $i, 'each': $join($states.result.({letters})),"
        f" 'error': $exists($f) ? '{_SUMMED_ERROR}',"
        " 'cause': $exists($f) ? $count($f) & ' of ' & $count($states.result) & ' instances failed'})"
    )


def as_in_instance(expression: Expression) -> Expression:
    """Return an expression as it stands in the states of an instance."""
    written: str = of_another_execution(str(expression), _OF_RUN)
    return Expression(written.removeprefix("{% ").removesuffix(" %}"))


def is_distributed(state: Mapping[str, Any]) -> bool:
    """Whether a state is a distributed Map."""
    config = state.get("ItemProcessor", {}).get("ProcessorConfig", {})
    return bool(config.get("Mode") == "DISTRIBUTED")


def _measured_after(state: Mapping[str, Any], done: str, measured: str) -> dict[str, Any]:
    """Return the state of the task, whose ends note how many tries it took."""
    count = "$states.context.State.RetryCount"
    assigned = {_TRIES: str(Expression(f"$exists({count}) ? {count} + 1 : 1"))}
    found = {name: value for name, value in state.items() if name != "End"}
    if found.get("Next", done) == done:
        found["Next"] = measured
    if state["Type"] in ("Task", "Parallel"):
        found["Assign"] = {**state.get("Assign", {}), **assigned}
    if "Catch" in state:
        found["Catch"] = [{**catcher, "Assign": assigned, "Next": measured} for catcher in state["Catch"]]
    return found
