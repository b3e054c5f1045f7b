"""Who gets what, and why: greedy in the order of the objective, deterministic, pure.

First everybody who has nothing gets one piece, so that the most persons are reached; then packets are filled, the
household with the lowest coverage first. The objective and its sources: docs/explanation/allocation.md.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import attrgetter
from typing import Any

from services.distribution.domain.allocation.matching import FirstPieces
from services.distribution.domain.allocation.packing import Draft, Shelves
from services.distribution.domain.allocation.promise import Waiters
from services.distribution.domain.allocation.rules import SAME_CITY, Travel, distance_class
from services.distribution.domain.allocation.schedule import schedule
from services.distribution.domain.allocation.snapshot import Packet, Plan, Reached, Rules, Snapshot, by_programme
from services.distribution.domain.rounds import shares

FRAGILE = frozenset({"infant", "elderly", "alone"})
ORIGINS = ("FROM_KELURAHAN", "FROM_KECAMATAN", "FROM_CITY")
# The parts of the key, in their order: what decides between a household and the one after it.
DECIDING = (
    "FIRST_PACKET",
    "WITHIN_REACH",
    "CANNOT_WAIT",
    "MORE_PERSONS",
    "LOWER_COVERAGE",
    "LOWER_KELURAHAN",
    "ENDS_SOONER",
    "MORE_FRAGILE",
    "DRAWN_BY_LOT",
)
SHARE = DECIDING.index("LOWER_KELURAHAN")
NOBODY = Reached(0, 1)
HOUR = timedelta(hours=1)
SOON = 2  # classes of spoiling that are told: within three days
# How the difference is told beside the code, of the two values of the key.
DIFFERENCE: tuple[Callable[[Any, Any], str], ...] = (
    lambda own, other: "",
    lambda own, other: "",
    lambda own, other: f":{own}:{other}",
    lambda own, other: f":{-own}:{-other}",
    lambda own, other: f":{100 * own:.1f}:{100 * other:.1f}",
    lambda own, other: f":{100 * own:.1f}:{100 * other:.1f}",
    lambda own, other: f":{math.ceil((other - own) / HOUR)}",
    lambda own, other: f":{-own}:{-other}",
    lambda own, other: "",
)
Key = tuple[bool, bool, int, int, float, float, datetime, int, bytes]


def allocate(snapshot: Snapshot, rules: Rules, now: datetime, seed: str) -> Plan:
    """One packet at most for each household without an open one; the same input gives the same plan.

    The programmes are planned one after the other: each has its goods and households, and all have the same teams.
    Where a team cannot serve all of them, each programme gets doors in proportion to those that it has goods for.
    """
    used = Counter(snapshot.open_tasks) + Counter(snapshot.done_today)
    room = {place: max(0, rules.doors_a_day - used[place]) for place in snapshot.kecamatan}
    parts, plans, taken = by_programme(snapshot), dict[str, Plan](), Counter[str]()

    def plan(name: str, doors: Mapping[str, int]) -> None:
        """Plan a programme; the packets of those before it are in the teams' queues."""
        part = replace(parts[name], open_tasks=dict(Counter(snapshot.open_tasks) + taken))
        plans[name] = _Allocation(part, doors, rules, now, seed).run()
        taken.update(packet.household.kelurahan for packet in plans[name].packets)

    for name in parts:
        plan(name, room)
    if any(taken[place] > doors for place, doors in room.items()):
        limits = _shared(plans, room)
        taken.clear()
        for name in parts:
            plan(name, {place: min(own, room[place] - taken[place]) for place, own in limits[name].items()})
    return reduce(_together, plans.values())


