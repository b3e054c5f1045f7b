"""What a packet is made of: lots on shelves, by need and by how soon they spoil, and packets that are being filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from services.distribution.domain.allocation.rules import FLAGS, SAME_CITY, SAME_KELURAHAN, Travel, reach, refusal
from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.household import GROUPS, Household, need, servings
from services.distribution.domain.stock import Lot

# Goods of one class spoil about equally soon: among them the nearest go first, which to the second never decides.
SPOILS_WITHIN = tuple(timedelta(days=days) for days in (1, 3, 7, 30))
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EVERY_GROUP = range(len(GROUPS))
FEW = 8  # places that are sooner sorted than all the city's walked through
Kind = tuple[str, frozenset[str], frozenset[str], datetime | None, tuple[int, ...]]


def draw(seed: str, *ids: UUID) -> bytes:
    """The lot that is drawn between equals: the same all day, another on the next."""
    return blake2b(b"".join(identity.bytes for identity in ids), key=seed.encode()[:64], digest_size=8).digest()


@dataclass(slots=True)
class Draft:
    """A packet that is being filled: servings per group (in the order of GROUPS) needed, met, and to be met by it."""

    household: Household
    needed: list[int]
    met: list[int]
    limits: list[float]
    total: int
    tie: bytes
    opening: list[int] = field(default_factory=list)  # its open groups while it is empty
    fits: dict[str, bool] = field(default_factory=dict)  # by sku, once a shelf was looked at
    is_within_reach: bool = False  # of the goods that are expected, and then the day of its last chance
    last_chance: int = 0
    first: int | None = None
    rank: int = 0
    before: tuple[tuple[Any, ...], tuple[Any, ...], UUID] | None = None  # own key, the runner-up's, and its id
    grams: int = 0
    arrives: datetime = EVER  # of what is in it the last to come,
    good_until: datetime = NEVER  # and the first to spoil: all arrives together
    far: int = SAME_KELURAHAN  # class of distance of what comes from furthest,
    reach: int = SAME_CITY  # and the furthest that what is in it allows
    pieces: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, household: Household, rules: Rules, now: datetime, seed: str) -> Draft:
        """An empty packet for a household."""
        needs = need(household, now)
        needed = [needs[group] for group in GROUPS]
        met = [household.met.get(group, 0) for group in GROUPS]
        days = max(1, (household.isolation_until - now) // timedelta(days=1) + 1)
        share = min(1.0, rules.packet_days / days)
        limits = [min(want, has + want * share) for want, has in zip(needed, met, strict=True)]
        draft = cls(household, needed, met, limits, sum(needed), draw(seed, household.household_id))
        draft.opening = draft.open_groups() if household.met else [group for group in EVERY_GROUP if limits[group]]
        return draft

    @property
    def coverage(self) -> float:
        """The met part of the need, 0 to 1."""
        return sum(map(min, self.met, self.needed)) / self.total if self.total else 1.0

    @staticmethod
    def number(group: str) -> int:
        """Where a group stands in the lists."""
        return GROUPS.index(group)

    def open_groups(self) -> list[int]:
        """Groups that may still get a piece, the least met first: so the packet stays balanced."""
        met, limits, needed = self.met, self.limits, self.needed
        found = [group for group in EVERY_GROUP if met[group] < limits[group]]
        if len(found) > 1:
            found.sort(key=lambda group: met[group] / needed[group])
        return found


def _is_carried(lot: Lot, snapshot: Snapshot, rules: Rules) -> bool:
    """A known product inside the city, light enough for a packet."""
    product = snapshot.products.get(lot.sku)
    return product is not None and product.weight_g <= rules.packet_grams and lot.kelurahan in snapshot.kecamatan


class Shelves:
    """The open lots, by number. A lot whose pieces are gone leaves its shelf."""

    def __init__(self, snapshot: Snapshot, travel: Travel, rules: Rules, seed: str) -> None:
        self._travel, self._rules = travel, rules
        known = [lot for lot in snapshot.lots if _is_carried(lot, snapshot, rules)]
        self.lots: Sequence[Lot] = sorted(known, key=lambda lot: (lot.expires_at, draw(seed, lot.lot_id)))
        self.products = [snapshot.products[lot.sku] for lot in self.lots]
        self.left = [lot.balances.get("available", 0) for lot in self.lots]
        self._groups_of = {p.sku: [g for g, name in enumerate(GROUPS) if name in p.need_groups] for p in self.products}
        self._groups = [self._groups_of[product.sku] for product in self.products]
        self._servings = [servings(product) for product in self.products]
        self._skus = [lot.sku for lot in self.lots]
        self._good_until = [lot.expires_at for lot in self.lots]
        self._reach = [reach(product.storage, rules) for product in self.products]
        self._grams = [product.weight_g for product in self.products]
        self._spoilt = [travel.now + within for within in SPOILS_WITHIN] + [NEVER]
        self._class = [self.spoils(until) for until in self._good_until]
        self._fits: dict[tuple[frozenset[str], frozenset[str]], dict[str, bool]] = {}
        # group -> class of spoiling -> kelurahan -> numbers of lots, which are in the order of spoiling
        self._shelves: list[list[defaultdict[str, list[int]]]] = [
            [defaultdict(list) for _ in range(len(SPOILS_WITHIN) + 1)] for _ in GROUPS
        ]
        self.pieces = sum(self.left)
        self.by_sku: defaultdict[str, list[int]] = defaultdict(list)
        for number, lot in enumerate(self.lots):
            self.by_sku[lot.sku].append(number)
            if self.left[number]:
                for group in self._groups[number]:
                    self._shelves[group][self._class[number]][lot.kelurahan].append(number)

    def spoils(self, expires_at: datetime) -> int:
        """The class of goods that expire then."""
        left = expires_at - self._travel.now
        return sum(left > within for within in SPOILS_WITHIN)

    def best(self, draft: Draft) -> int | None:
        """The lot of the draft's next piece: of its least met group, what spoils first, then the nearest."""
        for group in draft.open_groups() if draft.pieces else draft.opening:
            for spoils, shelf in enumerate(self._shelves[group]):
                if shelf:
                    number = self._on_shelf(draft, shelf, self._spoilt[spoils])
                    if number is not None:
                        return number
        return None

    def _on_shelf(self, draft: Draft, shelf: dict[str, list[int]], spoilt: datetime) -> int | None:
        """The nearest usable lot of a shelf whose goods have all spoilt at `spoilt`."""
        home = draft.household
        if not draft.fits:
            draft.fits = self.fits(home)
        fits = draft.fits
        nearest, room = self._travel.nearest(home.kelurahan), self._rules.packet_grams - draft.grams
        skus, grams, good_until, reaches = self._skus, self._grams, self._good_until, self._reach
        too_late, together = min(home.isolation_until, spoilt, draft.good_until), draft.arrives
        places: Iterable[str] = nearest if len(shelf) > FEW else sorted(shelf, key=lambda place: nearest[place].rank)
        for place in places:
            _, arrives, far = nearest[place]
            if arrives >= too_late or far > draft.reach:
                break  # and all that is further away
            if arrives < together:
                arrives = together
            if far < draft.far:
                far = draft.far
            for number in shelf.get(place, ()):
                if (
                    grams[number] <= room
                    and arrives < good_until[number]
                    and far <= reaches[number]
                    and fits[skus[number]]
                ):
                    return number
        return None

    def fits(self, household: Household) -> dict[str, bool]:
        """By sku: whether no rule about goods and people forbids it at this door."""
        profile = household.allergens, household.groups & FLAGS  # all that `refusal` reads
        if profile not in self._fits:
            forbidden = {p.sku: refusal(p, household) for p in self.products}
            self._fits[profile] = {sku: reason is None for sku, reason in forbidden.items()}
        return self._fits[profile]

    def groups_of(self, sku: str) -> Sequence[int]:
        """The need groups that a product on the shelves serves."""
        return self._groups_of[sku]

    def kind(self, draft: Draft) -> Kind:
        """Households of one kind can use the same lots."""
        home = draft.household
        hurries = home.isolation_until <= self._travel.latest(home.kelurahan)
        until = home.isolation_until if hurries else None
        return home.kelurahan, home.allergens, home.groups & FLAGS, until, tuple(sorted(draft.opening))

    def sought(self, draft: Draft, among: dict[str, list[int]]) -> list[int]:
        """The lots, also empty ones, that could be in the draft while it is empty; they are taken out of `among`."""
        fits, groups, until = self.fits(draft.household), set(draft.opening), draft.household.isolation_until
        nearest, found = self._travel.nearest(draft.household.kelurahan), list[int]()
        for sku, numbers in among.items():
            if not numbers or not fits[sku] or groups.isdisjoint(self._groups_of[sku]):
                continue
            others: list[int] = []
            for number in numbers:
                _, arrives, far = nearest[self.lots[number].kelurahan]
                in_time = arrives < until and arrives < self._good_until[number] and far <= self._reach[number]
                (found if in_time else others).append(number)
                if in_time and self.left[number]:
                    return found  # a piece is found, and nobody looks further
            among[sku] = others
        return found

    def take(self, number: int) -> None:
        """Keep a piece of the lot for a packet."""
        self.pieces -= 1
        self.left[number] -= 1
        if not self.left[number]:
            for group in self._groups[number]:
                shelf, place = self._shelves[group][self._class[number]], self.lots[number].kelurahan
                shelf[place].remove(number)
                if not shelf[place]:
                    del shelf[place]

    def pack(self, draft: Draft, number: int) -> None:
        """Put a piece that is taken into the packet."""
        draft.pieces[number] = draft.pieces.get(number, 0) + 1
        draft.grams += self._grams[number]
        _, arrives, far = self._travel.nearest(draft.household.kelurahan)[self.lots[number].kelurahan]
        draft.arrives = max(draft.arrives, arrives)
        draft.far, draft.reach = max(draft.far, far), min(draft.reach, self._reach[number])
        draft.good_until = min(draft.good_until, self._good_until[number])
        for group in self._groups[number]:
            draft.met[group] += self._servings[number]
