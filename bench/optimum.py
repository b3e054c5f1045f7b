"""The most persons that one piece each can reach, by OR-tools: what our plan is measured against.

The model is that of allocation.md: the hard rules, a team's doors, one packet a household; worth is the persons of
households that have nothing. `by_flow` joins lots and households that are alike, so that a city can be solved;
`by_cp_sat` has a variable for each pair that the rules allow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from uuid import UUID

from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from ortools.sat.python import cp_model

from services.distribution.domain.allocation.rules import FLAGS, Travel, usable
from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.household import Household, need
from services.distribution.domain.stock import Lot


class Pairs:
    """Which lot may be the first piece of which household; answers are kept by what they hang on."""

    def __init__(self, snapshot: Snapshot, rules: Rules, now: datetime) -> None:
        self.snapshot, self.rules, self.now = snapshot, rules, now
        self.travel = Travel(snapshot, rules, now)
        self.homes = [
            home
            for home in snapshot.households
            if home.has_nothing and not home.has_open and home.isolation_until > now
        ]
        self.lots = [lot for lot in snapshot.lots if lot.balances.get("available", 0)]

    def allowed(self, lot: Lot, home: Household) -> bool:
        """No hard rule forbids it, and it serves a need."""
        product, needed = self.snapshot.products[lot.sku], need(home, self.now)
        if all(home.met.get(group, 0) >= needed[group] for group in product.need_groups):
            return False
        return usable(lot, product, home, self.travel, self.rules) is None

    def room(self) -> dict[str, int]:
        """Doors that each team can still serve today."""
        snapshot = self.snapshot
        used = Counter(snapshot.open_tasks) + Counter(snapshot.done_today)
        return {place: max(0, self.rules.doors_a_day - used[place]) for place in snapshot.kecamatan}


def by_cp_sat(snapshot: Snapshot, rules: Rules, now: datetime, seconds: float) -> tuple[int, bool]:
    """Persons reached, and whether that is proved to be the most."""
    pairs, model = Pairs(snapshot, rules, now), cp_model.CpModel()
    of_lot: defaultdict[UUID, list[cp_model.IntVar]] = defaultdict(list)
    served: defaultdict[str, list[cp_model.LinearExpr]] = defaultdict(list)
    worth = []
    for home in pairs.homes:
        gets = []
        for lot in pairs.lots:
            if pairs.allowed(lot, home):
                gets.append(model.new_bool_var(""))
                of_lot[lot.lot_id].append(gets[-1])
        model.add_at_most_one(gets)
        served[home.kelurahan] += gets
        worth += [home.size * get for get in gets]
    for lot in pairs.lots:
        model.add(sum(of_lot[lot.lot_id]) <= lot.balances["available"])
    for place, room in pairs.room().items():
        model.add(sum(served[place]) <= room)
    model.maximize(sum(worth))
    solver = cp_model.CpSolver()
    # a busy machine must not take the solver's time: its own clock counts work
    solver.parameters.max_deterministic_time, solver.parameters.num_workers = seconds, 1
    status = solver.solve(model)
    return round(solver.objective_value), status == cp_model.OPTIMAL


def by_flow(snapshot: Snapshot, rules: Rules, now: datetime) -> int:
    """Persons reached at most."""
    pairs = Pairs(snapshot, rules, now)
    latest = max((pairs.travel.latest(place) for place in snapshot.kecamatan), default=now)
    lots: defaultdict[object, list[Lot]] = defaultdict(list)
    for lot in pairs.lots:
        is_easy = lot.expires_at > latest and snapshot.products[lot.sku].storage == "ambient"
        lots[lot.sku if is_easy else (lot.sku, lot.kelurahan, lot.expires_at)].append(lot)
    homes: defaultdict[object, list[Household]] = defaultdict(list)
    for home in pairs.homes:
        until = None if home.isolation_until > latest else home.isolation_until
        homes[home.kelurahan, home.size, home.allergens, home.groups & FLAGS, until].append(home)
    return _flow(pairs, list(lots.values()), list(homes.values()))


def _flow(pairs: Pairs, lots: list[list[Lot]], homes: list[list[Household]]) -> int:
    flow, source, sink = SimpleMinCostFlow(), 0, 1
    first_home = 2 + len(lots)
    places = {place: first_home + len(homes) + number for number, place in enumerate(pairs.snapshot.kecamatan)}
    for number, alike in enumerate(lots):
        pieces = sum(lot.balances["available"] for lot in alike)
        flow.add_arc_with_capacity_and_unit_cost(source, 2 + number, pieces, 0)
        for other, families in enumerate(homes):
            if pairs.allowed(alike[0], families[0]):
                flow.add_arc_with_capacity_and_unit_cost(2 + number, first_home + other, len(families), 0)
    for other, families in enumerate(homes):
        node, team = first_home + other, places[families[0].kelurahan]
        flow.add_arc_with_capacity_and_unit_cost(node, team, len(families), -families[0].size)
    for place, room in pairs.room().items():
        flow.add_arc_with_capacity_and_unit_cost(places[place], sink, room, 0)
    total = sum(lot.balances["available"] for alike in lots for lot in alike)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, total, 0)
    flow.set_node_supply(source, total)
    flow.set_node_supply(sink, -total)
    assert flow.solve() == flow.OPTIMAL
    return -int(flow.optimal_cost())
