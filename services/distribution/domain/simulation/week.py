"""The week of 24 to 30 July 2021 again: what the units brought, handed out as we plan it and as it was done. Pure."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import fmean

from services.distribution.domain.distance import kilometres
from services.distribution.domain.rounds import Line, Pledged, carry_before, places_of
from services.distribution.domain.simulation.measures import jain
from services.distribution.domain.simulation.play import Outcome
from services.distribution.domain.simulation.policies import Plan, in_place, ours
from services.distribution.domain.simulation.world import PLAIN_KIT, History, Isolated, World, build
from services.distribution.domain.stock import Lot
from shared.ids import derived_id
from shared.reference.model import Reference

DAYS = 7  # from Monday to Sunday: what was collected in a week is used up in it
PLANNED_BEFORE = timedelta(hours=24)  # of the carrying: on Friday morning
OF_24_JULY = 100  # packets for each kelurahan
WAYS: Mapping[str, Plan] = {  # to carry packets to kelurahan, and how they are handed out there
    "ours": ours,
    "100 per kelurahan": in_place,
    "equal numbers per kelurahan": in_place,
}


@dataclass(frozen=True)
class Carried:
    """Packets of a unit that lie in a kelurahan on Saturday morning, `km` from the unit as the crow flies."""

    unit: str
    kelurahan: str
    packets: int
    km: float


@dataclass(frozen=True)
class WeekFigures:
    """What became of the packets. `km` is a packet's mean from its unit to the kelurahan where it is handed out,
    `km_to_door` from there. `carry_ms` and `doors_ms`, CPU of planning who carries what where and of the longest plan
    of doors, are what differs from run to run.
    """

    way: str
    packets: int
    in_time: int
    late: int
    households: int
    persons: int
    kelurahan_with_none: int
    jain_kelurahan: float
    km: float
    km_to_door: float
    carry_ms: float = field(compare=False)
    doors_ms: float = field(compare=False)


def week_of(city: Reference, history: History, round_: date, seed: int) -> World:
    """The whole city in the week of a round, without any goods."""
    world = build(city, history, begin=round_, days=DAYS, scale=1.0, goods="kits", seed=seed)
    return replace(world, purchases=())


def isolated(world: World, at: datetime) -> list[Isolated]:
    """The households that the registry knows at a moment, whose isolation goes on."""
    return [one for one in world.households if one.registered_at <= at < one.ends_at]


def pledged(world: World, round_: date, packets: Mapping[str, int]) -> Pledged:
    """What the plan of the round is made of: persons known on Friday whose isolation goes on after Saturday 08.00."""
    units, kecamatan = places_of(world.city)
    carried_at = carry_before(round_, world.city.zone)
    needs = Counter(dict.fromkeys(kecamatan, 0))
    for one in isolated(world, carried_at - PLANNED_BEFORE):
        if one.household.isolation_until > carried_at:
            needs[world.city.regions[one.household.kelurahan].kecamatan_code] += one.household.size
    return Pledged(packets, needs, units, kecamatan)


def by_plan(city: Reference, lines: Sequence[Line]) -> list[Carried]:
    """The packets of a plan in the lumbung of their kecamatan: the kelurahan in the middle of it."""
    units, kecamatan = places_of(city)
    lumbung = {code: min(city.kelurahan_of(code), key=lambda place: _km(city, place, code)) for code in kecamatan}
    return [
        Carried(
            line.unit,
            lumbung[line.kecamatan],
            line.packets,
            kilometres(units[line.unit].point, kecamatan[line.kecamatan]),
        )
        for line in lines
    ]


def by_hundreds(city: Reference, packets: Mapping[str, int], seed: int) -> list[Carried]:
    """100 packets to one kelurahan after the other while there are some; whose turn comes first is drawn."""
    left, wanted = sum(packets.values()), dict[str, int]()
    for place in _drawn(city, seed):
        wanted[place] = min(OF_24_JULY, left)
        left -= wanted[place]
    return _brought(city, packets, wanted)


def by_equal_numbers(city: Reference, packets: Mapping[str, int], seed: int) -> list[Carried]:
    """The same number to every kelurahan; where one packet more goes is drawn."""
    each, more = divmod(sum(packets.values()), len(city.kelurahan))
    wanted = {place: each + (turn < more) for turn, place in enumerate(_drawn(city, seed))}
    return _brought(city, packets, wanted)


def with_goods(world: World, round_: date, carried: Sequence[Carried]) -> World:
    """The week with these packets, all of them kits of staples, from Saturday 08.00 on."""
    at = carry_before(round_, world.city.zone)
    until = at + timedelta(hours=world.city.products[PLAIN_KIT].shelf_life_hours)
    lots = []
    for one in carried:
        identity = derived_id("simulated week", str(world.seed), one.unit, one.kelurahan)
        pieces = one.packets
        lot = Lot(identity, identity, 1, PLAIN_KIT, one.kelurahan, pieces, until, {"available": pieces})
        lots.append((at, lot))
    return replace(world, purchases=sorted(lots, key=lambda pair: pair[1].lot_id))


def measured(
    world: World, way: str, carried: Sequence[Carried], outcome: Outcome, *, carry_ms: float, doors_ms: float
) -> WeekFigures:
    """The figures of a way; a kelurahan counts where somebody was in isolation when the goods were there."""
    packets = sum(one.packets for one in carried)
    places: defaultdict[str, list[bool]] = defaultdict(list)
    for one in isolated(world, world.purchases[0][0]):
        places[one.household.kelurahan].append(one.household.household_id in outcome.first_at)
    return WeekFigures(
        way=way,
        packets=packets,
        in_time=len(outcome.door_hours),
        late=outcome.late,
        households=len(outcome.first_at),
        persons=sum(o.household.size for o in world.households if o.household.household_id in outcome.first_at),
        kelurahan_with_none=sum(not any(reached) for reached in places.values()),
        jain_kelurahan=jain([fmean(reached) for reached in places.values()]),
        km=sum(one.packets * one.km for one in carried) / packets,
        km_to_door=fmean(outcome.km) if outcome.km else 0.0,
        carry_ms=carry_ms,
        doors_ms=doors_ms,
    )


def _brought(city: Reference, packets: Mapping[str, int], wanted: Mapping[str, int]) -> list[Carried]:
    """What each kelurahan gets, one after the other, from the nearest units that still have some."""
    units, _ = places_of(city)
    left, found = dict(packets), list[Carried]()
    for place, pieces in wanted.items():
        here = city.regions[place].lat, city.regions[place].lon
        far = {unit: kilometres(units[unit].point, here) for unit in left}
        missing = pieces
        for unit in sorted(left, key=lambda unit: (far[unit], unit)):
            given = min(left[unit], missing)
            if given:
                left[unit] -= given
                missing -= given
                found.append(Carried(unit, place, given, far[unit]))
    return found


def _drawn(city: Reference, seed: int) -> list[str]:
    """The kelurahan in an order of chance."""
    places = city.kelurahan
    random.Random(seed).shuffle(places)  # noqa: S311 - a simulation, not a secret
    return places


def _km(city: Reference, one: str, other: str) -> float:
    a, b = city.regions[one], city.regions[other]
    return kilometres((a.lat, a.lon), (b.lat, b.lon))
