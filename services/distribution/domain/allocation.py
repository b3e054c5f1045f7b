"""Who gets what, and why: greedy in the order of the objective, deterministic, pure (allocation.md §2-4).

First everybody who has nothing gets one piece, the most persons first; then packets are filled, the household with
the lowest coverage first. Of usable goods those that spoil first are taken, then the nearest.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.distribution.domain.household import GROUPS, Household, coverage, need, servings
from services.distribution.domain.stock import COLD_HOURS, Lot, keeps_cold
from shared.reference.model import Product

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rules:
    """The city's figures: hours to a door by distance, grams in a packet, open tasks a kelurahan's team can hold."""

    same_kelurahan_hours: int = 4
    same_kecamatan_hours: int = 8
    city_hours: int = 24
    packet_grams: int = 12_000
    packet_days: int = 3  # days of need that one packet meets at most, so that scarce goods reach more doors
    open_tasks: int = 60


@dataclass(frozen=True)
class Snapshot:
    """What is known at one moment: open lots, households, products, kelurahan -> kecamatan, open tasks."""

    lots: Sequence[Lot]
    households: Sequence[Household]
    products: Mapping[str, Product]
    kecamatan: Mapping[str, str]
    open_tasks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Packet:
    """Pieces of lots for one household, with the codes of why it and not another."""

    household: Household
    lines: tuple[tuple[Lot, int], ...]
    deliver_before: datetime
    why: tuple[str, ...]
    arrives_at: datetime


@dataclass(frozen=True)
class Plan:
    """Packets to make, and per waiting household the code of why it waits."""

    packets: tuple[Packet, ...]
    waiting: Mapping[UUID, str]


@dataclass
class _Draft:
    household: Household
    needed: dict[str, int]
    met: Counter[str]
    rank: int
    tie: str
    pieces: Counter[UUID] = field(default_factory=Counter)
    grams: int = 0
    hours: int = 0  # until the last of its goods is there: all arrives together
    good_until: datetime = NEVER
    why: tuple[str, ...] = ()

    @property
    def coverage(self) -> float:
        return coverage(self.needed, self.met)


def travel_hours(lot: Lot, household: Household, kecamatan: Mapping[str, str], rules: Rules) -> int:
    """Hours from the lot's place to the door, by class of distance."""
    if lot.kelurahan == household.kelurahan:
        return rules.same_kelurahan_hours
    same = kecamatan.get(lot.kelurahan) == kecamatan.get(household.kelurahan)
    return rules.same_kecamatan_hours if same else rules.city_hours


def refusal(product: Product, household: Household) -> str | None:
    """The hard rule that forbids this product at this door, or None (L6)."""
    if product.allergens & household.allergens:
        return "ALLERGEN"
    if product.infant and "infant" not in household.groups:
        return "NO_INFANT"
    if "diabetic" in household.groups and not product.diabetic_friendly:
        return "NOT_DIABETIC_FRIENDLY"
    if "no_cook" in household.groups and product.category in ("sembako", "sayur_buah"):
        return "NEEDS_COOKING"
    return None if product.halal else "NOT_HALAL"


def usable(lot: Lot, product: Product, household: Household, arrives: datetime) -> str | None:
    """Why this lot cannot go to this door with this arrival, or None when it can (hard rules, L5)."""
    if arrives >= lot.expires_at:
        return "SPOILS_BEFORE_ARRIVAL"
    if arrives >= household.isolation_until:
        return "ARRIVES_AFTER_ISOLATION"
    return refusal(product, household)


