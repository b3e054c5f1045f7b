"""The terminal door of the reporting service."""

from __future__ import annotations

from typing import Any

from services.reporting.usecases.reconcile import reconcile
from services.reporting.usecases.reference import load_reference
from shared.database.pool import connect
from shared.reference.load import load


async def publish_views(admin_url: str, tenant: str, views: str) -> None:
    """Make or renew the published views, and the dimensions they name."""
    connection = await connect(admin_url, "facts")
    try:
        async with connection.transaction():
            await load_reference(connection, load(tenant))
            await connection.execute(views)
    finally:
        await connection.close()


async def differences(database_url: str) -> list[tuple[str, str]]:
    """What `peduli reporting reconcile` prints: (tally, key) of each difference."""
    connection = await connect(database_url, "facts")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await reconcile(connection)
    finally:
        await connection.close()


async def select(database_url: str, sql: str) -> list[dict[str, Any]]:
    """Rows of a query over the published views, as dicts."""
    connection = await connect(database_url, "reporting")
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()
