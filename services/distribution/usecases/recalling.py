"""Packets that must not go out any more are recalled: their goods are taken back, or the facts have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.distribution.domain.stock import Lot, recalled_for
from services.distribution.domain.task import recall
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.usecases.telling import Book, carry_out
from shared.database.pool import Transaction
from shared.reference.model import Reference


async def free(tx: Transaction, book: Book, lot: Lot, pieces: int, reference: Reference, reason: str) -> Lot:
    """Recall packets of a locked lot until `pieces` of it are available, or no packet is left that has not gone.

    Returns the lot as it is then. All that is in the book is written.
    """
    missing = pieces - lot.has("available")
    if missing > 0:
        packets = await stock_store.list_reserved(tx, lot.lot_id)
        await _recall(tx, book, recalled_for(missing, packets), reference, reason)
    await book.write(tx)
    return (await stock_store.load_lots(tx, [lot.lot_id]))[lot.lot_id]


async def recall_all(tx: Transaction, book: Book, lot: Lot, reference: Reference, reason: str) -> None:
    """Recall every open packet with pieces of a lot: goods on their way come back with a report."""
    rows = await stock_store.queries.list_open_of_lot(tx, lot_id=lot.lot_id)
    await _recall(tx, book, [row["task_id"] for row in rows], reference, reason)


async def recall_unfit(
    tx: Transaction, *, reference: Reference, now: datetime, household_id: UUID | None = None
) -> None:
    """Recall the city's open packets, or those of one household, that changed facts forbid (laws L5 and L6): an
    isolation that ends sooner, goods that spoil sooner, an allergy that is told later.
    """
    book = Book(reference.tenant, now)
    rows = await stock_store.queries.list_unfit(tx, tenant=reference.tenant, household_id=household_id)
    await _recall(tx, book, [row["task_id"] for row in rows], reference, "no_longer_fits")
    await book.write(tx)


async def _recall(tx: Transaction, book: Book, ids: Sequence[UUID], reference: Reference, reason: str) -> None:
    claimed = await task_store.claim(tx, reference.tenant, ids)
    for stored in claimed.values():
        await carry_out(tx, book, stored, recall(stored.task), reference, reason=reason)