def allocate(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Plan:
    """One packet at most for each household without an open one; the same input gives the same plan."""
    return _Allocation(snapshot, rules, now, seed).run()


class _Allocation:
    def __init__(self, snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> None:
        self._snapshot, self._rules, self._now, self._seed = snapshot, rules, now, seed
        self._room = Counter({kelurahan: rules.open_tasks - n for kelurahan, n in snapshot.open_tasks.items()})
        self._left = {lot.lot_id: lot.balances.get("available", 0) for lot in snapshot.lots}
        self._by_group: dict[str, list[Lot]] = {group: [] for group in GROUPS}
        for lot in sorted(snapshot.lots, key=lambda lot: (lot.expires_at, lot.lot_id)):
            for group in snapshot.products[lot.sku].need_groups if lot.sku in snapshot.products else ():
                self._by_group[group].append(lot)
        self._lots = {lot.lot_id: lot for lot in snapshot.lots}
        self._waiting: dict[UUID, str] = {}

    def run(self) -> Plan:
        drafts = self._drafts()
        started = [draft for draft in drafts if self._start(draft)]
        self._fill(started)
        return Plan(tuple(self._packet(draft) for draft in started), self._waiting)

    def _drafts(self) -> list[_Draft]:
        """Households that may get a packet, in the order of the objective: nothing yet, persons, coverage, urgency."""
        drafts = []
        for household in self._snapshot.households:
            if household.has_open:
                self._waiting[household.household_id] = "HAS_OPEN_PACKET"
            elif household.isolation_until <= self._now:
                self._waiting[household.household_id] = "ISOLATION_ENDED"
            else:
                needed = need(household, self._now)
                tie = hashlib.sha256(f"{self._seed}{household.household_id}".encode()).hexdigest()
                drafts.append(_Draft(household, needed, Counter(household.met), 0, tie))
        drafts.sort(key=lambda draft: self._key(draft))
        for rank, draft in enumerate(drafts, start=1):
            draft.rank = rank
            following = drafts[rank] if rank < len(drafts) else None
            draft.why = self._why(draft, following)
        return drafts

    def _key(self, draft: _Draft) -> tuple[object, ...]:
        household = draft.household
        fragile = len(household.groups & {"infant", "elderly", "alone"})
        first = household.packets == 0
        return (
            not first,
            -household.size if first else 0,
            draft.coverage,
            household.isolation_until,
            -fragile,
            draft.tie,
        )

    def _why(self, draft: _Draft, following: _Draft | None) -> tuple[str, ...]:
        codes = ["FIRST_PACKET" if draft.household.packets == 0 else "LOWEST_COVERAGE", f"rank:{draft.rank}"]
        if following is not None:
            names = ("FIRST_PACKET", "MORE_PERSONS", "LOWER_COVERAGE", "ENDS_SOONER", "MORE_FRAGILE", "DRAWN_BY_LOT")
            pairs = zip(names, self._key(draft), self._key(following), strict=True)
            codes += [f"before:{following.household.household_id}", next(name for name, a, b in pairs if a != b)]
        return tuple(codes)

    def _start(self, draft: _Draft) -> bool:
        kelurahan = draft.household.kelurahan
        if self._room.get(kelurahan, self._rules.open_tasks) <= 0:
            self._waiting[draft.household.household_id] = "TEAM_FULL"
        elif self._add(draft):
            self._room[kelurahan] = self._room.get(kelurahan, self._rules.open_tasks) - 1
            return True
        else:
            self._waiting[draft.household.household_id] = "NO_USABLE_GOODS"
        return False

    def _fill(self, started: list[_Draft]) -> None:
        heap = [(draft.coverage, draft.household.isolation_until, draft.tie, n) for n, draft in enumerate(started)]
        heapq.heapify(heap)
        while heap:
            *_, number = heapq.heappop(heap)
            draft = started[number]
            if self._add(draft):
                heapq.heappush(heap, (draft.coverage, draft.household.isolation_until, draft.tie, number))

    def _add(self, draft: _Draft) -> bool:
        """One piece more of the group that is met least; False when nothing fits."""
        caps = need(draft.household, self._now)
        days = max(1, (draft.household.isolation_until - self._now) // timedelta(days=1) + 1)
        share = min(1.0, self._rules.packet_days / days)
        before = draft.household.met
        open_groups = [
            group
            for group in GROUPS
            if draft.met[group] < caps[group] and draft.met[group] - before.get(group, 0) < caps[group] * share
        ]
        open_groups.sort(key=lambda group: (draft.met[group] / caps[group], GROUPS.index(group)))
        for group in open_groups:
            lot = self._best(draft, group)
            if lot is not None:
                product = self._snapshot.products[lot.sku]
                self._left[lot.lot_id] -= 1
                draft.pieces[lot.lot_id] += 1
                draft.grams += product.weight_g
                draft.hours = max(
                    draft.hours, travel_hours(lot, draft.household, self._snapshot.kecamatan, self._rules)
                )
                draft.good_until = min(draft.good_until, lot.expires_at, *self._warm_at(lot))
                for met in product.need_groups:
                    draft.met[met] += servings(product)
                return True
        return False

    def _best(self, draft: _Draft, group: str) -> Lot | None:
        """Of the usable lots those that spoil first, then the nearest, then by the draw of the day."""
        lots = self._by_group[group]
        if lots and not self._left[lots[0].lot_id]:
            lots[:] = [lot for lot in lots if self._left[lot.lot_id]]
        best: tuple[object, ...] | None = None
        chosen: Lot | None = None
        for lot in lots:
            if best is not None and lot.expires_at > chosen.expires_at:  # type: ignore[union-attr]
                break
            product = self._snapshot.products[lot.sku]
            if not self._left[lot.lot_id] or draft.grams + product.weight_g > self._rules.packet_grams:
                continue
            hours = travel_hours(lot, draft.household, self._snapshot.kecamatan, self._rules)
            on_the_way = timedelta(hours=max(hours, draft.hours))
            if not keeps_cold(lot.storage, on_the_way) or self._now + on_the_way >= draft.good_until:
                continue
            if usable(lot, product, draft.household, self._now + on_the_way) is None:
                key = (hours, lot.lot_id)
                if best is None or key < best:
                    best, chosen = key, lot
        return chosen

    def _warm_at(self, lot: Lot) -> list[datetime]:
        """The first moment at which goods would be too long out of the cold; empty for those that keep anywhere."""
        hours = COLD_HOURS.get(lot.storage)
        return [] if hours is None else [self._now + timedelta(hours=hours, microseconds=1)]

    def _packet(self, draft: _Draft) -> Packet:
        lines = tuple((self._lots[lot_id], quantity) for lot_id, quantity in sorted(draft.pieces.items()))
        before = min([draft.household.isolation_until, *(lot.expires_at for lot, _ in lines)])
        return Packet(draft.household, lines, before, draft.why, self._now + timedelta(hours=draft.hours))
