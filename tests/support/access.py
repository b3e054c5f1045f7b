"""Publishers and others with a token, made as an operator makes them."""

from __future__ import annotations

from peduli import publishers
from peduli.publishers import Operator, Secrets
from shared.access.model import Role
from shared.messaging import topology
from tests.support.publish import SOURCE
from tests.support.servers import World


def operator(world: World, tenant: str = "3276") -> Operator:
    """The operator of a city in this world."""
    return Operator(world.database_url, world.rabbitmq.url, world.rabbitmq.management_url, tenant)


async def add(
    world: World,
    name: str,
    role: Role = "publisher",
    *,
    tenant: str = "3276",
    sources: tuple[str, ...] = (SOURCE,),
    units: tuple[str, ...] = ("*",),
    requests: int = 600,
    purchases: int = 30_000,
    queue_length: int = 50_000,
) -> Secrets:
    """Let somebody in. Names are used once a worker, because the broker outlives the test's database."""
    return await publishers.add(
        operator(world, tenant),
        name,
        role,
        sources=sources,
        units=units,
        requests_per_minute=requests,
        purchases_per_minute=purchases,
        queue_length=queue_length,
    )


def amqp_url(world: World, user: str, password: str) -> str:
    """The broker's URL for a login."""
    return f"amqp://{user}:{password}@127.0.0.1:{world.rabbitmq.port}/"


async def ready(world: World, name: str, tenant: str = "3276") -> int:
    """Messages that wait in a publisher's queue."""
    found = await topology.look_at(world.rabbitmq.url, topology.publisher_queue(tenant, name))
    return found[0] if found else -1
