"""A city as a command at a terminal reaches it: in one transaction, as its service has it loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Literal, TypeVar

from shared.database.pool import Transaction, connect
from shared.reference.model import Reference
from shared.reference.store import Cities

T = TypeVar("T")


@asynccontextmanager
async def within_city(
    database_url: str,
    schema: str,
    tenant: str,
    *,
    isolation: Literal["read_committed", "repeatable_read"] = "read_committed",
    known: Cities | None = None,
) -> AsyncIterator[tuple[Transaction, Reference]]:
    """A transaction in `schema`, and the city as it is loaded there: of those that are `known`, the changed ones are
    read. Raises `UnknownCityError`.
    """
    connection = await connect(database_url, schema)
    try:
        async with connection.transaction(isolation=isolation):
            cities = Cities() if known is None else known
            await cities.refresh(connection)
            yield connection, cities[tenant]
    finally:
        await connection.close()


def act_within(database_url: str, schema: str, tenant: str, act: Callable[[Transaction, Reference], Awaitable[T]]) -> T:
    """What `act` returns, at one moment of the database; for commands that do one thing and end."""

    async def run() -> T:
        known = _known(database_url, schema)
        async with within_city(database_url, schema, tenant, isolation="repeatable_read", known=known) as (tx, city):
            return await act(tx, city)

    return asyncio.run(run())


@lru_cache(maxsize=2)
def _known(database_url: str, schema: str) -> Cities:
    """The cities that an earlier command of this process has read there: half of the time of a small one."""
    return Cities()
