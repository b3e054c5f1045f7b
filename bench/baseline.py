"""The same work done message by message: a FastStream subscriber, one transaction each; a measure to compare with."""

from __future__ import annotations

import asyncio
import sys

import uvloop
from faststream import FastStream
from faststream.rabbit import RabbitBroker, RabbitMessage, RabbitQueue
from faststream.rabbit.schemas import Channel, QueueType

from services.reporting.usecases.project import project
from shared.contracts import envelope
from shared.database.pool import open_pool
from shared.messaging import inbox
from shared.reference.store import Cities
from shared.service import refresh


async def main(amqp_url: str, database_url: str) -> None:
    """Consume the reporting queue until killed, in the transactions and with the inbox of the batch lane."""
    pool = await open_pool(database_url, "facts")
    cities = Cities()
    await refresh(cities, pool)
    broker = RabbitBroker(amqp_url)
    queue = RabbitQueue("reporting.events.0", queue_type=QueueType.QUORUM, declare=False)

    async def raw(message: RabbitMessage) -> bytes:
        return message.body

    @broker.subscriber(queue, channel=Channel(prefetch_count=100), decoder=raw)
    async def on_event(body: bytes, message: RabbitMessage) -> None:
        event = envelope.read(message.headers, message.content_type, body, str(message.raw_message.routing_key))
        async with pool.acquire() as tx, tx.transaction():
            fresh, _ = await inbox.claim_in_order(tx, "reporting.events.0", [event])
            if fresh:
                await project(tx, fresh, cities=cities)

    await FastStream(broker).run()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main(sys.argv[1], sys.argv[2]))
