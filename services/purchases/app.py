"""Wiring of the purchases service, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter

from services.purchases import handlers
from services.purchases.api import pages, routes
from services.purchases.api.filing import Filing
from services.purchases.tables import SCHEMA
from services.purchases.usecases import drafting, files
from services.purchases.usecases.intake import expire_waiting
from services.purchases.usecases.judging import Keys
from services.purchases.usecases.receive import Answer, Sent, receive, refused
from services.purchases.usecases.registry import reckon_turnover
from shared.access import seats
from shared.access.store import Directory
from shared.clock import Clock, now
from shared.database.pool import Pool, Transaction
from shared.loops import Loop, each_city, every
from shared.observability.health import Progress
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.service import Service
from shared.settings import Settings
from shared.web.grouping import Grouper

SWEEP_SECONDS = 60.0
TURNOVER_SECONDS = 60.0  # an order of sellers may be a minute old
GROUPS = files.LANES + 1  # transactions of requests at once: a large file leaves one to the others
FILES_SECONDS = 0.2  # how soon an uploaded file is read; the look is an index with no entry


def service(settings: Settings, *, clock: Clock = now) -> Service:
    """The purchases service, ready to be served. `clock` is what its pages go by."""
    cities, directory = Cities(), Directory()
    keys = Keys(settings.hash_key.get_secret_value().encode(), settings.seal_key.get_secret_value().encode())

    async def sweep(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def once() -> bool:
            async with pool.acquire() as tx, tx.transaction():
                await files.forget(tx, clock())
                await seats.forget_expired(tx, now=clock())
                await drafting.forget_old(tx, now=clock())
            async with pool.acquire() as tx, tx.transaction():
                return bool(await expire_waiting(tx, keys=keys, now=clock()))

        await every(stop, SWEEP_SECONDS, once, progress)

    async def act(tx: Transaction, sent: Sequence[Sent]) -> list[Answer]:
        return await receive(tx, sent, cities=cities, keys=keys, now=now())

    grouper = Grouper(act, lambda sent: refused(sent, "UNPROCESSABLE"))
    filing = Filing(cities, keys, grouper, now)

    async def work_on_files(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        await every(stop, FILES_SECONDS, lambda: filing.once(pool), progress)

    async def reckoning(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def reckon(city: Reference) -> bool:
            if city.seller_order == "least_sold":
                async with pool.acquire() as tx, tx.transaction():
                    await reckon_turnover(tx, city.tenant)
            return False

        await every(stop, TURNOVER_SECONDS, lambda: each_city(cities, reckon, progress), progress)

    def doors(pool: Pool) -> Sequence[APIRouter]:
        return routes.router(pool, grouper, keys), pages.router(pool, cities, keys, clock)

    return Service(
        name="purchases",
        schema=SCHEMA,
        settings=settings,
        cities=cities,
        lanes=handlers.lanes(cities, keys, stamped=settings.broker_stamps),
        routers=doors,
        loops=[
            Loop("sweep", sweep),
            *[Loop("requests", lambda pool, stop, _: grouper.run(pool, stop))] * GROUPS,
            Loop("files", work_on_files),
            Loop("turnover", reckoning),
        ],
        directory=directory,
        publisher_lanes=lambda: handlers.publisher_lanes(directory, cities, keys, stamped=settings.broker_stamps),
    )
