"""What nobody could have done better who knew all that would come; by OR-tools, an optional extra."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from services.distribution.domain.allocation.rules import Travel, kept_for, refusal
from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.household import need
from services.distribution.domain.simulation.play import SHIFT, first_ride
from services.distribution.domain.simulation.world import World

try:
    import numpy as np
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
except ImportError:
    SimpleMinCostFlow = None

HOUR = timedelta(hours=1)


class Bound(NamedTuple):
    """The most persons that one piece each could reach, and the part of the goods (0 to 1) that must spoil."""

    persons: int
    spoilt: float


def hindsight(world: World, rules: Rules) -> Bound | None:
    """What is possible at best in this world; None without OR-tools.

    Early ends and who will refuse are known, goods wait for whom they help, teams have no limit. But it is the same
    world: plans are made by the hour, teams sleep, and a ride takes the time that it takes.
    """
    if SimpleMinCostFlow is None:
        return None
    if not world.purchases or not world.households:
        return Bound(0, 0.0)
    flow, source, sink = SimpleMinCostFlow(), 0, 1
    lots, first_home = len(world.purchases), 2 + len(world.purchases)
    pieces = np.array([lot.balances["available"] for _, lot in world.purchases])
    flow.add_arcs_with_capacity_and_unit_cost(np.full(lots, source), np.arange(2, first_home), pieces, np.zeros(lots))
    helps = np.zeros(lots, dtype=bool)
    for number, helped in enumerate(_helped(world, rules)):
        helps[helped] = True
        size, node = world.households[number].household.size, first_home + number
        count = len(helped)
        ones, zeros = np.ones(count), np.zeros(count)
        flow.add_arcs_with_capacity_and_unit_cost(2 + helped, np.full(count, node), ones, zeros)
        flow.add_arc_with_capacity_and_unit_cost(node, sink, 1, -size)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, int(pieces.sum()), 0)
    flow.set_node_supply(source, int(pieces.sum()))
    flow.set_node_supply(sink, -int(pieces.sum()))
    assert flow.solve() == flow.OPTIMAL
    spoils = np.array([lot.expires_at < world.end for _, lot in world.purchases])
    return Bound(-int(flow.optimal_cost()), float(pieces[spoils & ~helps].sum() / pieces.sum()))


def _helped(world: World, rules: Rules) -> Any:
    """For each household the numbers of the purchases that could have come in time."""
    city, stock = world.city, [lot for _, lot in world.purchases]
    kecamatan = {code: city.regions[code].kecamatan_code for code in city.kelurahan}
    travel = Travel(Snapshot(stock, (), city.products, kecamatan), rules, world.begin)
    products = [city.products[lot.sku] for lot in stock]
    bought = np.ceil(_hours([at for at, _ in world.purchases], world.begin))
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
        ride, luck = rides[home.kelurahan], first_ride(world, home)
        registered, until, ends = _hours([one.registered_at, home.isolation_until, one.ends_at], world.begin)
        planned = np.maximum(bought, np.ceil(registered))
        arrives, comes = planned + ride, _in_shift(planned + luck.looks_after) + ride * luck.part_of_ride
        good = (arrives < expires) & (arrives < until) & (comes < expires) & (comes < ends) & (ride <= kept)
        yield np.nonzero(good & fits[profile] & (not luck.is_refused))[0]


def _in_shift(hours: Any) -> Any:
    """These moments, or when the next shift begins; in hours from a midnight of the city."""
    day, hour = np.divmod(hours, 24)
    begins = (day + (hour >= SHIFT.stop)) * 24 + SHIFT.start
    return np.where((hour >= SHIFT.start) & (hour < SHIFT.stop), hours, begins)


def _hours(moments: list[datetime], begin: datetime) -> Any:
    return np.array([(at - begin) / HOUR for at in moments])
