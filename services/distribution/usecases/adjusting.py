"""Officers of the lumbung adjust the ledger to what lies there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.distribution.domain.adjustment import Adjustment, decide
from services.distribution.store import stock as store
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
    lot = (await store.load_lots(tx, [said.lot_id], tenant=reference.tenant)).get(said.lot_id)
    if lot is None:
        raise UnknownLotError
    before = await store.queries.find_adjustment(tx, tenant=reference.tenant, adjustment_id=said.adjustment_id)
    if before is not None:
        return Verdict(before["outcome"], before["moved"])
    decision = decide(lot, said)
    if decision.refusal is None:
        book = Book(reference.tenant, now)
        if said.kind == "withdrawal":
            await recall_all(tx, book, lot, reference, said.kind)
        lot = await free(tx, book, lot, decision.leaves, reference, said.kind)
        decision = decide(lot, said)  # what came back may have settled an over-delivery, or be spoilt
        await change_lot(tx, book, lot, decision.moves, f"adjustment:{said.adjustment_id}", said.kind)
        await book.write(tx)
        if said.kind == "withdrawal":
            await store.queries.save_withdrawn(tx, lot_id=lot.lot_id, now=now)
        await store.queries.save_due(tx, tenants=[reference.tenant])
    verdict = Verdict(decision.refusal or "adjusted", decision.leaves)
    await store.append_adjustment(tx, reference.tenant, said, verdict.outcome, verdict.moved, now)
    return verdict
