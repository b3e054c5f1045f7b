"""How any service runs: its lanes, its relay, its loops and its HTTP door in one process, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Lifespan

from shared.access.store import Directory
from shared.database.pool import Pool, open_pool
from shared.errors import PeduliError
from shared.messaging import parking
from shared.messaging.consumer import Applier, Consumer, Lane
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.lanes import Lanes
from shared.messaging.relay import Relay
from shared.messaging.retrier import Retrier
from shared.observability.health import Progress
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.settings import Settings
from shared.web import problems

log = structlog.get_logger()
STOP_SECONDS = 20.0
FRESH_SECONDS = 2.0  # how soon a city that was loaded is served, and a token that was revoked is not; a row each
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Loop = Callable[[Pool, asyncio.Event], Coroutine[Any, Any, None]]


class OpenDoorsError(PeduliError):
    """Doors that ask for no token must listen on loopback only."""


@dataclass(frozen=True)
class Service:
    """What a service is made of. `loops` run beside the lanes; `router` makes the HTTP routes over the pool.

    `cities` and `directory` are kept fresh for all of them: what is loaded meanwhile is served within seconds, and
    lanes of `publisher_lanes` come and go.
    """

    name: str
    schema: str
    settings: Settings
    cities: Cities
    lanes: Sequence[Lane]
    router: Callable[[Pool], APIRouter]
    loops: Sequence[Loop] = ()
    relays: bool = True
    directory: Directory = field(default_factory=Directory)
    publisher_lanes: Callable[[], Sequence[Lane]] = tuple


def build(service: Service) -> FastAPI:
    """The ASGI application: everything starts and stops with it. Raises `OpenDoorsError`."""
    if service.settings.open_doors and service.settings.http_host not in LOOPBACK:
        raise OpenDoorsError(hint="unset PEDULI_OPEN_DOORS, or PEDULI_HTTP_HOST")
    progress: list[Progress] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = service.settings
        pool = await open_pool(settings.database_url, service.schema)
        await refresh(service.cities, pool)
        await service.directory.refresh(pool)
        app.state.pool, app.state.cities, app.state.directory = pool, service.cities, service.directory
        app.state.default_tenant, app.state.open_doors = settings.tenant, settings.open_doors
        app.include_router(service.router(pool))
        stop = asyncio.Event()
        tasks = [asyncio.create_task(run) for run in _runners(service, pool, stop, progress)]
        for task in tasks:
            task.add_done_callback(_tell_of_death)
        log.info("service_started")
        try:
            yield
        finally:
            stop.set()
            _, late = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            pool.terminate() if late else await pool.close()
            log.info("service_stopped", late=len(late))

    app = _application(service.name, lifespan)
    _mount_operations(app, progress)
    return app


def describe(service: Service) -> dict[str, Any]:
    """The OpenAPI document of its HTTP door; nothing is started, and no route is called."""
    app = _application(service.name)
    app.include_router(service.router(cast(Pool, None)))
    return app.openapi()


def _application(name: str, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    app = FastAPI(title=f"Peduli {name}", version="1", lifespan=lifespan)
    problems.install(app)
    return app


def _runners(
    service: Service, pool: Pool, stop: asyncio.Event, progress: list[Progress]
) -> list[Coroutine[Any, Any, None]]:
    settings = service.settings
    seal_key = settings.seal_key.get_secret_value().encode()

    def parts(lane: Lane) -> tuple[Consumer, Retrier]:
        applier, linger = Applier(lane, pool, seal_key), settings.linger_ms / 1000
        consumer = Consumer(applier, amqp_url=settings.amqp_url, batch_size=settings.batch_size, linger_seconds=linger)
        return consumer, Retrier(applier)

    async def run_lane(lane: Lane, lane_stop: asyncio.Event) -> None:
        await asyncio.gather(*(part.run(lane_stop) for part in parts(lane)))

    runners: list[Coroutine[Any, Any, None]] = [Lanes(service.publisher_lanes, run_lane).run(stop)]
    for lane in service.lanes:
        consumer, retrier = parts(lane)
        progress.append(consumer.progress)
        runners += [consumer.run(stop), retrier.run(stop)]
    if service.relays:
        relay = Relay(database_url=settings.database_url, schema=service.schema, amqp_url=settings.amqp_url)
        runners.append(relay.run(stop))
    runners.append(DeadLetters(service.name, pool, settings.amqp_url, seal_key).run(stop))
    runners.append(every(stop, FRESH_SECONDS, lambda: refresh(service.cities, pool), "cities"))
    runners.append(every(stop, FRESH_SECONDS, lambda: service.directory.refresh(pool), "directory"))
    runners += [loop(pool, stop) for loop in service.loops]
    return runners


async def refresh(cities: Cities, pool: Pool) -> bool:
    """Read the cities that are new or changed, and let what came too early be tried; False: nothing more follows."""
    async with pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
        loaded = await cities.refresh(tx)
    if loaded:
        await parking.queries.wake_cities(pool, tenants=loaded)
        log.info("cities_loaded", tenants=loaded)
    return False


def _mount_operations(app: FastAPI, progress: list[Progress]) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        lanes = {item.name: {"consuming": item.consuming, "in_hand": item.waiting} for item in progress}
        starting = any(not item.consuming and item.waiting == 0 for item in progress)
        ready = not starting and not any(item.stuck() for item in progress)
        return JSONResponse({"status": "ready" if ready else "not ready", "lanes": lanes}, 200 if ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(generate_latest().decode(), media_type=CONTENT_TYPE_LATEST)


def _tell_of_death(task: asyncio.Task[None]) -> None:
    """A runner never ends by itself: when it does, say so loudly; readiness will follow."""
    if not task.cancelled() and task.exception() is not None:
        log.error("runner_died", error=type(task.exception()).__name__)


async def every(stop: asyncio.Event, seconds: float, act: Callable[[], Awaitable[bool]], name: str) -> None:
    """Call `act` until `stop`, again at once while it returns True, else after `seconds`; outages only delay it."""
    while not stop.is_set():
        try:
            if await act():
                continue
        except Exception as error:
            log.warning("loop_interrupted", loop=name, error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def each_city(cities: Cities, act: Callable[[Reference], Awaitable[bool]], name: str) -> bool:
    """`act` for one city after the other; what fails for one does not keep the others from it. True: one has more."""
    more = False
    for city in cities.all():
        try:
            more |= await act(city)
        except Exception as error:
            log.warning("loop_interrupted", loop=name, tenant=city.tenant, error=type(error).__name__)
    return more


def _collect_rarely() -> None:
    """A batch lives until its commit: to collect every 700 objects looked at it again and again."""
    # a quarter of the intake's CPU time was this
    gc.freeze()  # modules and models stay for ever
    gc.set_threshold(20_000, 50, 50)


def serve(service: Service) -> None:
    """Run until SIGTERM or Ctrl-C: then no new work, finish what is in hand, and go."""
    config = uvicorn.Config(
        build(service),
        host=service.settings.http_host,
        port=service.settings.http_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        loop="uvloop",
    )
    _collect_rarely()
    uvicorn.Server(config).run()
