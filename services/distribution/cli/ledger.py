"""`peduli ledger`: the laws of the ledger held against the database, and its sums."""

from __future__ import annotations

from datetime import datetime

from services.distribution.store import laws, stock
from services.distribution.store.laws import Breach
from shared.database.pool import connect

__all__ = ["Breach", "balances", "breaches"]


async def breaches(database_url: str) -> list[Breach]:
    """Everything in any city that breaks one of the laws L1-L8, seen at one moment; empty when all hold."""
    connection = await connect(database_url, "distribution")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await laws.breaches(connection)
    finally:
        await connection.close()


async def balances(database_url: str, tenant: str, at: datetime) -> dict[str, int]:
    """All pieces of a city by account, as they were at this moment."""
    connection = await connect(database_url, "distribution")
    try:
        rows = await stock.queries.list_balances_at(connection, tenant=tenant, at=at)
        return {row["account"]: row["pieces"] for row in rows}
    finally:
        await connection.close()
