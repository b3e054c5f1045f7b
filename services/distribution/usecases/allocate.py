"""Allocation of what is due: one transaction plans, reserves, and tells."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

import structlog

from services.distribution.domain.allocation import Rules, Snapshot, allocate
from services.distribution.domain.stock import Lot
from services.distribution.domain.task import Decision, Task
from services.distribution.store import households as household_store
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.store.tasks import Stored
from services.distribution.usecases.telling import Book, event_of, place_of
from shared.contracts.tasks import TaskLine
from shared.database.pool import Pool, Transaction
from shared.ids import new_id
from shared.reference.model import Reference
from shared.reference.store import Cities

log = structlog.get_logger()


async def allocate_due(
    pool: Pool, among: Collection[str], *, cities: Cities, rules: Rules, now: datetime
) -> str | None:
    """Allocate one city of `among` that is marked due, the longest marked first, and return it; None without one.

    The mark goes first, in a transaction of its own: a purchase never waits for an allocation to end. Should the
    process die in between, the timer of each minute marks the city again.
    """
    tenant: str | None = await stock_store.queries.claim_due(pool, tenants=sorted(among))
    if tenant is None:
        return None
    async with pool.acquire() as tx, tx.transaction():
        await allocate_city(tx, reference=cities[tenant], rules=rules, now=now)
    return tenant


async def allocate_city(tx: Transaction, *, reference: Reference, rules: Rules, now: datetime) -> int:
    """Plan for the whole city, save packets, reservations, the waiting list and events; returns the packets made."""
    await stock_store.queries.claim_city(tx, tenant=reference.tenant)
    households = await household_store.load_isolating(tx, reference, now)
    if all(household.has_open for household in households):
        return 0  # nobody can get a packet: do not lock and read the whole stock for it
    lots, told = await stock_store.load_open_lots(tx, reference, now)
    products = {**told, **reference.products}
    opened = {
        row["kelurahan"]: row["tasks"] for row in await task_store.queries.count_open(tx, tenant=reference.tenant)
    }
    kecamatan = {code: region.kecamatan_code for code, region in reference.regions.items()}
    snapshot = Snapshot(lots, households, products, kecamatan, opened)
    seed = f"{reference.tenant}:{reference.date_of(now)}"
    plan = await asyncio.to_thread(allocate, snapshot, rules, now, seed)  # lanes go on meanwhile
    book = Book(reference.tenant, now)
    planned = [(new_id(), new_id(), packet) for packet in plan.packets]
    await task_store.append(tx, reference.tenant, planned, now)
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
        event = event_of(stored, Decision(stored.task, "assigned"), now, "", "")
        book.tell(event, task_id, 1, lines[0].purchase_id, place_of(reference, home.kelurahan))
        log.info("task_assigned", correlation=str(lines[0].purchase_id), task=str(task_id))
    waiting = [(household, reason) for household, reason in plan.waiting.items() if reason != "HAS_OPEN_PACKET"]
    await household_store.queries.save_waiting(
        tx,
        tenant=reference.tenant,
        ids=[household for household, _ in waiting],
        reasons=[reason for _, reason in waiting],
    )
    await book.write(tx)
    return len(planned)


def _line(lot: Lot, quantity: int) -> TaskLine:
    return TaskLine(lot_id=lot.lot_id, purchase_id=lot.purchase_id, line_no=lot.line_no, sku=lot.sku, quantity=quantity)
