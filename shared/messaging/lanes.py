"""Lanes that come and go while a service runs: one for each publisher with a queue of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from shared.messaging.applier import Lane

log = structlog.get_logger()
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class _Started:
    lane: Lane
    stop: asyncio.Event
    task: asyncio.Task[None]


class Lanes:
    """Keeps exactly the `wanted` lanes running; each is stopped in order when it is wanted no more."""

    def __init__(
        self,
        wanted: Callable[[], Sequence[Lane]],
        start: Callable[[Lane, asyncio.Event], Coroutine[Any, Any, None]],
    ) -> None:
        self._wanted = wanted
        self._start = start
        self._started: dict[str, _Started] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Look each second until `stop`, then stop them all and wait."""
        while not stop.is_set():
            self._look()
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue
        for started in self._started.values():
            started.stop.set()
        await asyncio.gather(*(started.task for started in self._started.values()), return_exceptions=True)

    def _look(self) -> None:
        """Forget lanes that have ended, stop those that are not wanted (so), and start what is missing."""
        wanted = {lane.queue: lane for lane in self._wanted()}
        for queue, started in list(self._started.items()):
            if started.task.done():
                del self._started[queue]
                if not started.stop.is_set():
                    log.error("lane_died", queue=queue, exc_info=_error_of(started.task))
            elif queue not in wanted or wanted[queue].batch != started.lane.batch:
                started.stop.set()  # it is started anew, if at all, when it has ended: never two at a time
        for queue in wanted.keys() - self._started.keys():
            stop = asyncio.Event()
            task = asyncio.create_task(self._start(wanted[queue], stop))
            self._started[queue] = _Started(wanted[queue], stop, task)
            log.info("lane_started", queue=queue)


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()
