"""The pages of a unit's reporting officer, in Bahasa Indonesia; they work without a script."""

from __future__ import annotations

from fastapi import APIRouter

from services.purchases.api.officer import book, drafting, home, signing, uploads
from services.purchases.api.officer.desk import SESSION, TEMPLATES, Desk
from services.purchases.usecases.judging import Keys
from services.purchases.usecases.officers import SESSION_LASTS
from shared.clock import Clock
from shared.database.pool import Pool
from shared.reference.store import Cities
from shared.web.pages import Pages, static_routes
from shared.web.signing import Doorkeeper


def router(pool: Pool, cities: Cities, keys: Keys, clock: Clock) -> APIRouter:
    """Every page over `pool`; none of them is part of the API that programs use."""
    desk = Desk(
        pool,
        cities,
        keys,
        clock,
        Pages(TEMPLATES, own_script=True),
        Doorkeeper(pool, keys.hash_key, clock, SESSION, SESSION_LASTS),
    )
    routes = APIRouter(include_in_schema=False)
    for part in (signing, home, drafting, book, uploads):  # `/belanja/baru` before `/belanja/{id}`
        routes.include_router(part.routes(desk))
    routes.include_router(static_routes())
    return routes
