from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from converter.checks.graphs import components, reachable

GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.sets(st.integers(0, size - 1)), min_size=size, max_size=size)
)


@given(GRAPHS)
def test_components_are_what_reaches_each_other_and_come_after_what_they_lead_to(
    graph: list[set[int]],
) -> None:
    found = components(range(len(graph)), graph.__getitem__)
    reach = [reachable([node], graph.__getitem__) for node in range(len(graph))]
    assert sorted(node for component in found for node in component) == list(range(len(graph)))
    for position, component in enumerate(found):
        together = {node for node in reach[component[0]] if component[0] in reach[node]}
        assert set(component) == together
        later = {node for other in found[position + 1 :] for node in other}
        assert not later & reach[component[0]]


def test_a_long_chain_needs_no_recursion() -> None:
    assert len(components(range(50_000), lambda node: [node + 1] if node < 49_999 else [])) == 50_000
