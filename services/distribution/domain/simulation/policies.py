"""Ways to hand goods out: ours, and what was done. Each sees a snapshot and answers with packets."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.distribution.domain.allocation.plan import allocate
from services.distribution.domain.allocation.rules import FLAGS, Travel, refusal
from services.distribution.domain.allocation.snapshot import Packet, Rules, Snapshot
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot

Plan = Callable[[Snapshot, Rules, datetime, str], Sequence[Packet]]
PIECES = 3  # loose pieces that make a packet where nobody packs by need


def ours(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Sequence[Packet]:
    """The allocation of this service."""
    return allocate(snapshot, rules, now, seed).packets


def first_come(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Sequence[Packet]:
    """Who registered first is served first, with what was bought first; nobody asks when it will arrive."""
    line = sorted((home for home in snapshot.households if not home.has_open), key=lambda home: home.packets)
    return list(_served(iter(line), snapshot, rules, now))


class EqualNumbers:
    """The same number of packets to each kelurahan, as on 24 July 2021; in it, who registered first comes first."""

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()

    def __call__(self, snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Sequence[Packet]:
        """The packets of a moment; the numbers go on from one moment to the next."""
        waiting: dict[str, deque[Household]] = {}
        for home in sorted((h for h in snapshot.households if not h.has_open), key=lambda home: home.packets):
            waiting.setdefault(home.kelurahan, deque()).append(home)
        turns = [(self._given[place], place) for place in waiting]
        heapq.heapify(turns)

        def in_turn() -> Iterator[Household]:
            while turns:
                _, place = turns[0]
                yield waiting[place].popleft()
                if waiting[place]:
                    heapq.heapreplace(turns, (self._given[place], place))  # it may have been given one
                else:
                    heapq.heappop(turns)

        made = []
        for packet in _served(in_turn(), snapshot, rules, now):
            self._given[packet.household.kelurahan] += 1
            made.append(packet)
        return made


def in_place(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Sequence[Packet]:
    """Goods stay in the kelurahan where they are; in it, who registered first comes first."""
    stock: dict[str, list[Lot]] = {}
    for lot in snapshot.lots:
        stock.setdefault(lot.kelurahan, []).append(lot)
    waiting: dict[str, list[Household]] = {place: [] for place in stock}
    for home in snapshot.households:
        if not home.has_open and home.kelurahan in waiting:
            waiting[home.kelurahan].append(home)
    made: list[Packet] = []
    for place, lots in sorted(stock.items()):
        line = sorted(waiting[place], key=lambda home: home.packets)
        made += _served(iter(line), replace(snapshot, lots=lots), rules, now)
    return made


def _served(line: Iterator[Household], snapshot: Snapshot, rules: Rules, now: datetime) -> Iterator[Packet]:
    """Packets for a line of households, until the goods are gone or the teams are full."""
    travel, left = Travel(snapshot, rules, now), {lot.lot_id: lot.balances["available"] for lot in snapshot.lots}
    room = Counter(dict.fromkeys(snapshot.kecamatan, rules.doors_a_day))
    room.subtract(snapshot.open_tasks)
    room.subtract(snapshot.done_today)
    stock, hopeless = list(snapshot.lots), set[tuple[frozenset[str], frozenset[str]]]()
    for home in line:
        profile = home.allergens, home.groups & FLAGS  # all that `refusal` reads: who is alike gets nothing either
        if room[home.kelurahan] <= 0 or profile in hopeless:
            continue
        lines = _packed(home, stock, left, snapshot, rules)
        if not lines:
            hopeless.add(profile)
            continue
        room[home.kelurahan] -= 1
        arrives = max(travel.arrival(lot.kelurahan, home.kelurahan) for lot, _ in lines)
        yield Packet(home, lines, home.isolation_until, (), arrives)
        if not all(left[lot.lot_id] for lot, _ in lines):
            stock = [lot for lot in stock if left[lot.lot_id]]


def _packed(
    home: Household, stock: Sequence[Lot], left: dict[UUID, int], snapshot: Snapshot, rules: Rules
) -> tuple[tuple[Lot, int], ...]:
    """One kit, or three loose pieces, whatever they are; what would harm is left out."""
    pieces: list[Lot] = []
    grams = 0
    for lot in stock:
        product = snapshot.products[lot.sku]
        if refusal(product, home) or grams + product.weight_g > rules.packet_grams:
            continue
        if product.contents and pieces:
            continue
        left[lot.lot_id] -= 1
        pieces.append(lot)
        grams += product.weight_g
        if product.contents or len(pieces) == PIECES:
            break
    return tuple((lot, 1) for lot in pieces)


def policies() -> dict[str, tuple[Plan, bool]]:
    """Every policy by its name, and whether its plans are improved while nobody has accepted them."""
    return {
        "ours": (ours, False),
        "ours, improved": (ours, True),
        "first come, first served": (first_come, False),
        "equal numbers per kelurahan": (EqualNumbers(), False),
    }
