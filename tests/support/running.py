"""A service inside the test's own loop, started and stopped as in life: for a client of Python, or on a real port."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
from fastapi import FastAPI

from peduli.servers.server import free_port
from shared.service import Service, build, listener


class Door(httpx.AsyncClient):
    """A client of a service's HTTP door, which speaks for a city (or for none: then for the service's default)."""

    def __init__(self, app: FastAPI, tenant: str = "") -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        super().__init__(transport=transport, base_url="http://test", headers={"Peduli-Tenant": tenant})
        self.app = app

    def speaking_for(self, tenant: str) -> Door:
        """The same door, entered by another city."""
        return Door(self.app, tenant)


def caller(address: str = "", *, network: str = "127.0.0.1", **more: Any) -> httpx.AsyncClient:
    """A client of what listens on a loopback port. It reads no certificates, which takes as long as twenty requests."""
    transport = httpx.AsyncHTTPTransport(verify=False, local_address=network)
    return httpx.AsyncClient(base_url=address, transport=transport, **more)


def browser(address: str, network: str = "127.0.0.1") -> httpx.AsyncClient:
    """A person's, who wants pages."""
    return caller(address, network=network, headers={"Accept": "text/html"})


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[Door]:
    """The service with its lanes, relay and loops, and a client of its HTTP door."""
    app: FastAPI = build(service)
    async with app.router.lifespan_context(app), Door(app) as client:
        yield client


async def readiness(door: Door) -> tuple[int, list[str]]:
    """What /readyz says: its status, and what is stuck."""
    answer = await door.get("/readyz")
    return answer.status_code, answer.json()["stuck"]


@contextlib.asynccontextmanager
async def serving(service: Service, port: int | None = None) -> AsyncIterator[str]:
    """The service on a loopback port, for programs that are not ours; yields its URL."""
    server = listener(service, port=port or free_port())
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not task.done(), "the service did not start"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.config.port}"
    finally:
        server.should_exit = True
        await task
