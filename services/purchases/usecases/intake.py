"""The one path of a submission, whichever door it came by: broker, HTTP, file or page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from services.purchases.store import purchases as store
from services.purchases.usecases.judging import Batch, Incoming, Keys, Read, Verdict
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.messaging import outbox
from shared.privacy import unseal
from shared.reference.store import Cities

SOURCE = "/peduli/purchases"
WAIT = timedelta(hours=24)
KEEP_RAW = timedelta(days=30)


async def submit(
    tx: Transaction, incoming: Sequence[Incoming], *, cities: Cities, keys: Keys, now: datetime
) -> list[Verdict]:
    """Judge submissions of any cities in their order; saves state, answers and events in `tx`.

    One verdict each, in order. Raises `RacedError` (transient) when another transaction told of one of these receipts
    at the same moment.
    """
    read = [Read.of(item, cities, now) for item in incoming]
    names = sorted({item.name_id for item in read})
    receipts = sorted({item.receipt_id for item in read if item.receipt_id})
    batch = Batch(keys, now, await store.load(tx, names, receipts))
    for row in await store.list_waiting(tx, names):
        early = Read.of(_reopen(row, keys), cities, now)
        batch.waiting.setdefault(early.name_id, []).append(early)
    verdicts = [batch.judge(item) for item in read]
    await _save(tx, batch)
    return verdicts


async def expire_waiting(tx: Transaction, *, keys: Keys, now: datetime) -> int:
    """Reject corrections and voids whose purchase did not come in 24 hours; drop raw bodies older than 30 days."""
    batch = Batch(keys, now)
    for row in await store.list_overdue(tx, now - WAIT):
        batch.refuse(_reopen(row, keys), row["purchase_id"], [Reason.of("PURCHASE_NOT_FOUND", "reference")])
    await _save(tx, batch)
    await store.queries.delete_old_raws(tx, before=now - KEEP_RAW)
    return len(batch.submissions)


async def _save(tx: Transaction, batch: Batch) -> None:
    await store.save(tx, list(batch.changed.values()), batch.submissions)
    await store.append_names(tx, batch.aliases, batch.receipts, batch.known)
    await outbox.append(tx, batch.events, source=SOURCE)


def _reopen(row: Row, keys: Keys) -> Incoming:
    raw = orjson.loads(unseal(keys.seal_key, row["raw_sealed"], bound_to=str(row["submission_id"])))
    return Incoming(row["submission_id"], row["kind"], row["tenant"], row["source"], raw)
