"""An event that the broker refuses by itself waits for a person, and only its own aggregate waits with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.database.pool import Pool, open_pool
from shared.ids import new_id
from shared.messaging import relay, topology, users
from shared.messaging.relay import Relay
from tests.support.access import amqp_url
from tests.support.eventually import eventually
from tests.support.publish import taken
from tests.support.servers import World

USER, PASSWORD = "relay-of-purchases-alone", "secret"
APPEND = """with logged as (
  insert into event_log (event_id, aggregate, version, type, routing_key, headers, body)
  values ($1, $2, $3, 'x', $4, jsonb_build_object('ce-aggregate', $2::text, 'ce-version', $3::int::text), '{}')
  returning seq, aggregate)
insert into outbox (seq, aggregate) select seq, aggregate from logged"""
ALLOWED, FORBIDDEN = "3276.purchase.recorded.v1", "3276.lot.changed.v1"


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = await open_pool(world.database_url, "purchases")
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def relaying(world: World, url: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(database_url=world.database_url, schema="purchases", amqp_url=url).run(stop))
    yield
    stop.set()
    await running


async def left(pool: Pool) -> list[tuple[str, int, bool]]:
    """What the outbox holds: aggregate, version, and whether it is set aside."""
    rows: list[asyncpg.Record] = await pool.fetch(
        """select o.aggregate, version, quarantined_at is not null as aside
        from outbox o join event_log using (seq) order by seq"""
    )
    return [(row["aggregate"], row["version"], row["aside"]) for row in rows]


async def told(world: World) -> list[tuple[str, int]]:
    """What reporting heard, in order; what a refused window told twice counts once."""
    found = await taken(world.rabbitmq.url, "reporting.events.0", settle=True)
    return list(
        dict.fromkeys((str(item.headers["ce-aggregate"]), int(str(item.headers["ce-version"]))) for item in found)
    )


async def test_a_refused_event_is_found_and_set_aside_and_the_others_go_on(
    world: World, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "RETRY_SECONDS", 0.05)
    await users.save(
        world.rabbitmq.management_url, USER, PASSWORD, users.Rights("^$", topology.EVENTS, r"^3276\.purchase\.")
    )
    healthy = [(f"h{number}", 1) for number in range(20)]
    for aggregate, version in [*healthy[:10], ("refused", 1), ("refused", 2), *healthy[10:]]:
        key = FORBIDDEN if (aggregate, version) == ("refused", 1) else ALLOWED
        await pool.execute(APPEND, new_id(), aggregate, version, key)
    async with relaying(world, amqp_url(world, USER, PASSWORD)):
        aside = [("refused", 1, True), ("refused", 2, False)]
        await eventually(lambda: left(pool), lambda seen: seen == aside, seconds=40)
        await pool.execute(APPEND, new_id(), "later", 1, ALLOWED)
        await eventually(lambda: left(pool), lambda seen: seen == aside)
    assert await told(world) == [*healthy, ("later", 1)]
    await pool.execute("update outbox set quarantined_at = null")  # as the runbook says, when the cause is gone
    async with relaying(world, world.rabbitmq.url):
        await eventually(lambda: left(pool), lambda seen: seen == [])
    assert await told(world) == [("refused", 1), ("refused", 2)]
    await users.remove(world.rabbitmq.management_url, USER)
