"""Plays one policy through a world, hour by hour: goods come, packets are planned, accepted, brought, or fail."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.distribution.domain.allocation.improve import Solver, improve, most_changes
from services.distribution.domain.allocation.schedule import LEARNS_FROM, a_day
from services.distribution.domain.allocation.snapshot import Packet, Plan, Rules, Snapshot
from services.distribution.domain.distance import kilometres
from services.distribution.domain.household import GROUPS, Household, need, servings
from services.distribution.domain.simulation.policies import Plan as Policy
from services.distribution.domain.simulation.world import Isolated, World
from services.distribution.domain.stock import Lot

STEP = timedelta(hours=1)
SHIFT = range(8, 18)  # hours in which teams accept and ride, in the city's own time
LOOKS_WITHIN = timedelta(hours=1.5)  # a team looks at its tasks
RIDE = (0.2, 0.9)  # of the hours that are planned for the class of distance
DELAYED, DELAY = 0.03, 2.0  # rides that take so many times as long
NOT_HOME, AGAIN, TRIES = 0.05, timedelta(hours=3), 3
REFUSED, COMES_BACK = 0.02, timedelta(hours=4)


@dataclass
class Ride:
    """A packet on its way; `is_accepted` from when a team has taken it."""

    packet: Packet
    assigned_at: datetime
    number: int
    is_accepted: bool = False
    tries: int = 0


class FirstRide(NamedTuple):
    """The luck of a household's first packet: hours until a team looks, the part of the planned ride that it takes."""

    looks_after: float
    part_of_ride: float
    is_refused: bool


def first_ride(world: World, home: Household) -> FirstRide:
    """It is the same for every plan."""
    look, ride, door = (world.luck(home.household_id, f"0:0:{what}") for what in ("look", "accept", "arrive"))
    return FirstRide(look.random() * LOOKS_WITHIN / STEP, _part_of_ride(ride), door.random() < REFUSED)


def _part_of_ride(luck: random.Random) -> float:
    return luck.uniform(*RIDE) * (DELAY if luck.random() < DELAYED else 1.0)


@dataclass
class Outcome:
    """What happened: servings that helped by household and group, hours, pieces, kilometres and changes."""

    helped: dict[UUID, Counter[str]] = field(default_factory=dict)
    first_at: dict[UUID, datetime] = field(default_factory=dict)
    door_hours: list[float] = field(default_factory=list)
    km: list[float] = field(default_factory=list)
    packets: int = 0
    late: int = 0
    planned_late: int = 0
    changed: int = 0
    most_changed: float = 0.0
    pieces: int = 0
    expired: int = 0


def play(
    world: World, policy: Policy, rules: Rules, solve: Solver | None, on_day: Callable[[], None] = lambda: None
) -> Outcome:
    """What comes of a policy; with a solver its plans are improved every hour. `on_day` is called as each day ends."""
    return _Play(world, policy, rules, solve).run(on_day)


