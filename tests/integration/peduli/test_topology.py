"""`peduli topology apply`: everything that the loaded cities need, and as often as one likes."""

from __future__ import annotations

from shared.messaging.topology import delete, depths, tasks_queue
from tests.support.servers import World, held_by
from tests.support.terminal import type_


async def test_what_is_missing_is_declared_and_what_is_there_stays(world: World) -> None:
    servers = {"PEDULI_AMQP_URL": world.rabbitmq.url, "PEDULI_DATABASE_URL": world.database_url}
    environment = {**servers, "PEDULI_HASH_KEY": "k", "PEDULI_SEAL_KEY": "k"}
    await delete(world.rabbitmq.url, tasks_queue("32.76.01.1006"))
    for _ in range(2):
        told = type_(("topology", "apply"), environment)
        assert (told.code, told.err) == (0, "")
        assert f"{len(world.topology.queues)} queues" in told.out
    names = held_by(world.topology)
    assert tasks_queue("32.76.01.1006") in names
    assert list(await depths(world.rabbitmq.url, names)) == names


async def test_without_a_broker_it_says_so(world: World) -> None:
    servers = {"PEDULI_AMQP_URL": "amqp://guest:guest@127.0.0.1:1/", "PEDULI_DATABASE_URL": world.database_url}
    told = type_(("topology", "apply"), {**servers, "PEDULI_HASH_KEY": "k", "PEDULI_SEAL_KEY": "k"})
    assert told.code == 1
    assert "peduli doctor" in told.err
