"""A service that kills itself at an exact point.

It serves like `peduli run SERVICE`, until the point is passed for the NTH time: then SIGKILL, with nothing flushed,
closed or told. The product has no hooks for this: the one method that a point is about is wrapped here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, cast

import services.distribution.app
import services.purchases.app
import services.reporting.app
from peduli.processes import Running
from peduli.servers import children
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


class _Forked:
    """A fork, spoken to as one speaks to a `Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, how: int) -> None:
        os.kill(self._process.pid or 0, how)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode


class Fork(Running):
    """A service as `peduli run` serves it, in a fork of a process that has imported everything.

    A battle starts forty: to import it all forty times is a minute of work.
    """

    def start(self, armed: tuple[str, int] | None = None) -> None:
        """Start it; where it is `armed` with a point and a number, it dies when it passes that point so often."""
        serving = (self.name, armed, self.environment, self.log)
        process = _forks.Process(target=_serve, args=serving, daemon=True)
        process.start()
        self.process = cast("subprocess.Popen[bytes]", _Forked(process))

    def ended(self, seconds: float) -> int | None:
        """How it ended within so many seconds; None while it lives."""
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        return None


def _serve(name: str, armed: tuple[str, int] | None, environment: dict[str, str], log: Path) -> None:
    children.die_with_parent(signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    if armed:
        arm(name, *armed)
    logs.configure(name)
    serve(SERVICES[name](Settings()))


SERVICES = {
    "purchases": services.purchases.app.service,
    "distribution": services.distribution.app.service,
    "reporting": services.reporting.app.service,
}
_forks = get_context("forkserver")
_forks.set_forkserver_preload([__name__])
