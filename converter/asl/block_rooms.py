"""What the states of a block may push: the rooms of ``rooms``, seen from where a state stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from converter.asl import records
from converter.asl.children import RUN_INPUT
from converter.asl.rooms import TaskRoom, Told, instance_bytes, key_of, least_of_instance
from converter.expressions.jsonata import Expression, path
from converter.operators import room
from converter.operators.python import calls_function

if TYPE_CHECKING:
    from converter.asl.block import BlockWriter


class BlockRooms:
    """The rooms of a block's states.

    They follow the block as it is written: whose records are at hand, and which of them have lost their
    outputs by now, which nobody reads any more (``forgotten``). ``direct`` are those of its tasks that are in
    no Parallel inside, ``has_children`` says whether a part of it runs as a machine of its own.
    """

    def __init__(self, block: BlockWriter, told: Told, direct: Sequence[str], *, has_children: bool) -> None:
        self.told = told
        self.forgotten: set[str] = set()
        self._block = block
        self._emission = block.emission
        self._rooms = block.emission.rooms
        self._direct = direct
        self._has_children = has_children

    # --- tasks ------------------------------------------------------------------------------------------

    def of_task(self, task_id: str, forgets: tuple[str, ...]) -> TaskRoom | None:
        """Return what a task, or an instance of it, may push; None if that is little anyway.

        ``forgets`` are tasks whose outputs go as it has succeeded.
        """
        emission, task = self._emission, self._emission.task(task_id)
        if not self._rooms.may_push_much(task_id):
            return None
        if emission.steps[task_id].instances is not None:
            going = forgets if task.mapped_group else ()
            return self._rooms.of_task(task_id, room.of_instance_task(task, going), published=False)
        published = task_id in emission.awaited or task_id in emission.noted
        if self.told.parallel and self._rooms.is_unread(task_id):
            return self._rooms.of_task(
                task_id, Expression(str(self._rooms.unread_bytes)), published=published
            )
        may_push = f"$max([{room.LEAST_BYTES}, {self._available((task_id,), forgets)}])"
        return self._rooms.of_task(task_id, Expression(may_push), published=published)

    def large(self, task_id: str) -> tuple[str, ...]:
        """Return the tasks that a task reads, and that may have pushed much."""
        return tuple(read for read in self._emission.steps[task_id].reads if self._rooms.may_push_much(read))

    def may_say_why(self, task_id: str) -> bool:
        """Whether an expression of a task's state may fail for want of room, and say so.

        What a function pushes it measures itself; the state measures what the function is given, what a
        service has answered, and what it tells executions of their own. And of a list that only the run
        knows, there may be too many items.
        """
        step = self._emission.steps[task_id]
        pushes = self._rooms.may_push_much(task_id) and (bool(step.reads) or not calls_function(step))
        each = step.instances
        expands = each is not None and (each.distributed or each.length is None)
        return bool(self.large(task_id)) or pushes or expands

    def forgotten_after(self, done: str) -> tuple[str, ...]:
        """Return the tasks whose outputs may go once ``done`` has succeeded: they push what may be large, and
        all who read it are done.
        """
        block, readers = self._block, self._emission.readers
        found = [
            task
            for task in block.tasks
            if task in block.at_hand
            and task not in self.forgotten
            and self._rooms.may_push_much(task)
            and readers.get(task, frozenset()) <= {*block.at_hand, done}
        ]
        self.forgotten.update(found)
        return tuple(found)

    # --- instances --------------------------------------------------------------------------------------

    def of_instances(self, task_ids: tuple[str, ...]) -> str | None:
        """Return how many bytes the records of all instances of these tasks may take, as JSONata.

        None where nothing is large: then there is room for as many as the events allow.
        """
        if not self._rooms.any_is_large:
            return None
        left = self._available(task_ids)
        # In the outcome table, they are a text, of at most twice the bytes.
        if any(task in self._emission.noted and not self._rooms.is_unread(task) for task in task_ids):
            return f"$min([{left}, {self._rooms.text_bytes}]) / 2"
        return f"({left}) / 2" if not self._emission.awaited.isdisjoint(task_ids) else left

    def records_of_instance(self, task_ids: tuple[str, ...], sharers: int = 0) -> int:
        """Return the bytes of the records of one instance of a task, or of those of a group, at most.

        Of so many ``sharers`` of its room without what they push, which takes the place of a cause.
        """
        emission = self._emission
        most = emission.most_instances[task_ids[0]]
        together = sum(instance_bytes(emission.steps[task], most) for task in task_ids)
        return together - sharers * least_of_instance(most)

    def most_instances(self, task_ids: tuple[str, ...]) -> str:
        """Return how many instances there may be, as JSONata."""
        most = self._emission.most_instances[task_ids[0]]
        left = self.of_instances(task_ids)
        if left is None:
            return str(most)
        return f"$min([{most}, $floor(({left}) / {self.records_of_instance(task_ids)})])"

    # --- Parallels --------------------------------------------------------------------------------------

    def inside(self, tasks: Sequence[str]) -> tuple[dict[str, Expression], Told]:
        """Return what the branches of a Parallel with these tasks are given of rooms, and what they know."""
        if self.told.in_group:
            return {}, replace(self.told, level=self.told.level + 1)
        level = self.told.level + 1
        keys = self.told.keys_of(tasks)
        given = {key: Expression(f"{records.INPUT}.{path(key)}") for key in keys}
        if meeting := self._rooms.meeting_behind(tasks):
            key = key_of(level)
            left, shares = self.left(), self._rooms.shares(meeting)
            part = str(int(left) // shares) if left.lstrip("-").isdigit() else f"$floor(({left}) / {shares})"
            given[key] = Expression(part)
            keys[key] = meeting
        return given, Told(level, keys, frozenset(tasks))

    # --- what is left -----------------------------------------------------------------------------------

    def left(self) -> str:
        """Return how many bytes the data of the states written next may still grow by, as JSONata."""
        return self._at_hand(self._undecided())

    def _available(self, tasks: Sequence[str], forgets: Sequence[str] = ()) -> str:
        """Return how many bytes these tasks, one or the instances of a Map, may push, as JSONata.

        What instances need for their records is included.
        """
        steps = self._emission.steps
        others = [t for t in self._undecided() if t not in tasks or steps[t].instances is None]
        left = self._at_hand(others, forgets)
        limits = [left, *(f"{records.INPUT}.{path(key)}" for key in self.told.keys_of(tasks))]
        return left if len(limits) == 1 else f"$min([{', '.join(limits)}])"

    def _at_hand(self, undecided: Sequence[str], forgets: Sequence[str] = ()) -> str:
        looking = () if self.told.parallel else self._direct
        reserved = self._rooms.reserved(undecided, looking)
        left = room.at_hand(reserved, forgets, has_records=self._block.has_records)
        return f"{left} - {room.size(RUN_INPUT)}" if self._has_children else left

    def _undecided(self) -> list[str]:
        """Return the tasks of the block that the states written next find no record of."""
        return [task for task in self._block.tasks if task not in self._block.at_hand]
