"""A TCP proxy that does what networks do: reset every connection, or let a direction fall silent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Literal
from urllib.parse import urlsplit

Mode = Literal["pass", "stall", "drop"]
CHUNK = 65536


class Pipe:
    """One direction of one connection."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.changed = asyncio.Event()
        self.carried = 0

    def turn(self, mode: Mode) -> None:
        """From now on `pass`; `stall`: hold what comes until it passes again; `drop`: lose it."""
        self.mode = mode
        self.changed.set()

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes until either side ends."""
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                while self.mode == "stall":
                    self.changed.clear()
                    await self.changed.wait()
                if self.mode == "pass":
                    self.carried += len(data)
                    writer.write(data)
                    await writer.drain()
        writer.close()


class Proxy:
    """Listens on a port of its own in front of the server of a URL."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._modes: dict[str, Mode] = {"to_server": "pass", "to_client": "pass"}
        self._pipes: dict[str, set[Pipe]] = {"to_server": set(), "to_client": set()}
        self._all: list[Pipe] = []
        self._is_away = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The URL with the proxy in the server's place."""
        assert self._server is not None
        login, at, _ = self._parts.netloc.rpartition("@")
        port = self._server.sockets[0].getsockname()[1]
        return self._parts._replace(netloc=f"{login}{at}127.0.0.1:{port}").geturl()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Reset all connections, and listen no more."""
        assert self._server is not None
        self._server.close()
        self.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def turn(self, mode: Mode, *directions: str, old_only: bool = False) -> None:
        """Change directions (`to_server`, `to_client`; none means both), of connections that are there and to come."""
        for direction in directions or tuple(self._modes):
            if not old_only:
                self._modes[direction] = mode
            for pipe in self._pipes[direction]:
                pipe.turn(mode)

    def reset(self) -> int:
        """RST to both ends of every connection; returns how many there were."""
        count = len(self._writers) // 2
        for writer in list(self._writers):
            link: socket.socket = writer.get_extra_info("socket")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close means RST
            writer.transport.abort()
        for pipes in self._pipes.values():
            for pipe in pipes:
                pipe.turn("drop")
        return count

    def go_away(self) -> None:
        """Reset all connections and refuse new ones, until `come_back`."""
        self._is_away = True
        self.reset()

    def come_back(self) -> None:
        """Let connections through again."""
        self._is_away = False

    @property
    def carried(self) -> int:
        """Bytes that went through, both ways."""
        return sum(pipe.carried for pipe in self._all)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self._is_away:
                raise ConnectionRefusedError
            back = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        except OSError:
            writer.transport.abort()
            self._tasks.discard(task)
            return
        pipes = {name: Pipe(mode) for name, mode in self._modes.items()}
        self._all += pipes.values()
        ends = {writer, back[1]}
        self._writers |= ends
        for name, pipe in pipes.items():
            self._pipes[name].add(pipe)
        try:
            await asyncio.gather(
                pipes["to_server"].run(reader, back[1]), pipes["to_client"].run(back[0], writer), return_exceptions=True
            )
        finally:
            self._writers -= ends
            self._tasks.discard(task)
            for name, pipe in pipes.items():
                self._pipes[name].discard(pipe)


@contextlib.asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """A proxy before the server of `url`."""
    proxy = Proxy(url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
