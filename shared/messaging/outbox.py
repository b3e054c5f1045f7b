"""The outbox: events are rows of the same transaction as the state they tell of (messaging.md §4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import orjson

from shared.contracts.envelope import Outgoing
from shared.database.pool import Pool, Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError

queries = load_queries(__file__)

WRITERS_SECONDS = 60.0  # longer than any of our own transactions


class BusyError(PeduliError):
    """A transaction that writes does not end: its events may stand before some that were read."""


async def append(tx: Transaction, events: Sequence[Outgoing], *, source: str) -> None:
    """Add `events` in their order; `source` is the CloudEvents source (`/peduli/purchases`).

    Raises a unique violation when (aggregate, version) was told before: two writers raced, and one must retry.
    """
    if not events:
        return
    await queries.append_events(
        tx,
        event_ids=[event.event_id for event in events],
        aggregates=[event.aggregate for event in events],
        versions=[event.version for event in events],
        types=[event.type for event in events],
        routing_keys=[event.routing_key for event in events],
        headers=[orjson.dumps(event.headers(source)).decode() for event in events],
        bodies=[event.body for event in events],
    )


async def writers_gone(reader: Pool | Transaction) -> None:
    """Wait for whoever may still commit an event that stands before one that can be seen. Raises `BusyError`."""
    writers = [row["writer"] for row in await queries.list_writers(reader)]
    until = time.monotonic() + WRITERS_SECONDS
    while await queries.are_writing(reader, writers=writers):
        if time.monotonic() > until:
            raise BusyError(hint="pg_stat_activity shows who has been writing since when (xact_start): end it")
        await asyncio.sleep(0.05)
