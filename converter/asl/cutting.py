"""Where a plan is cut into child machines, so that each machine stays within the limits of Step Functions.

From the leaves of the tree to its root, nodes are put together as long as they fit into one machine. Where
they do not, what has been put together so far becomes children: neighbours in a Sequence or in a Parallel, as
many as fit. A child counts as little more than one Task from then on; and where there are too many of these,
they are put into children again. An Await stays with what it stands before.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field, replace

from converter.asl.children import Child
from converter.asl.weights import Weight, WeightOf
from converter.planning import Await, MappedGroup, Node, Parallel, Plan, Sequence
from converter.planning.plan import walk

#: A piece of less than this share of what a machine may hold is not worth a machine.
_TOO_SMALL = 0.1


@dataclass(frozen=True)
class _Piece:
    """Neighbours in the tree that stay together, and what they weigh in a machine."""

    nodes: tuple[Node, ...]
    weight: Weight

    def __add__(self, other: _Piece) -> _Piece:
        return _Piece((*self.nodes, *other.nodes), self.weight + other.weight)

    @property
    def is_child(self) -> bool:
        return len(self.nodes) == 1 and isinstance(self.nodes[0], Child)


@dataclass
class Cutter:
    """Cuts a plan so that no machine weighs more than ``limit``, as far as single tasks allow."""

    weight_of: WeightOf
    limit: Weight
    _count: int = field(default=0, init=False)

    def cut(self, plan: Plan) -> Plan:
        """Return the plan with its children. It does not recurse: a tree may be thousands of levels deep."""
        built: list[_Piece] = []
        pending: list[tuple[Node, bool]] = [(plan, False)]
        while pending:
            node, children_are_built = pending.pop()
            if isinstance(node, MappedGroup):
                steps = (_Piece((step,), self.weight_of.node(step)) for step in walk(node))
                built.append(_Piece((node,), self.weight_of.inside(node, _sum(list(steps)))))
            elif not isinstance(node, (Sequence, Parallel)):
                built.append(_Piece((node,), self.weight_of.node(node)))
            elif not children_are_built:
                pending.append((node, True))
                pending.extend((child, False) for child in reversed(node.children))
            elif node.children:
                count = len(node.children)
                children = built[-count:]
                del built[-count:]
                built.append(self._together(node, children))
            else:
                built.append(_Piece((node,), Weight()))
        return built[0].nodes[0]

    def _together(self, node: Sequence | Parallel, children: list[_Piece]) -> _Piece:
        """Return a node over its children, some of which become children if they do not fit together."""
        pieces = list(_pieces_of(children))
        while not self._fits(self.weight_of.inside(node, _sum(pieces))):
            fewer = self._with_children(node, pieces)
            if len(fewer) >= len(pieces) and _sum(fewer) == _sum(pieces):
                break  # it is a task that is too large
            pieces = fewer
        nodes = tuple(child for piece in pieces for child in piece.nodes)
        return _Piece((replace(node, children=nodes),), self.weight_of.inside(node, _sum(pieces)))

    def _with_children(self, node: Sequence | Parallel, pieces: SequenceOf[_Piece]) -> list[_Piece]:
        """Return the pieces with neighbours put together as far as they fit, and made children."""
        bins: list[list[_Piece]] = []
        weight = Weight()
        for piece in pieces:
            if bins and self._fits(self.weight_of.inside(node, weight + piece.weight)):
                bins[-1].append(piece)
                weight += piece.weight
            else:
                bins.append([piece])
                weight = piece.weight
        found: list[_Piece] = []
        for members in bins:
            together = _sum(members)
            if (len(members) == 1 and members[0].is_child) or together.share_of(self.limit) < _TOO_SMALL:
                found += members
            else:
                found.append(self._child(type(node), members))
        return found

    def _child(self, kind: type[Sequence] | type[Parallel], members: SequenceOf[_Piece]) -> _Piece:
        nodes = tuple(child for piece in members for child in piece.nodes)
        inside = nodes[0] if len(nodes) == 1 else kind(nodes)
        returns, learned, with_output = self.weight_of.looked_at_outside(inside)
        self._count += 1
        child = Child((inside,), self._count, returns, learned, with_output)
        return _Piece((child,), self.weight_of.child(child))

    def _fits(self, weight: Weight) -> bool:
        return weight.share_of(self.limit) <= 1


def _sum(pieces: SequenceOf[_Piece]) -> Weight:
    return sum((piece.weight for piece in pieces), Weight())


def _pieces_of(children: SequenceOf[_Piece]) -> Iterator[_Piece]:
    """Yield the children, each with the Awaits right before it."""
    before: _Piece | None = None
    for child in children:
        together = child if before is None else before + child
        if isinstance(child.nodes[0], Await):
            before = together
        else:
            yield together
            before = None
