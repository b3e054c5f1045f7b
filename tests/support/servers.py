"""Real servers for tests: one private Postgres and RabbitMQ per worker, a fresh database and empty queues per test."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiormq
import asyncpg
import psutil
import pytest

from peduli.prepare import declare, load_city, prepare_broker, prepare_database
from peduli.servers.private import AnyRabbitMQ, private_servers
from peduli.servers.server import Server
from shared.messaging.topology import Topology, delete, tasks_queue
from shared.reference.load import load
from shared.reference.model import Reference
from shared.settings import Settings

TENANT = "3276"
MEMORY = Path("/dev/shm")
IN_MEMORY = "peduli-tests-"
MEMORY_NEEDED = 4 << 30  # bytes; a whole worker's servers were seen to take under 1 GiB
_numbers = itertools.count()


@dataclass
class World:
    """What a test stands on: servers, a database of its own, and empty queues."""

    postgres: Server
    rabbitmq: AnyRabbitMQ
    database_url: str
    topology: Topology
    admin: asyncpg.Pool[asyncpg.Record]

    def settings(self, **more: object) -> Settings:
        """Settings of a service in this world."""
        fields: dict[str, object] = {
            "amqp_url": self.rabbitmq.url,
            "database_url": self.database_url,
            "hash_key": "hash-key-of-tests",
            "seal_key": "seal-key-of-tests",
            "open_doors": True,
            **more,
        }
        return Settings(**fields)  # type: ignore[arg-type]

    async def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the whole database, seen by its admin. A test looks often, so its connections are kept."""
        return [dict(row) for row in await self.admin.fetch(sql)]


@dataclass(frozen=True)
class Databases:
    """Makes and removes databases of a server."""

    _postgres: Server
    _admin: asyncpg.Pool[asyncpg.Record]

    async def create(self, name: str, how: str = "") -> str:
        """Create a database; returns its URL."""
        await self._admin.execute(f"create database {name} {how}")
        return self._postgres.url.removesuffix("/postgres") + f"/{name}"

    async def drop(self, name: str) -> None:
        """Remove one, whoever still looks at it: hundreds of copies kept until the end would be written to disk."""
        await self._admin.execute(f"drop database {name} with (force)")


@contextlib.contextmanager
def quick_folder(otherwise: Path) -> Iterator[Path]:
    """A folder in memory, if there is room. On ext4 a database's hundreds of files are made slowly while those of

    the last test's, just removed, may not be taken anew: a quarter of all the time that the tests took.
    """
    for left in MEMORY.glob(f"{IN_MEMORY}*"):  # by a test run that was killed
        if not psutil.pid_exists(int(left.name.removeprefix(IN_MEMORY))):
            shutil.rmtree(left, ignore_errors=True)
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < MEMORY_NEEDED:
        yield otherwise
        return
    folder = MEMORY / f"{IN_MEMORY}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, AnyRabbitMQ]]:
    """Started once per worker; in memory, fsync off, because a test's power never fails (the faults turn it on)."""
    with (
        quick_folder(tmp_path_factory.mktemp("servers")) as folder,
        private_servers(folder, fsync=False) as started,
    ):
        yield started


@pytest.fixture(scope="session")
async def declared(servers: tuple[Server, AnyRabbitMQ]) -> Topology:
    """The whole topology of Depok, declared once per worker. Each test empties it: another city's is not for all."""
    return await prepare_broker(servers[1].url, TENANT)


@pytest.fixture(scope="session")
async def databases(servers: tuple[Server, AnyRabbitMQ]) -> AsyncIterator[Databases]:
    """All databases of a worker's Postgres."""
    # one connection, and another one after a test that stopped Postgres
    async with asyncpg.create_pool(servers[0].url, min_size=0, max_size=1) as admin:
        yield Databases(servers[0], admin)


@pytest.fixture(scope="session")
async def template(databases: Databases) -> str:
    """The name of a database as every test finds it: migrated, with Depok alone. Made once per worker, then copied."""
    await prepare_database(await databases.create("template"), TENANT)
    return "template"


async def fresh(
    servers: tuple[Server, AnyRabbitMQ], declared: Topology, databases: Databases, template: str
) -> AsyncIterator[World]:
    """A fresh database, migrated, with Depok alone, and empty queues.

    Only the queues of tasks of a city's many kelurahan, which no service reads, are left as they are: whoever lets a
    team read them empties them before, as `access.team_login` does.
    """
    postgres, rabbitmq = servers
    name = f"test_{next(_numbers)}"
    database_url = await databases.create(name, f"template {template} strategy file_copy")
    await purge(rabbitmq.url, [queue for queue in held_by(declared) if not queue.startswith(tasks_queue(""))])
    # no statement is kept: what it reads may be migrated meanwhile
    async with asyncpg.create_pool(database_url, min_size=0, max_size=4, statement_cache_size=0) as admin:
        yield World(postgres, rabbitmq, database_url, declared, admin)
    await databases.drop(name)


world = pytest.fixture(fresh, name="world")
# one for all tests of a file, for services that go on running: each test then asks for what it made itself
shared_world = pytest.fixture(fresh, scope="module", name="shared_world")


async def bring(world: World, city: Reference) -> None:
    """Let a city be served, with empty queues of its own."""
    await purge(world.rabbitmq.url, held_by(await declare(world.rabbitmq.url, [city], shards=1)))
    await load_city(world.database_url, city)


@contextlib.asynccontextmanager
async def sharded(world: World, shards: int) -> AsyncIterator[None]:
    """As many queues of events per service; afterwards they are gone, for other tests read the first ones only."""
    made = await declare(world.rabbitmq.url, [load(TENANT)], shards=shards)
    await purge(world.rabbitmq.url, held_by(made))
    try:
        yield
    finally:
        for queue in {queue.name for queue in made.queues} - {queue.name for queue in world.topology.queues}:
            await delete(world.rabbitmq.url, queue)


def held_by(declared: Topology) -> list[str]:
    """Its queues that can be emptied; a stream cannot, and nobody reads it here."""
    return [queue.name for queue in declared.queues if queue.arguments["x-queue-type"] != "stream"]


async def purge(amqp_url: str, queues: Sequence[str]) -> None:
    """Empty the queues that hold something. To purge a quorum queue is written to disk, to look at it is not."""
    connection = await aiormq.connect(amqp_url)
    channel = await connection.channel()
    for name in queues:
        if (await channel.queue_declare(name, passive=True)).message_count:
            await channel.queue_purge(name)
    await connection.close()
