"""The baseline: a barrier between layers, as converters do that know no Await."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf

from converter.planning.order import bits, make_order
from converter.planning.plan import Plan, Step, parallel, sequence


def plan_layers(upstream: Mapping[str, SequenceOf[str]]) -> Plan:
    """Return a plan without Awaits of a graph (task → upstream tasks): a task's layer is one below the lowest
    of those that it waits for.

    It keeps every dependency, and is not exact: a task also waits for all other tasks of the layers above its
    own.
    """
    order = make_order(upstream)
    depth: list[int] = []
    for ups in order.direct:
        depth.append(1 + max((depth[up] for up in bits(ups)), default=-1))
    layers: list[list[Step]] = [[] for _ in range(1 + max(depth, default=-1))]
    for task, name in enumerate(order.names):
        layers[depth[task]].append(Step(name))
    return sequence(*(parallel(*layer) for layer in layers))
