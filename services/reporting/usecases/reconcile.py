"""Recompute every tally from the facts, and tell what differs."""

from __future__ import annotations

from services.reporting.store.reconcile import queries
from shared.database.pool import Transaction


async def reconcile(tx: Transaction) -> list[tuple[str, str]]:
    """Differences as (tally, key); empty when every tally equals its recomputation. Run in a repeatable-read tx."""
    rows = [
        *await queries.list_unit_differences(tx),
        *await queries.list_round_differences(tx),
        *await queries.list_channel_differences(tx),
        *await queries.list_buyer_differences(tx),
        *await queries.list_day_buyer_differences(tx),
        *await queries.list_region_differences(tx),
        *await queries.list_line_differences(tx),
    ]
    return [(row["tally"], row["key"]) for row in rows]
