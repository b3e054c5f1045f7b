"""Every exchange, queue and binding, as data, declared from here alone (messaging.md §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aio_pika

INTAKE = "peduli.intake"
EVENTS = "peduli.events"
UNROUTABLE = "peduli.unroutable"
DEAD = "peduli.dead"
LOG = "peduli.log"

DELIVERY_LIMIT = 100  # a broker before 4.3 counts each disconnect for the whole prefetch: 20 would be too few
INTAKE_LIMIT = 1_000_000  # messages; beyond it publishers are refused and keep their own copy
INTAKES = (
    ("purchases.intake", "*.purchase.*.v1"),
    ("purchases.intake", "*.pledge.*.v1"),
    ("distribution.intake", "*.household.*.v1"),
    ("distribution.intake", "*.task.*.v1"),
)
# what distribution hears of: goods, what units promise, and the registry
DISTRIBUTED = ("purchase", "pledge", "seller", "product", "unit")

Arguments = dict[str, object]


@dataclass(frozen=True)
class Exchange:
    name: str
    type: str
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True)
class Queue:
    name: str
    arguments: Arguments


@dataclass(frozen=True)
class Binding:
    source: str
    target: str
    key: str
    to_exchange: bool = False


@dataclass(frozen=True)
class Topology:
    """What must be there; `retired` bindings must not: brokers have them from before."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]
    retired: tuple[Binding, ...] = ()


def tasks_queue(kelurahan: str) -> str:
    """The field team's queue of a kelurahan; its dots go, because a dot parts the words of a routing key."""
    return f"tasks.{kelurahan.replace('.', '')}"


def place_of(kecamatan: str, kelurahan: str) -> str:
    """The tail of a task's routing key."""
    return f"{kecamatan.replace('.', '')}.{kelurahan.replace('.', '')}"


def quorum(**more: object) -> Arguments:
    """Arguments of a durable queue that drops nothing: a delivery-limit and an at-least-once dead-letter exchange."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        **more,
    }


def sharded(service: str, shards: int) -> tuple[Exchange, tuple[Queue, ...], tuple[Binding, ...]]:
    """The queues of one service's events: one aggregate always in one shard, one consumer per shard at a time."""
    exchange = Exchange(f"{service}.events", "x-consistent-hash", {"hash-header": "ce-aggregate"})
    queues = tuple(
        Queue(
            f"{service}.events.{shard}",
            quorum(**{"x-single-active-consumer": True, "x-dead-letter-routing-key": f"{service}.events.{shard}"}),
        )
        for shard in range(shards)
    )
    return exchange, queues, tuple(Binding(exchange.name, queue.name, "1") for queue in queues)


def is_ordered(queue: str) -> bool:
    """Whether a queue is one of `sharded`: its lane applies each aggregate's versions in turn."""
    return queue.split(".")[1:2] == ["events"]


def fielded(places: Sequence[tuple[str, str]]) -> tuple[list[Queue], list[Binding]]:
    """The field teams' queues of these (tenant, kelurahan), each bound to the tasks of its place."""
    queues = [
        Queue(tasks_queue(code), quorum(**{"x-dead-letter-routing-key": tasks_queue(code)})) for _, code in places
    ]
    bindings = [
        Binding(EVENTS, tasks_queue(code), f"{tenant}.task.assigned.v1.*.{code.replace('.', '')}")
        for tenant, code in places
    ]
    return queues, bindings


def build(cities: Mapping[str, Sequence[str]], *, shards: int = 1) -> Topology:
    """The whole topology: `cities` are tenants with the codes of their kelurahan, `shards` event queues per service."""
    alternate: Arguments = {"alternate-exchange": UNROUTABLE}
    distribution, distribution_queues, distribution_bindings = sharded("distribution", shards)
    reporting, reporting_queues, reporting_bindings = sharded("reporting", shards)
    intakes = [
        Queue(name, quorum(**{"x-max-length": INTAKE_LIMIT, "x-dead-letter-routing-key": name}))
        for name in ("purchases.intake", "distribution.intake")
    ]
    tasks, task_bindings = fielded([(tenant, code) for tenant, kelurahan in cities.items() for code in kelurahan])
    terminal: Arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT * DELIVERY_LIMIT}
    return Topology(
        exchanges=(
            Exchange(UNROUTABLE, "fanout"),
            Exchange(DEAD, "topic"),
            Exchange(INTAKE, "topic", alternate),
            Exchange(EVENTS, "topic", alternate),
            distribution,
            reporting,
        ),
        queues=(
            *intakes,
            *distribution_queues,
            *reporting_queues,
            *tasks,
            Queue(UNROUTABLE, terminal),
            Queue(DEAD, terminal),
            *(Queue(f"{DEAD}.{service}", terminal) for service in ("purchases", "distribution", "reporting")),
            Queue(LOG, {"x-queue-type": "stream", "x-max-length-bytes": 2_000_000_000}),
        ),
        bindings=(
            Binding(UNROUTABLE, UNROUTABLE, ""),
            Binding(DEAD, DEAD, "tasks.#"),
            *(
                Binding(DEAD, f"{DEAD}.{service}", f"{service}.#")
                for service in ("purchases", "distribution", "reporting")
            ),
            Binding(EVENTS, LOG, "#"),  # and not the intake: what is kept must not hold a NIP or an address
            *(Binding(INTAKE, queue, key) for queue, key in INTAKES),
            *(Binding(EVENTS, distribution.name, f"*.{topic}.#", to_exchange=True) for topic in DISTRIBUTED),
            Binding(EVENTS, reporting.name, "#", to_exchange=True),
            *distribution_bindings,
            *reporting_bindings,
            *task_bindings,
        ),
        retired=tuple(Binding(INTAKE, LOG, key) for _, key in INTAKES),
    )


