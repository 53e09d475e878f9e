"""Which tasks get an Await, where a DAG is not series-parallel: as few as possible.

The Awaits must hit every obstruction (see ``obstructions``). So: hit the known ones with the fewest tasks;
where the DAG is still stuck, there are obstructions that are not hit; add them; again, until it falls
apart. If every answer on the way was a proven minimum, the last one is: no smaller set hits even the
obstructions that are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from converter.planning.decompose import stuck_parts
from converter.planning.hitting import Dearness, Hitting, Members, hit_all
from converter.planning.obstructions import find_obstruction, short_obstructions
from converter.planning.order import Order, bits


@dataclass(frozen=True)
class Choice:
    """The set of tasks that need an Await. ``proven``: no smaller set would do."""

    awaiting: int
    proven: bool


def choose_awaiting(order: Order, dearness: Dearness) -> Choice:
    """Return few tasks that, with Awaits, let the DAG fall apart; among equals rather those less dear."""
    native = dict(enumerate(order.direct))
    awaiting = 0
    proven = True
    for stuck in stuck_parts(order, order.everything, native):
        found = _choose_in(order, stuck, dearness)
        awaiting |= found.awaiting
        proven &= found.proven
    return Choice(awaiting, proven)


def _choose_in(order: Order, tasks: int, dearness: Dearness) -> Choice:
    """Return the choice for one set that does not fall apart."""
    known = short_obstructions(order, tasks)
    guessed = False
    solved: dict[tuple[Members, ...], Hitting] = {}
    while True:
        hitting = hit_all(known, dearness, solved)
        awaiting = sum(1 << task for task in hitting.chosen)
        missed = _missed(order, tasks, awaiting)
        if not missed:
            return Choice(awaiting, hitting.proven and not guessed)
        for obstruction in missed:
            guessed |= not obstruction.proven
            known.append(obstruction.tasks)


@dataclass(frozen=True)
class _Missed:
    """Tasks of which one shall get an Await. ``proven``: one must."""

    tasks: Members
    proven: bool = True


def _missed(order: Order, tasks: int, awaiting: int) -> list[_Missed]:
    """Return obstructions that ``awaiting`` does not hit, no two with a common task; none if it hits all."""
    native = {task: order.direct[task] & tasks for task in bits(tasks & ~awaiting)}
    missed: list[_Missed] = []
    barren: set[int] = set()
    pending = stuck_parts(order, tasks, native)
    while pending:
        stuck = pending.pop()
        found = find_obstruction(order, stuck, native, barren)
        missed.append(_Missed(found) if found else _guess(stuck, native))
        for task in missed[-1].tasks:
            del native[task]
        pending.extend(stuck_parts(order, stuck, native))
    return missed


def _guess(stuck: int, native: dict[int, int]) -> _Missed:
    """Return the task that holds most of a stuck set together, where no short obstruction was found."""
    waiting = (task for task in bits(stuck) if task in native)
    return _Missed((max(waiting, key=lambda task: ((native[task] & stuck).bit_count(), task)),), proven=False)
