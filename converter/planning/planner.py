"""Graph → Plan."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf

from converter.planning.anchoring import anchor
from converter.planning.breaking import choose_awaiting
from converter.planning.building import TreeBuilder
from converter.planning.exactness import assert_exact
from converter.planning.modules import Quotient, contract
from converter.planning.order import Order, make_order
from converter.planning.plan import Plan, Sequence
from converter.planning.waiting import dearness, expected_finish


def plan_graph(upstream: Mapping[str, SequenceOf[str]], durations: Mapping[str, float] | None = None) -> Plan:
    """Return the plan of a graph that is given as task → its upstream tasks, all of which it waits for.

    ``durations``: task → the seconds that it is expected to run, for as many tasks as are known (the others
    count as average). They never change how many Awaits there are, only which of the smallest sets it is, and
    for what a task waits natively: for what ends last, so that an Await seldom asks twice.

    Two tasks are ordered by the plan if and only if the graph orders them; this is checked on every plan.
    The same graph has the same plan everywhere. Raises :class:`converter.planning.order.CycleError` if the
    graph is no DAG, KeyError for an upstream task that the graph does not have.
    """
    order = make_order(upstream)
    if not order.names:
        return Sequence(())
    core = contract(order)
    # A series-parallel graph is a single module, whose tree is ready made.
    plan = (
        next(iter(core.modules.values())).node
        if len(core.modules) == 1
        else _with_awaits(order, core, durations)
    )
    assert_exact(plan, upstream)
    return plan


def _with_awaits(order: Order, core: Quotient, durations: Mapping[str, float] | None) -> Plan:
    """Return the plan of a graph that is not series-parallel, given what is left of it (``core``)."""
    finish = core.ends(expected_finish(order, durations or {}))
    choice = choose_awaiting(core.order, dearness(core.order, finish))
    native = anchor(core.order, choice.awaiting, finish)
    return TreeBuilder(core, native).build()
