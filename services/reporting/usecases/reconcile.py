"""Recompute every tally from the facts, and the facts from the owners' logs, and tell what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

import orjson

from services.reporting.domain.nightly import is_due
from services.reporting.store.reconcile import queries
from shared.database.pool import Transaction

GRACE_SECONDS = 60.0  # an event this young may still be on its way to us
Differences = list[tuple[str, str]]
CHECKS = (
    queries.list_unit_differences,
    queries.list_round_differences,
    queries.list_channel_differences,
    queries.list_seller_differences,
    queries.list_product_differences,
    queries.list_source_differences,
    queries.list_reason_differences,
    queries.list_buyer_differences,
    queries.list_day_buyer_differences,
    queries.list_region_differences,
    queries.list_region_day_differences,
    queries.list_line_differences,
    queries.list_stock_line_differences,
    queries.list_stock_differences,
    queries.list_delivery_differences,
    queries.list_hours_differences,
)


async def reconcile(tx: Transaction, *, on_checked: Callable[[], None] = lambda: None) -> Differences:
    """Differences as (tally, key); empty when every tally equals its recomputation. Run in a repeatable-read tx.

    `on_checked` is called after each of `CHECKS`.
    """
    found: Differences = []
    for check in CHECKS:
        found += [(row["tally"], row["key"]) for row in await check(tx)]
        on_checked()
    return found


async def reconcile_logs(tx: Transaction, *, grace_seconds: float = GRACE_SECONDS) -> Differences | None:
    """Differences between facts and the owners' logs as (table, bucket); None when this role may not read those."""
    if not await queries.may_read_logs(tx):
        return None
    rows = await queries.list_log_differences(tx, grace_seconds=grace_seconds)
    return [(row["tally"], row["key"]) for row in rows]


async def check_nightly(tx: Transaction, now: datetime) -> bool:
    """Reconcile and write down what was found, when this night's check is due; tells whether it was.

    `now` is in the zone whose night counts. Run in a repeatable-read tx.
    """
    if not await queries.claim_check(tx):
        return False
    last = await queries.load_last_check(tx)
    if not is_due(last, now):
        return False
    logs = await reconcile_logs(tx)
    late = [] if logs is None else await queries.list_late_changes(tx, since=last)
    found = await reconcile(tx) + (logs or [])
    await queries.save_check(
        tx,
        checked_at=now,
        is_whole=logs is not None,
        events=0 if logs is None else await queries.count_logs(tx),
        differences=len(found),
        by_tally=orjson.dumps(Counter(tally for tally, _ in found)).decode(),
        late_changes=orjson.dumps({row["day"]: row["changes"] for row in late}).decode(),
    )
    return True
