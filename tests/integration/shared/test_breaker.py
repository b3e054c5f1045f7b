"""Without the database a lane lets go of its messages, parks none, and begins again by itself, small."""

from __future__ import annotations

import asyncio

from shared.database.pool import open_pool
from shared.messaging import topology
from shared.messaging.applier import Applier, Lane
from shared.messaging.breaker import FAILURES, SMALL
from shared.messaging.consumer import Consumer
from tests.support.eventually import eventually
from tests.support.laning import QUEUE, Effect, event, send
from tests.support.logged import logged
from tests.support.proxy import proxied
from tests.support.servers import World


async def test_the_breaker_opens_after_five_failures_and_closes_when_the_database_answers(world: World) -> None:
    effect, stop = Effect(), asyncio.Event()
    async with proxied(world.database_url) as database:
        pool = await open_pool(database.url, "facts")
        applier = Applier(Lane(QUEUE, effect, ordered=True), pool, b"key")
        lane = Consumer(applier, amqp_url=world.rabbitmq.url, batch_size=100, linger_seconds=0.01)
        running = asyncio.create_task(lane.run(stop))

        async def queue() -> tuple[int, int] | None:
            return await topology.look_at(world.rabbitmq.url, QUEUE)

        await eventually(queue, lambda seen: seen == (0, 1))
        database.go_away()
        with logged() as logs:
            await send(world.rabbitmq.url, [event(f"e{number}") for number in range(40)])
            await eventually(queue, lambda seen: seen == (40, 0))  # all given back, and nobody consumes
        assert [entry["event"] for entry in logs].count("batch_retried") == FAILURES
        database.come_back()
        await eventually(effect.count, lambda seen: seen == 40)
        assert effect.batches[0] <= SMALL
        assert await pool.fetchval("select count(*) from parked") == 0
        stop.set()
        await running
        await pool.close()
