"""The world that a simulation plays in: households, goods and luck of volunteers, all drawn before the first day.

Every policy meets the same world, so that differences come from the policy alone. Pure: a seed comes in.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from uuid import UUID

from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from shared.reference.model import Product, Reference

PERSONS_IN_ISOLATION = 1.8  # of one household: turns cases into households
SIZES, SIZE_WEIGHTS = (1, 2, 3, 4, 5, 6), (9, 15, 23, 27, 16, 10)
GROUP_CHANCES = {"infant": 0.08, "elderly": 0.18, "pregnant": 0.03, "diabetic": 0.07, "no_cook": 0.10}
ALLERGY_CHANCE = 0.05
WITHOUT_SYMPTOMS = 0.35  # 10 days of isolation; the others 13
REGISTERED_WITHIN = timedelta(hours=36)  # of the begin
ENDS_EARLY = 0.06  # hospital, or moved: on a day that nobody knows before
PURCHASES_A_DAY = 80  # of loose goods in the whole city, after the circular
CIRCULAR = date(2021, 7, 22)
BOUGHT_BETWEEN = (8, 17)  # o'clock
PLAIN_KIT, PLAIN_SHARE = "KIT-SEMBAKO-ISOMAN", 0.8


@dataclass(frozen=True)
class Isolated:
    """A household as the registry knows it, when it was told, and when it really ends."""

    household: Household
    registered_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class World:
    """Everything that will happen, whatever is planned. `scale` is the part of the city that is played."""

    city: Reference
    begin: datetime
    end: datetime
    scale: float
    households: Sequence[Isolated]
    purchases: Sequence[tuple[datetime, Lot]]
    seed: int

    def luck(self, household: UUID, step: str) -> random.Random:
        """The luck of one step of a ride: the same for every policy that makes it."""
        return random.Random(f"{self.seed}:{household}:{step}")  # noqa: S311 - a simulation, not a secret


@dataclass(frozen=True)
class History:
    """What is known of a city's days: new cases by day, and packets of the weekly collections by day."""

    cases: Mapping[date, int]
    packets: Mapping[date, int]


def build(city: Reference, history: History, *, begin: date, days: int, scale: float, goods: str, seed: int) -> World:
    """The world of `days` days from `begin`; `goods` are kits, loose, or both."""
    draw = random.Random(seed)  # noqa: S311
    midnight = datetime.combine(begin, time(), city.zone).astimezone(UTC)
    end = midnight + timedelta(days=days)
    homes = [home for day, cases in sorted(history.cases.items()) for home in _fall_ill(draw, city, day, cases * scale)]
    homes = [home for home in homes if home.registered_at < end and home.household.isolation_until > midnight]
    bought: list[tuple[datetime, Lot]] = []
    if goods in ("kits", "both"):
        for day, packets in sorted(history.packets.items()):
            bought += _buy_kits(draw, city, day, round(packets * scale))
    if goods in ("loose", "both"):
        bought += _buy_loose(draw, city, midnight, days, scale)
    kept = sorted(((at, lot) for at, lot in bought if midnight <= at < end), key=lambda pair: (pair[0], pair[1].lot_id))
    return World(city, midnight, end, scale, homes, kept, seed)


def _whole(draw: random.Random, amount: float) -> int:
    """A whole number with this mean."""
    return int(amount) + (draw.random() < amount % 1)


def _identity(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128))


def _fall_ill(draw: random.Random, city: Reference, day: date, cases: float) -> Iterable[Isolated]:
    """The households whose isolation begins on a day, over the kelurahan by their population."""
    places = city.kelurahan
    weights = list(accumulate(city.regions[code].population or 1 for code in places))
    midnight = datetime.combine(day, time(), city.zone).astimezone(UTC)
    for _ in range(_whole(draw, cases / PERSONS_IN_ISOLATION)):
        begins = midnight + timedelta(hours=draw.uniform(6, 20))
        until = begins + timedelta(days=10 if draw.random() < WITHOUT_SYMPTOMS else 13)
        size = draw.choices(SIZES, SIZE_WEIGHTS)[0]
        groups = {group for group, chance in GROUP_CHANCES.items() if draw.random() < chance}
        allergens = {draw.choice(("egg", "fish", "milk", "peanut"))} if draw.random() < ALLERGY_CHANCE else set()
        home = Household(
            _identity(draw),
            draw.choices(places, cum_weights=weights)[0],
            draw.randint(1, 20),
            size,
            frozenset(groups | ({"alone"} if size == 1 else set())),
            frozenset(allergens),
            begins,
            until,
        )
        early = begins + timedelta(days=draw.uniform(2, 9))
        ends = early if draw.random() < ENDS_EARLY else until
        yield Isolated(home, begins + draw.random() * REGISTERED_WITHIN, ends)


def _lot(draw: random.Random, product: Product, place: str, pieces: int, at: datetime) -> Lot:
    until = at + timedelta(hours=product.shelf_life_hours)
    return Lot(_identity(draw), _identity(draw), 1, product.sku, place, pieces, until, {"available": pieces})


def _buy_kits(draw: random.Random, city: Reference, day: date, packets: int) -> Iterable[tuple[datetime, Lot]]:
    """Kits of a weekly collection, at the shops of the city, some dozens in each purchase."""
    kits = sorted(sku for sku, product in city.products.items() if product.contents)
    shops = sorted(city.sellers)
    while packets > 0:
        pieces = min(packets, draw.randint(5, 40))
        packets -= pieces
        sku = PLAIN_KIT if PLAIN_KIT in kits and draw.random() < PLAIN_SHARE else draw.choice(kits)
        at = _opening(draw, city, day)
        place = city.sellers[draw.choice(shops)].kelurahan_code
        yield at, _lot(draw, city.products[sku], place, pieces, at)


def _buy_loose(
    draw: random.Random, city: Reference, begin: datetime, days: int, scale: float
) -> Iterable[tuple[datetime, Lot]]:
    """Goods that civil servants buy one by one, every day from the circular on."""
    skus = sorted(sku for sku, product in city.products.items() if not product.contents)
    shops = sorted(city.sellers)
    for number in range(days):
        day = (begin + timedelta(days=number)).astimezone(city.zone).date()
        for _ in range(_whole(draw, PURCHASES_A_DAY * scale) if day >= CIRCULAR else 0):
            at, place = _opening(draw, city, day), city.sellers[draw.choice(shops)].kelurahan_code
            for sku in draw.sample(skus, k=draw.randint(1, 3)):
                yield at, _lot(draw, city.products[sku], place, draw.randint(1, 5), at)


def _opening(draw: random.Random, city: Reference, day: date) -> datetime:
    """A moment while shops are open."""
    opens, closes = BOUGHT_BETWEEN
    return datetime.combine(day, time(), city.zone).astimezone(UTC) + timedelta(hours=draw.uniform(opens, closes))
