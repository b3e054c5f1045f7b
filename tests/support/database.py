"""Look into the database of a test's world."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.support.servers import World


async def rows(world: World, sql: str, *values: object) -> list[dict[str, Any]]:
    """Rows of a query that names its schemas."""
    connection = await asyncpg.connect(world.database_url)
    try:
        return [dict(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
