"""A distributed Map: each instance of a mapped task is an execution of its own, with a history of its own.

Such an execution sees neither the variables nor the context of the one around it. What its states need of
the run is in its input, under a name that no task has; and that input is in its context, in every state.

An instance never fails: its failure is its record, as in an inline Map. What remains (the limits of an
execution) ends the Map, and with it all instances.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.asl.contexts import of_another_execution
from converter.expressions.jsonata import Expression, literal, path
from converter.expressions.variables import ALL_VARIABLES
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
_TRIES = "tries_of_instance"


def the_run(step: Step) -> Expression:
    """Return what an instance is told of the run."""
    given = literal(list(_RECORDS_IN_INPUT))
    members = {
        "id": f"{_EXECUTION}.Id",
        "name": f"{_EXECUTION}.Name",
        "started": f"{_EXECUTION}.StartTime",
        "input": f"$merge([{{}}, $sift({_EXECUTION}.Input, function($v, $k) {{ $not($k in {given}) }})])",
    }
    if step.variables:
        members["variables"] = f"${ALL_VARIABLES}"
    return Expression("{" + ", ".join(f"'{name}': {value}" for name, value in members.items()) + "}")


def processor(
    task_id: str, step: Step, start: str, states: Mapping[str, Any], *, begin: str, measured: str, done: str
) -> dict[str, Any]:
    """Return the ItemProcessor of a distributed Map.

    ``states`` are those of an instance in an inline Map: they end, or lead to ``done``. ``begin`` and
    ``measured`` are names for states before and behind them.
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
    record = f"$states.input.{path(task_id)}"
    began = f"$toMillis({_EXECUTION}.StartTime)"
    tries = f"$exists(${_TRIES}) and ${_TRIES} > 1 ? {{'tries': ${_TRIES}}} : {{}}"
    measures = f"$merge([{record}, {{'ran': {record}.at - {began}}}, {tries}])"
    found[measured] = {
        "Type": "Pass",
        "Output": str(Expression(f"{{{literal(task_id)}: {measures}}}")),
        "End": True,
    }
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return {"ProcessorConfig": config, "StartAt": start, "States": found}


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
