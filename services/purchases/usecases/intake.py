"""The one path of a submission, whichever door it came by: broker, HTTP, file or page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import orjson

from services.purchases.store import purchases as store
from services.purchases.store import reviews
from services.purchases.usecases.judging import Batch, Incoming, Keys, Read, Verdict
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.messaging import outbox
from shared.observability.logs import correlate
from shared.privacy import unseal
from shared.reference.store import Cities

SOURCE = "/peduli/purchases"
WAIT = timedelta(hours=24)
KEEP_RAW = timedelta(days=30)
TURN = 50  # submissions judged (10-20 ms) before others have their turn


async def submit(
    tx: Transaction, incoming: Sequence[Incoming], *, cities: Cities, keys: Keys, now: datetime
) -> list[Verdict]:
    """Judge submissions of any cities in their order; saves state, answers and events in `tx`.

    One verdict each, in order. Raises `RacedError` (transient) when another transaction told of one of these receipts
    at the same moment.
    """
    read = [Read.of(item, cities, now) for item in incoming]
    batch = await _load(tx, read, cities=cities, keys=keys, now=now, claim=True)
    verdicts = [batch.judge(item) for item in read]
    await _save(tx, batch)
    return verdicts


async def preview(
    tx: Transaction, incoming: Sequence[Incoming], *, cities: Cities, keys: Keys, now: datetime
) -> AsyncIterator[Verdict]:
    """What `submit` would answer to each, in order; changes nothing and claims nothing.

    Others have their turn now and then, however many are judged. `tx` is used before the first verdict only.
    """
    read = []
    for item in incoming:
        read.append(Read.of(item, cities, now))
        if len(read) % TURN == 0:
            await asyncio.sleep(0)
    batch = await _load(tx, read, cities=cities, keys=keys, now=now, claim=False)
    for number, submission in enumerate(read, start=1):
        yield batch.judge(submission)
        if number % TURN == 0:
            await asyncio.sleep(0)


async def _load(
    tx: Transaction, read: Sequence[Read], *, cities: Cities, keys: Keys, now: datetime, claim: bool
) -> Batch:
    """All that is known of what was read; claimed against other doors when something is to be saved."""
    names = {item.name_id for item in read}
    receipts = {item.receipt_id for item in read if item.receipt_id}
    batch = Batch(keys, now, await store.load(tx, names, receipts, claim=claim))
    if batch.known.awaited:
        for row in await store.list_waiting(tx, batch.known.awaited):
            early = Read.of(_reopen(row, keys), cities, now)
            batch.waiting.setdefault(early.name_id, []).append(early)
    return batch


async def expire_waiting(tx: Transaction, *, keys: Keys, now: datetime) -> int:
    """Reject corrections and voids whose purchase did not come in 24 hours; drop raw bodies older than 30 days."""
    batch = Batch(keys, now)
    for row in await store.list_overdue(tx, now - WAIT):
        batch.refuse(_reopen(row, keys), row["purchase_id"], [Reason.of("PURCHASE_NOT_FOUND", "reference")])
    await _save(tx, batch)
    await store.queries.delete_old_raws(tx, before=now - KEEP_RAW)
    return len(batch.submissions)


async def _save(tx: Transaction, batch: Batch) -> None:
    await store.save_purchases(tx, batch.changed.values(), batch.receipts, batch.known)
    await store.append_aliases(tx, batch.aliases)
    await store.save_submissions(tx, batch.submissions)
    await reviews.append_tellings(tx, batch.tellings)
    await outbox.append(tx, batch.events, source=SOURCE)
    correlate("purchase_judged", ((item.outcome, [str(item.purchase_id)]) for item in batch.submissions))


def _reopen(row: Row, keys: Keys) -> Incoming:
    raw = orjson.loads(unseal(keys.seal_key, row["raw_sealed"], bound_to=str(row["submission_id"])))
    return Incoming(row["submission_id"], row["kind"], row["tenant"], row["source"], raw)
