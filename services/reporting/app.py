"""Wiring of the reporting service, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.reporting import handlers
from services.reporting.api import pages
from services.reporting.store.facts import queries
from services.reporting.tables import SCHEMA
from services.reporting.usecases.reconcile import check_nightly
from shared.clock import Clock, now
from shared.database.pool import Pool, connect
from shared.loops import Loop, every
from shared.observability.health import Progress
from shared.reference.store import Cities
from shared.service import Service
from shared.settings import Settings
from shared.web.caller import only
from shared.web.city import City
from shared.web.problems import NOT_FOUND, PROBLEMS, NotFoundError

LOOK_SECONDS, CHECK_SECONDS = 600.0, 3600.0  # how often it is asked whether the night's check is due; its longest query


def service(settings: Settings, *, clock: Clock = now) -> Service:
    """The reporting service, ready to be served. `clock` is what its pages go by."""

    cities = Cities()

    async def checking(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async def once() -> bool:
            zone = cities[settings.tenant].zone
            tx = await connect(settings.database_url, SCHEMA, statement_seconds=CHECK_SECONDS)
            try:
                async with tx.transaction(isolation="repeatable_read"):
                    await check_nightly(tx, now().astimezone(zone))
            finally:
                await tx.close()
            return False

        await every(stop, LOOK_SECONDS, once, progress)

    return Service(
        name="reporting",
        schema=SCHEMA,
        settings=settings,
        cities=cities,
        lanes=handlers.lanes(cities, settings.shards),
        routers=lambda pool: (_router(pool), pages.router(pool, clock, settings.seal_key.get_secret_value().encode())),
        loops=[Loop("quality_check", checking)],
        beat=queries.save_heartbeat,
        relays=False,
    )


def _router(pool: Pool) -> APIRouter:
    routes = APIRouter(prefix="/v1", responses=PROBLEMS)

    @routes.get("/trace/{identity}", responses=NOT_FOUND, dependencies=[only("reader")])
    async def trace(identity: UUID, city: City) -> list[dict[str, Any]]:
        """The lines of a purchase as reporting knows them."""
        rows = [dict(row) for row in await queries.list_trace(pool, tenant=city.tenant, id=identity)]
        if not rows:
            raise NotFoundError
        return rows

    return routes
