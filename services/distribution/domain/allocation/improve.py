"""Better doors for packets that nobody has accepted yet, with few changes.

A packet is handed on as it is, because what was packed once is seldom packed again: to a household that has nothing,
or to a nearer door. Every change has a price, and what a run may change is bounded; a packet that still lacks things
is filled with goods that nobody else can use now.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.distribution.domain.allocation.packing import Draft, Shelves, draw
from services.distribution.domain.allocation.rules import SAME_CITY, Travel, late, reach, refusal
from services.distribution.domain.allocation.snapshot import Packet, Plan, Rules, Snapshot, by_programme
from services.distribution.domain.household import GROUPS, Household, need, servings
from services.distribution.domain.stock import Lot

PERSON, NEARER, CHANGE = 1000, 10, 5  # worth of a person reached, of a class of distance less, and a change's price
LAST_CHANCE = timedelta(days=2)
CHURN = 10  # of so many packets one may change in a run
NEAR_DOORS, WAITING_DOORS = 5, 50  # that are looked at for each packet: beside its goods, and of those who have nothing


@dataclass(frozen=True)
class Change:
    """A packet of the plan and what takes its place; None puts its goods back into stock."""

    before: Packet
    after: Packet | None


@dataclass(frozen=True)
class Offer:
    """All that may be done: `worth[n]` says of each household that can use packet `n` what it is worth there.

    The household that has the packet now is among them unless it would come too late; staying costs nothing.
    """

    packets: Sequence[Packet]
    worth: Sequence[Mapping[UUID, int]]


Solver = Callable[[Offer], list[UUID | None]]


def most_changes(packets: int) -> int:
    """How many packets of so many a run may change."""
    return packets // CHURN


def improve(
    plan: Plan, snapshot: Snapshot, max_changes: int, *, rules: Rules, now: datetime, seed: str, solve: Solver
) -> list[Change]:
    """At most `max_changes` changes of the plan's packets, none of which is accepted, each better than what was.

    `snapshot` is the city as it stands: those packets are on their way in it, and its lots are what is still free.
    """
    held = sorted(plan.packets, key=lambda packet: packet.household.household_id)
    found, opened = list[Change](), Counter(snapshot.open_tasks)
    for programme, part in by_programme(snapshot).items():  # each has its goods and households, all the same teams
        own = [packet for packet in held if packet.household.programme == programme]
        improver = _Improver(own, replace(part, open_tasks=dict(opened)), rules, now, seed)
        changes = improver.handed_on(solve, max_changes - len(found))
        changes += improver.filled(changes, max_changes - len(found) - len(changes))
        opened.subtract(change.before.household.kelurahan for change in changes)
        opened.update(change.after.household.kelurahan for change in changes if change.after is not None)
        found += changes
    return found


def solve_greedily(offer: Offer) -> list[UUID | None]:
    """The best single move first; a move only goes to a household that no packet is meant for."""
    mine = [packet.household.household_id for packet in offer.packets]
    taken, found = set(mine), list[UUID | None](mine)
    moves = []
    for number, worth in enumerate(offer.worth):
        stays = worth.get(mine[number], 0)
        moves += [(stays - value, number, home) for home, value in worth.items() if value > stays]
        if mine[number] not in worth:
            found[number] = None
    for _, number, home in sorted(moves):
        if home not in taken and found[number] in (mine[number], None):
            taken.add(home)
            found[number] = home
    return found


class _Improver:
    def __init__(self, held: Sequence[Packet], snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> None:
        self._held, self._snapshot, self._rules, self._now, self._seed = held, snapshot, rules, now, seed
        lots = [lot for packet in held for lot, _ in packet.lines]
        self._travel = Travel(replace(snapshot, lots=[*snapshot.lots, *lots]), rules, now)
        self._homes = {home.household_id: home for home in snapshot.households}
        self._mine = {packet.household.household_id: self._gives(packet) for packet in held}
        self._room = Counter(dict.fromkeys(snapshot.kecamatan, rules.doors_a_day))
        self._room.subtract(snapshot.open_tasks)
        self._room.subtract(snapshot.done_today)

    def handed_on(self, solve: Solver, max_changes: int) -> list[Change]:
        """Packets that go to another door, or back to stock; whole chains of moves, the most worth a move first."""
        if max_changes <= 0 or not self._held:
            return []
        offer = self._offer()
        moves = {n: to for n, to in enumerate(solve(offer)) if to != self._held[n].household.household_id}
        chains = []
        for chain in _chains(self._held, moves):
            gain = sum(self._gain(offer, number, moves[number]) for number in chain)
            chains.append((-gain / len(chain), chain))
        changes: list[Change] = []
        for worth, chain in sorted(chains):
            if worth < 0 and len(changes) + len(chain) <= max_changes and self._has_room(chain, moves):
                changes += [Change(self._held[n], self._handed(self._held[n], moves[n])) for n in chain]
        return changes

    def filled(self, changes: Sequence[Change], max_changes: int) -> list[Change]:
        """Packets that get more of the goods that nobody else can use now, the lowest coverage first."""
        shelves = Shelves(self._snapshot, self._travel, self._rules, self._seed)
        moved = {id(change.before) for change in changes}
        kept = [packet for packet in self._held if id(packet) not in moved]
        in_time = [packet for packet in kept if self._worth(packet, self._home(packet)) is not None]
        drafts = [(self._draft(packet), packet) for packet in in_time]
        heap = [(draft.coverage, draft.tie, number) for number, (draft, _) in enumerate(drafts)]
        heapq.heapify(heap)
        found: list[Change] = []
        while heap and len(found) < max_changes:
            draft, packet = drafts[heapq.heappop(heap)[2]]
            while (number := shelves.best(draft)) is not None:
                shelves.take(number)
                shelves.pack(draft, number)
            if draft.pieces:
                found.append(Change(packet, self._more(packet, draft, shelves)))
        return found

    def _offer(self) -> Offer:
        waiting = [home for home in self._snapshot.households if not home.has_open and home.has_nothing]
        waiting = [home for home in waiting if home.isolation_until > self._now]
        waiting.sort(key=lambda home: (-home.size, home.isolation_until, draw(self._seed, home.household_id)))
        beside: dict[str, list[Household]] = {}
        for packet in self._held:
            beside.setdefault(packet.household.kelurahan, []).append(self._home(packet))
        worth = []
        for packet in self._held:
            near = beside.get(packet.lines[0][0].kelurahan, [])[:NEAR_DOORS]
            doors = [self._home(packet), *waiting[:WAITING_DOORS], *near]
            priced = {home.household_id: self._worth(packet, home) for home in doors}
            worth.append({identity: value for identity, value in priced.items() if value is not None})
        return Offer(self._held, worth)

    def _home(self, packet: Packet) -> Household:
        """The packet's household as it is now."""
        return self._homes.get(packet.household.household_id, packet.household)

    def _worth(self, packet: Packet, home: Household) -> int | None:
        """What this packet is worth at this door; None where a hard rule forbids it."""
        stays = home.household_id == packet.household.household_id
        if not stays and not self._is_needed(packet, home):
            return None
        arrives = max(self._travel.arrival(lot.kelurahan, home.kelurahan) for lot, _ in packet.lines)  # all together
        far = max(self._travel.distance(lot.kelurahan, home.kelurahan) for lot, _ in packet.lines)
        for lot, _ in packet.lines:
            product, until = self._snapshot.products[lot.sku], home.isolation_until
            is_late = late(lot.expires_at, product.storage, until, arrives, far, self._rules)
            if is_late or refusal(product, home):
                return None
        return PERSON * home.size * _is_first(home) * self._urgency(home) + NEARER * (SAME_CITY - far) + CHANGE * stays

    def _urgency(self, home: Household) -> int:
        """Double for a last chance, where goods are expected for those who can wait."""
        is_last = home.isolation_until - self._now < LAST_CHANCE
        return 2 if is_last and self._snapshot.packets_a_day > 0 else 1

    def _is_needed(self, packet: Packet, home: Household) -> bool:
        """No more of a group than is needed: before its last piece there was need left."""
        met = Counter(home.met)
        met.subtract(self._mine.get(home.household_id, {}))  # its own packet would go elsewhere
        needed = need(home, self._now)
        for lot, pieces in packet.lines:
            product = self._snapshot.products[lot.sku]
            for group in product.need_groups:
                if met[group] + (pieces - 1) * servings(product) >= needed[group]:
                    return False
        return True

    def _gives(self, packet: Packet) -> Counter[str]:
        """Servings per group in a packet."""
        given: Counter[str] = Counter()
        for lot, pieces in packet.lines:
            product = self._snapshot.products[lot.sku]
            given.update(dict.fromkeys(product.need_groups, pieces * servings(product)))
        return given

    def _gain(self, offer: Offer, number: int, to: UUID | None) -> int:
        worth, mine = offer.worth[number], self._held[number].household.household_id
        stays = worth.get(mine, -PERSON)  # goods that would come too late are better in stock
        return (0 if to is None else worth[to]) - stays

    def _has_room(self, chain: Sequence[int], moves: Mapping[int, UUID | None]) -> bool:
        """Whether the teams can bring it; keeps the room when they can."""
        change = Counter(self._homes[to].kelurahan for n in chain if (to := moves[n]) is not None)
        change.subtract(self._held[number].household.kelurahan for number in chain)
        if any(more > 0 and self._room[place] < more for place, more in change.items()):
            return False
        self._room.subtract(change)
        return True

    def _handed(self, packet: Packet, to: UUID | None) -> Packet | None:
        if to is None:
            return None
        home = self._homes[to]
        return self._anew(home, packet.lines, ("FIRST_PACKET" if _is_first(home) else "LOWEST_COVERAGE",))

    def _draft(self, packet: Packet) -> Draft:
        """The packet as a draft that holds what is in it, so that only more of it can be added."""
        home = self._home(packet)
        without, given = Counter(home.met), self._gives(packet)
        without.subtract(given)
        draft = Draft.of(replace(home, met=without), self._rules, self._now, self._seed)
        draft.add(given[group] for group in GROUPS)
        draft.good_until = packet.deliver_before
        for lot, _ in packet.lines:
            draft.arrives = max(draft.arrives, self._travel.arrival(lot.kelurahan, home.kelurahan))
            draft.far = max(draft.far, self._travel.distance(lot.kelurahan, home.kelurahan))
            draft.reach = min(draft.reach, reach(self._snapshot.products[lot.sku].storage, self._rules))
        draft.grams = sum(pieces * self._snapshot.products[lot.sku].weight_g for lot, pieces in packet.lines)
        return draft

    def _more(self, packet: Packet, draft: Draft, shelves: Shelves) -> Packet:
        pieces = Counter({lot.lot_id: count for lot, count in packet.lines})
        lots = {lot.lot_id: lot for lot, _ in packet.lines}
        for number, count in draft.pieces.items():
            lots[shelves.lots[number].lot_id] = shelves.lots[number]
            pieces[shelves.lots[number].lot_id] += count
        lines = tuple((lots[lot_id], pieces[lot_id]) for lot_id in sorted(pieces))
        return self._anew(self._home(packet), lines, packet.why)

    def _anew(self, home: Household, lines: tuple[tuple[Lot, int], ...], why: tuple[str, ...]) -> Packet:
        before = min([home.isolation_until, *(lot.expires_at for lot, _ in lines)])
        arrives = max(self._travel.arrival(lot.kelurahan, home.kelurahan) for lot, _ in lines)
        return Packet(home, lines, before, (*why, "IMPROVED"), arrives)


def _is_first(home: Household) -> bool:
    """Nothing was brought to it yet, though something may be on its way."""
    return home.has_nothing or (home.has_open and home.packets == 1)


def _chains(held: Sequence[Packet], moves: Mapping[int, UUID | None]) -> list[list[int]]:
    """Moves that must be made together: a packet that goes to a door where another one was meant to go."""
    owner = {packet.household.household_id: number for number, packet in enumerate(held)}
    left, chains = set(moves), []
    pushed = {number: owner[to] for number, to in moves.items() if to in owner and owner[to] in moves}
    heads = sorted(set(moves) - set(pushed.values())) + sorted(moves)  # chains from their head, then circles
    for head in heads:
        chain = []
        number: int | None = head
        while number is not None and number in left:
            left.remove(number)
            chain.append(number)
            number = pushed.get(number)
        if chain:
            chains.append(chain)
    return chains