def _shared(plans: Mapping[str, Plan], room: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """How many doors of each kelurahan a programme may take, when each was planned as if it had all of them."""
    wanted = {name: Counter(packet.household.kelurahan for packet in plan.packets) for name, plan in plans.items()}
    limits: dict[str, dict[str, int]] = {name: dict(room) for name in plans}
    for place, doors in room.items():
        asked = {name: counts[place] for name, counts in wanted.items()}
        if sum(asked.values()) > doors:
            for name, own in shares(doors, asked).items():
                limits[name][place] = own
    return limits


def _together(one: Plan, other: Plan) -> Plan:
    waiting, idle = {**one.waiting, **other.waiting}, {**one.idle, **other.idle}
    return Plan(one.packets + other.packets, waiting, idle, one.spilled + other.spilled)


class _Allocation:
    def __init__(self, snapshot: Snapshot, doors: Mapping[str, int], rules: Rules, now: datetime, seed: str) -> None:
        self._snapshot, self._rules, self._now, self._seed = snapshot, rules, now, seed
        self._travel = Travel(snapshot, rules, now)
        self._shelves = Shelves(snapshot, self._travel, rules, seed)
        self._room = Counter(doors)
        self._reached = dict(snapshot.reached if snapshot.reached is not None else _reached(snapshot))
        self._waiters = Waiters(snapshot, rules, self._shelves, now)

    def run(self) -> Plan:
        started = self._start()
        for draft in started:
            assert draft.first is not None
            self._shelves.pack(draft, draft.first)
        self._fill(started)
        packets = tuple(self._packet(draft) for draft in started)
        idle = {lot.lot_id: left for lot, left in zip(self._shelves.lots, self._shelves.left, strict=True) if left}
        return Plan(packets, self._waiters.promised(), idle, sum(self._spilled(packet) for packet in packets))

    def _start(self) -> list[Draft]:
        """The households that get a first piece; the others wait."""
        pieces, started = FirstPieces(self._shelves), []
        for draft in self._in_order():
            home = draft.household
            if self._room[home.kelurahan] <= 0:
                self._waiters.add(draft, "TEAM_FULL")
            elif pieces.give(draft):
                self._room[home.kelurahan] -= 1
                if home.has_nothing:
                    reached = self._reached.get(home.kelurahan, Reached(0, home.size))
                    self._reached[home.kelurahan] = Reached(reached.persons + home.size, reached.of)
                started.append(draft)
            else:
                self._waiters.add(draft, None)
        return started

    def _drafts(self) -> Iterator[Draft]:
        """An empty packet for each household that may get one."""
        for household in self._snapshot.households:
            if household.has_open:
                self._waiters.rest(household, "HAS_OPEN_PACKET")
            elif household.isolation_until <= self._now:
                self._waiters.rest(household, "ISOLATION_ENDED")
            else:
                draft = Draft.of(household, self._rules, self._now, self._seed)
                if draft.opening:
                    yield draft
                else:
                    self._waiters.rest(household, "NEED_MET")

    def _in_order(self) -> Iterator[Draft]:
        """The drafts in the order of the objective, each with its rank and why it comes before the next.

        A line per kelurahan, and a heap of their heads: serving one changes only the key of its own kelurahan.
        """
        lines: defaultdict[str, list[Draft]] = defaultdict(list)
        drafts, stock = list(self._drafts()), self._shelves.pieces
        schedule(drafts, stock, self._snapshot.packets_a_day, self._rules, self._now)
        for draft in drafts:
            draft.key = _key(draft)
            lines[draft.household.kelurahan].append(draft)
        for line in lines.values():
            line.sort(key=attrgetter("key"), reverse=True)
        heads = [(self._shared(line[-1], place), place) for place, line in lines.items()]
        heapq.heapify(heads)
        rank = 0
        while heads:
            key, place = heapq.heappop(heads)
            line = lines[place]
            draft = line.pop()
            draft.key, draft.rank = key, (rank := rank + 1)
            if self._shelves.pieces:  # else it waits, and nobody asks whom it was before
                after = [*heads[:1], (self._shared(line[-1], place), place)] if line else heads[:1]
                if after:
                    draft.next_key, ahead = min(after)
                    draft.runner_up = lines[ahead][-1].household
            yield draft
            if line:
                heapq.heappush(heads, (self._shared(line[-1], place), place))  # its share may have grown

    def _shared(self, draft: Draft, place: str) -> Key:
        """The key with the share of the kelurahan's persons that are reached by now."""
        key, (persons, of) = draft.key, self._reached.get(place, NOBODY)
        return *key[:SHARE], persons / max(1, of), *key[SHARE + 1 :]

    def _fill(self, started: list[Draft]) -> None:
        """One piece more for the household with the lowest coverage, until nothing fits anywhere."""
        heap = [(draft.coverage, draft.household.isolation_until, draft.tie, n) for n, draft in enumerate(started)]
        heapq.heapify(heap)
        while heap:
            _, until, tie, number = heap[0]
            draft = started[number]
            lot = self._shelves.best(draft)
            if lot is None:
                heapq.heappop(heap)
            else:
                self._shelves.take(lot)
                self._shelves.pack(draft, lot)
                heapq.heapreplace(heap, (draft.coverage, until, tie, number))

    def _packet(self, draft: Draft) -> Packet:
        lots = self._shelves.lots
        pieces = sorted((lots[number].lot_id, number) for number in draft.pieces)
        lines = tuple((lots[number], draft.pieces[number]) for _, number in pieces)
        before = min([draft.household.isolation_until, *(lot.expires_at for lot, _ in lines)])
        return Packet(draft.household, lines, before, (*_why(draft), *self._why_goods(draft)), draft.arrives)

    def _why_goods(self, draft: Draft) -> Iterator[str]:
        """Why these goods: from how far the first piece comes, and whether it was in a hurry."""
        assert draft.first is not None
        lot = self._shelves.lots[draft.first]
        yield ORIGINS[distance_class(lot.kelurahan, draft.household.kelurahan, self._snapshot.kecamatan)]
        if self._shelves.spoils(lot.expires_at) < SOON:
            yield f"SPOILS_SOON:{(lot.expires_at - self._now) // HOUR}"

    def _spilled(self, packet: Packet) -> int:
        """Pieces that leave their kecamatan."""
        home, kecamatan = packet.household.kelurahan, self._snapshot.kecamatan
        return sum(n for lot, n in packet.lines if distance_class(lot.kelurahan, home, kecamatan) == SAME_CITY)


def _key(draft: Draft) -> Key:
    """The objective as an order of households, the smallest first; the share of the kelurahan is filled in later."""
    home = draft.household
    first = home.has_nothing
    fragile = len(home.groups & FRAGILE)
    persons = -home.size if first else 0
    reach = not draft.is_within_reach, draft.last_chance
    return not first, *reach, persons, draft.coverage, 0.0, home.isolation_until, -fragile, draft.tie


def _why(draft: Draft) -> Iterator[str]:
    """The rule that decided, the rank, the runner-up, and by what it was behind."""
    yield "FIRST_PACKET" if draft.household.has_nothing else "LOWEST_COVERAGE"
    yield f"rank:{draft.rank}"
    if draft.runner_up is not None:
        yield f"before:{draft.runner_up.household_id}"
        for code, difference, own, other in zip(DECIDING, DIFFERENCE, draft.key, draft.next_key, strict=True):
            if own != other:
                yield code + difference(own, other)
                return


def _reached(snapshot: Snapshot) -> dict[str, Reached]:
    """Persons of each kelurahan that had a packet or have one on its way, of all."""
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for home in snapshot.households:
        found[home.kelurahan][1] += home.size
        if home.has_open or not home.has_nothing:
            found[home.kelurahan][0] += home.size
    return {place: Reached(persons, of) for place, (persons, of) in found.items()}
