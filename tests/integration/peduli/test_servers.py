"""Private servers keep their data through every end but the last, and never outlive their maker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from peduli.prepare import prepare_broker
from peduli.servers import containers
from peduli.servers.containers import LABEL, PostgresContainer, RabbitMQContainer, docker
from peduli.servers.postgres import Postgres, find_postgres
from peduli.servers.rabbitmq import find_rabbitmq
from peduli.servers.server import Server
from shared.messaging import topology
from tests.support.eventually import eventually
from tests.support.leftovers import left

ROOT = Path(__file__).parents[3]

IMAGES = (PostgresContainer.image, RabbitMQContainer.image)


def docker_lacks() -> str:
    """Why no container can be started here; empty when one can."""
    if not containers.answers():
        return "no Docker answers to `docker info`"
    missing = [image for image in IMAGES if docker("image", "inspect", image).returncode]
    return f"Docker has no image {' '.join(missing)}: `docker pull` it first" if missing else ""


LACK = docker_lacks()
on_docker = pytest.mark.skipif(bool(LACK), reason=LACK)
on_machine = pytest.mark.skipif(
    find_postgres() is None or find_rabbitmq() is None, reason="RabbitMQ or Postgres is not installed"
)
MAKER = """
import signal, sys
from pathlib import Path
from peduli.servers.private import private_servers
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
with private_servers(Path(sys.argv[1])):
    print("up", flush=True)
    signal.pause()
"""


def volumes(folder: Path) -> list[str]:
    """The volumes of the servers under `folder`."""
    labels = [f"label={LABEL}={folder / name}" for name in ("postgres", "rabbitmq")]
    listed = [docker("volume", "ls", "--quiet", "--filter", label).stdout.split() for label in labels]
    return [name for names in listed for name in names]


@pytest.fixture(params=[pytest.param(Postgres, marks=on_machine), pytest.param(PostgresContainer, marks=on_docker)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server: Server = request.param(tmp_path / "postgres")
    yield server
    server.remove()
    assert left(tmp_path) == []


@pytest.fixture(params=[pytest.param(RabbitMQContainer, marks=on_docker)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Docker's; the machine's own is killed and comes back in the battle of tests/faults, with all that it had."""
    server: Server = request.param(tmp_path / "rabbitmq")
    yield server
    server.remove()
    assert left(tmp_path) == []


async def test_a_postgres_comes_back_with_its_data(database: Server) -> None:
    database.start()
    connection = await asyncpg.connect(database.url)
    await connection.execute("create table kept as select 7 as number")
    await connection.close()
    for end in (database.kill, database.stop):
        end()
        database.start()
        connection = await asyncpg.connect(database.url)
        assert await connection.fetchval("select number from kept") == 7
        await connection.close()


async def test_a_rabbitmq_has_all_that_the_topology_needs_and_comes_back_with_it(broker: Server) -> None:
    broker.start()
    await prepare_broker(broker.url, "3276")  # consistent-hash exchanges and a stream among it
    async with await aio_pika.connect(broker.url) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(topology.INTAKE, ensure=False)
        await exchange.publish(aio_pika.Message(b"{}", delivery_mode=2), "3276.purchase.submitted.v1")
    broker.kill()
    broker.start()

    async def depths() -> dict[str, int]:
        return await topology.depths(broker.url, ["purchases.intake"])

    await eventually(depths, lambda seen: seen == {"purchases.intake": 1})


@pytest.mark.parametrize(
    ("way", "how"),
    [  # Ctrl-C with the machine's own is a step of the journey of the quickstart
        pytest.param("machine", signal.SIGKILL, marks=on_machine),
        pytest.param("docker", signal.SIGINT, marks=on_docker),
        pytest.param("docker", signal.SIGKILL, marks=on_docker),
    ],
)
async def test_servers_end_with_their_maker(tmp_path: Path, way: str, how: signal.Signals) -> None:
    environment = {**os.environ, "PEDULI_SERVERS": way, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MAKER, str(tmp_path)]
    maker = subprocess.Popen(  # noqa: ASYNC220 - it is waited for at once
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert maker.stdout is not None
    assert maker.stdout.readline() == "up\n"
    assert left(tmp_path)
    maker.send_signal(how)
    maker.wait(30)

    async def look() -> list[str]:
        return left(tmp_path)

    await eventually(look, lambda seen: seen == [])
    if way == "docker":
        found = volumes(tmp_path)
        docker("volume", "rm", *found)
        assert len(found) == (2 if how == signal.SIGKILL else 0)  # who is killed cannot tidy: the label finds them


@on_docker
def test_the_demo_plays_on_containers_and_leaves_none(tmp_path: Path) -> None:
    environment = {**os.environ, "PEDULI_SERVERS": "docker", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "peduli", "demo", "--no-wait", "--json"]
    played = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)
    assert played.returncode == 0, played.stderr
    assert json.loads(played.stdout)["holds"]
    assert left(tmp_path) == []
    assert volumes(tmp_path / ".peduli" / "demo" / "servers") == []
