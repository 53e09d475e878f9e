"""The machine as it is played: what its tasks are told is left out.

Templates and XCom references ask for data that no scenario has: what functions return, what is in a conf.
They stand in the arguments of tasks, and nowhere else. What has to be true of them in any case is that the
records that they read are at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from converter.asl.machine import Machine
from converter.asl.tasks import RUN_ARGUMENT
from converter.expressions.jsonata import Expression, path
from converter.relations import Relations
from converter.verify.parts_played import missing_records, played_block


def without_data(
    machine: Machine, relations: Relations, task_of: Mapping[str, str]
) -> tuple[dict[str, Any], ...]:
    """Return the machine's definitions with plain arguments. ``task_of`` gives the tasks by their states."""

    def plain(block: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **block,
            "States": {name: _plain_state(name, state) for name, state in block["States"].items()},
        }

    def _plain_state(name: str, state: Mapping[str, Any]) -> dict[str, Any]:
        if name in task_of and "Branches" in state:
            step = machine.steps[task_of[name]]
            reads = [read for read in step.reads if read in state["Arguments"]]
            records = [missing_records(read) for read in reads]
            return {**state, "Branches": [played_block(step, state["Branches"][0], records)]}
        if "Branches" in state:
            return {**state, "Branches": [plain(block) for block in state["Branches"]]}
        if "ItemProcessor" in state:
            return {**state, "ItemProcessor": plain(state["ItemProcessor"])}
        if name not in task_of or state["Type"] != "Task":
            return dict(state)
        task = task_of[name]
        reads = [read for read in machine.steps[task].reads if read in relations.decided_before(task)]
        return {
            **state,
            "Arguments": {
                **_plain(state["Arguments"]),
                "reads": [missing_records(read) for read in reads],
                **({"map_index": _index_of(task)} if machine.steps[task].instances else {}),
            },
        }

    return tuple(plain(one.definition) for one in machine.machines)


def _plain(arguments: Any) -> Any:
    """Return arguments without expressions, except for that by which a poller knows a run."""
    if isinstance(arguments, Mapping):
        return {name: value if name == RUN_ARGUMENT else _plain(value) for name, value in arguments.items()}
    if isinstance(arguments, list):
        return [_plain(value) for value in arguments]
    if isinstance(arguments, str) and arguments.startswith("{%"):
        return "a value"
    return arguments


def _index_of(task: str) -> str:
    return str(Expression(f"$states.input.{path(task)}.map_index"))
