"""How any service runs: its lanes, its relay, its loops and its HTTP door in one process, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Lifespan

from shared.access.store import Directory
from shared.clock import now
from shared.database.pool import Pool, open_pool
from shared.database.transient import is_transient
from shared.errors import PeduliError
from shared.loops import Loop, Runner, every, rest_until
from shared.messaging import parking, seals
from shared.messaging.applier import Applier, Lane
from shared.messaging.consumer import Consumer
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.lanes import Lanes
from shared.messaging.pruning import prune
from shared.messaging.relay import Relay
from shared.messaging.retrier import Retrier
from shared.messaging.watch import Watch
from shared.observability.health import Health, Progress
from shared.reference.store import Cities
from shared.settings import Settings
from shared.web import doors, problems

log = structlog.get_logger()
START_SECONDS, STOP_SECONDS = 60.0, 20.0
PRUNE_SECONDS = 3600.0
SEAL_AFTER_SECONDS, SEAL_SECONDS = 60.0, 3600.0  # so long an event can be altered and not be found
LOOKS = 6  # at what waits, before silence is called stuck
FRESH_SECONDS = 2.0  # how soon a city that was loaded is served, and a token that was revoked is not; a row each
TURN_SECONDS = 0.02  # loops begin one after the other, so that they share connections: each would open one of its own
HEARTBEAT_SECONDS = 5.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OpenDoorsError(PeduliError):
    """Doors that ask for no token must listen on loopback only."""


@dataclass(frozen=True)
class Service:
    """What a service is made of. `loops` run beside the lanes; `routers` make the HTTP routes over the pool.

    `cities` and `directory` are kept fresh for all of them: what is loaded meanwhile is served within seconds, and
    lanes of `publisher_lanes`, of publishers or of field teams, come and go. `beat` is called every few seconds while
    every lane takes what comes.
    """

    name: str
    schema: str
    settings: Settings
    cities: Cities
    lanes: Sequence[Lane]
    routers: Callable[[Pool], Sequence[APIRouter]]
    loops: Sequence[Loop] = ()
    relays: bool = True
    directory: Directory = field(default_factory=Directory)
    publisher_lanes: Callable[[], Sequence[Lane]] = tuple
    beat: Callable[[Pool], Awaitable[object]] | None = None


def build(service: Service) -> FastAPI:
    """The ASGI application: everything starts and stops with it. Raises `OpenDoorsError`."""
    if service.settings.open_doors and service.settings.http_host not in LOOPBACK:
        raise OpenDoorsError(hint="unset PEDULI_OPEN_DOORS, or PEDULI_HTTP_HOST")
    health = Health()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = service.settings
        pool = await _open_database(service)
        app.state.pool, app.state.cities, app.state.directory = pool, service.cities, service.directory
        app.state.default_tenant, app.state.open_doors = settings.tenant, settings.open_doors
        _open(app, service.routers(pool))
        stop = asyncio.Event()
        tasks = [asyncio.create_task(run, name=name) for name, run in _runners(service, pool, stop, health)]
        for task in tasks:
            task.add_done_callback(lambda task: None if stop.is_set() else _tell_of_death(task))
        await asyncio.sleep(0)  # each lane is known to readiness before the door opens
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
    _mount_operations(app, health, service.settings.stuck_seconds)
    return app


def describe(service: Service) -> dict[str, Any]:
    """The OpenAPI document of its HTTP door; nothing is started, and no route is called."""
    app = _application(service.name)
    _open(app, service.routers(cast(Pool, None)))
    return app.openapi()


def _application(name: str, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    app = FastAPI(title=f"Peduli {name}", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    problems.install(app)
    return app


def _open(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Serve these routes as they are: `include_router` would make each of them anew, twice, at every start.

    They stand before those of operations, which are asked rarely: each that does not match costs a request 1 µs.
    """
    app.router.routes[:0] = [route for router in routers for route in router.routes]


def _runners(service: Service, pool: Pool, stop: asyncio.Event, health: Health) -> list[tuple[str, Runner]]:
    """All that runs until `stop`, by name; each has its progress in `health`."""
    settings = service.settings
    run_lane = _lane_runner(service, pool, health)
    runners = [(lane.queue, run_lane(lane, stop)) for lane in service.lanes]
    if service.relays:
        relay = Relay(
            database_url=settings.database_url,
            schema=service.schema,
            amqp_url=settings.amqp_url,
            statement_seconds=settings.statement_seconds,
        )
        runners.append(("relay", relay.run(stop)))
    watch = Watch(
        service.name,
        pool,
        amqp_url=settings.amqp_url,
        lanes=health.lanes,
        relays=service.relays,
        every_seconds=settings.stuck_seconds / LOOKS,
    )
    health.others += watch.progress
    runners.append(("watch", watch.run(stop)))
    letters = DeadLetters(service.name, pool, settings.amqp_url, settings.seal_key.get_secret_value().encode())
    loops = (
        Loop("publisher_lanes", lambda _, stop, __: Lanes(service.publisher_lanes, run_lane).run(stop)),
        Loop("dead_letters", lambda _, stop, __: letters.run(stop)),
        *service.loops,
        *_heartbeat(service, health),
        *_upkeep(service),
    )
    for place, loop in enumerate(loops):
        progress = Progress(loop.name, consuming=True)
        health.others.append(progress)
        after = max(loop.after, place * TURN_SECONDS)
        runners.append((loop.name, _watched(progress, loop.run(pool, stop, progress), stop, after)))
    return runners


