"""A service inside the test's own loop, started and stopped as in life."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI

from shared.service import Service, build


class Door(httpx.AsyncClient):
    """A client of a service's HTTP door, which speaks for a city (or for none: then for the service's default)."""

    def __init__(self, app: FastAPI, tenant: str = "") -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url="http://test", headers={"Peduli-Tenant": tenant})
        self.app = app

    def speaking_for(self, tenant: str) -> Door:
        """The same door, entered by another city."""
        return Door(self.app, tenant)


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[Door]:
    """The service with its lanes, relay and loops, and a client of its HTTP door."""
    app: FastAPI = build(service)
    async with app.router.lifespan_context(app), Door(app) as client:
        yield client