def publisher_queue(tenant: str, name: str) -> str:
    """The queue of one publisher: its back-pressure is its own."""
    return f"purchases.intake.{tenant}.{name}"


def publisher_keys(tenant: str, name: str) -> tuple[str, ...]:
    """Patterns of the routing keys under which one publisher speaks."""
    return tuple(f"{tenant}.{aggregate}.*.v1.{name}" for aggregate in ("purchase", "pledge"))


def of_publisher(tenant: str, name: str, queue_length: int) -> Topology:
    """What one publisher needs beside `build`; beyond `queue_length` waiting messages the broker refuses its own."""
    keys = publisher_keys(tenant, name)
    retired = tuple(Binding(INTAKE, LOG, key) for key in keys)  # a NIP lay in the stream, in clear
    return _of_one(publisher_queue(tenant, name), keys, queue_length, retired)


def team_queue(tenant: str, name: str) -> str:
    """The queue of one field team's reports; its tasks are in `tasks_queue`."""
    return f"distribution.intake.{tenant}.{name}"


def of_team(tenant: str, name: str, queue_length: int) -> Topology:
    """What a field team with a login needs beside `build`; beyond `queue_length` reports the broker refuses its own."""
    return _of_one(team_queue(tenant, name), (f"{tenant}.task.*.v1.{name}",), queue_length)


def _of_one(queue: str, keys: Sequence[str], queue_length: int, retired: tuple[Binding, ...] = ()) -> Topology:
    arguments = quorum(**{"x-max-length": queue_length, "x-dead-letter-routing-key": queue})
    bindings = tuple(Binding(INTAKE, queue, key) for key in keys)
    return Topology(exchanges=(), queues=(Queue(queue, arguments),), bindings=bindings, retired=retired)


async def apply(url: str, topology: Topology) -> None:
    """Declare everything and take away what is retired; harmless when it is so already.

    Raises aio-pika's error when a live object differs.
    """
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        for exchange in topology.exchanges:
            table = _table(exchange.arguments)
            await channel.declare_exchange(exchange.name, exchange.type, durable=True, arguments=table)
        for queue in topology.queues:
            await channel.declare_queue(queue.name, durable=True, arguments=_table(queue.arguments))
        for binding in topology.bindings:
            source = await channel.get_exchange(binding.source, ensure=False)
            target = await (channel.get_exchange if binding.to_exchange else channel.get_queue)(
                binding.target, ensure=False
            )
            await target.bind(source, binding.key)
    await unbind(url, topology.retired)


async def unbind(url: str, bindings: Sequence[Binding]) -> None:
    """Take bindings of queues away; harmless when they are gone."""
    if not bindings:
        return
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        for binding in bindings:
            source = await channel.get_exchange(binding.source, ensure=False)
            await (await channel.get_queue(binding.target, ensure=False)).unbind(source, binding.key)


async def look_at(url: str, queue: str) -> tuple[int, int] | None:
    """Ready messages and consumers of a queue; None when there is no such queue."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        try:
            found = (await channel.declare_queue(queue, passive=True)).declaration_result
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return None
        return found.message_count or 0, found.consumer_count or 0


async def delete(url: str, queue: str) -> None:
    """Delete a queue with all that is in it; harmless when it is gone."""
    connection = await aio_pika.connect(url)
    async with connection:
        await (await connection.channel()).queue_delete(queue)


def _table(arguments: Arguments) -> Any:
    return dict(arguments)


async def has_messages(url: str, queue: str) -> bool:
    """Whether messages wait in a queue; a queue that is not there has none."""
    try:
        return (await depths(url, [queue]))[queue] > 0
    except aio_pika.exceptions.ChannelNotFoundEntity:
        return False


async def depths(url: str, queues: Sequence[str]) -> dict[str, int]:
    """Ready messages of each queue, asked passively (a missing queue raises)."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel()
        found = {}
        for name in queues:
            queue = await channel.declare_queue(name, passive=True)
            found[name] = queue.declaration_result.message_count or 0
        return found
