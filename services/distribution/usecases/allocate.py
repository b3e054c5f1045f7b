"""Allocation of what is due, and its improvement: one transaction plans, reserves, and tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

import structlog

from services.distribution.domain.allocation.flow import solver
from services.distribution.domain.allocation.improve import Change, improve, most_changes
from services.distribution.domain.allocation.plan import allocate
from services.distribution.domain.allocation.snapshot import Packet, Plan, Rules, Snapshot
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot
from services.distribution.domain.task import Decision, Task, recall
from services.distribution.store import allocation as store
from services.distribution.store import households as household_store
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.store.tasks import Stored
from services.distribution.usecases.stock import expire
from services.distribution.usecases.telling import Book, carry_out, event_of, log_step, place_of
from shared.contracts.tasks import TaskLine
from shared.database.pool import Pool, Transaction
from shared.ids import new_id
from shared.reference.model import Reference
from shared.reference.store import Cities

log = structlog.get_logger()
SHIFT_BEGINS = time(9)  # of a team's day, in the city's own time


async def allocate_due(
    pool: Pool, among: Collection[str], *, cities: Cities, rules: Rules, now: datetime
) -> str | None:
    """Allocate one city of `among` that is marked due, the longest marked first, and return it; None without one.

    The mark goes first, in a transaction of its own: a purchase never waits for an allocation to end. Should the
    process die in between, the timer of each minute marks the city again; what raises is marked at once. What has
    spoilt is written off before, so that the stock is what the plan sees.
    """
    tenant: str | None = await stock_store.queries.claim_due(pool, tenants=sorted(among))
    if tenant is None:
        return None
    reference = cities[tenant]
    try:
        async with pool.acquire() as tx:
            async with tx.transaction():
                await expire(tx, reference=reference, now=now)
            async with tx.transaction():
                await allocate_city(tx, reference=reference, rules=rules, now=now)
    except Exception:
        log.error("allocation_failed", tenant=tenant)
        # else the next look would find nothing, and all would seem well
        await stock_store.queries.save_due(pool, tenants=[tenant])
        raise
    return tenant


async def allocate_city(tx: Transaction, *, reference: Reference, rules: Rules, now: datetime) -> int:
    """Plan for the whole city, save packets, reservations, the waiting list and events; returns the packets made."""
    snapshot = await load_snapshot(tx, reference, now)
    if snapshot is None:
        return 0
    plan = await asyncio.to_thread(allocate, snapshot, rules, now, seed_of(reference, now))  # lanes go on meanwhile
    unchanged = await household_store.claim_unchanged(tx, [packet.household for packet in plan.packets])
    # of whom something was told meanwhile is due again by that
    packets = [packet for packet in plan.packets if packet.household.household_id in unchanged]
    book = Book(reference.tenant, now)
    await _assign(tx, book, packets, reference)
    await store.save_waiting(tx, reference.tenant, plan.waiting)
    await book.write(tx)
    return len(packets)


async def what_if(
    tx: Transaction, *, reference: Reference, rules: Rules, now: datetime, goods: Sequence[Lot] = ()
) -> tuple[Snapshot, Plan] | None:
    """The plan that an allocation would make now with these rules, and `goods` beside those in stock.

    Nothing is saved; None when nobody could get a packet.
    """
    snapshot = await load_snapshot(tx, reference, now)
    if snapshot is None:
        return None
    snapshot = replace(snapshot, lots=[*snapshot.lots, *goods])
    return snapshot, await asyncio.to_thread(allocate, snapshot, rules, now, seed_of(reference, now))


async def improve_city(
    tx: Transaction,
    *,
    reference: Reference,
    rules: Rules,
    now: datetime,
    bound: Callable[[int], int] = most_changes,
) -> int:
    """Find better doors for what nobody has accepted; returns how many packets changed: `bound` of so many at most."""
    await stock_store.queries.claim_city(tx, tenant=reference.tenant)
    ids = [row["task_id"] for row in await store.queries.list_unaccepted(tx, tenant=reference.tenant)]
    if not bound(len(ids)):
        return 0
    snapshot = await _load(tx, reference, await household_store.load_isolating(tx, reference, now), now)
    held = await task_store.claim(tx, reference.tenant, ids)
    by_packet = await _packets(tx, snapshot, list(held.values()))
    plan = Plan(tuple(packet for packet, _ in by_packet.values()), {})
    most, seed = bound(len(plan.packets)), seed_of(reference, now)

    def better() -> list[Change]:
        return improve(plan, snapshot, most, rules=rules, now=now, seed=seed, solve=solver())

    changes = await asyncio.to_thread(better)
    homes = [change.after.household for change in changes if change.after is not None]
    if len(await household_store.claim_unchanged(tx, homes)) < len(homes):
        return 0  # changes hang together; in five minutes there is another look
    book = Book(reference.tenant, now)
    for change in changes:
        stored = by_packet[change.before.household.household_id][1]
        await carry_out(tx, book, stored, recall(stored.task), reference, reason="improved")
    await _assign(tx, book, [change.after for change in changes if change.after is not None], reference)
    await book.write(tx)
    if changes:
        log.info("plan_improved", tenant=reference.tenant, packets=len(plan.packets), changed=len(changes))
    return len(changes)


def seed_of(reference: Reference, now: datetime) -> str:
    """What the draw between equals hangs on: another each day."""
    return f"{reference.tenant}:{reference.date_of(now)}"


async def load_snapshot(tx: Transaction, reference: Reference, now: datetime) -> Snapshot | None:
    """The city as an allocation sees it, claimed until `tx` ends; None when nobody can get a packet."""
    await stock_store.queries.claim_city(tx, tenant=reference.tenant)
    households = await household_store.load_isolating(tx, reference, now)
    if all(household.has_open for household in households):
        return None  # do not lock and read the whole stock for it
    return await _load(tx, reference, households, now)


async def _load(tx: Transaction, reference: Reference, households: Sequence[Household], now: datetime) -> Snapshot:
    lots, told = await stock_store.load_open_lots(tx, reference, now)
    opened = await task_store.queries.count_open(tx, tenant=reference.tenant)
    midnight = datetime.combine(reference.date_of(now), time(), reference.zone)
    learned = await store.load_learned(tx, reference.tenant, midnight, now)
    places = {code: reference.regions[code] for code in reference.kelurahan}
    shift = datetime.combine(reference.date_of(now) + timedelta(days=1), SHIFT_BEGINS, reference.zone)
    return Snapshot(
        lots,
        households,
        {**told, **reference.products},
        {code: region.kecamatan_code for code, region in places.items()},
        {code: (region.lat, region.lon) for code, region in places.items()},
        {row["kelurahan"]: row["tasks"] for row in opened},
        learned.done_today,
        learned.door_hours,
        next_shift=shift,
        packets_a_day=learned.packets_a_day,
    )


async def _packets(tx: Transaction, snapshot: Snapshot, held: Sequence[Stored]) -> dict[UUID, tuple[Packet, Stored]]:
    """Tasks as packets of known products, by household."""
    lots = await store.load_lots(tx, (line.lot_id for stored in held for line in stored.lines))
    homes = {home.household_id: home for home in snapshot.households}
    found = {}
    for stored in held:
        lines = tuple((lots[line.lot_id], line.quantity) for line in stored.lines)
        home = homes.get(stored.household_id)
        if home is not None and all(lot.sku in snapshot.products for lot, _ in lines):
            packet = Packet(home, lines, stored.deliver_before, stored.why, stored.deliver_before)
            found[stored.household_id] = packet, stored
    return found


async def _assign(tx: Transaction, book: Book, packets: Sequence[Packet], reference: Reference) -> None:
    """Make tasks of packets: rows, reservations and events."""
    planned = [(new_id(), new_id(), packet) for packet in packets]
    await task_store.append(tx, reference.tenant, planned, book.now)
    for task_id, packet_id, packet in planned:
        lines = tuple(_line(lot, quantity) for lot, quantity in packet.lines)
        for line in lines:
            book.move(line.lot_id, "available", "reserved", line.quantity, f"task:{task_id}:1")
        home = packet.household
        stored = Stored(
            task_id,
            packet_id,
            home.household_id,
            home.kelurahan,
            home.rw,
            packet.deliver_before,
            packet.why,
            lines,
            Task("assigned", 1, "reserved"),
        )
        event = event_of(stored, Decision(stored.task, "assigned"), book.now, "", "")
        book.tell(event, task_id, 1, lines[0].purchase_id, place_of(reference, home.kelurahan))
        log_step(stored, "assigned")


def _line(lot: Lot, quantity: int) -> TaskLine:
    return TaskLine(lot_id=lot.lot_id, purchase_id=lot.purchase_id, line_no=lot.line_no, sku=lot.sku, quantity=quantity)
