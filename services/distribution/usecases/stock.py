"""Goods come in, are corrected, taken back, and expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.distribution.domain.stock import Lot, Movement, lots_of
from services.distribution.domain.task import recall
from services.distribution.store import stock as store
from services.distribution.store import tasks as task_store
from services.distribution.usecases.telling import Book, carry_out
from shared.contracts.envelope import Envelope
from shared.contracts.lots import LotAdjusted, LotExpired
from shared.database.pool import Transaction
from shared.reference.model import Reference
from shared.reference.store import Cities


async def take_in(tx: Transaction, events: Sequence[Envelope], *, cities: Cities, now: datetime) -> None:
    """Apply purchase events of any cities: goods of new ones come in, all at once; corrections and voids change what
    is there, in their order. A rejected one brings nothing.
    """
    new = [event for event in events if event.type == "purchase.recorded.v1"]
    changed = [event for event in events if event.type in ("purchase.corrected.v1", "purchase.voided.v1")]
    await _take_in_new(tx, new, cities, now)
    for event in changed:
        await _change(tx, event, cities[event.tenant], now)
    await store.queries.save_due(tx, tenants=sorted({event.tenant for event in [*new, *changed]}))


async def _take_in_new(tx: Transaction, events: Sequence[Envelope], cities: Cities, now: datetime) -> None:
    lots: list[tuple[str, Lot]] = []
    told: dict[UUID, Any] = {}
    movements: list[Movement] = []
    for event in events:
        reference = cities[event.tenant]
        brought = _lots(event.data, reference)
        told.update(_told_products(event.data, brought, reference))
        for lot in brought.values():
            lots.append((event.tenant, lot))
            movements.append(Movement(lot.lot_id, "bought", "available", lot.quantity, _cause(event)))
    await store.append_lots(tx, lots, told)
    await store.append_movements(tx, movements, now)


async def _change(tx: Transaction, event: Envelope, reference: Reference, now: datetime) -> None:
    """A corrected or voided purchase: each of its lots goes to its new quantity, new lots come in."""
    book = Book(reference.tenant, now)
    voided = event.type == "purchase.voided.v1"
    wanted = {} if voided else _lots(event.data, reference)
    present = {lot.lot_id: lot for lot in await store.load_lots_of_purchase(tx, UUID(event.data["purchase_id"]))}
    new = [lot for lot_id, lot in wanted.items() if lot_id not in present]
    await store.append_lots(tx, [(event.tenant, lot) for lot in new], _told_products(event.data, wanted, reference))
    for lot in new:
        book.move(lot.lot_id, "bought", "available", lot.quantity, _cause(event))
    reason = event.data.get("reason", "void") if voided else "correction"
    await book.write(tx)
    for lot_id in present:
        # a packet recalled for one lot frees pieces of the others: look again each time
        lots = await store.load_lots_of_purchase(tx, UUID(event.data["purchase_id"]))
        lot = next(lot for lot in lots if lot.lot_id == lot_id)
        book = Book(reference.tenant, now)
        await _resize(tx, book, lot, wanted.get(lot_id), _cause(event), reason, reference)
        await book.write(tx)


async def _resize(
    tx: Transaction, book: Book, lot: Lot, target: Lot | None, cause: str, reason: str, reference: Reference
) -> None:
    """Take the excess from stock, then from packets that nobody accepted, newest first; the rest had left already."""
    change = (target.quantity if target else 0) - lot.quantity
    over = 0
    if change > 0:
        book.move(lot.lot_id, "bought", "available", change, cause)
    elif change < 0:
        available = lot.balances["available"]
        if available < -change:
            available += await _recall(tx, book, lot, -change - available, reason, reference)
        taken = min(available, -change)
        over = -change - taken
        book.move(lot.lot_id, "available", "bought", taken, cause)
        book.move(lot.lot_id, "over_delivered", "bought", over, cause)
    expires_at, kelurahan = (target.expires_at, target.kelurahan) if target else (lot.expires_at, lot.kelurahan)
    if change or expires_at != lot.expires_at or kelurahan != lot.kelurahan:
        version = await store.queries.save_lot_version(
            tx, lot_id=lot.lot_id, expires_at=expires_at, kelurahan=kelurahan
        )
        book.tell(
            LotAdjusted(**_fields(lot, change, book.now), reason=reason, over_delivered=over),
            lot.lot_id,
            version,
            lot.purchase_id,
        )


async def _recall(tx: Transaction, book: Book, lot: Lot, missing: int, reason: str, reference: Reference) -> int:
    """Recall assigned packets until `missing` pieces of the lot are free; returns how many became free."""
    freed = 0
    candidates = [row["task_id"] for row in await task_store.queries.list_recallable(tx, lot_id=lot.lot_id)]
    claimed = await task_store.claim(tx, reference.tenant, candidates)
    for task_id in candidates:
        stored = claimed[task_id]
        if freed >= missing or stored.task.status != "assigned":
            continue
        await carry_out(tx, book, stored, recall(stored.task), reference, reason=reason)
        freed += sum(line.quantity for line in stored.lines if line.lot_id == lot.lot_id)
    await book.write(tx)
    book.movements.clear()
    book.events.clear()
    return freed


async def expire(tx: Transaction, *, reference: Reference, now: datetime) -> int:
    """Write off what spoilt in the city's lumbung, at most 500 lots at once; returns how many."""
    book = Book(reference.tenant, now)
    lots = await store.load_spoilt_lots(tx, reference.tenant, now)
    for lot in lots:
        quantity = lot.balances["available"]
        version = await store.queries.save_lot_version(
            tx, lot_id=lot.lot_id, expires_at=lot.expires_at, kelurahan=lot.kelurahan
        )
        book.move(lot.lot_id, "available", "expired", quantity, f"expired:{lot.lot_id}:{version}")
        book.tell(LotExpired(**_fields(lot, quantity, now)), lot.lot_id, version, lot.purchase_id)
    await book.write(tx)
    return len(lots)


def _fields(lot: Lot, quantity: int, now: datetime) -> dict[str, Any]:
    return {
        "lot_id": lot.lot_id,
        "purchase_id": lot.purchase_id,
        "line_no": lot.line_no,
        "sku": lot.sku,
        "quantity": quantity,
        "at": now,
    }


def _lots(purchase: Mapping[str, Any], reference: Reference) -> dict[UUID, Lot]:
    """Goods lie where they are picked up, else at the seller's."""
    kelurahan = purchase["pickup_kelurahan"] or reference.sellers[purchase["seller_code"]].kelurahan_code
    return lots_of(purchase, kelurahan, reference.products)


def _told_products(purchase: Mapping[str, Any], lots: Mapping[UUID, Lot], reference: Reference) -> dict[UUID, Any]:
    told = {(line["line_no"], line["sku"]): line.get("product") for line in purchase.get("lines", ())}
    return {lot.lot_id: told[(lot.line_no, lot.sku)] for lot in lots.values() if lot.sku not in reference.products}


def _cause(event: Envelope) -> str:
    return f"purchase:{event.aggregate}:{event.version}"
