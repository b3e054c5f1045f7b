"""The most persons that anybody could have reached who knew all that would come; by OR-tools, an optional extra."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from services.distribution.domain.allocation.rules import Travel, kept_for, refusal
from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.household import need
from services.distribution.domain.simulation.world import World

try:
    import numpy as np
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
except ImportError:
    SimpleMinCostFlow = None

HOUR = timedelta(hours=1)


def most_persons(world: World, rules: Rules) -> int | None:
    """Persons of households that one piece each could reach in time; None without OR-tools.

    An upper bound: teams have no limit here, early ends are known, goods wait for whom they help.
    """
    if SimpleMinCostFlow is None or not world.purchases or not world.households:
        return 0 if SimpleMinCostFlow is not None else None
    flow, source, sink = SimpleMinCostFlow(), 0, 1
    lots, first_home = len(world.purchases), 2 + len(world.purchases)
    pieces = np.array([lot.balances["available"] for _, lot in world.purchases])
    flow.add_arcs_with_capacity_and_unit_cost(np.full(lots, source), np.arange(2, first_home), pieces, np.zeros(lots))
    for number, helped in enumerate(_helped(world, rules)):
        size, node = world.households[number].household.size, first_home + number
        count = len(helped)
        ones, zeros = np.ones(count), np.zeros(count)
        flow.add_arcs_with_capacity_and_unit_cost(2 + helped, np.full(count, node), ones, zeros)
        flow.add_arc_with_capacity_and_unit_cost(node, sink, 1, -size)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, int(pieces.sum()), 0)
    flow.set_node_supply(source, int(pieces.sum()))
    flow.set_node_supply(sink, -int(pieces.sum()))
    assert flow.solve() == flow.OPTIMAL
    return -int(flow.optimal_cost())


def _helped(world: World, rules: Rules) -> Any:
    """For each household the numbers of the purchases that could have come in time."""
    city, stock = world.city, [lot for _, lot in world.purchases]
    kecamatan = {code: city.regions[code].kecamatan_code for code in city.kelurahan}
    travel = Travel(Snapshot(stock, (), city.products, kecamatan), rules, world.begin)
    products = [city.products[lot.sku] for lot in stock]
    bought = _hours([at for at, _ in world.purchases], world.begin)
    expires = _hours([lot.expires_at for lot in stock], world.begin)
    kept = np.array([min(kept_for(product.storage, rules) / HOUR, 1e9) for product in products])
    rides = {home: np.array([travel.hours(lot.kelurahan, home) for lot in stock]) for home in city.kelurahan}
    fits: dict[object, Any] = {}
    for one in world.households:
        home = one.household
        needed = need(home, one.registered_at)
        profile = home.allergens, home.groups
        if profile not in fits:
            good = [not refusal(p, home) and any(needed[group] for group in p.need_groups) for p in products]
            fits[profile] = np.array(good)
        ride = rides[home.kelurahan]
        arrives = np.maximum(bought, _hours([one.registered_at], world.begin)[0]) + ride
        ends = _hours([min(one.ends_at, home.isolation_until)], world.begin)[0]
        yield np.nonzero(fits[profile] & (ride <= kept) & (arrives < expires) & (arrives < ends))[0]


def _hours(moments: list[datetime], begin: datetime) -> Any:
    return np.array([(at - begin) / HOUR for at in moments])
