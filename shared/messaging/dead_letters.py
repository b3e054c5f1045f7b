"""Brings what the broker gave up (delivery-limit) into the parked table, where a person can see it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import structlog
from pamqp.commands import Basic

from shared.clock import now
from shared.database.pool import Pool
from shared.messaging import parking
from shared.messaging.applier import ids_of, read
from shared.messaging.connection import open_connection
from shared.messaging.topology import DEAD

log = structlog.get_logger()
EVERY_SECONDS = 10.0


class DeadLetters:
    """Drains `peduli.dead.<service>`: park, commit, acknowledge, one by one; it is empty on a good day."""

    def __init__(self, service: str, pool: Pool, amqp_url: str, seal_key: bytes) -> None:
        self._queue = f"{DEAD}.{service}"
        self._pool = pool
        self._amqp_url = amqp_url
        self._seal_key = seal_key

    async def run(self, stop: asyncio.Event) -> None:
        """Look every 10 s until `stop`; an outage only delays it."""
        while not stop.is_set():
            try:
                await self.drain()
            except Exception as error:
                log.warning("dead_letters_interrupted", queue=self._queue, error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)

    async def drain(self) -> int:
        """Park all that is there now; returns how many."""
        connection = await open_connection(self._amqp_url, self._queue)
        try:
            channel = await connection.channel()
            count = 0
            while True:
                got = await channel.basic_get(self._queue, no_ack=False)
                delivery = got.delivery
                if not isinstance(delivery, Basic.GetOk) or delivery.delivery_tag is None:
                    return count
                properties = got.header.properties
                headers: dict[str, object] = dict(properties.headers or {})
                origin = str(headers.get("x-first-death-queue") or delivery.routing_key)
                message = read(first_key(headers), headers, properties.content_type, got.body)
                async with self._pool.acquire() as tx, tx.transaction():
                    await parking.park(
                        tx, origin, [(message, parking.DEAD_LETTERED)], seal_key=self._seal_key, now=now()
                    )
                await channel.basic_ack(delivery.delivery_tag)
                log.error("message_parked", queue=origin, reason=parking.DEAD_LETTERED, **ids_of(message))
                count += 1
        finally:
            await connection.close()


def first_key(headers: Mapping[str, object]) -> str:
    """The key that the message was published with: dead-lettering gave it another, and wrote the first one down.

    Empty when nothing was written down that can be read: a publisher can send such a header, too.
    """
    deaths: Any = headers.get("x-death")
    try:
        return str(deaths[-1]["routing-keys"][0])  # the newest death is the first of the list
    except (KeyError, IndexError, TypeError):
        return ""
