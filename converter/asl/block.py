"""Writes one ``States`` block: the items of a Sequence, one after another.

A Parallel's branches are blocks again. With Airflow's failure semantics every task's error is caught into
its record, and the block goes on as Airflow would, group of items by group (``groups``, ``group_writer``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from converter.asl import decisions, records
from converter.asl.block_rooms import BlockRooms
from converter.asl.children import Child, has_children, recorded_tasks, returned
from converter.asl.emission import Emission
from converter.asl.group_writer import GroupWriter
from converter.asl.groups import Group, groups_of, units_of
from converter.asl.names import RUN_FAILED
from converter.asl.rooms import Told
from converter.expressions.jsonata import Expression
from converter.planning import Node, Parallel, Step, Strategy, task_ids

RUN_FAILED_ERROR = "DagRunFailed"
_RUN_DECISION = "run: all succeeded?"
_RUN_SUCCEEDED = "run: succeeded"
_NOTHING_TOLD = Told()


def _leaves_before(groups: Sequence[Group], emission: Emission) -> tuple[str, ...]:
    """Return the tasks that decide the run and are not in its last item: only plans by layers have any.

    In an exact plan all that comes before the last item is upstream of it, teardowns left aside.
    """
    if emission.options.strategy is Strategy.EXACT or not groups:
        return ()
    last = frozenset(task_ids(groups[-1].units[-1].item))
    return tuple(leaf for leaf in emission.rules.relations.deciding if leaf not in last)


class BlockWriter:
    """Writes a block.

    ``inherited`` are the tasks of other blocks whose records the block gets as its input, ``certain`` those
    known to have succeeded. ``is_run`` marks the outermost block, which also decides how the run ends;
    ``child`` is given for the outermost block of a child machine. ``told`` are the rooms of the Parallels
    around it.
    """

    def __init__(
        self,
        emission: Emission,
        node: Node,
        *,
        inherited: tuple[str, ...] = (),
        certain: frozenset[str] = frozenset(),
        is_run: bool = False,
        child: Child | None = None,
        told: Told = _NOTHING_TOLD,
    ) -> None:
        self.emission = emission
        self.is_run = is_run
        self.child = child
        self.certain = certain
        self.tasks = recorded_tasks(node)
        self._has_children = has_children(node)
        units = units_of(node)
        # The first state finds them in any case, and what it gives is without them.
        behind = [task for unit in units[1:] for task in unit.tasks]
        inherited = (*inherited, *told.keys_of(behind))
        direct = [unit.item.task_id for unit in units if isinstance(unit.item, Step)]
        self.rooms = BlockRooms(self, told, direct, has_children=self._has_children)
        #: Those of its tasks that push what only other tasks of the same Parallel read.
        self._stay = () if told.in_group else emission.rooms.staying_inside(self.tasks, told.parallel)
        self.states: dict[str, dict[str, Any]] = {}
        #: The tasks whose records the states written next find in their input.
        self.at_hand: dict[str, None] = dict.fromkeys(inherited)
        groups = groups_of(units, emission.rules, certain)
        self._group_count = len(groups)
        self._leaves_before_the_end = _leaves_before(groups, emission) if is_run else ()
        self.groups = [GroupWriter(self, group, index) for index, group in enumerate(groups)]
        learns = any(unit.awaited or unit.learned for group in groups for unit in group.units)
        # One writer: what the block was given, or learned from an Await, must not leave it.
        forgets = emission.rules.is_plain and not emission.has_readers
        decided_as_one = forgets and all(group.is_whole for group in groups)
        self._returns_only_its_own = (
            child is None and not inherited and not self._stay and (decided_as_one or not learns)
        )
        #: Whether there may be records besides those of ``at_hand``.
        self.may_hold_more = self._has_children or any(unit.any for group in groups for unit in group.units)
        learned = (
            task for group in groups for unit in group.units for task in (*unit.awaited, *unit.learned)
        )
        self._strangers = tuple(dict.fromkeys((*inherited, *learned)))
        self._has_begun_children = False
        self._end: str | None = None
        self._leads_to_run_end = False

    def write(self) -> dict[str, Any]:
        """Return ``StartAt`` and ``States`` of the block."""
        if not self.groups:
            return {"StartAt": "nothing to do", "States": {"nothing to do": {"Type": "Succeed"}}}
        for group in self.groups:
            group.write()
        if self._end:
            self.states[self._end] = self._end_state()
        if self.is_run:
            self._write_run_end()
        return {"StartAt": self.groups[0].entry, "States": self.states}

    @property
    def has_records(self) -> bool:
        """Whether the states written next may find records in their input."""
        return bool(self.at_hand) or self._has_begun_children

    def add_records_of(self, node: Node) -> None:
        """Note that the states written next find the records of a node."""
        learned = node.learned if isinstance(node, Child) else ()
        self.at_hand |= dict.fromkeys((*recorded_tasks(node), *learned))
        self._has_begun_children = self._has_begun_children or has_children(node)

    def branch(
        self, node: Node, *, inherited: tuple[str, ...], certain: frozenset[str], told: Told
    ) -> dict[str, Any]:
        """Return the block of one branch of a Parallel in this block."""
        inner = BlockWriter(self.emission, node, inherited=inherited, certain=certain, told=told)
        written = inner.write()
        self.rooms.forgotten |= inner.rooms.forgotten
        return written

    def of_instance(self, emission: Emission, node: Node, inherited: tuple[str, ...]) -> dict[str, Any]:
        """Return the block of one instance of a mapped group in this block."""
        told = Told(self.rooms.told.level, in_group=True)
        inner = BlockWriter(emission, node, inherited=inherited, certain=self.certain, told=told)
        written = inner.write()
        self.rooms.forgotten |= inner.rooms.forgotten
        return written

    def records_of(self, task_ids: tuple[str, ...], also: tuple[str, ...] = ()) -> str:
        """Return an expression for the records of these tasks: all there are, if there are no others."""
        if not self.may_hold_more and set(self.at_hand) | set(also) <= set(task_ids):
            return f"{records.INPUT}.*"
        return decisions.records_of(task_ids)

    def is_last_of_run(self, index: int) -> bool:
        """Return whether all other tasks of the run come before those of this group."""
        return self.is_run and index + 1 == self._group_count and not self._leaves_before_the_end

    def after(self, index: int, *, succeeded: bool) -> dict[str, Any]:
        """Return the transition after group ``index``, if all in it succeeded or if something did not."""
        if index + 1 < len(self.groups):
            return {"Next": self.groups[index + 1].entry}
        if not self.is_run or not self.emission.as_airflow:
            return {"End": True} if self._returns_only_its_own else {"Next": self.end_name()}
        is_in_doubt = self._is_in_doubt_at_end()
        if self.emission.rules.is_plain and not succeeded:
            self._leads_to_run_end = True
            return {"Next": RUN_FAILED}
        self._leads_to_run_end |= is_in_doubt
        return {"Next": _RUN_DECISION} if is_in_doubt else {"End": True}

    def name_after(self, index: int, *, succeeded: bool) -> str:
        """Return the state after group ``index``, for a state that cannot be the last itself."""
        return str(self.after(index, succeeded=succeeded).get("Next") or self.end_name())

    def end_name(self) -> str:
        """Return the name of a last state that has no work of its own."""
        if self._end is None:
            self._end = self.emission.names.unique(f"{self.groups[-1].last_label}: end of branch")
        return self._end

    # --- the end of the block ---------------------------------------------------------------------------

    def _end_state(self) -> dict[str, Any]:
        if self._returns_only_its_own:
            return {"Type": "Succeed"}
        return {"Type": "Pass", "Output": str(self._own_records()), "End": True}

    def _own_records(self) -> Expression:
        emission = self.emission
        if self.child is not None:
            leaves = None if emission.rules.is_plain else emission.rules.relations.deciding
            inside = set(task_ids(self.child))
            leaves = leaves and tuple(leaf for leaf in leaves if leaf in inside)
            return returned(self.child, leaves=leaves, strangers=self._strangers)
        if self._has_children:  # some records may be there that only say that the run has failed
            return records.without(self._strangers, self._stay)
        return records.only(self.tasks, self._stay)

    def _is_in_doubt_at_end(self) -> bool:
        emission, last = self.emission, self.groups[-1].group.units[-1].item
        if not emission.rules.is_plain:
            return self._may_fail(*emission.rules.relations.deciding)
        if emission.as_airflow and emission.rules.may_not_succeed(*self._leaves_before_the_end):
            return True
        # The Catch of a last single task leads away, so what comes here has succeeded; unless it is mapped.
        ends_in_doubt = isinstance(last, Parallel) or not emission.rules.mapped.isdisjoint(task_ids(last))
        return emission.as_airflow and ends_in_doubt and emission.may_not_succeed(last)

    def _may_fail(self, *task_ids: str) -> bool:
        """Whether one of the tasks may fail: by itself, or because its Await passes its deadline."""
        emission = self.emission
        return emission.as_airflow and (bool(emission.awaited) or emission.rules.may_fail(*task_ids))

    def _write_run_end(self) -> None:
        """Write how the run ends, as far as that is in doubt."""
        emission = self.emission
        if not self._leads_to_run_end:
            return
        if self._is_in_doubt_at_end():
            succeeded = (
                records.all_successful(f"{records.INPUT}.*")
                if emission.rules.is_plain
                else decisions.no_leaf_failed(emission.rules.relations.deciding)
            )
            self.states[_RUN_DECISION] = {
                "Type": "Choice",
                "Choices": [{"Condition": str(succeeded), "Next": _RUN_SUCCEEDED}],
                "Default": RUN_FAILED,
            }
            self.states[_RUN_SUCCEEDED] = {"Type": "Succeed"}
        cause = str(records.run_cause())
        self.states[RUN_FAILED] = {"Type": "Fail", "Error": RUN_FAILED_ERROR, "Cause": cause}
