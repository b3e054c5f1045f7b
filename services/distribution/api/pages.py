"""The pages of who registers households (puskesmas, RT/RW), in Bahasa Indonesia; they work without a script."""

from __future__ import annotations

from fastapi import APIRouter

from services.distribution.api.registrar import household, listing, signing, telling
from services.distribution.api.registrar.desk import TEMPLATES, Desk
from services.distribution.usecases.households import Keys
from shared.access.store import Directory
from shared.clock import Clock
from shared.database.pool import Pool
from shared.reference.store import Cities
from shared.web.pages import Pages, static_routes


def router(pool: Pool, cities: Cities, directory: Directory, keys: Keys, clock: Clock) -> APIRouter:
    """Every page over `pool`; none of them is part of the API that programs use."""
    desk = Desk(pool, cities, directory, keys, clock, Pages(TEMPLATES))
    routes = APIRouter(include_in_schema=False)
    for part in (signing, listing, telling, household):  # `/keluarga/baru` before `/keluarga/{identity}`
        routes.include_router(part.routes(desk))
    routes.include_router(static_routes())
    return routes
