"""The pages of the reporting service, in Bahasa Indonesia; a script only keeps them fresh."""

from __future__ import annotations

from fastapi import APIRouter

from services.reporting.api import audit, dashboard, mayor, pledges, quality, receipts, reports, speed
from services.reporting.api.desk import TEMPLATES, Desk
from shared.clock import Clock
from shared.database.pool import Pool
from shared.web.pages import Pages, static_routes


def router(pool: Pool, clock: Clock, secret: bytes) -> APIRouter:
    """Every page over `pool`; `secret` makes the keys of its forms."""
    routes = APIRouter(include_in_schema=False)
    desk = Desk(pool, clock, Pages(TEMPLATES, own_script=True))
    for page in (dashboard, receipts, mayor, pledges, speed, quality, audit):
        routes.include_router(page.routes(desk))
    routes.include_router(reports.routes(desk, secret))
    routes.include_router(static_routes())
    return routes
