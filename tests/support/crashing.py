"""A service that kills itself at an exact point.

It serves like `peduli run SERVICE`, until the point is passed for the NTH time: then SIGKILL, with nothing flushed,
closed or told. The product has no hooks for this: the one method that a point is about is wrapped here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import services.distribution.app
import services.purchases.app
import services.reporting.app
from peduli.processes import Running
from services.distribution.usecases import allocate
from shared.messaging import relay, topology
from shared.messaging.applier import Applier
from shared.messaging.channel import Channel
from shared.messaging.relay import Relay
from shared.observability import logs
from shared.service import serve
from shared.settings import Settings

Method = Callable[..., Awaitable[Any]]


class Fuse:
    """Counts passings; the last one is the end."""

    def __init__(self, passings: int) -> None:
        self._left = passings

    def is_last(self) -> bool:
        """One more passing; True at the NTH."""
        self._left -= 1
        return self._left == 0

    def relight(self) -> None:
        """The last passing did not come to its end, for a server was killed meanwhile: the next one is the last."""
        self._left = 1

    def burn(self) -> None:
        """One more passing; does not return from the NTH."""
        if self.is_last():
            die()


def die() -> None:
    """End this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(method: Method, fuse: Fuse) -> Method:
    """Die instead of doing it."""

    async def wrapped(*args: Any, **more: Any) -> Any:
        fuse.burn()
        return await method(*args, **more)

    return wrapped


def after(method: Method, fuse: Fuse) -> Method:
    """Die when it is done."""

    async def wrapped(*args: Any, **more: Any) -> Any:
        result = await method(*args, **more)
        fuse.burn()
        return result

    return wrapped


def half_of_a_batch(method: Method, fuse: Fuse) -> Method:
    """Die when the first half of a batch is committed and the second is not: what a bisection leaves behind."""

    async def wrapped(applier: Applier, messages: Any) -> Any:
        if len(messages) > 1 and fuse.is_last():
            try:
                await method(applier, messages[: len(messages) // 2])
            except Exception:
                fuse.relight()
                raise
            die()
        return await method(applier, messages)

    return wrapped


def half_of_a_window(method: Method, fuse: Fuse) -> Method:
    """Die when the first half of a window is confirmed and the second is on its way."""

    async def wrapped(leader: Relay, database: Any, channel: Channel, rows: Any) -> Any:
        if len(rows) > 1 and fuse.is_last():
            window = channel.publish(topology.EVENTS, [relay.message_of(row) for row in rows])
            while window.confirmed < len(rows) // 2:  # the broker tells of them, no event of ours
                if window.settled.done():
                    fuse.relight()
                    return await window.settled
                await asyncio.sleep(0)
            die()
        return await method(leader, database, channel, rows)

    return wrapped


@dataclass(frozen=True)
class Point:
    """The method whose passing is fatal, and how."""

    owner: Any
    method: str
    how: Callable[[Method, Fuse], Method]


LANE = {
    "mid-batch": Point(Applier, "apply", half_of_a_batch),  # F09
    "before-commit": Point(Applier, "effect", after),  # F01, F07
    "after-commit": Point(Applier, "apply", after),  # F01, F08: committed, not acknowledged
}
RELAY = {
    "relay-selected": Point(Relay, "_publish", before),  # F02
    "relay-mid-window": Point(Relay, "_publish", half_of_a_window),  # F03
    "relay-confirmed": Point(relay.queries, "delete_published", before),  # F04: confirmed, not marked
}
POINTS: dict[str, dict[str, Point]] = {
    "purchases": LANE | RELAY,
    "distribution": LANE | RELAY | {"allocating": Point(allocate, "allocate_city", after)},
    "reporting": LANE,
}


def arm(service: str, name: str, passings: int) -> None:
    """Wrap the method that the point is about; raises KeyError for a point that the service does not have."""
    point = POINTS[service][name]
    setattr(point.owner, point.method, point.how(getattr(point.owner, point.method), Fuse(passings)))


def start(service: Running, point: str, nth: int) -> ForkServerProcess:
    """A process in the service's place that the point kills.

    It is a fork of a process that has imported everything: two dozen that import it all themselves are half a minute.
    """
    process = _forks.Process(
        target=_serve, args=(service.name, point, nth, service.environment, service.log), daemon=True
    )
    process.start()
    return process


def _serve(name: str, point: str, nth: int, environment: dict[str, str], log: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    arm(name, point, nth)
    logs.configure(name)
    serve(SERVICES[name](Settings()))


SERVICES = {
    "purchases": services.purchases.app.service,
    "distribution": services.distribution.app.service,
    "reporting": services.reporting.app.service,
}
_forks = get_context("forkserver")
_forks.set_forkserver_preload([__name__])
