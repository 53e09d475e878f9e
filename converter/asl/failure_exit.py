"""The failure exit of a group: the way that is taken once something in it did not succeed.

It records what did not run because of that, tells the branches that wait for it, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from converter.asl import decisions, records
from converter.asl.groups import Group
from converter.asl.names import listing
from converter.expressions.jsonata import Expression
from converter.planning import Parallel, Step

if TYPE_CHECKING:
    from converter.asl.block import BlockWriter


class FailureExit:
    """The failure exit of a group, which is written if something leads to it.

    ``is_guarded``: a state asks beforehand whether the group may run at all.
    """

    def __init__(self, block: BlockWriter, group: Group, index: int, *, is_guarded: bool) -> None:
        self.block = block
        self.emission = block.emission
        self.group = group
        self.index = index
        self._is_guarded = is_guarded
        self._name: str | None = None

    def name(self) -> str:
        """Return the name of its first state, which is then written."""
        if self._name is None:
            followers = self._followers()
            publishing = self.to_publish()
            if followers:
                self._name = self.emission.names.unique(f"{listing(followers)}: mark if not run")
            elif publishing:
                self._name = self.emission.names.unique(f"{publishing[0]}: publish outcome")
            else:
                self._name = self.block.name_after(self.index, succeeded=False)
        return self._name

    def write(self) -> None:
        """Add its states to the block: record the rest, publish, go on."""
        if self._name is None:
            return
        emission, states = self.emission, self.block.states
        followers, publishing = self._followers(), self.to_publish()
        following = self.block.after(self.index, succeeded=False)
        if publishing:
            names = [
                emission.names.unique(f"{task}: publish outcome")
                for task in publishing[bool(not followers) :]
            ]
            names = names if followers else [self._name, *names]
            next_name = self.block.name_after(self.index, succeeded=False)
            for task, name in reversed(list(zip(publishing, names, strict=True))):
                states[name] = emission.publish_state(task, next_name)
                next_name = name
            following = {"Next": next_name}
        if followers:
            states[self._name] = {"Type": "Pass", "Output": str(self._marked(followers)), **following}

    def to_publish(self) -> list[str]:
        """Return the awaited tasks whose end it has to tell.

        A Parallel at the beginning always runs, unless the group starts in doubt: its own blocks tell.
        """
        first, *rest = self.group.units
        tells = isinstance(first.item, Parallel) and not set(first.tasks) & set(self._followers())
        units = rest if tells else self.group.units
        told = self.emission.noted | (self.emission.awaited if self.emission.needs_table else frozenset())
        return [task for unit in units for task in unit.tasks if task in told]

    def _followers(self) -> tuple[str, ...]:
        """Return the tasks of the group that may be without a record when it is taken."""
        first, *rest = self.group.units
        starts_in_doubt = bool(first.awaited) or (self.group.is_whole and self._is_guarded)
        if not self.group.is_whole and isinstance(first.item, Step):
            return ()
        units = self.group.units if starts_in_doubt else tuple(rest)
        return tuple(task for unit in units for task in unit.tasks)

    def _marked(self, followers: tuple[str, ...]) -> Expression:
        """Return the data with a record for each follower that has none."""
        rules = self.emission.rules
        deciding = (*self.group.guard, *self.group.tasks)
        overtaken = not rules.overtaken.isdisjoint(deciding)
        mapped = not rules.mapped.isdisjoint(deciding)
        if rules.order_matters:
            behind = [
                (task, [up for up in rules.questions[task].upstream if up in deciding])
                for task in rules.in_order(followers)
            ]
            return decisions.mark_each_not_run(behind, data=records.INPUT, overtaken=overtaken, mapped=mapped)
        return decisions.mark_not_run(
            followers,
            data=records.INPUT,
            decided_by=self.block.records_of(deciding, also=self.group.tasks),
            may_be_skipped=rules.may_be_skipped(*followers),
            overtaken=overtaken,
            mapped=mapped,
        )
