"""What every private server can do, however it runs: start, stop, be killed, and come back with its data."""

from __future__ import annotations

import socket
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from shared.errors import PeduliError

START_SECONDS = 180.0  # who has died is told at once; a machine may be busy


class ServersError(PeduliError):
    """A server could not be found or started."""


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server(ABC):
    """One private server on a free loopback port, with a folder of its own."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    @abstractmethod
    def url(self) -> str:
        """The admin's URL."""

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    @abstractmethod
    def launch(self) -> None:
        """Start, without waiting. The server ends with the thread that calls this. Raises `ServersError`."""

    @abstractmethod
    def ready(self) -> bool:
        """True when it serves clients."""

    def wait(self) -> None:
        """Wait until it serves clients; raises `ServersError` with the end of its log."""
        deadline = time.monotonic() + START_SECONDS
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            if self.ready():
                return
            time.sleep(0.05)
        said = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        tail = "\n".join(said[-15:])
        raise ServersError(
            f"{type(self).__name__} did not start:\n{tail}", hint="`peduli doctor` names what is missing"
        )

    def start(self) -> None:
        """Start, and wait until it serves clients."""
        self.launch()
        self.wait()

    @abstractmethod
    def stop(self) -> None:
        """Stop in order; `start` brings it back with its data."""

    @abstractmethod
    def kill(self) -> None:
        """SIGKILL all of it, as a power cut would; `start` brings it back with its data."""

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def _forget(self) -> None:
        """Reap the child that has ended."""
        if self._process is not None:
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        """Stop for good: nothing of it stays but its folder."""
        self.stop()
