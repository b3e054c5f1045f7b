"""A real broker refuses a service what is not its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import aio_pika.abc
import pytest
from aiormq.exceptions import ChannelAccessRefused, ProbableAuthenticationError

from peduli.prepare import prepare_broker
from peduli.servers.private import rabbitmq
from shared.messaging import topology, users

PASSWORDS = {"purchases": "p-1", "distribution": "d-1", "reporting": "r-1"}


class Broker:
    """A broker with the three users; what they try is told as True or False."""

    def __init__(self, url: str, management_url: str) -> None:
        self.url = url
        self.management_url = management_url

    def login(self, service: str, password: str | None = None) -> str:
        return f"amqp://peduli_{service}:{password or PASSWORDS[service]}@{self.url.partition('@')[2]}"

    async def may_consume(self, service: str, queue: str) -> bool:
        async with await aio_pika.connect(self.login(service)) as connection:
            channel = await connection.channel()
            try:
                await (await channel.get_queue(queue, ensure=False)).consume(_ignore)
            except ChannelAccessRefused:
                return False
            return True

    async def may_publish(self, service: str, exchange: str, key: str) -> bool:
        async with await aio_pika.connect(self.login(service)) as connection:
            channel = await connection.channel()
            target = await channel.get_exchange(exchange, ensure=False)
            try:
                await target.publish(aio_pika.Message(b"{}"), key, mandatory=False)
            except ChannelAccessRefused:
                return False
            return True


async def _ignore(message: aio_pika.abc.AbstractIncomingMessage) -> None:
    """What comes stays unacknowledged, and goes back when the connection ends."""


@pytest.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Broker]:
    server = rabbitmq(Path(tmp_path_factory.mktemp("users")))
    try:
        server.start()
        await prepare_broker(server.url, "3276")
        await users.ensure(server.management_url, PASSWORDS)
        yield Broker(server.url, server.management_url)
    finally:
        server.remove()


async def test_a_service_consumes_only_its_own_queues(broker: Broker) -> None:
    queues = ("purchases.intake", "distribution.intake", "distribution.events.0", "reporting.events.0", "peduli.dead")
    seen = {service: [queue for queue in queues if await broker.may_consume(service, queue)] for service in PASSWORDS}
    assert seen == {
        "purchases": ["purchases.intake"],
        "distribution": ["distribution.intake", "distribution.events.0"],
        "reporting": ["reporting.events.0"],
    }


@pytest.mark.parametrize(
    ("service", "tells"),
    [("purchases", ["purchase", "pledge"]), ("distribution", ["household", "task", "lot"]), ("reporting", [])],
)
async def test_a_service_tells_only_its_own_events(broker: Broker, service: str, tells: list[str]) -> None:
    kinds = ("purchase", "pledge", "household", "task", "lot")
    may = [kind for kind in kinds if await broker.may_publish(service, topology.EVENTS, f"3276.{kind}.told.v1")]
    assert may == tells


@pytest.mark.parametrize("exchange", [topology.INTAKE, topology.DEAD, "reporting.events"])
async def test_no_service_publishes_beside_the_events(broker: Broker, exchange: str) -> None:
    may = [s for s in PASSWORDS if await broker.may_publish(s, exchange, "3276.purchase.submitted.v1")]
    assert may == []


async def test_a_service_declares_nothing(broker: Broker) -> None:
    async with await aio_pika.connect(broker.login("purchases")) as connection:
        with pytest.raises(ChannelAccessRefused):
            await (await connection.channel()).declare_queue("mine")


async def test_made_again_with_another_password_only_that_one_opens(broker: Broker) -> None:
    await users.ensure(broker.management_url, {"reporting": "r-2"})
    async with await aio_pika.connect(broker.login("reporting", "r-2")) as connection:
        assert not connection.is_closed
    with pytest.raises(ProbableAuthenticationError):
        await aio_pika.connect(broker.login("reporting"))
