"""What a task with an Await waits for natively: as much as the tree can hold.

A task that needs an Await need not wait for everything with it. The more it natively comes after, the later
its Await begins, and the fewer times it asks. A task is *anchored* behind one direct upstream task after the
other, the one that is expected to finish last first, as long as the DAG still falls apart. One that can be
anchored behind all of them needs no Await after all.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf

from converter.planning.decompose import stuck_parts
from converter.planning.obstructions import entangled
from converter.planning.order import Order, bits

#: Decompositions may go through this many tasks in all (a few microseconds each), ten rounds at the least.
EFFORT_PER_TASK = 40
LEAST_EFFORT = 200_000


def anchor(order: Order, awaiting: int, finish: SequenceOf[float]) -> dict[int, int]:
    """Return task → the direct upstream tasks that it waits for natively.

    For tasks outside of ``awaiting`` these are all. ``finish``: task → when it is expected to end.
    """
    return _Anchoring(order, awaiting, finish).run()


class _Anchoring:
    def __init__(self, order: Order, awaiting: int, finish: SequenceOf[float]) -> None:
        self.order = order
        self.finish = finish
        self.native = {task: order.direct[task] for task in bits(order.everything & ~awaiting)}
        #: Task → the tasks that natively wait for it.
        self.behind = dict.fromkeys(bits(order.everything), 0)
        for task, ups in self.native.items():
            for up in bits(ups):
                self.behind[up] |= 1 << task
        self.native.update(dict.fromkeys(bits(awaiting), 0))
        #: Task → the upstream tasks that it was not yet tried behind.
        self.untried = {task: order.direct[task] for task in bits(awaiting)}
        self.effort = max(LEAST_EFFORT, EFFORT_PER_TASK * order.everything.bit_count())

    def run(self) -> dict[int, int]:
        while self.untried and self.effort > 0:
            proposed: list[tuple[int, int]] = []
            for task in list(self.untried):
                up = self._next_candidate(task)
                if up is None:
                    del self.untried[task]
                else:
                    self._tie(task, up)
                    proposed.append((task, up))
            self._keep_what_holds(proposed)
        return self.native

    def _next_candidate(self, task: int) -> int | None:
        """Return the best untried upstream task that no letter N forbids at once."""
        while self.untried[task]:
            # Behind the end of a branch the tree stays flat; behind its middle, the branch must fork.
            up = max(
                bits(self.untried[task]),
                key=lambda up: (self.finish[up], not self.behind[up], up),
            )
            self.untried[task] ^= 1 << up
            if self._holds_at_once(task, up):
                return up
        return None

    def _holds_at_once(self, task: int, up: int) -> bool:
        above = self.native[task] | 1 << up
        rivals = self.behind[up]
        for other in bits(self.native[task]):
            rivals |= self.behind[other]
        return not any(
            entangled(self.order, task, above, rival, self.native[rival])
            for rival in bits(rivals & ~(1 << task))
        )

    def _tie(self, task: int, up: int) -> None:
        self.native[task] |= 1 << up
        self.behind[up] |= 1 << task

    def _untie(self, task: int, up: int) -> None:
        self.native[task] ^= 1 << up
        self.behind[up] ^= 1 << task

    def _keep_what_holds(self, proposed: list[tuple[int, int]]) -> None:
        """Untie as few of the ties just made as it takes for the DAG to fall apart.

        Ties outside of the stuck sets hold. Those inside are tried again in halves.
        """
        pending = [(self.order.everything, proposed, False)]
        while pending:
            tasks, ties, untied = pending.pop()
            if untied:
                ties = [tie for tie in ties if self._holds_at_once(*tie)]
                for tie in ties:
                    self._tie(*tie)
            self.effort -= tasks.bit_count()
            for stuck in stuck_parts(self.order, tasks, self.native):
                guilty = [(task, up) for task, up in ties if stuck >> task & 1 and stuck >> up & 1]
                for tie in guilty:
                    self._untie(*tie)
                if len(guilty) > 1 and self.effort > 0:
                    half = len(guilty) // 2
                    pending.append((stuck, guilty[half:], True))
                    pending.append((stuck, guilty[:half], True))
