"""Officers of the lumbung adjust the ledger to what lies there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.distribution.domain.adjustment import Adjustment, Decision, decide
from services.distribution.domain.opening import follow, loose_lots
from services.distribution.domain.stock import Lot, resize
from services.distribution.store import stock as store
from services.distribution.store.stock import Kit
from services.distribution.usecases.recalling import free, recall_all
from services.distribution.usecases.telling import Book, change_lot
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.reference.model import Reference


class UnknownLotError(PeduliError):
    """No lot of this city has this id."""


@dataclass(frozen=True)
class Verdict:
    """The answer to an adjustment: `adjusted` or the code of a refusal, and the pieces that left the stock."""

    outcome: str
    moved: int


async def adjust(tx: Transaction, said: Adjustment, *, reference: Reference, now: datetime) -> Verdict:
    """Apply an adjustment of a lot of the city, once; a resend gets the first answer.

    Packets that need what is damaged, missing or withdrawn are recalled, and their doors get others. Of a withdrawn
    lot those on their way are recalled too: what they bring back is withdrawn then. Raises `UnknownLotError`.
    """
    await store.queries.claim_reserved(tx, purchase_id=None, lot_id=said.lot_id)
    kit = await store.load_kit(tx, said.lot_id, reference) if said.kind == "opening" else None
    lot = (await store.load_lots(tx, [said.lot_id], tenant=reference.tenant)).get(said.lot_id)
    if lot is None:
        raise UnknownLotError
    before = await store.queries.find_adjustment(tx, tenant=reference.tenant, adjustment_id=said.adjustment_id)
    if before is not None:
        return Verdict(before["outcome"], before["moved"])
    decision = decide(lot, said)
    if decision.refusal is None:
        book, cause = Book(reference.tenant, now), f"adjustment:{said.adjustment_id}"
        if kit is None:
            decision = await _take(tx, book, lot, said, cause, reference)
        else:
            decision = await _open(tx, book, lot, decision, kit, cause, reference)
        await store.queries.save_due(tx, tenants=[reference.tenant])
    verdict = Verdict(decision.refusal or "adjusted", decision.leaves)
    await store.append_adjustment(tx, reference.tenant, said, verdict.outcome, verdict.moved, now)
    return verdict


async def _take(tx: Transaction, book: Book, lot: Lot, said: Adjustment, cause: str, reference: Reference) -> Decision:
    """Pieces leave the stock, or come back to it: what packets need of them is recalled first."""
    if said.kind == "withdrawal":
        await recall_all(tx, book, lot, reference, said.kind)
    lot = await free(tx, book, lot, decide(lot, said).leaves, reference, said.kind)
    decision = decide(lot, said)  # what came back may have settled an over-delivery, or be spoilt
    await change_lot(tx, book, lot, decision.moves, cause, said.kind)
    await book.write(tx)
    if said.kind == "withdrawal":
        await store.queries.save_withdrawn(tx, lot_id=lot.lot_id, now=book.now)
    return decision


async def _open(
    tx: Transaction, book: Book, kits: Lot, decision: Decision, kit: Kit, cause: str, reference: Reference
) -> Decision:
    """Kits are taken apart: what is in one stays what it was at the first opening, whatever the registry says since."""
    loose = kit.loose or loose_lots(kits, kit.product, reference.products)
    if not loose:
        return Decision(refusal="NOT_A_KIT")
    if any(lot.withdrawn_at is not None for lot in loose):
        return Decision(refusal="LOT_WITHDRAWN")
    await store.append_lots(tx, [(reference.tenant, lot) for lot in loose], {})
    await change_lot(tx, book, kits, decision.moves, cause, "opening")
    opened = kits.has("opened") + decision.leaves
    for lot, target in zip(loose, follow(kits, opened, loose), strict=True):
        await change_lot(tx, book, lot, resize(lot, target.quantity), cause, "opening")
    await book.write(tx)
    return decision
