"""The promises of a lane, one by one, on a real broker and database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from operator import eq

import aio_pika
import asyncpg
import pytest

from shared.clock import now
from shared.database.pool import Pool, open_pool
from shared.messaging import inbox, parking, suspects
from shared.messaging.applier import Applier, Lane
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.relay import Relay
from shared.messaging.retrier import Retrier
from tests.support.eventually import eventually
from tests.support.laning import QUEUE, Effect, arrived, event, parked, send
from tests.support.publish import message, publish, taken
from tests.support.servers import World


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = await open_pool(world.database_url, "facts")
    yield opened
    await opened.close()


def consumer(
    world: World,
    pool: Pool,
    effect: Effect,
    *,
    batch: int = 50,
    linger: float = 0.01,
    rest: Callable[[int], float] = lambda _: 0.0,
) -> Consumer:
    applier = Applier(Lane(QUEUE, effect, ordered=True, rest=rest), pool, b"key")
    return Consumer(applier, amqp_url=world.rabbitmq.url, batch_size=batch, linger_seconds=linger)


async def test_versions_are_applied_in_order_and_gaps_wait(world: World, pool: Pool) -> None:
    effect, stop = Effect(), asyncio.Event()
    lane = consumer(world, pool, effect)
    tasks = [asyncio.create_task(lane.run(stop)), asyncio.create_task(Retrier(lane.applier).run(stop))]
    await send(world.rabbitmq.url, [event("a3", "a", 3), event("a1", "a", 1), event("b2", "b", 2), event("a1", "a", 1)])
    await eventually(lambda: parked(pool), lambda seen: [name for name, _ in seen] == ["a3", "b2"])
    await send(world.rabbitmq.url, [event("a2", "a", 2)])
    await eventually(lambda: parked(pool), lambda seen: seen == [("b2", parking.WAITING)])
    stop.set()
    await asyncio.gather(*tasks)
    assert effect.seen == ["a1", "a2", "a3"]


async def test_one_poison_is_parked_and_a_person_can_discard_it(world: World, pool: Pool) -> None:
    effect, stop = Effect(fails_on="p1"), asyncio.Event()
    lane = consumer(world, pool, effect)
    tasks = [asyncio.create_task(lane.run(stop)), asyncio.create_task(Retrier(lane.applier).run(stop))]
    healthy = [event(f"h{number}", f"h{number}", 1) for number in range(40)]
    await send(world.rabbitmq.url, [*healthy[:20], event("p1", "p", 1), event("p2", "p", 2), *healthy[20:]])
    await eventually(lambda: parked(pool), lambda seen: seen == [("p1", "ValueError"), ("p2", parking.WAITING)])
    await eventually(effect.count, lambda seen: seen == 40)
    async with pool.acquire() as tx, tx.transaction():
        parked_id = await tx.fetchval("select parked_id from parked where event like '%|p1'")
        await parking.discard(tx, parked_id, "a test")
    await eventually(lambda: parked(pool), lambda seen: seen == [])
    stop.set()
    await asyncio.gather(*tasks)
    assert effect.seen[-1] == "p2"


async def test_a_stop_under_load_redelivers_nothing(world: World, pool: Pool) -> None:
    """It comes at the worst moment: what was just acknowledged makes the broker send more."""
    effect, stop = Effect(), asyncio.Event()
    await send(world.rabbitmq.url, [event(f"e{number}") for number in range(400)])

    def acknowledged(_: int) -> float:
        if len(effect.seen) >= 60:
            stop.set()
        return 0.0

    await consumer(world, pool, effect, batch=20, rest=acknowledged).run(stop)
    left = [
        (item.redelivered, item.headers.get("x-delivery-count", 0))
        for item in await taken(world.rabbitmq.url, QUEUE, settle=True)
    ]
    assert len(left) > 0
    assert len(left) + len(effect.seen) == 400
    assert set(left) == {(False, 0)}


async def test_a_message_that_kills_its_process_is_parked_unread(world: World, pool: Pool) -> None:
    await send(world.rabbitmq.url, [event("ok"), event("killer")])
    in_hand = await taken(
        world.rabbitmq.url, QUEUE, settle=False
    )  # a process died with both in hand: they come again, marked
    assert [item.headers["ce-id"] for item in in_hand] == ["ok", "killer"]
    await pool.execute(
        "insert into deliveries (queue, event, attempts) values ($1, $2, 7)",
        QUEUE,
        "reporting|/pos/koperasi-depok|killer",
    )
    effect, stop = Effect(), asyncio.Event()
    running = asyncio.create_task(consumer(world, pool, effect).run(stop))
    found = await eventually(lambda: parked(pool), bool)
    stop.set()
    await running
    assert found == [("killer", parking.KILLS)]
    assert effect.seen == ["ok"]


async def test_who_is_in_hand_at_each_death_runs_among_fewer_and_the_others_together(world: World, pool: Pool) -> None:
    """Seven processes die at one message. Those before it were done each time, those behind it were never in hand."""
    told = [f"e{number:03}" for number in range(120)]
    await send(world.rabbitmq.url, [event(name) for name in told])
    await taken(world.rabbitmq.url, QUEUE, settle=False)  # the first death
    widths = []
    for deaths in range(1, 8):
        effect = Effect(hangs_on="e060")
        lane = consumer(world, pool, effect, batch=200, linger=0.5)  # all that came again is one batch
        dying = asyncio.create_task(lane.run(asyncio.Event()))
        await eventually(lambda: attempts(pool, "e060"), partial(eq, deaths))
        suspected = "select count(*) from deliveries where attempts >= $1"
        widths.append(await pool.fetchval(suspected, deaths))
        dying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await dying
    assert widths == [120, 50, 1, 1, 1, 1, 1]
    effect, stop = Effect(), asyncio.Event()
    running = asyncio.create_task(consumer(world, pool, effect, batch=200).run(stop))
    assert await eventually(lambda: parked(pool), bool) == [("e060", parking.KILLS)]
    await eventually(lambda: pool.fetchval("select count(*) from inbox"), partial(eq, 119))
    stop.set()
    await running
    assert await pool.fetchval("select count(*) from deliveries") == 0


async def test_a_short_trouble_of_the_database_is_no_death(world: World, pool: Pool) -> None:
    await send(world.rabbitmq.url, [event("slow")])
    await taken(world.rabbitmq.url, QUEUE, settle=False)
    effect, stop = Effect(fails_on="slow"), asyncio.Event()
    effect.error = asyncpg.DeadlockDetectedError()
    running = asyncio.create_task(consumer(world, pool, effect).run(stop))
    await eventually(effect.count_tries, lambda tries: tries > suspects.PARK_AFTER)
    effect.fails_on = ""
    await eventually(effect.count, partial(eq, 1))
    stop.set()
    await running
    assert await parked(pool) == []


async def attempts(pool: Pool, name: str) -> int:
    found = await pool.fetchval("select attempts from deliveries where event like '%|' || $1", name)
    return int(found or 0)


async def test_a_lane_a_retry_and_a_discard_take_their_locks_in_one_order(world: World, pool: Pool) -> None:
    """While the lane holds its lock, a retry and a person are about to take one parked row: one of them has it."""
    applier = Applier(Lane(QUEUE, Effect(), ordered=True), pool, b"key")
    early = arrived("a2", "a", 2)
    async with pool.acquire() as tx, tx.transaction():
        await parking.park(tx, QUEUE, [(early, parking.WAITING)], seal_key=b"key", now=now() - timedelta(minutes=1))
    await inbox.queries.save_versions(pool, aggregates=["a"], versions=[1])
    parked_id = await pool.fetchval("select parked_id from parked")

    async def discard() -> None:
        async with pool.acquire() as tx, tx.transaction():
            await parking.discard(tx, parked_id, "a test")

    async def blocked() -> int:
        return int(await pool.fetchval("select count(*) from pg_locks where not granted"))

    async with pool.acquire() as lane, lane.transaction():
        await inbox.queries.claim_queue(lane, queue=QUEUE)
        others = [asyncio.create_task(Retrier(applier).run_once()), asyncio.create_task(discard())]
        await eventually(blocked, lambda seen: seen == 2)
    applied, discarded = await asyncio.gather(*others, return_exceptions=True)
    assert applied == 1
    assert discarded is None or isinstance(discarded, parking.ParkedError)
    assert await pool.fetchval("select state from parked") == ("discarded" if discarded is None else "applied")


async def test_two_relays_publish_everything_once_in_order(world: World) -> None:
    connection = await asyncpg.connect(world.database_url)
    await connection.execute("set search_path to purchases")
    await connection.execute(
        """with logged as (insert into event_log (event_id, aggregate, version, type, routing_key, headers, body)
        select gen_random_uuid(), 'a', n, 'purchase.recorded.v1', '3276.purchase.recorded.v1',
          jsonb_build_object('ce-aggregate', 'a', 'ce-version', n::text), '{}' from generate_series(1, 2000) n
        returning seq, aggregate) insert into outbox (seq, aggregate) select * from logged"""
    )
    stop = asyncio.Event()
    relays = [Relay(database_url=world.database_url, schema="purchases", amqp_url=world.rabbitmq.url) for _ in range(2)]
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]

    async def unpublished() -> int:
        return int(await connection.fetchval("select count(*) from outbox"))

    await eventually(unpublished, lambda left: left == 0)
    stop.set()
    await asyncio.gather(*tasks)
    await connection.close()
    told = await taken(world.rabbitmq.url, QUEUE, settle=True)
    assert [int(str(item.headers["ce-version"])) for item in told] == list(range(1, 2001))


async def test_what_the_broker_gave_up_keeps_the_city_that_it_came_for(world: World) -> None:
    await publish(world.rabbitmq.url, [(message({"a": 1}), "3273.purchase.submitted.v1")])
    connection = await aio_pika.connect(world.rabbitmq.url)
    async with connection:
        queue = await (await connection.channel()).get_queue("purchases.intake")

        async def give_up() -> bool:
            got = await queue.get(fail=False)
            if got is not None:
                await got.reject(requeue=False)
            return got is not None

        await eventually(give_up, bool)
    opened = await open_pool(world.database_url, "purchases")
    dead = DeadLetters("purchases", opened, world.rabbitmq.url, b"key")
    await eventually(dead.drain, bool)
    rows = await opened.fetch("select queue, routing_key, reason, event from parked")
    await opened.close()
    assert [(row["queue"], row["routing_key"], row["reason"]) for row in rows] == [
        ("purchases.intake", "3273.purchase.submitted.v1", parking.DEAD_LETTERED)
    ]
    assert rows[0]["event"].startswith("3273|")
