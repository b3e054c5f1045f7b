"""Work that goes on beside the lanes, again and again, and tells readiness when it comes to nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from shared.database.pool import Pool
from shared.database.transient import is_transient
from shared.observability import metrics
from shared.observability.health import Progress
from shared.reference.model import Reference
from shared.reference.store import Cities

RETRY_SECONDS = 2.0  # after a try that failed: an outage fails at once, and costs nothing
LONGEST_SECONDS = 60.0  # another error comes again, perhaps after much work: each time it rests twice as long
Runner = Coroutine[Any, Any, None]
log = structlog.get_logger()


@dataclass(frozen=True)
class Loop:
    """Work that goes on beside the lanes until `stop`. It tells its progress to readiness, under its name.

    It begins `after` as many seconds: what the start has just done need not be done again at once.
    """

    name: str
    run: Callable[[Pool, asyncio.Event, Progress], Runner]
    after: float = 0.0


async def every(stop: asyncio.Event, seconds: float, act: Callable[[], Awaitable[bool]], progress: Progress) -> None:
    """Call `act` until `stop`, again at once while it returns True, else after `seconds`; outages only delay it."""
    retry = RETRY_SECONDS
    while not stop.is_set():
        try:
            more, rest, retry = await act(), seconds, RETRY_SECONDS
            progress.moved()
        except Exception as error:
            more, rest = False, retry
            retry = RETRY_SECONDS if is_transient(error) else min(retry * 2, LONGEST_SECONDS)
            progress.failed()
            _tell_of_failure(error, loop=progress.name)
        metrics.LOOP_FAILURES.labels(progress.name).set(progress.failures)
        if not more:
            await rest_until(stop, rest)


async def rest_until(stop: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until `stop`."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def each_city(cities: Cities, act: Callable[[Reference], Awaitable[bool]], progress: Progress) -> bool:
    """`act` for one city after the other; what fails for one does not keep the others from it. True: one has more.

    When all had their turn, raises what one of them failed with.
    """
    more = False
    failure: Exception | None = None
    for city in cities.all():
        try:
            more |= await act(city)
        except Exception as error:
            failure = error
            _tell_of_failure(error, loop=progress.name, tenant=city.tenant)
    if failure is not None:
        raise failure
    return more


def _tell_of_failure(error: Exception, **where: str) -> None:
    """An outage in a word; another error with the places that it came through."""
    log.warning(
        "loop_interrupted", **where, error=type(error).__name__, exc_info=None if is_transient(error) else error
    )
