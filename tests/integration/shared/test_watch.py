"""What waits is seen: by readiness when nobody does it, and by the operator's gauges."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aio_pika
import pytest
from prometheus_client import REGISTRY

from shared.clock import now
from shared.database.pool import Pool, open_pool
from shared.ids import new_id
from shared.messaging import parking
from shared.messaging.parking import Message
from shared.messaging.watch import Watch
from shared.observability.health import Progress
from tests.support.eventually import eventually
from tests.support.publish import message
from tests.support.servers import World

QUEUE = "purchases.intake"
STUCK = 0.5
APPEND = """with logged as (
  insert into event_log (event_id, aggregate, version, type, routing_key, headers, body, recorded_at)
  values ($1, $2, 1, 'purchase.recorded.v1', 'x', '{}', '{}', now() - interval '1 hour') returning seq, aggregate)
insert into outbox (seq, aggregate) select seq, aggregate from logged"""


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = await open_pool(world.database_url, "purchases")
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def watching(world: World, pool: Pool, lane: Progress) -> AsyncIterator[Watch]:
    stop = asyncio.Event()
    watch = Watch("purchases", pool, amqp_url=world.rabbitmq.url, lanes=(lane,), relays=True, every_seconds=STUCK / 10)
    running = asyncio.create_task(watch.run(stop))
    yield watch
    stop.set()
    await running


async def stuck(*items: Progress) -> set[str]:
    return {item.name for item in items if item.stuck(STUCK)}


async def moved(item: Progress) -> float:
    return item.moved_at


async def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_nothing_is_ready_before_it_has_begun_and_idleness_is_no_fault(world: World, pool: Pool) -> None:
    lane = Progress(QUEUE)
    assert await stuck(lane) == {QUEUE}
    async with watching(world, pool, lane) as watch:
        lane.consuming = True
        await eventually(lambda: stuck(lane, *watch.progress), lambda seen: seen == set())
        began = lane.moved_at
        await eventually(lambda: moved(lane), lambda at: at > began + 2 * STUCK)
        lane.waiting = 1  # a first message after a long idle time is no delay
        assert await stuck(lane) == set()


async def test_a_queue_that_nobody_reads_makes_its_lane_stuck(world: World, pool: Pool) -> None:
    lane = Progress(QUEUE, consuming=True)
    connection = await aio_pika.connect(world.rabbitmq.url)
    async with connection, watching(world, pool, lane):
        channel = await connection.channel()
        await channel.default_exchange.publish(message({"a": 1}), QUEUE)
        await eventually(lambda: stuck(lane), lambda seen: seen == {QUEUE})
        assert await gauge("peduli_queue_ready", queue=QUEUE) == 1
        await (await channel.get_queue(QUEUE)).purge()
        await eventually(lambda: stuck(lane), lambda seen: seen == set())


async def test_an_outbox_that_does_not_move_makes_the_relay_stuck(world: World, pool: Pool) -> None:
    async with watching(world, pool, Progress(QUEUE, consuming=True)) as watch:
        for aggregate in ("a", "b", "quarantined"):
            await pool.execute(APPEND, new_id(), aggregate)
        await pool.execute("update outbox set quarantined_at = now() where aggregate = 'quarantined'")
        await eventually(lambda: stuck(*watch.progress), lambda seen: seen == {"relay"})
        assert await gauge("peduli_events_unpublished", service="purchases") == 3
        assert await gauge("peduli_events_quarantined", service="purchases") == 1
        assert 3600 <= (await gauge("peduli_events_oldest_unpublished_seconds", service="purchases") or 0) < 3700
        await pool.execute("delete from outbox where aggregate = 'a'")  # the oldest was confirmed: it goes on
        await eventually(lambda: stuck(*watch.progress), lambda seen: seen == set())
        await eventually(lambda: stuck(*watch.progress), lambda seen: seen == {"relay"})
        await pool.execute("delete from outbox where aggregate = 'b'")  # the other one waits for a person, not for it
        await eventually(lambda: stuck(*watch.progress), lambda seen: seen == set())
        assert await gauge("peduli_events_oldest_unpublished_seconds", service="purchases") == 0


async def test_parked_messages_are_counted_by_queue_and_kind_of_reason(world: World, pool: Pool) -> None:
    reasons = ("UniqueViolationError: a_key", "UniqueViolationError: another_key", parking.UNREADABLE)
    aside = [(Message("x", {}, None, b"{}"), reason) for reason in reasons]
    async with watching(world, pool, Progress(QUEUE)):
        async with pool.acquire() as tx, tx.transaction():
            await parking.park(tx, QUEUE, aside, seal_key=b"key", now=now())
        labels = {"queue": QUEUE, "kind": "UniqueViolationError"}
        await eventually(lambda: gauge("peduli_messages_parked", **labels), lambda seen: seen == 2)
        assert await gauge("peduli_messages_parked", queue=QUEUE, kind=parking.UNREADABLE) == 1
        await pool.execute("update parked set state = 'applied'")
        await eventually(lambda: gauge("peduli_messages_parked", **labels), lambda seen: seen is None)
