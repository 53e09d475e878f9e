"""When tasks are expected to end, and what an Await of theirs would cost in waiting.

An Await that begins when its task is already finished asks once. So, among the smallest sets of Awaits, the
better one has them where the rest of a task's upstream takes longer anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from statistics import fmean

from converter.planning.hitting import Dearness
from converter.planning.order import Order, bits


def expected_finish(order: Order, durations: Mapping[str, float]) -> tuple[float, ...]:
    """Return task → seconds from the start to its end if every task starts as soon as it may.

    A task without a known duration takes the mean of the known ones; if none is known, all take one second.
    """
    known = [durations[name] for name in order.names if name in durations]
    usual = fmean(known) if known else 1.0
    finish: list[float] = []
    for task, name in enumerate(order.names):
        start = max((finish[up] for up in bits(order.direct[task])), default=0.0)
        finish.append(start + durations.get(name, usual))
    return tuple(finish)


def dearness(order: Order, finish: SequenceOf[float]) -> Dearness:
    """Return a key that is smaller the less an Await of that task would wait.

    What no other task waits for directly is surely there to come natively after. The Await waits for the rest
    from then on. Of equals, later tasks have the smaller key: early ones rather wait natively.
    """
    down = order.downstream()

    def key(task: int) -> tuple[float, ...]:
        ups = list(bits(order.direct[task]))
        begin = max((finish[up] for up in ups if down[up] == 1 << task), default=0.0)
        end = max((finish[up] for up in ups), default=0.0)
        return end - begin, -task

    return key