def _upkeep(service: Service) -> tuple[Loop, ...]:
    """What every service keeps fresh, and small."""
    return (
        _often("cities", FRESH_SECONDS, lambda pool: refresh(service.cities, pool), after=FRESH_SECONDS),
        _often("directory", FRESH_SECONDS, service.directory.refresh, after=FRESH_SECONDS),
        _often("prune", PRUNE_SECONDS, lambda pool: prune(pool, now())),
        *([_often("seal", SEAL_SECONDS, seals.seal, after=SEAL_AFTER_SECONDS)] if service.relays else []),
    )


def _heartbeat(service: Service, health: Health) -> tuple[Loop, ...]:
    beat, stuck_seconds = service.beat, service.settings.stuck_seconds
    if beat is None:
        return ()

    async def once(pool: Pool) -> bool:
        if all(lane.consuming and not lane.stuck(stuck_seconds) for lane in health.lanes):
            await beat(pool)
        return False

    return (_often("heartbeat", HEARTBEAT_SECONDS, once, after=FRESH_SECONDS),)  # by then the lanes have begun


def _often(name: str, seconds: float, act: Callable[[Pool], Awaitable[bool]], *, after: float = 0.0) -> Loop:
    return Loop(name, lambda pool, stop, progress: every(stop, seconds, lambda: act(pool), progress), after)


def _lane_runner(service: Service, pool: Pool, health: Health) -> Callable[[Lane, asyncio.Event], Runner]:
    settings = service.settings
    seal_key, linger = settings.seal_key.get_secret_value().encode(), settings.linger_ms / 1000

    async def run(lane: Lane, stop: asyncio.Event) -> None:
        applier = Applier(lane, pool, seal_key)
        consumers = [
            Consumer(applier, amqp_url=settings.amqp_url, batch_size=settings.batch_size, linger_seconds=linger)
            for _ in range(lane.consumers)
        ]
        health.lanes[:] = [it for it in health.lanes if it.name != lane.queue]  # one that died is begun anew
        health.lanes += [consumer.progress for consumer in consumers]
        runs = [*(consumer.run(stop) for consumer in consumers), Retrier(applier).run(stop)]
        parts = [asyncio.create_task(run) for run in runs]
        try:
            await asyncio.gather(*parts)
        finally:
            for part in parts:
                part.cancel()  # none goes on alone
            for consumer in consumers:
                consumer.progress.consuming = False
                if stop.is_set():
                    health.lanes.remove(consumer.progress)

    return run


async def _watched(progress: Progress, run: Runner, stop: asyncio.Event, after: float) -> None:
    """A loop that ends is open no more: readiness tells of it."""
    try:
        await rest_until(stop, after)
        await run
    finally:
        progress.consuming = False


async def _open_database(service: Service) -> Pool:
    settings = service.settings
    try:
        pool = await open_pool(settings.database_url, service.schema, statement_seconds=settings.statement_seconds)
        await _start(service, pool)
    except Exception as error:  # the server would tell of it as a text, with its values
        log.critical("start_failed", exc_info=error)
        raise
    return pool


async def _start(service: Service, pool: Pool) -> None:
    """Read cities and principals before anything is taken; the database may still be on its way, but not for ever."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + START_SECONDS
    while True:
        try:
            await refresh(service.cities, pool)
            await service.directory.refresh(pool)
            return
        except Exception as error:
            if not is_transient(error) or clock() > deadline:
                raise
            log.warning("database_awaited", error=type(error).__name__)
            await asyncio.sleep(1)


async def refresh(cities: Cities, pool: Pool) -> bool:
    """Read the cities that are new or changed, and let what came too early be tried; False: nothing more follows."""
    async with pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
        loaded = await cities.refresh(tx)
    if loaded:
        await parking.queries.wake_cities(pool, tenants=loaded)
        log.info("cities_loaded", tenants=loaded)
    return False


def _mount_operations(app: FastAPI, health: Health, stuck_seconds: float) -> None:
    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Ready while all that has work goes on: the lanes, the loops, the relay, and the watch over what waits."""
        stuck = [item.name for item in health.all if item.stuck(stuck_seconds)]
        shown = {
            item.name: {
                "consuming": item.consuming,
                "in_hand": item.waiting,
                "queued": item.queued,
                "failures": item.failures,
            }
            for item in health.all
        }
        answer = {"status": "not ready" if stuck else "ready", "stuck": stuck, "progress": shown}
        return JSONResponse(answer, 503 if stuck else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(generate_latest().decode(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return doors.page_of(app.openapi())


def _tell_of_death(task: asyncio.Task[None]) -> None:
    """A runner never ends by itself: when it does, say so loudly; readiness will follow."""
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    log.error("runner_died", runner=task.get_name(), error=type(error).__name__, exc_info=error)


def _collect_rarely() -> None:
    """A batch lives until its commit: to collect every 700 objects looked at it again and again."""
    # a quarter of the intake's CPU time was this
    gc.freeze()  # modules and models stay for ever
    gc.set_threshold(20_000, 50, 50)


def listener(service: Service, *, port: int | None = None) -> uvicorn.Server:
    """What listens for the service, on its own port or another one; not yet started."""
    settings = service.settings
    config = uvicorn.Config(
        build(service),
        host=settings.http_host,
        port=settings.http_port if port is None else port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        loop="uvloop",
        forwarded_allow_ips=settings.trusted_proxies,
    )
    return uvicorn.Server(config)


def serve(service: Service) -> None:
    """Run until SIGTERM or Ctrl-C: then no new work, finish what is in hand, and go."""
    server = listener(service)
    _collect_rarely()
    server.run()