class _Play:
    def __init__(self, world: World, policy: Policy, rules: Rules, solve: Solver | None) -> None:
        self._world, self._policy, self._rules, self._solve = world, policy, rules, solve
        regions = world.city.regions
        self._kecamatan = {code: regions[code].kecamatan_code for code in world.city.kelurahan}
        self._points = {code: (regions[code].lat, regions[code].lon) for code in world.city.kelurahan}
        self._homes: dict[UUID, Household] = {}
        self._ends: dict[UUID, datetime] = {}
        self._ending: list[tuple[datetime, int, UUID]] = []  # the same, the next first; numbered as they came
        self._came = 0
        self._over: dict[int, UUID] = {}  # whose isolation has ended, and who may have a packet on its way
        self._lots: dict[UUID, Lot] = {}
        self._bought: dict[UUID, datetime] = {}
        self._left: Counter[UUID] = Counter()
        self._rides: dict[UUID, Ride] = {}
        self._events: list[tuple[datetime, int, UUID, str]] = []
        self._done: Counter[str] = Counter()
        self._numbers = 0
        self._starts: deque[datetime] = deque()  # of the last week: what the service learns from its tasks
        self.found = Outcome()

    def run(self, on_day: Callable[[], None]) -> Outcome:
        arriving = deque(
            sorted(self._world.households, key=lambda one: (one.registered_at, one.household.household_id))
        )
        buying, now = list(self._world.purchases), self._world.begin
        while now < self._world.end:
            now += STEP
            while arriving and arriving[0].registered_at <= now:
                self._come(arriving.popleft())
            while buying and buying[0][0] <= now:
                at, lot = buying.pop(0)
                self._lots[lot.lot_id], self._bought[lot.lot_id] = lot, at
                self._left[lot.lot_id] = lot.balances["available"]
                self.found.pieces += lot.balances["available"]
            if now.astimezone(self._world.city.zone).hour == 0:
                self._done.clear()
                on_day()
            while self._events and self._events[0][0] <= now:
                self._happen(*heapq.heappop(self._events))
            while self._starts and self._starts[0] <= now - LEARNS_FROM:
                self._starts.popleft()
            self._release(now)
            self._expire(now)
            self._plan(now)
        return self.found

    def _come(self, one: Isolated) -> None:
        """A household is known from now on."""
        identity = one.household.household_id
        self._homes[identity], self._ends[identity] = one.household, one.ends_at
        self._came += 1
        heapq.heappush(self._ending, (one.ends_at, self._came, identity))

    def _release(self, now: datetime) -> None:
        """Households whose isolation is over leave; what nobody has accepted for them comes back."""
        while self._ending and self._ending[0][0] <= now:
            _, number, identity = heapq.heappop(self._ending)
            self._over[number] = identity
        for number, identity in sorted(self._over.items()):
            ride = self._rides.get(identity)
            if ride is None or not ride.is_accepted:
                self._take_back(identity)
                del self._homes[identity], self._ends[identity], self._over[number]

    def _expire(self, now: datetime) -> None:
        for lot_id in [lot_id for lot_id, left in self._left.items() if left and self._lots[lot_id].expires_at <= now]:
            self.found.expired += self._left.pop(lot_id)

    def _snapshot(self, now: datetime) -> Snapshot:
        lots = [replace(self._lots[i], balances={"available": left}) for i, left in self._left.items() if left > 0]
        opened = Counter(ride.packet.household.kelurahan for ride in self._rides.values())
        return Snapshot(
            lots,
            list(self._homes.values()),
            self._world.city.products,
            self._kecamatan,
            self._points,
            opened,
            dict(self._done),
            packets_a_day=a_day(len(self._starts), self._starts[0] if self._starts else None, now),
        )

    def _plan(self, now: datetime) -> None:
        seed = f"{self._world.seed}:{now.date()}"
        if self._left.total() and any(not home.has_open for home in self._homes.values()):
            for packet in self._policy(self._snapshot(now), self._rules, now, seed):
                self._start(packet, now)
        if self._solve is not None:
            held = [ride.packet for ride in self._rides.values() if not ride.is_accepted]
            most = most_changes(len(held))
            if most:
                made, seen = Plan(tuple(held), {}), self._snapshot(now)
                changes = improve(made, seen, most, rules=self._rules, now=now, seed=seed, solve=self._solve)
                for change in changes:
                    self._take_back(change.before.household.household_id)
                for after in (change.after for change in changes if change.after is not None):
                    self._start(replace(after, household=self._homes[after.household.household_id]), now)
                self.found.changed += len(changes)
                self.found.most_changed = max(self.found.most_changed, len(changes) / len(held))

    def _start(self, packet: Packet, now: datetime) -> None:
        home = packet.household
        met = Counter(home.met)
        for lot, pieces in packet.lines:
            self._left[lot.lot_id] -= pieces
            met.update(self._gives(lot, pieces))
        self._homes[home.household_id] = replace(home, met=met, packets=home.packets + 1, has_open=True)
        self.found.packets += 1
        self.found.planned_late += packet.arrives_at >= home.isolation_until
        self._starts.append(now)
        self._numbers += 1
        ride = Ride(packet, now, self._numbers)
        self._rides[home.household_id] = ride
        self._at(self._in_shift(now + self._luck(ride, "look").random() * LOOKS_WITHIN), ride, "accept")

    def _happen(self, at: datetime, number: int, identity: UUID, what: str) -> None:
        ride = self._rides.get(identity)
        if ride is None or ride.number != number:
            return  # it was changed meanwhile
        luck = self._luck(ride, what)
        if what == "accept":
            ride.is_accepted = True
            hours = max((ride.packet.arrives_at - ride.assigned_at) / timedelta(hours=1), 1.0)
            self._at(at + timedelta(hours=hours * _part_of_ride(luck)), ride, "arrive")
        elif what == "return":
            self._take_back(identity)
        elif luck.random() < REFUSED:
            self._at(at + COMES_BACK, ride, "return")
        elif luck.random() < NOT_HOME and ride.tries < TRIES:
            ride.tries += 1
            self._at(self._in_shift(at + AGAIN), ride, "arrive")
        else:
            self._deliver(ride, at)

    def _deliver(self, ride: Ride, at: datetime) -> None:
        packet, identity = ride.packet, ride.packet.household.household_id
        del self._rides[identity]
        home = self._homes[identity] = replace(self._homes[identity], has_open=False)
        self._done[home.kelurahan] += 1
        self.found.expired += sum(pieces for lot, pieces in packet.lines if at >= lot.expires_at)
        if at >= self._ends[identity]:
            self.found.late += 1
            return
        helped = self.found.helped.setdefault(identity, Counter())
        needed = need(home, at)
        for lot, pieces in packet.lines:
            if at < lot.expires_at:
                for group, count in self._gives(lot, pieces).items():
                    helped[group] += min(count, max(0, needed[group]))
        self.found.first_at.setdefault(identity, at)
        self.found.door_hours.append(min((at - self._bought[lot.lot_id]) / STEP for lot, _ in packet.lines))
        there = self._points[home.kelurahan]
        self.found.km += [kilometres(self._points[lot.kelurahan], there) for lot, _ in packet.lines]

    def _take_back(self, identity: UUID) -> None:
        """A packet that goes to no door: its goods are in stock again."""
        ride = self._rides.pop(identity, None)
        if ride is None:
            return
        home = self._homes[identity]
        met = Counter(home.met)
        for lot, pieces in ride.packet.lines:
            self._left[lot.lot_id] += pieces
            met.subtract(self._gives(lot, pieces))
        self._homes[identity] = replace(home, met=met, packets=home.packets - 1, has_open=False)

    def _gives(self, lot: Lot, pieces: int) -> dict[str, int]:
        product = self._world.city.products[lot.sku]
        return {group: pieces * servings(product) for group in GROUPS if group in product.need_groups}

    def _at(self, at: datetime, ride: Ride, what: str) -> None:
        heapq.heappush(self._events, (at, ride.number, ride.packet.household.household_id, what))

    def _luck(self, ride: Ride, what: str) -> random.Random:
        home = ride.packet.household
        return self._world.luck(home.household_id, f"{home.packets}:{ride.tries}:{what}")

    def _in_shift(self, at: datetime) -> datetime:
        """That moment, or when the next shift begins."""
        there = at.astimezone(self._world.city.zone)
        if there.hour in SHIFT:
            return at
        days = 1 if there.hour >= SHIFT.stop else 0
        begins = there.replace(hour=SHIFT.start, minute=0, second=0, microsecond=0) + timedelta(days=days)
        return begins.astimezone(at.tzinfo)
