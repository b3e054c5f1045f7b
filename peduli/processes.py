"""The three services as processes of their own: started, watched until ready, and always stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from peduli.servers import children
from peduli.servers.server import ServersError, free_port
from shared import certificates

SERVICES = {"purchases": "purchases", "distribution": "distribution", "reporting": "facts"}
READY_SECONDS = 120.0  # who has ended is told at once; a machine may be busy


@dataclass
class Running:
    """One service process and where it listens; `environment` lets it be started again just the same."""

    name: str
    url: str
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it; it gets signals from us alone, so that Ctrl-C stops all in order."""
        command = [sys.executable, "-m", "peduli", "run", self.name]
        self.process = children.spawn(command, self.log, environment=self.environment)

    def wait_ready(self) -> None:
        """Wait for /readyz; raises `ServersError` with the end of its log."""
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(timeout=1, verify=certificates.needed(self.url)) as client:
            while time.monotonic() < deadline:
                if self.process is None or self.process.poll() is not None:
                    break
                try:
                    if client.get(f"{self.url}/readyz").status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        raise ServersError(f"{self.name} is not ready:\n{tail}", hint=f"the whole log is {self.log}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Stop it in order (or with SIGKILL), and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def role_url(admin_url: str, schema: str, password: str) -> str:
    """The URL of a service's own role in the database of `admin_url`, wherever that is: also an IPv6 or a socket."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"peduli_{schema}:{password}@{host}").geturl()


def plan(
    folder: Path, amqp_url: str, admin_url: str, passwords: dict[str, str], secrets: dict[str, str]
) -> dict[str, Running]:
    """The three services, each with its own database role, ready to be started."""
    folder.mkdir(parents=True, exist_ok=True)
    services = {}
    for name, schema in SERVICES.items():
        port = free_port()
        environment = {
            **os.environ,
            "PEDULI_AMQP_URL": amqp_url,
            "PEDULI_DATABASE_URL": role_url(admin_url, schema, passwords[schema]),
            "PEDULI_HTTP_PORT": str(port),
            "PEDULI_OPEN_DOORS": "true",  # on loopback, for a demo
            **secrets,
        }
        services[name] = Running(name, f"http://127.0.0.1:{port}", environment, folder / f"{name}.log")
    return services
