"""How a broker connection is made: with a short heartbeat, and a name that the broker's pages show."""

from __future__ import annotations

import asyncio
from typing import Any

import aiormq

from shared.messaging import wire
from shared.messaging.channel import Channel

wire.forgive()
HEARTBEAT_SECONDS = 4  # a dead peer is noticed after three beats; the default took 183 s
CONNECT_SECONDS = 10.0  # hearts beat only behind the greeting: without a limit a silent peer is waited for for ever
FRAMES = 1000  # frames that may wait in memory: a window of messages passes the socket in few large pieces


class Connection(aiormq.Connection):
    """aiormq's connection with a longer queue before its socket, and that tells the truth when it is lost."""

    FRAME_BUFFER_SIZE = FRAMES

    async def close(self, exc: Any = None, timeout: float | None = None) -> None:
        """Close; who waits for an answer gets an error. aiormq would cancel him, as if he had been told to stop."""
        if exc is None or exc is asyncio.CancelledError or isinstance(exc, asyncio.CancelledError):
            exc = aiormq.exceptions.AMQPConnectionError("the connection is closed")
        await super().close(exc, timeout)


async def open_connection(url: str, name: str) -> Connection:
    """One connection for one job: publishing and consuming never share one (a memory alarm stops publishers)."""
    parted = "&" if "?" in url else "?"
    connection = Connection(f"{url}{parted}heartbeat={HEARTBEAT_SECONDS}")
    await asyncio.wait_for(connection.connect({"connection_name": name}), CONNECT_SECONDS)
    return connection


async def open_channel(connection: Connection, *, confirms: bool) -> Channel:
    """A channel; with `confirms` the broker tells of each message that it has it."""
    channel = await connection.channel(publisher_confirms=confirms, frame_buffer_size=FRAMES)
    assert isinstance(channel, Channel)
    return channel
