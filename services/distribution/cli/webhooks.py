"""The terminal door of the distribution service: where a city is told of a packet's steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.distribution.domain.notice import STEPS, Step
from services.distribution.store.webhooks import queries
from services.distribution.usecases import webhooks
from shared.clock import now
from shared.database.pool import Transaction, connect
from shared.reference.model import Reference
from shared.reference.terminal import act_within

__all__ = ["STEPS", "Step"]
SERVICE = "distribution"


def add_webhook(database_url: str, tenant: str, name: str, url: str, steps: Sequence[Step], seal_key: bytes) -> str:
    """Attach a webhook, or change it; returns its secret."""

    async def add(tx: Transaction, city: Reference) -> str:
        return await webhooks.add(tx, city.tenant, name, url, steps, seal_key=seal_key, now=now())

    return act_within(database_url, SERVICE, tenant, add)


def list_webhooks(database_url: str, tenant: str) -> list[dict[str, Any]]:
    """Webhooks with what waits and what was given up."""

    async def look(tx: Transaction, city: Reference) -> list[dict[str, Any]]:
        return [dict(row) for row in await queries.list_webhooks(tx, tenant=city.tenant)]

    return act_within(database_url, SERVICE, tenant, look)


def list_given_up(database_url: str, tenant: str) -> list[dict[str, Any]]:
    """Messages that nobody tries any more."""

    async def look(tx: Transaction, city: Reference) -> list[dict[str, Any]]:
        return [dict(row) for row in await queries.list_given_up(tx, tenant=city.tenant)]

    return act_within(database_url, SERVICE, tenant, look)


async def count_given_up(database_url: str) -> dict[str, int]:
    """Messages that nobody tries any more, by city and webhook as `3276/whatsapp`."""
    connection = await connect(database_url, SERVICE)
    try:
        rows = await queries.count_given_up(connection)
        return {f"{row['tenant']}/{row['webhook']}": row["messages"] for row in rows}
    finally:
        await connection.close()


def remove_webhook(database_url: str, tenant: str, name: str) -> None:
    """Tell a webhook nothing any more."""
    act_within(database_url, SERVICE, tenant, lambda tx, city: webhooks.remove(tx, city.tenant, name))


def retry_webhook(database_url: str, tenant: str, name: str) -> int:
    """Try what was given up anew; returns how many messages that are."""
    return act_within(database_url, SERVICE, tenant, lambda tx, city: webhooks.retry(tx, city.tenant, name, now=now()))


def discard_webhook(database_url: str, tenant: str, name: str) -> int:
    """Forget what was given up; returns how many messages that were."""
    return act_within(database_url, SERVICE, tenant, lambda tx, city: webhooks.discard(tx, city.tenant, name))
