"""The best of all moves at once, by min-cost flow; OR-tools is an optional extra (`pip install peduli[solver]`)."""

from __future__ import annotations

from uuid import UUID

from services.distribution.domain.allocation.improve import Offer, Solver, solve_greedily

try:
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
except ImportError:  # the greedy is what there is then
    SimpleMinCostFlow = None


def solver() -> Solver:
    """The flow where OR-tools is installed, else the greedy."""
    return solve_by_flow if SimpleMinCostFlow is not None else solve_greedily


def solve_by_flow(offer: Offer) -> list[UUID | None]:
    """The moves of the most worth in all: one packet a household, every packet at a door or back in stock."""
    homes = sorted({home for worth in offer.worth for home in worth})
    source, sink = 0, 1
    node_of = {home: 2 + len(offer.packets) + number for number, home in enumerate(homes)}
    flow = SimpleMinCostFlow()
    arcs: dict[int, tuple[int, UUID | None]] = {}
    for number, worth in enumerate(offer.worth):
        flow.add_arc_with_capacity_and_unit_cost(source, 2 + number, 1, 0)
        for home, value in sorted(worth.items()):
            arcs[flow.add_arc_with_capacity_and_unit_cost(2 + number, node_of[home], 1, -value)] = number, home
        arcs[flow.add_arc_with_capacity_and_unit_cost(2 + number, sink, 1, 0)] = number, None
    for node in node_of.values():
        flow.add_arc_with_capacity_and_unit_cost(node, sink, 1, 0)
    flow.set_node_supply(source, len(offer.packets))
    flow.set_node_supply(sink, -len(offer.packets))
    if flow.solve() != flow.OPTIMAL:
        return solve_greedily(offer)
    found: list[UUID | None] = [None] * len(offer.packets)
    for arc, (number, to) in arcs.items():
        if flow.flow(arc):
            found[number] = to
    return found
