"""Pools and the transaction type; the only file that knows how a connection is made."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Transaction: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record


STATEMENT_SECONDS, CONNECT_SECONDS = 30.0, 10.0


async def open_pool(url: str, schema: str, *, size: int = 8, statement_seconds: float = STATEMENT_SECONDS) -> Pool:
    """A pool whose connections see `schema` first. A longer statement is cut: a black hole must not hang us.

    It connects when it is first used, so that a service also starts while the database is away.
    """
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=statement_seconds,
        timeout=min(CONNECT_SECONDS, statement_seconds),
        reset=_keep,
        server_settings=_session(schema),
    )


async def _keep(_: object) -> None:
    """Nobody changes the session of a pool's connection, so that none has to be reset: a round trip a transaction."""


async def connect(
    url: str, schema: str, *, statement_seconds: float = STATEMENT_SECONDS, silent_seconds: float = 0
) -> asyncpg.Connection[asyncpg.Record]:
    """One connection of its own (a relay's leadership lives and dies with it).

    With `silent_seconds` Postgres ends it when nothing was asked for so long, and its locks are free.
    """
    silence = {"idle_session_timeout": f"{silent_seconds * 1000:.0f}"} if silent_seconds else {}
    return await asyncpg.connect(
        url,
        command_timeout=statement_seconds,
        timeout=min(CONNECT_SECONDS, statement_seconds),
        server_settings={**_session(schema), **silence},
    )


def _session(schema: str) -> dict[str, str]:
    """A plan made while the tables were empty must not be kept for the day when they are full.

    To compile a statement takes half a second, and ours are done in milliseconds.
    """
    return {
        "search_path": schema,
        "application_name": f"peduli-{schema}",
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
    }
