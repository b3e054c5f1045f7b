"""The way out: webhooks are told what is due. Receivers are those that an operator attached, and nobody else."""

from __future__ import annotations

import asyncio
import functools
import ssl
from datetime import timedelta

import httpx
import structlog

from services.distribution.domain.notice import next_try, signature
from services.distribution.store.webhooks import queries
from services.distribution.usecases.webhooks import secret_of
from shared.clock import Clock
from shared.database.pool import Pool, Row
from shared.observability import metrics

AT_ONCE = 20  # messages that are sent side by side
ANSWER_SECONDS = 10.0
HELD = timedelta(minutes=2)  # longer than all of them take
log = structlog.get_logger()


def client() -> httpx.AsyncClient:
    """Who sends: it follows no redirect, because an answer must not say where else to go."""
    return httpx.AsyncClient(timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False, verify=_certificates())


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Whom receivers are vouched for by; read once a process, for that takes as long as twenty messages."""
    return httpx.create_ssl_context(trust_env=False)


async def send_due(pool: Pool, sender: httpx.AsyncClient, seal_key: bytes, clock: Clock) -> bool:
    """Tell webhooks what is due, each message once a try; True when there may be more."""
    now = clock()
    rows = await queries.claim_messages(pool, now=now, until=now + HELD, size=AT_ONCE)
    await asyncio.gather(*(_send(pool, sender, row, seal_key, clock) for row in rows))
    return len(rows) == AT_ONCE


async def measure(pool: Pool) -> None:
    """What was given up, as a metric: an operator must look at the gateway."""
    metrics.WEBHOOK_GIVEN_UP.clear()
    for row in await queries.count_given_up(pool):
        metrics.WEBHOOK_GIVEN_UP.labels(row["tenant"], row["webhook"]).set(row["messages"])


async def _send(pool: Pool, sender: httpx.AsyncClient, row: Row, seal_key: bytes, clock: Clock) -> None:
    headers = signature(secret_of(row, seal_key), str(row["message_id"]), clock(), row["body"])
    error = await _post(sender, row["url"], row["body"], {**headers, "content-type": "application/json"})
    if not error:
        await queries.delete_taken(pool, message_id=row["message_id"])
        return
    again = next_try(row["tries"], clock())
    await queries.save_failed(pool, message_id=row["message_id"], next_at=again, error=error)
    if again is None:
        log.warning("webhook_given_up", tenant=row["tenant"], webhook=row["webhook"], error=error)


async def _post(sender: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> str:
    """What went wrong, in a word; empty when the receiver took it. Its answer is not read."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), sender.stream("POST", url, content=body, headers=headers) as answer:
            return "" if answer.is_success else f"HTTP {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return type(error).__name__
