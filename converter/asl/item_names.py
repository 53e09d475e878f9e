"""What the states of a group are called, by the job that each does for an item."""

from __future__ import annotations

from converter.asl.await_writer import ask_name
from converter.asl.children import Child
from converter.asl.emission import Emission
from converter.asl.groups import Group, Unit, first_tasks
from converter.asl.names import listing
from converter.planning import MappedGroup, Step


def ask(emission: Emission, unit: Unit) -> str:
    """Return the state that asks for the tasks for which an item waits; empty if there are none."""
    return emission.names.unique(ask_name(emission, unit)) if unit.awaited else ""


def guard(emission: Emission, group: Group) -> str | None:
    """Return the state that asks whether the group, or a single task, may run at all."""
    first = group.units[0].item
    if group.is_whole:
        asks = bool(group.guard)
    else:
        asks = isinstance(first, Step) and emission.rules.may_not_run(first.task_id)
        asks = asks and not group.units[0].any  # then the loop has asked
    return emission.names.unique(f"{listing(first_tasks(first))}: ready?") if asks else None


def item(emission: Emission, unit: Unit) -> str:
    """Return the state that is an item: a task, a Parallel, or the Map of a mapped group."""
    if isinstance(unit.item, Step):
        return emission.names.unique(unit.item.task_id)
    if isinstance(unit.item, MappedGroup):
        return emission.names.unique(f"instances of {unit.item.group_id}")
    if isinstance(unit.item, Child):
        return emission.names.unique(f"child {unit.item.number}: {listing(first_tasks(unit.item))}")
    heads = [first_tasks(child)[0] for child in unit.item.children]
    return emission.names.unique(f"in parallel: {listing(heads)}")


def entry(emission: Emission, unit: Unit, item: str, *, is_last_of_run: bool) -> str:
    """Return the state with which an item begins: for a task, the one that asks whether it is done.

    ``item`` is its own state. Behind the last of a run nothing is left to resume.
    """
    if not isinstance(unit.item, Step):
        return item
    step = emission.steps[unit.item.task_id]
    if not step.refusal:
        if not emission.options.resumable or step.does_nothing:
            return item  # to do nothing again costs nothing
        if is_last_of_run:
            return item
    return emission.names.unique(f"{unit.item.task_id}: done before?")
