"""The hard rules: what may go to which door, and when it would be there. A packet that breaks one is never made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.distance import kilometres
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from shared.reference.model import Product, Storage

SAME_KELURAHAN, SAME_KECAMATAN, SAME_CITY = range(3)
FLAGS = frozenset({"infant", "diabetic", "no_cook"})  # the groups that forbid goods
TO_BE_COOKED = ("sembako", "sayur_buah")


def distance_class(origin: str, home: str, kecamatan: Mapping[str, str]) -> int:
    """0 in one kelurahan, 1 in one kecamatan, 2 in the city."""
    if origin == home:
        return SAME_KELURAHAN
    return SAME_KECAMATAN if kecamatan.get(origin) == kecamatan.get(home) else SAME_CITY


class Ring(NamedTuple):
    """When goods of one class of distance would be at a home, and the places that have some, the nearest first."""

    arrives: datetime
    places: Sequence[str]


class Travel:
    """How long goods take from one kelurahan to a door in another, given the queues of today."""

    def __init__(self, snapshot: Snapshot, rules: Rules, now: datetime) -> None:
        self._snapshot, self._rules, self.now = snapshot, rules, now
        first = rules.same_kelurahan_hours
        self._further = (0, rules.same_kecamatan_hours - first, rules.city_hours - first)
        self.origins = sorted({lot.kelurahan for lot in snapshot.lots})
        self.rings = cache(self._rings)
        self.latest = cache(self._latest)

    def hours(self, origin: str, home: str) -> float:
        """Hours until goods of `origin` are at a door in `home`."""
        return self._hours(self.distance(origin, home), home)

    def is_inside(self, origin: str) -> bool:
        """Whether goods of `origin` are in this city; nothing travels out of one or into it."""
        return origin in self._snapshot.kecamatan

    def _hours(self, far: int, home: str) -> float:
        """By the class of distance: learned there, else by class and the team's queue."""
        learned = self._snapshot.door_hours.get(home)
        if learned is None:
            queue = self._snapshot.open_tasks.get(home, 0) / self._rules.doors_an_hour
            learned = self._rules.same_kelurahan_hours + queue
        return learned + self._further[far]

    def distance(self, origin: str, home: str) -> int:
        """The class of distance."""
        return distance_class(origin, home, self._snapshot.kecamatan)

    def arrival(self, origin: str, home: str) -> datetime:
        """When goods that are assigned now would be at the door."""
        return self.now + timedelta(hours=self.hours(origin, home))

    def _latest(self, home: str) -> datetime:
        return max((ring.arrives for ring in self.rings(home) if ring.places), default=self.now)

    def _rings(self, home: str) -> list[Ring]:
        """Places with goods inside the city as `home` sees them, by their class of distance."""
        here, points = self._snapshot.points.get(home), self._snapshot.points

        def km(origin: str) -> float:
            return kilometres(here, points[origin]) if here and origin in points else 0.0

        inside: list[list[str]] = [[], [], []]
        for origin in self.origins:
            if self.is_inside(origin):
                inside[self.distance(origin, home)].append(origin)
        return [
            Ring(self.now + timedelta(hours=self._hours(far, home)), sorted(places, key=km))
            for far, places in enumerate(inside)
        ]


def refusal(product: Product, household: Household) -> str | None:
    """The rule that forbids this product at this door, or None (L6). It reads `allergens` and FLAGS only."""
    if product.allergens & household.allergens:
        return "ALLERGEN"
    if product.infant and "infant" not in household.groups:
        return "NO_INFANT"
    if "diabetic" in household.groups and not product.diabetic_friendly:
        return "NOT_DIABETIC_FRIENDLY"
    if "no_cook" in household.groups and product.category in TO_BE_COOKED:
        return "NEEDS_COOKING"
    return None if product.halal else "NOT_HALAL"


def late(
    expires_at: datetime, storage: Storage, until: datetime, arrives: datetime, far: int, rules: Rules
) -> str | None:
    """Why goods that arrive at `arrives`, with others of which the furthest come from `far`, would be no help, or None
    (L5).
    """
    if arrives >= expires_at:
        return "SPOILS_BEFORE_ARRIVAL"
    if arrives >= until:
        return "ARRIVES_AFTER_ISOLATION"
    return "TOO_FAR_FOR_COLD_GOODS" if far > reach(storage, rules) else None


def reach(storage: Storage, rules: Rules) -> int:
    """The furthest class of distance of these goods: the ride must be shorter than they keep out of the cold. While
    they wait for a team they lie in the cold.
    """
    rides = (rules.same_kelurahan_hours, rules.same_kecamatan_hours, rules.city_hours)
    kept = kept_for(storage, rules)
    return sum(timedelta(hours=ride) <= kept for ride in rides) - 1


def kept_for(storage: Storage, rules: Rules) -> timedelta:
    """How long goods may be on their way, out of the cold."""
    hours = {"chill": rules.chill_hours, "frozen": rules.frozen_hours}
    return timedelta(hours=hours[storage]) if storage in hours else timedelta.max


def usable(lot: Lot, product: Product, household: Household, travel: Travel, rules: Rules) -> str | None:
    """Why this lot cannot go to this door, or None when it can: all hard rules of goods and door."""
    if not travel.is_inside(lot.kelurahan):
        return "OUTSIDE_THE_CITY"
    arrives = travel.arrival(lot.kelurahan, household.kelurahan)
    forbidden = refusal(product, household)
    if forbidden or product.weight_g > rules.packet_grams:
        return forbidden or "TOO_HEAVY"
    far = travel.distance(lot.kelurahan, household.kelurahan)
    return late(lot.expires_at, product.storage, household.isolation_until, arrives, far, rules)
