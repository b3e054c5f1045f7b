"""A city of the ledger machine in memory: the domain's functions and nothing else. What the database refuses in life,
`apply_movement` refuses here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.distribution.domain.adjustment import Adjustment
from services.distribution.domain.adjustment import decide as decide_adjustment
from services.distribution.domain.allocation.improve import improve, solve_greedily
from services.distribution.domain.allocation.plan import allocate
from services.distribution.domain.allocation.rules import refusal
from services.distribution.domain.allocation.snapshot import Packet, Plan, Rules, Snapshot
from services.distribution.domain.household import Household, servings
from services.distribution.domain.opening import follow, loose_lots
from services.distribution.domain.stock import (
    AGAINST,
    Account,
    Lot,
    Movement,
    Moves,
    Reserved,
    come_back,
    lots_of,
    moved,
    recalled_for,
    resize,
    revivable,
)
from services.distribution.domain.task import Decision, Task, decide, recall, sweep
from shared.contracts.envelope import Envelope
from shared.contracts.field import AnyTaskReport, HouseholdReport, TaskDelivery
from shared.ids import derived_id
from shared.reference.load import load

CITY = load("3276")
KECAMATAN = {code: region.kecamatan_code for code, region in CITY.regions.items()}
OPEN = ("assigned", "accepted", "failed")
HELD: tuple[Account, ...] = ("reserved", "in_transit", "delivered")


@dataclass
class Held:
    """A task with its packet, when it was planned, when its goods left, and how often its delivery was proven."""

    task: Task
    packet: Packet
    assigned_at: datetime
    left_at: datetime | None = None
    proofs: int = 0

    @property
    def lines(self) -> list[tuple[UUID, int]]:
        return [(lot.lot_id, pieces) for lot, pieces in self.packet.lines]

    def packet_pieces(self, lot_id: UUID) -> int:
        """Pieces of a lot in it."""
        return dict(self.lines).get(lot_id, 0)


@dataclass
class PureCity:
    """Depok as the domain decides it."""

    held: dict[UUID, Held] = field(default_factory=dict)
    stock: dict[UUID, Lot] = field(default_factory=dict)
    homes: dict[str, HouseholdReport] = field(default_factory=dict)
    causes: set[tuple[UUID, str, Account, Account]] = field(default_factory=set)
    told: set[UUID] = field(default_factory=set)

    def move(self, lot_id: UUID, moves: Moves, cause: str) -> None:
        for source, target, quantity in moves:
            if quantity and source != target and (lot_id, cause, source, target) not in self.causes:
                self.causes.add((lot_id, cause, source, target))
                movement = Movement(lot_id, source, target, quantity, cause)
                self.stock[lot_id] = moved(self.stock[lot_id], [movement])

    def take_in(self, event: Envelope, now: datetime) -> None:
        body, cause = event.data, f"purchase:{event.aggregate}:{event.version}"
        is_void = event.type == "purchase.voided.v1"
        wanted = {} if is_void else lots_of(body, body["pickup_kelurahan"], CITY.products)
        present = [lot for lot in self.stock.values() if str(lot.purchase_id) == body["purchase_id"]]
        for lot_id, lot in wanted.items():
            if lot_id not in self.stock:
                self.stock[lot_id] = replace(lot, quantity=0)
            if event.version == 1:
                self.move(lot_id, [("bought", "available", lot.quantity)], cause)
        for lot in present if event.version > 1 else []:
            if lot.kit_lot_id is None:
                target = wanted.get(lot.lot_id) or replace(lot, quantity=0)
                self.become(target, cause, now)
                opened = self.stock[lot.lot_id].has("opened")
                for loose in follow(target, opened, self.loose_of(lot.lot_id)):
                    self.become(loose, cause, now)
        self.recall_unfit(now)

    def become(self, target: Lot, cause: str, now: datetime) -> None:
        """A lot gets as many pieces, and its expiry, as a correction says."""
        lot = self.stock[target.lot_id]
        revived = revivable(lot, target.expires_at, now)
        self.free(lot, lot.quantity - target.quantity - revived, now)
        self.move(lot.lot_id, resize(self.stock[lot.lot_id], target.quantity, revived), cause)
        self.stock[lot.lot_id] = replace(self.stock[lot.lot_id], expires_at=target.expires_at)

    def loose_of(self, lot_id: UUID) -> list[Lot]:
        """What came out of the kits of a lot."""
        return [lot for lot in self.stock.values() if lot.kit_lot_id == lot_id]

    def free(self, lot: Lot, pieces: int, now: datetime) -> None:
        waiting = [
            Reserved(task_id, held.packet_pieces(lot.lot_id), held.task.status != "assigned", held.assigned_at)
            for task_id, held in self.held.items()
            if held.task.goods == "reserved" and held.packet_pieces(lot.lot_id)
        ]
        for task_id in recalled_for(pieces - lot.has("available"), waiting):
            self.carry_out(task_id, recall(self.held[task_id].task), now)

    def carry_out(self, task_id: UUID, decision: Decision, now: datetime) -> None:
        held = self.held[task_id]
        if decision.told is None:
            held.task = decision.task
            return
        before, after, cause = held.task.goods, decision.task.goods, f"task:{task_id}:{decision.task.version}"
        assert decision.task.version == held.task.version + 1
        held.task = decision.task
        if after == "in_transit":
            held.left_at = held.left_at or now
        for lot_id, pieces in held.lines:
            self.move(lot_id, [(before, after, pieces)], cause)
            if after == "available" or after == "returned":
                source: Literal["available", "returned"] = after
                on_the_way = now - (held.left_at or now)
                self.move(lot_id, come_back(self.stock[lot_id], pieces, source, now, on_the_way), cause)

    def register(self, reference: str, body: dict[str, Any], now: datetime) -> None:
        report = HouseholdReport.model_validate(body)
        self.homes[reference] = report
        if report.released:
            for task_id in self.of_home(reference):
                self.carry_out(task_id, recall(self.held[task_id].task), now)
        self.recall_unfit(now)

    def of_home(self, reference: str) -> list[UUID]:
        identity = derived_id("home", reference)
        return [key for key, held in self.held.items() if held.packet.household.household_id == identity]

    def household(self, reference: str) -> Household:
        report, tasks = self.homes[reference], [self.held[key] for key in self.of_home(reference)]
        kept = [held for held in tasks if held.task.status in (*OPEN, "delivered")]
        met: Counter[str] = Counter()
        for lot_id, pieces in (line for held in kept for line in held.lines):
            product = CITY.products[self.stock[lot_id].sku]
            met.update({group: pieces * servings(product) for group in product.need_groups})
        assert report.isolation_from  # a report of this machine names both
        assert report.isolation_until
        return Household(
            household_id=derived_id("home", reference),
            kelurahan=report.kelurahan,
            rw=report.rw,
            size=report.size,
            groups=frozenset(report.groups),
            allergens=frozenset(report.allergens),
            isolation_from=report.isolation_from,
            isolation_until=report.isolation_until,
            met=met,
            packets=len(kept),
            has_open=any(held.task.status in OPEN for held in tasks),
            programme=report.programme,
        )

    def seen(self, now: datetime) -> Snapshot:
        homes = [self.household(name) for name, report in self.homes.items() if not report.released]
        homes = [home for home in homes if home.isolation_until > now]
        lots = [lot for lot in self.stock.values() if lot.has("available") and lot.expires_at > now]
        return Snapshot(lots, homes, CITY.products, KECAMATAN)

    def allocate(self, now: datetime) -> None:
        self.assign(allocate(self.seen(now), Rules(), now, "seed").packets, now)

    def improve(self, now: datetime) -> None:
        snapshot, held = self.seen(now), dict[UUID, tuple[UUID, Packet]]()
        homes = {home.household_id: home for home in snapshot.households}
        for task_id, one in self.held.items():
            home = homes.get(one.packet.household.household_id)
            if home is not None and (one.task.status, one.task.goods) == ("assigned", "reserved"):
                held[home.household_id] = task_id, replace(one.packet, household=home)
        plan = Plan(tuple(packet for _, packet in held.values()), {})
        changes = improve(plan, snapshot, len(held), rules=Rules(), now=now, seed="seed", solve=solve_greedily)
        for change in changes:
            task_id, _ = held[change.before.household.household_id]
            self.carry_out(task_id, recall(self.held[task_id].task), now)
        self.assign([change.after for change in changes if change.after is not None], now)

    def assign(self, packets: Sequence[Packet], now: datetime) -> None:
        for packet in packets:
            task_id = derived_id("task", str(len(self.held)))
            self.held[task_id] = Held(Task("assigned", 1, "reserved"), packet, now)
            for lot, pieces in packet.lines:
                self.move(lot.lot_id, [("available", "reserved", pieces)], f"task:{task_id}:1")

    def report(self, report: AnyTaskReport, now: datetime) -> None:
        if report.report_id in self.told:
            return
        self.told.add(report.report_id)
        held = self.held[report.task_id]
        decision = decide(held.task, report, now)
        held.proofs += isinstance(report, TaskDelivery) and decision.told == "delivered"
        self.carry_out(report.task_id, decision, now)

    def sweep(self, now: datetime) -> None:
        for task_id, held in self.held.items():
            until = self.household(self.name_of(held)).isolation_until
            is_over = held.task.status == "assigned" and now >= min(held.packet.deliver_before, until)
            self.carry_out(task_id, recall(held.task) if is_over else sweep(held.task, now), now)
        self.recall_unfit(now)
        for lot in list(self.stock.values()):
            if lot.expires_at <= now:
                self.move(lot.lot_id, [("available", "expired", lot.has("available"))], f"expired:{now.isoformat()}")

    def name_of(self, held: Held) -> str:
        return next(name for name in self.homes if derived_id("home", name) == held.packet.household.household_id)

    def adjust(self, said: Adjustment, now: datetime) -> None:
        if said.adjustment_id in self.told:
            return
        self.told.add(said.adjustment_id)
        decision = decide_adjustment(self.stock[said.lot_id], said)
        if decision.refusal is not None:
            return
        if said.kind == "opening":
            self.open_kits(self.stock[said.lot_id], decision.moves, f"adjustment:{said.adjustment_id}")
            return
        if said.kind == "withdrawal":
            for task_id, held in self.held.items():
                if held.packet_pieces(said.lot_id):
                    self.carry_out(task_id, recall(held.task), now)
        self.free(self.stock[said.lot_id], decision.leaves, now)
        decision = decide_adjustment(self.stock[said.lot_id], said)
        self.move(said.lot_id, decision.moves, f"adjustment:{said.adjustment_id}")
        if said.kind == "withdrawal":
            self.stock[said.lot_id] = replace(self.stock[said.lot_id], withdrawn_at=now)

    def open_kits(self, kits: Lot, moves: Moves, cause: str) -> None:
        loose = self.loose_of(kits.lot_id) or loose_lots(kits, CITY.products[kits.sku], CITY.products)
        if loose and not any(lot.withdrawn_at for lot in loose):
            self.stock = {lot.lot_id: lot for lot in loose} | self.stock
            self.move(kits.lot_id, moves, cause)
            opened = self.stock[kits.lot_id].has("opened")
            for lot, target in zip(loose, follow(kits, opened, loose), strict=True):
                self.move(lot.lot_id, resize(lot, target.quantity), cause)

    def recall_unfit(self, now: datetime) -> None:
        for task_id, held in self.held.items():
            if held.task.status in OPEN and (self.is_late(held) or self.is_forbidden(held)):
                self.carry_out(task_id, recall(held.task), now)

    def is_late(self, held: Held) -> bool:
        """L5, of what is still in the lumbung."""
        lots = [self.stock[lot_id] for lot_id, _ in held.lines]
        until = min(self.household(self.name_of(held)).isolation_until, *(lot.expires_at for lot in lots))
        is_far = any(lot.kelurahan != held.packet.household.kelurahan for lot in lots)
        is_warm = is_far and any(lot.storage != "ambient" for lot in lots)
        is_late = held.packet.deliver_before > until or held.packet.arrives_at > held.packet.deliver_before
        return held.task.goods == "reserved" and (is_late or is_warm)

    def is_forbidden(self, held: Held) -> bool:
        """L6."""
        home = self.household(self.name_of(held))
        return any(refusal(CITY.products[self.stock[lot_id].sku], home) for lot_id, _ in held.lines)

    def tasks(self) -> list[UUID]:
        ended = [key for key, held in self.held.items() if held.task.goods not in ("reserved", "in_transit")]
        return [key for key in self.held if key not in ended] + ended[-2:]

    def lots(self) -> list[UUID]:
        return sorted(self.stock)

    def breaches(self) -> list[str]:
        found = [f"L1, L2 {lot.lot_id}" for lot in self.stock.values() if _is_unsound(lot)]
        for lot in self.stock.values():
            if lot.kit_lot_id and lot.quantity != self.stock[lot.kit_lot_id].has("opened") * lot.per_kit:
                found.append(f"L1 {lot.lot_id}: not what was in the opened kits")
        sums: Counter[tuple[UUID, Account]] = Counter()
        for held in self.held.values():
            for lot_id, pieces in held.lines:
                sums[lot_id, held.task.goods] += pieces
        for lot_id, lot in self.stock.items():
            if any(lot.has(account) != sums[lot_id, account] for account in HELD):
                found.append(f"L3, L4, L7 {lot_id}")
        for task_id, held in self.held.items():
            if held.task.status in OPEN:
                found += [f"L5 {task_id}"] * self.is_late(held) + [f"L6 {task_id}"] * self.is_forbidden(held)
            if held.proofs != (held.task.status == "delivered"):
                found.append(f"L8 {task_id}")
        return found

    def close(self) -> None:
        """Nothing is open."""


def _is_unsound(lot: Lot) -> bool:
    elsewhere = sum(pieces for account, pieces in lot.balances.items() if account not in AGAINST)
    return elsewhere != lot.has(*AGAINST) or any(pieces < 0 for pieces in lot.balances.values())
