"""Private servers as Docker containers, through the `docker` command: each lives as long as one `docker run`.

The data lie in a volume of their own, so that a server that is stopped or killed leaves no container, and yet comes
back with its data.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from peduli.servers import children, postgres, rabbitmq
from peduli.servers.server import Server, ServersError, free_port

LABEL = "peduli.private"  # its value is the server's folder: who finds one knows whose it is
ANSWER_SECONDS = 10.0


def docker(*arguments: str, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run the `docker` command, apart from the terminal's Ctrl-C; raises nothing when it fails or takes too long."""
    command = ["docker", *arguments]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, start_new_session=True
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def answers() -> bool:
    """True when `docker info` names a server."""
    asked = docker("info", "--format", "{{.ServerVersion}}", seconds=ANSWER_SECONDS)
    return asked.returncode == 0 and bool(asked.stdout.strip())


def pull(image: str, say: Callable[[str], None]) -> None:
    """Fetch an image that is not here yet; raises `ServersError`."""
    if docker("image", "inspect", image).returncode == 0:
        return
    say(f"docker pull {image}")
    pulled = docker("pull", "--quiet", image)
    if pulled.returncode:
        raise ServersError(f"docker pull {image} failed: {pulled.stderr.strip()[-400:]}", hint=f"docker pull {image}")


@dataclass
class Container(Server):
    """A server in a container; `password` is its admin's."""

    password: str = field(default_factory=lambda: secrets.token_hex(16), init=False)
    image: ClassVar[str]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    @property
    def name(self) -> str:
        """The name of the container and of its volume."""
        return f"peduli-{self.image.partition(':')[0]}-{self.port}"

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """What follows `docker run`'s common options: ports, data, image and its command."""

    def data(self, target: str) -> list[str]:
        """The option that mounts its volume at `target`; the label helps to find it when we were killed."""
        return [
            "--mount",
            f"type=volume,source={self.name},target={target},volume-label={LABEL}={self.folder.resolve()}",
        ]

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """Environment of the container; its values stay out of the process list."""

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        common = ["docker", "run", "--rm", "--init", "--name", self.name, "--hostname", "peduli"]
        common += ["--label", f"{LABEL}={self.folder.resolve()}"]
        named = [part for name in self.environment() for part in ("--env", name)]
        self._process = children.spawn(
            [*common, *named, *self.arguments()],
            self.log,
            environment={**os.environ, **self.environment()},
            on_death=self.stop_signal,  # `docker run` hands it on
        )

    def stop(self) -> None:
        self._finish("stop", "--time", str(int(children.STOP_SECONDS)))

    def kill(self) -> None:
        self._finish("kill")

    def _finish(self, *how: str) -> None:
        """Ask until `docker run` has ended: a container that is still being made cannot be asked yet."""
        deadline = time.monotonic() + children.STOP_SECONDS
        while self._process and self._process.poll() is None and time.monotonic() < deadline:
            docker(*how, self.name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
        if self._process:
            children.end(children.tree(self._process.pid), signal.SIGTERM)
            self._forget()

    def remove(self) -> None:
        """Kill it, and drop its volume."""
        self.kill()
        docker("rm", "--force", self.name)
        docker("volume", "rm", "--force", self.name)


@dataclass
class PostgresContainer(Container):
    """Postgres of the official image."""

    fsync: bool = True
    image = "postgres:17"
    stop_signal = signal.SIGINT  # a fast stop; at SIGTERM it waits for its clients

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def environment(self) -> dict[str, str]:
        return {"POSTGRES_PASSWORD": self.password}

    def arguments(self) -> Sequence[str]:
        place = ["--publish", f"127.0.0.1:{self.port}:5432", *self.data("/var/lib/postgresql/data")]
        return [*place, "--shm-size", "256m", self.image, "postgres", *postgres.settings(fsync=self.fsync)]

    def ready(self) -> bool:
        """Asked over TCP: while the image initialises, a server answers on the socket alone."""
        return docker("exec", self.name, "pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres").returncode == 0


@dataclass
class RabbitMQContainer(Container):
    """RabbitMQ of the official image, its management API included."""

    fsync: bool = True
    management_port: int = field(default_factory=free_port)
    image = "rabbitmq:4-management"

    @property
    def url(self) -> str:
        return f"amqp://peduli:{self.password}@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        """The management API, with the admin's name and password."""
        return f"http://peduli:{self.password}@127.0.0.1:{self.management_port}"

    def environment(self) -> dict[str, str]:
        return {
            "RABBITMQ_DEFAULT_USER": "peduli",
            "RABBITMQ_DEFAULT_PASS": self.password,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": rabbitmq.erlang(fsync=self.fsync),
        }

    def arguments(self) -> Sequence[str]:
        files = {
            "enabled_plugins": ("/etc/rabbitmq/enabled_plugins", rabbitmq.plugins_file()),
            "peduli.conf": ("/etc/rabbitmq/conf.d/30-peduli.conf", rabbitmq.LIMITS),
        }
        place = ["--publish", f"127.0.0.1:{self.port}:5672", "--publish", f"127.0.0.1:{self.management_port}:15672"]
        place += self.data("/var/lib/rabbitmq")
        for name, (target, text) in files.items():
            file = self._file(name, text)
            place += ["--volume", f"{file}:{target}:ro"]
        return [*place, self.image]

    def _file(self, name: str, text: str) -> Path:
        """A file that the broker's own user in the container can read."""
        file = (self.folder / name).resolve()
        file.write_text(text)
        file.chmod(0o644)
        return file

    def ready(self) -> bool:
        return rabbitmq.serves_amqp(self.port)
