"""Wiring of the purchases service, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.purchases import handlers
from services.purchases.api import routes
from services.purchases.usecases.intake import expire_waiting
from services.purchases.usecases.judging import Keys
from shared.access.store import Directory
from shared.clock import now
from shared.database.pool import Pool
from shared.reference.store import Cities
from shared.service import Service, every
from shared.settings import Settings

SCHEMA = "purchases"
MIGRATIONS = Path(__file__).parent / "migrations"
SWEEP_SECONDS = 60.0


def service(settings: Settings) -> Service:
    """The purchases service, ready to be served."""
    cities, directory = Cities(), Directory()
    keys = Keys(settings.hash_key.get_secret_value().encode(), settings.seal_key.get_secret_value().encode())

    async def sweep(pool: Pool, stop: asyncio.Event) -> None:
        async def once() -> bool:
            async with pool.acquire() as tx, tx.transaction():
                return bool(await expire_waiting(tx, keys=keys, now=now()))

        await every(stop, SWEEP_SECONDS, once, "expire_waiting")

    return Service(
        name="purchases",
        schema=SCHEMA,
        settings=settings,
        cities=cities,
        lanes=handlers.lanes(cities, keys),
        router=lambda pool: routes.router(pool, cities, keys),
        loops=[sweep],
        directory=directory,
        publisher_lanes=lambda: handlers.publisher_lanes(directory, cities, keys),
    )
