"""The network between us and the servers resets, falls silent, loses one direction: all is done once, by itself."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

import services.purchases.app as purchases
import services.reporting.app as reporting
from shared.messaging import connection, relay, topology
from tests.support.eventually import eventually
from tests.support.journey import query, tell
from tests.support.proxy import Proxy, proxied
from tests.support.publish import purchase
from tests.support.running import Door, running
from tests.support.servers import World

STUCK_SECONDS = 1.5
STATEMENT_SECONDS = 1.0
HEADERS = {"Peduli-Source": "/pos/x"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is patience in life is a waste of it in a test."""
    monkeypatch.setattr(connection, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0.5)


@contextlib.asynccontextmanager
async def behind_proxies(world: World) -> AsyncIterator[tuple[Door, Door, Proxy, Proxy]]:
    """Purchases and reporting, each reaching broker and database through a proxy; also the two proxies."""
    async with proxied(world.rabbitmq.url) as broker, proxied(world.database_url) as database:
        settings = world.settings(
            amqp_url=broker.url,
            database_url=database.url,
            stuck_seconds=STUCK_SECONDS,
            statement_seconds=STATEMENT_SECONDS,
        )
        async with running(purchases.service(settings)) as one, running(reporting.service(settings)) as two:
            for door in (one, two):
                await eventually(partial(status, door), lambda seen: seen == 200)
            yield one, two, broker, database


async def status(door: Door) -> int:
    return (await door.get("/readyz")).status_code


async def tell_many(world: World, first: int, count: int) -> None:
    for number in range(first, first + count):
        await tell(world, purchase(f"KOP-{number}"))


async def state(world: World) -> dict[str, Any]:
    """Facts, what is parked, and what is still on its way."""
    sql = """select (select count(*) from facts.fct_purchase) as facts,
      (select coalesce(sum(purchases), 0) from facts.tally_unit_day) as tallied,
      (select count(*) from purchases.outbox) as outbox,
      (select count(*) from purchases.parked) + (select count(*) from facts.parked) as parked"""
    row = (await query(world, sql))[0]
    depths = await topology.depths(world.rabbitmq.url, ["purchases.intake", "reporting.events.0"])
    return {name: int(number) for name, number in row.items()} | {"queued": sum(depths.values())}


def done(count: int) -> dict[str, int]:
    return {"facts": count, "outbox": 0, "tallied": count, "parked": 0, "queued": 0}


async def test_a_reset_of_every_connection_twice_a_second_loses_nothing(world: World) -> None:
    draw = random.Random(1)
    async with behind_proxies(world) as (_, _, broker, database):
        telling = asyncio.create_task(tell_many(world, 0, 300))
        resets = 0
        for _ in range(12):
            await asyncio.sleep(draw.uniform(0.2, 0.6))
            resets += broker.reset() + database.reset()
        await telling
        await eventually(lambda: state(world), lambda seen: seen == done(300))
        assert resets > 20


async def test_a_confirm_that_never_comes_is_asked_for_again_and_counts_once(world: World) -> None:
    async with behind_proxies(world) as (door, _, broker, _):
        broker.turn("drop", "to_client", old_only=True)
        assert (await door.post("/v1/purchases", json=purchase("HTTP-1"), headers=HEADERS)).status_code == 202
        # on a new line, before a heart is missed on the old one
        await eventually(lambda: state(world), lambda seen: seen["outbox"] == 0, seconds=5)
        await eventually(lambda: state(world), lambda seen: seen == done(1))


@pytest.mark.parametrize("directions", [("to_client",), ("to_server", "to_client")])
async def test_a_silent_broker_shows_and_is_over_when_it_speaks_again(
    world: World, directions: tuple[str, ...]
) -> None:
    async with behind_proxies(world) as (one, two, broker, _):
        broker.turn("stall", *directions)
        assert (await one.post("/v1/purchases", json=purchase("HTTP-1"), headers=HEADERS)).status_code == 202
        await tell_many(world, 0, 20)
        for door in (one, two):
            await eventually(partial(status, door), lambda seen: seen == 503)
        await asyncio.sleep(8)  # long enough for every connection to be given up
        broker.turn("pass")
        await eventually(lambda: state(world), lambda seen: seen == done(21))
        for door in (one, two):
            await eventually(partial(status, door), lambda seen: seen == 200)


@pytest.mark.parametrize("seconds", [0.5, 8])
async def test_a_silent_database_shows_and_parks_nothing(world: World, seconds: float) -> None:
    async with behind_proxies(world) as (one, two, _, database):
        database.turn("stall")
        await tell_many(world, 0, 20)
        began = time.monotonic()
        answer = await one.post("/v1/purchases", json=purchase("HTTP-1"), headers=HEADERS)
        assert answer.status_code == 503
        assert time.monotonic() - began < 6 * STATEMENT_SECONDS
        for door in (one, two):
            await eventually(partial(status, door), lambda seen: seen == 503)
        await asyncio.sleep(seconds)
        database.turn("pass")
        await eventually(lambda: state(world), lambda seen: seen == done(20))
        for door in (one, two):
            await eventually(partial(status, door), lambda seen: seen == 200)
