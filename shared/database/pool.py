"""Pools and the transaction type; the only file that knows how a connection is made."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Transaction: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record


async def open_pool(url: str, schema: str, *, size: int = 8) -> Pool:
    """A pool whose connections see `schema` first. A statement over 30 s is cut: a black hole must not hang us.

    It connects when it is first used, so that a service also starts while the database is away.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=30,
        timeout=10,
        server_settings=_session(schema),
    )


async def connect(url: str, schema: str) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own (a relay's leadership lives and dies with it)."""
    return await asyncpg.connect(url, command_timeout=30, timeout=10, server_settings=_session(schema))


def _session(schema: str) -> dict[str, str]:
    """A plan made while the tables were empty must not be kept for the day when they are full."""
    return {
        "search_path": schema,
        "application_name": f"peduli-{schema}",
        "plan_cache_mode": "force_custom_plan",
    }
