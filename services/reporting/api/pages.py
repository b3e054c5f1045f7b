"""The pages of the reporting service, in Bahasa Indonesia; they work without a script."""

from __future__ import annotations

from fastapi import APIRouter

from services.reporting.api import dashboard
from services.reporting.api.desk import TEMPLATES, Desk
from shared.clock import Clock
from shared.database.pool import Pool
from shared.web.pages import Pages, static_routes


def router(pool: Pool, clock: Clock) -> APIRouter:
    """Every page over `pool`."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(dashboard.routes(Desk(pool, clock, Pages(TEMPLATES))))
    routes.include_router(static_routes())
    return routes
