"""Private Postgres and RabbitMQ on free loopback ports: for `peduli demo`, `peduli dev`, the bench and the tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from peduli.servers import apt, containers
from peduli.servers.containers import PostgresContainer, RabbitMQContainer
from peduli.servers.postgres import Postgres, find_postgres
from peduli.servers.rabbitmq import RabbitMQ, find_rabbitmq
from peduli.servers.server import Server, ServersError
from peduli.servers.ways import Way, way, wish

AnyRabbitMQ: TypeAlias = RabbitMQ | RabbitMQContainer
HINT = (
    "sudo apt-get install postgresql rabbitmq-server, or start Docker (`docker info` must answer), "
    "or give PEDULI_AMQP_URL and PEDULI_DATABASE_URL"
)


def install_missing(say: Callable[[str], None]) -> None:
    """Bring here what `private_servers` will start: packages with apt, or images with Docker.

    Raises `ServersError` with what to do when there is no way here.
    """
    packages = []
    for find, package, image in (
        (find_postgres, "postgresql", PostgresContainer.image),
        (find_rabbitmq, "rabbitmq-server", RabbitMQContainer.image),
    ):
        found = way(find)
        if found is None:
            raise ServersError(f"no way to start {package} with PEDULI_SERVERS={wish()}", hint=HINT)
        if found == Way.APT:
            packages.append(package)
        if found == Way.DOCKER:
            containers.pull(image, say)
    if packages:
        apt.install(packages, say)


def postgres(folder: Path, *, fsync: bool = True) -> Postgres | PostgresContainer:
    """A Postgres that is not started yet; without `fsync` it is faster, and does not survive a power cut."""
    kind = PostgresContainer if way(find_postgres) == Way.DOCKER else Postgres
    return kind(folder, fsync=fsync)


def rabbitmq(folder: Path, *, fsync: bool = True) -> AnyRabbitMQ:
    """A RabbitMQ that is not started yet, likewise."""
    kind = RabbitMQContainer if way(find_rabbitmq) == Way.DOCKER else RabbitMQ
    return kind(folder, fsync=fsync)


@contextlib.contextmanager
def private_servers(folder: Path, *, fsync: bool = True) -> Iterator[tuple[Server, AnyRabbitMQ]]:
    """Postgres and RabbitMQ under `folder`, started side by side and always removed."""
    folder.mkdir(parents=True, exist_ok=True)
    started = postgres(folder / "postgres", fsync=fsync), rabbitmq(folder / "rabbitmq", fsync=fsync)
    with contextlib.ExitStack() as stack:
        for server in reversed(started):  # RabbitMQ takes longer
            stack.callback(server.remove)
            server.launch()
        for server in started:
            server.wait()
        yield started
