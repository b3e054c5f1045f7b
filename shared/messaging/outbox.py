"""The outbox: events are rows of the same transaction as the state they tell of (messaging.md §4)."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from shared.contracts.envelope import Outgoing
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


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
