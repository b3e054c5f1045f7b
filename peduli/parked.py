"""`peduli parked`: see, retry or discard what could not be applied."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from shared.database.pool import Transaction, connect
from shared.messaging import parking
from shared.settings import Settings

T = TypeVar("T")


async def within(settings: Settings, schema: str, act: Callable[[Transaction], Awaitable[T]]) -> T:
    """Do one thing in a transaction of a service's own schema; raises `ParkedError` when the role cannot see it."""
    connection = await connect(settings.database_url, schema)
    try:
        if await connection.fetchval("select to_regclass('parked')") is None:
            raise parking.ParkedError(
                f"this database login sees nothing parked in schema {schema}",
                hint="use the service's own PEDULI_DATABASE_URL: in compose, run it in that service's container",
            )
        async with connection.transaction():
            return await act(connection)
    finally:
        await connection.close()


async def list_all(tx: Transaction) -> list[dict[str, Any]]:
    """What is parked now, oldest first; no bodies."""
    return [dict(row) for row in await parking.queries.list_parked(tx)]


async def show(tx: Transaction, parked_id: UUID, seal_key: bytes) -> dict[str, Any]:
    """One parked message with its body opened; raises `ParkedError` when there is none."""
    row = await parking.queries.find_parked(tx, parked_id=parked_id)
    if row is None:
        raise parking.ParkedError(hint="`peduli parked list` shows the ids")
    body = parking.reopen(row, seal_key).body.decode(errors="replace")
    return {**{name: value for name, value in dict(row).items() if name != "body"}, "body": body}
