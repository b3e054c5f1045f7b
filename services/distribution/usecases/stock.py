"""Goods come in, are corrected, taken back, and expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.distribution.domain.opening import follow
from services.distribution.domain.stock import Lot, Movement, effect, lots_of, resize, revivable
from services.distribution.store import stock as store
from services.distribution.usecases.recalling import free, recall_unfit
from services.distribution.usecases.telling import Book, change_lot
from shared.contracts.envelope import Envelope
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
    """A corrected or voided purchase: each of its lots goes to its new quantity, place and expiry; new lots come in.

    Packets are locked before lots, as reports from the field do it.
    """
    book, purchase_id = Book(reference.tenant, now), UUID(event.data["purchase_id"])
    is_void = event.type == "purchase.voided.v1"
    wanted = {} if is_void else _lots(event.data, reference)
    await store.queries.claim_reserved(tx, purchase_id=purchase_id, lot_id=None)
    present = {lot.lot_id: lot for lot in await store.load_lots_of_purchase(tx, purchase_id)}
    new = [lot for lot_id, lot in wanted.items() if lot_id not in present]
    await store.append_lots(tx, [(event.tenant, lot) for lot in new], _told_products(event.data, wanted, reference))
    for lot in new:
        book.move(lot.lot_id, "bought", "available", lot.quantity, _cause(event))
    reason = event.data.get("reason", "void") if is_void else "correction"
    for lot in present.values():
        if lot.kit_lot_id is None:
            loose = [other for other in present.values() if other.kit_lot_id == lot.lot_id]
            target = wanted.get(lot.lot_id) or replace(lot, quantity=0)
            opened = await _resize(tx, book, lot, target, _cause(event), reason, reference)
            for other, follows in zip(loose, follow(target, opened, loose), strict=True):
                await _resize(tx, book, other, follows, _cause(event), reason, reference)
    await book.write(tx)
    known = [(lot, present[lot_id]) for lot_id, lot in wanted.items() if lot_id in present]
    if any(lot.expires_at < was.expires_at or _for_whom(lot) != _for_whom(was) for lot, was in known):
        await recall_unfit(tx, reference=reference, now=now)


async def _resize(
    tx: Transaction, book: Book, lot: Lot, target: Lot, cause: str, reason: str, reference: Reference
) -> int:
    """A lot becomes its target, which has as many pieces; returns how many kits of it are open then."""
    revived = revivable(lot, target.expires_at, book.now)
    now_so = await free(tx, book, lot, lot.quantity - target.quantity - revived, reference, reason)
    moves = resize(now_so, target.quantity, revived)
    await change_lot(tx, book, now_so, moves, cause, reason, changed=target)
    return now_so.has("opened") + effect(moves).get("opened", 0)


async def expire(tx: Transaction, *, reference: Reference, now: datetime) -> int:
    """Write off what spoilt in the city's lumbung, at most 500 lots at once; returns how many."""
    book = Book(reference.tenant, now)
    lots = await store.load_spoilt_lots(tx, reference.tenant, now)
    for lot in lots:
        cause = f"expired:{lot.lot_id}:{now.isoformat()}"
        await change_lot(tx, book, lot, [("available", "expired", lot.has("available"))], cause, "expired")
    await book.write(tx)
    return len(lots)


def _lots(purchase: Mapping[str, Any], reference: Reference) -> dict[UUID, Lot]:
    """Goods lie where they are picked up, else at the seller's."""
    kelurahan = purchase["pickup_kelurahan"] or reference.sellers[purchase["seller_code"]].kelurahan_code
    return lots_of(purchase, kelurahan, reference.products)


def _told_products(purchase: Mapping[str, Any], lots: Mapping[UUID, Lot], reference: Reference) -> dict[UUID, Any]:
    told = {(line["line_no"], line["sku"]): line.get("product") for line in purchase.get("lines", ())}
    return {lot.lot_id: told[(lot.line_no, lot.sku)] for lot in lots.values() if lot.sku not in reference.products}


def _for_whom(lot: Lot) -> tuple[str, str]:
    return lot.programme, lot.kelurahan


def _cause(event: Envelope) -> str:
    return f"purchase:{event.aggregate}:{event.version}"
