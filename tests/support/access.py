"""Publishers and others with a token, made as an operator makes them."""

from __future__ import annotations

from datetime import timedelta

from peduli import publishers
from peduli.publishers import Operator, Secrets
from shared.access.model import Role
from shared.messaging import topology
from tests.support.journey import KELURAHAN
from tests.support.publish import SOURCE
from tests.support.servers import World, purge


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
    queue_length: int | None = None,
) -> Secrets:
    """Let somebody in; publishers have a queue and a login, a team has them where it has a `queue_length`.

    Names are used once a worker, because the broker outlives the test's database."""
    return await publishers.add(
        operator(world, tenant),
        name,
        role,
        sources=sources,
        units=units,
        requests_per_minute=requests,
        purchases_per_minute=purchases,
        queue_length=(50_000 if role == "publisher" else 0) if queue_length is None else queue_length,
    )


async def team_login(
    world: World, name: str, *kelurahan: str, keep: timedelta = timedelta(hours=1), queue_length: int = 100
) -> Secrets:
    """A login of a field team, for a kelurahan of Beji unless others are told; what earlier tests left there goes."""
    places = kelurahan or (KELURAHAN,)
    made = await publishers.login_team(operator(world), name, places, queue_length=queue_length, keep=keep)
    await purge(world.rabbitmq.url, [topology.tasks_queue(place) for place in places])
    return made


def amqp_url(world: World, user: str, password: str) -> str:
    """The broker's URL for a login."""
    return f"amqp://{user}:{password}@127.0.0.1:{world.rabbitmq.port}/"


def mine(world: World, made: Secrets) -> str:
    """The broker's URL for somebody with a login."""
    return amqp_url(world, made.amqp_user, made.amqp_password)


async def ready(world: World, name: str, tenant: str = "3276") -> int:
    """Messages that wait in a publisher's queue."""
    found = await topology.look_at(world.rabbitmq.url, topology.publisher_queue(tenant, name))
    return found[0] if found else -1
