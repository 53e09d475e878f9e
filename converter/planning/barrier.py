"""The baseline: a barrier between layers, as converters do that know no Await."""

from __future__ import annotations

from converter.planning.order import bits, make_order
from converter.planning.plan import Plan, Step, parallel, sequence
from converter.relations import Relations
from converter.workflow import Workflow


def plan_by_layers(workflow: Workflow) -> Plan:
    """Return a plan without Awaits: a task's layer is one below the lowest of those that it waits for.

    It keeps every dependency, and is not exact: a task also waits for all other tasks of the layers above its
    own. A task with a ``one_*`` rule waits for all its upstream tasks, as nothing else can be said natively.
    """
    relations = Relations(workflow)
    order = make_order(
        {name: (*firing, *relations.watched.get(name, ())) for name, firing in relations.firing.items()}
    )
    depth: list[int] = []
    for ups in order.direct:
        depth.append(1 + max((depth[up] for up in bits(ups)), default=-1))
    layers: list[list[Step]] = [[] for _ in range(1 + max(depth, default=-1))]
    for task, name in enumerate(order.names):
        layers[depth[task]].append(Step(name))
    return sequence(*(parallel(*layer) for layer in layers))
