"""Wiring of the distribution service, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fastapi import APIRouter

from services.distribution import handlers
from services.distribution.api import (
    coordination,
    field,
    field_pages,
    home_page,
    moral,
    outgoing,
    pages,
    paper,
    rounds,
    routes,
    signing,
)
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.store import photos, pickups
from services.distribution.store.stock import queries
from services.distribution.tables import SCHEMA
from services.distribution.usecases.allocate import allocate_due, improve_city
from services.distribution.usecases.households import Keys, erase_due
from services.distribution.usecases.recipients import count_recipients
from services.distribution.usecases.rounds import plan_due
from services.distribution.usecases.stock import expire
from services.distribution.usecases.tasks import sweep_due
from shared.access import seats
from shared.access.store import Directory
from shared.clock import Clock, now
from shared.database.pool import Pool
from shared.loops import Loop, each_city, every
from shared.observability.health import Progress
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.service import Service
from shared.settings import Settings

LOOK_SECONDS = 0.2  # how often a due city is looked for: a task is visible within a second
REST = 3  # times as long as an allocation took: a big stock must not keep the lanes from their work
SWEEP_SECONDS = 60.0
PICKUPS_LAST = timedelta(days=7)
PHOTOS_LAST = timedelta(days=30)  # until then somebody may ask; the proof itself is the hash
IMPROVE_SECONDS = 300.0
ROUND_SECONDS = 60.0  # how often it is looked whether a week's plan is due: one look at an index
COUNT_SECONDS = 3600.0  # how often it is looked whether a week of deliveries can be told of
TELL_SECONDS = 1.0  # how often a webhook's messages are looked for: one look at an index


def service(settings: Settings, *, clock: Clock = now) -> Service:
    """The distribution service, ready to be served. `clock` is what its pages, plans and counts go by."""
    cities, directory = Cities(), Directory()
    keys = Keys(settings.hash_key.get_secret_value().encode(), settings.seal_key.get_secret_value().encode())

    async def allocating(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def once() -> bool:
            left = {city.tenant for city in cities.all()}  # each once a look: a busy city must not keep others waiting
            began = time.monotonic()
            while tenant := await allocate_due(pool, left, cities=cities, rules=Rules(), now=now()):
                left.discard(tenant)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), (time.monotonic() - began) * REST)
                began = time.monotonic()
            return False

        await every(stop, LOOK_SECONDS, once, progress)

    async def sweeping(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def sweep(city: Reference) -> bool:
            async with pool.acquire() as tx, tx.transaction():
                tasks = await sweep_due(tx, reference=city, now=now())
                lots = await expire(tx, reference=city, now=now())
                erased = await erase_due(tx, reference=city, now=now())
                await queries.save_due(tx, tenants=[city.tenant])
            return bool(tasks or lots or erased)

        async def once() -> bool:
            await seats.forget_expired(pool, now=clock())
            await photos.queries.delete_old_photos(pool, before=now() - PHOTOS_LAST)
            await pickups.queries.delete_old_pickups(pool, before=(now() - PICKUPS_LAST).date())
            await outgoing.measure(pool)
            return await each_city(cities, sweep, progress)

        await every(stop, SWEEP_SECONDS, once, progress)

    async def telling(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async with outgoing.client() as sender:
            send = partial(outgoing.send_due, pool, sender, keys.seal_key, now)
            await every(stop, TELL_SECONDS, send, progress)

    def doors(pool: Pool) -> Sequence[APIRouter]:
        volunteers = signing.Entrance.over(signing.VOLUNTEERS, pool, cities, keys, clock)
        coordinators = signing.Entrance.over(signing.COORDINATORS, pool, cities, keys, clock)
        return (
            routes.router(pool, keys),
            rounds.router(pool),
            field.router(pool, keys),
            home_page.router(pool),
            home_page.pages(volunteers),
            signing.routes(volunteers),
            field_pages.routes(volunteers),
            signing.routes(coordinators),
            moral.reading(coordinators),
            coordination.routes(coordinators),
            paper.routes(coordinators),
            moral.writing(volunteers),
            pages.router(pool, cities, directory, keys, clock),
        )

    async def improving(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def improve(city: Reference) -> bool:
            async with pool.acquire() as tx, tx.transaction():
                await improve_city(tx, reference=city, rules=Rules(), now=now())
            return False

        await every(stop, IMPROVE_SECONDS, lambda: each_city(cities, improve, progress), progress)

    async def planning(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def plan(city: Reference) -> bool:
            async with pool.acquire() as tx, tx.transaction():
                await plan_due(tx, city, now=clock())
            return False

        await every(stop, ROUND_SECONDS, lambda: each_city(cities, plan, progress), progress)

    async def counting(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def count(city: Reference) -> bool:
            async with pool.acquire() as tx, tx.transaction():
                await count_recipients(tx, city=city, now=clock())
            return False

        await every(stop, COUNT_SECONDS, lambda: each_city(cities, count, progress), progress)

    return Service(
        name="distribution",
        schema=SCHEMA,
        settings=settings,
        cities=cities,
        lanes=handlers.lanes(cities, keys, settings.shards),
        routers=doors,
        loops=[
            Loop("allocate", allocating),
            Loop("sweep", sweeping),
            Loop("improve", improving),
            Loop("rounds", planning),
            Loop("webhooks", telling),
            Loop("count_recipients", counting),
        ],
        directory=directory,
        publisher_lanes=lambda: handlers.team_lanes(directory, cities, keys),
    )
