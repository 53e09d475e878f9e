"""The machine as it is played: as emitted, but for tasks of several states (``parts_played``).

Each task's arguments also ask whether the records that it reads are at hand, and say which instance it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.asl.machine import Machine
from converter.expressions.jsonata import Expression, path
from converter.relations import Relations
from converter.verify.parts_played import GIVEN, MAP_INDEX, PLAYED, missing_records, played_block
from converter.workflow import Task

#: How much later a failure is than now, in milliseconds, as JSONata in a Catch.
_LATER = "($contains($string($states.errorOutput.Cause), 'JSONata expression') ? 0.5 : 0)"


def as_played(
    machine: Machine, relations: Relations, task_of: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """Return the machine's definitions as they are played. ``task_of`` gives the tasks by their states."""

    def of_block(block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **block,
            "States": {name: of_state(name, state) for name, state in block["States"].items()},
        }

    def of_state(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
        if name in task_of and "Branches" in state:
            step = machine.steps[task_of[name]]
            reads = [read for read in step.reads if read in state["Arguments"]]
            records = [missing_records(read) for read in reads]
            index = _index_of(relations.tasks[task_of[name]]) if step.instances else None
            played = played_block(step, state["Branches"][0], records, name, index)
            return _a_moment_later({**state, "Branches": [played]})
        if "Branches" in state:
            return {**state, "Branches": [of_block(block) for block in state["Branches"]]}
        if "ItemProcessor" in state:
            return {**state, "ItemProcessor": of_block(state["ItemProcessor"])}
        if name not in task_of or state["Type"] != "Task":
            return dict(state)
        task = task_of[name]
        reads = [read for read in machine.steps[task].reads if read in relations.decided_before(task)]
        which = {MAP_INDEX: str(_index_of(relations.tasks[task]))} if machine.steps[task].instances else {}
        played = {"reads": [missing_records(read) for read in reads], **which}
        return _a_moment_later({**state, "Arguments": {GIVEN: state["Arguments"], PLAYED: played}})

    return tuple(of_block(one.definition) for one in machine.machines)


def _index_of(task: Task) -> Expression:
    return Expression(f"$states.input.{path(task.index_key)}.map_index")


def _a_moment_later(state: dict[str, Any]) -> dict[str, Any]:
    """Return a task's state which fails half a millisecond later if its arguments cannot be made.

    In this engine that takes no time, so that it would come before what is decided at the same moment.
    """
    if "Catch" not in state:
        return state
    catchers = [
        {**catcher, "Output": catcher["Output"].replace("'at': $millis()", f"'at': $millis() + {_LATER}")}
        for catcher in state["Catch"]
    ]
    return {**state, "Catch": catchers}
