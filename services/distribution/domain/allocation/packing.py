"""What a packet is made of: lots on shelves, by need and by how soon they spoil, and packets that are being filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from operator import add
from typing import Any, NamedTuple
from uuid import UUID

from services.distribution.domain.allocation.rules import FLAGS, SAME_CITY, SAME_KELURAHAN, Travel, reach, refusal
from services.distribution.domain.allocation.snapshot import Rules, Snapshot
from services.distribution.domain.household import DAY, GROUPS, Household, days_left, gives, servings_for
from services.distribution.domain.stock import Lot

# Goods of one class spoil about equally soon: among them the nearest go first, which to the second never decides.
SPOILS_WITHIN = tuple(timedelta(days=days) for days in (1, 3, 7, 30))
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EVERY_GROUP = range(len(GROUPS))
EVERY_DISTANCE = range(SAME_CITY + 1)
NOTHING = (0,) * len(GROUPS)
Board = defaultdict[str, list[int]]  # the numbers of lots by kelurahan, in the order of spoiling
Shelf = list[Board]  # by class of distance: what may go so far, so that what must stay near is not looked at from afar
Kind = tuple[str, frozenset[str], frozenset[str], datetime | None, tuple[int, ...]]


def draw(seed: str, identity: UUID) -> bytes:
    """The lot that is drawn between equals: the same all day, another on the next."""
    return blake2b(identity.bytes, key=seed.encode()[:64], digest_size=8).digest()


class Want(NamedTuple):
    """Servings by GROUPS that a household needs, how many one packet may bring it to, and the groups that are open."""

    needed: tuple[int, ...]
    limits: tuple[float, ...]
    opening: tuple[int, ...]
    total: int


@cache
def _want(size: int, has_infant: bool, days_of_need: int, share: float) -> Want:
    """Of a household that has nothing. Many have the same."""
    needed = servings_for(size, has_infant, days_of_need)
    limits = tuple(min(want, want * share) for want in needed)
    return Want(needed, limits, tuple(group for group in EVERY_GROUP if limits[group]), sum(needed))


@dataclass(slots=True)
class Draft:
    """A packet that is being filled: servings per group (in the order of GROUPS) needed, met, and to be met by it."""

    household: Household
    needed: Sequence[int]
    met: Sequence[int]
    limits: Sequence[float]
    total: int
    tie: bytes
    opening: Sequence[int]  # its open groups while it is empty
    fits: Mapping[str, bool] | None = None  # by sku, once a shelf was looked at
    is_within_reach: bool = False  # of the goods that are expected, and then the day of its last chance
    last_chance: int = 0
    first: int | None = None
    rank: int = 0
    key: tuple[Any, ...] = ()  # where it stands in the order of the objective,
    next_key: tuple[Any, ...] = ()  # and the one after it, if there is one
    runner_up: Household | None = None
    grams: int = 0
    arrives: datetime = EVER  # of what is in it the last to come,
    good_until: datetime = NEVER  # and the first to spoil: all arrives together
    far: int = SAME_KELURAHAN  # class of distance of what comes from furthest,
    reach: int = SAME_CITY  # and the furthest that what is in it allows
    pieces: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, household: Household, rules: Rules, now: datetime, seed: str) -> Draft:
        """An empty packet for a household."""
        days = max(1, (household.isolation_until - now) // DAY + 1)
        share = min(1.0, rules.packet_days / days)
        needed, limits, opening, total = _want(
            household.size, "infant" in household.groups, days_left(household, now), share
        )
        draft = cls(household, needed, NOTHING, limits, total, draw(seed, household.household_id), opening)
        if household.met:
            draft.met = [household.met.get(group, 0) for group in GROUPS]
            draft.limits = [min(want, has + want * share) for want, has in zip(needed, draft.met, strict=True)]
            draft.opening = draft.open_groups()
        return draft

    @property
    def coverage(self) -> float:
        """The met part of the need, 0 to 1."""
        return sum(map(min, self.met, self.needed)) / self.total if self.total else 1.0

    def add(self, given: Iterable[int]) -> None:
        """Servings by GROUPS that come into it."""
        self.met = tuple(map(add, self.met, given))

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
        self._gives = [gives(product) for product in self.products]
        self._skus = [lot.sku for lot in self.lots]
        self._places = [lot.kelurahan for lot in self.lots]
        self._good_until = [lot.expires_at for lot in self.lots]
        self._reach = [reach(product.storage, rules) for product in self.products]
        self._grams = [product.weight_g for product in self.products]
        self._spoilt = [travel.now + within for within in SPOILS_WITHIN] + [NEVER]
        self._class = [self.spoils(until) for until in self._good_until]
        self._fits: dict[tuple[frozenset[str], frozenset[str]], dict[str, bool]] = {}
        homes = {home.kelurahan for home in snapshot.households}
        soonest = min((travel.rings(home)[SAME_KELURAHAN].arrives for home in homes), default=NEVER)
        self._shelves: list[list[Shelf]] = [
            [[defaultdict(list) for _ in EVERY_DISTANCE] for _ in range(len(SPOILS_WITHIN) + 1)] for _ in GROUPS
        ]  # by group and class of spoiling; what spoils before it is at the nearest door is on none
        self.pieces = sum(self.left)
        self.by_sku: defaultdict[str, list[int]] = defaultdict(list)
        for number, lot in enumerate(self.lots):
            self.by_sku[lot.sku].append(number)
            if self.left[number] and lot.expires_at > soonest:
                for board in self._boards(number):
                    board[lot.kelurahan].append(number)

    def spoils(self, expires_at: datetime) -> int:
        """The class of goods that expire then."""
        left = expires_at - self._travel.now
        return sum(left > within for within in SPOILS_WITHIN)

    def best(self, draft: Draft) -> int | None:
        """The lot of the draft's next piece: of its least met group, what spoils first, then the nearest."""
        for group in draft.open_groups() if draft.pieces else draft.opening:
            for spoils, shelf in enumerate(self._shelves[group]):
                if shelf[SAME_KELURAHAN]:
                    number = self._on_shelf(draft, shelf, self._spoilt[spoils])
                    if number is not None:
                        return number
        return None

    def _boards(self, number: int) -> Iterator[Board]:
        """Where a lot lies."""
        for group in self._groups[number]:
            yield from self._shelves[group][self._class[number]][: self._reach[number] + 1]

    def _on_shelf(self, draft: Draft, shelf: Shelf, spoilt: datetime) -> int | None:
        """The nearest usable lot of a shelf whose goods have all spoilt at `spoilt`."""
        home, fits = draft.household, draft.fits
        if fits is None:
            fits = draft.fits = self.fits(home)
        room = self._rules.packet_grams - draft.grams
        skus, grams, good_until = self._skus, self._grams, self._good_until
        too_late, together = min(home.isolation_until, spoilt, draft.good_until), draft.arrives
        for far, (arrives, places) in enumerate(self._travel.rings(home.kelurahan)[: draft.reach + 1]):
            if arrives >= too_late:
                break  # and all that is further away
            if arrives < together:
                arrives = together
            board = shelf[far if far > draft.far else draft.far]
            if not board:
                break
            for place in places:
                for number in board.get(place, ()):
                    if grams[number] <= room and arrives < good_until[number] and fits[skus[number]]:
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
        rings = self._travel.rings(draft.household.kelurahan)
        within: list[dict[str, datetime]] = [  # when goods are there that may come from so many rings
            {place: ring.arrives for ring in rings[:count] if ring.arrives < until for place in ring.places}
            for count in range(len(rings) + 1)
        ]
        places, good_until, left, found = self._places, self._good_until, self.left, list[int]()
        for sku, numbers in among.items():
            if not numbers or not fits[sku] or groups.isdisjoint(self._groups_of[sku]):
                continue
            arrives, others = within[self._reach[numbers[0]] + 1], list[int]()
            for number in numbers:
                if arrives.get(places[number], NEVER) >= good_until[number]:
                    others.append(number)
                    continue
                found.append(number)
                if left[number]:
                    return found  # a piece is found, and nobody looks further
            among[sku] = others
        return found

    def take(self, number: int) -> None:
        """Keep a piece of the lot for a packet."""
        self.pieces -= 1
        self.left[number] -= 1
        if not self.left[number]:
            place = self._places[number]
            for board in self._boards(number):
                board[place].remove(number)
                if not board[place]:
                    del board[place]

    def pack(self, draft: Draft, number: int) -> None:
        """Put a piece that is taken into the packet."""
        draft.pieces[number] = draft.pieces.get(number, 0) + 1
        draft.grams += self._grams[number]
        home = draft.household.kelurahan
        far = self._travel.distance(self._places[number], home)
        draft.arrives = max(draft.arrives, self._travel.rings(home)[far].arrives)
        draft.far, draft.reach = max(draft.far, far), min(draft.reach, self._reach[number])
        draft.good_until = min(draft.good_until, self._good_until[number])
        draft.add(self._gives[number])
