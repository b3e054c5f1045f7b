"""Events that decode, and yet cannot be true: each is parked or ignored alone, and its neighbours are applied."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiormq
import pytest
from pamqp.commands import Basic

import services.distribution.app as distribution
import services.reporting.app as reporting
from shared.ids import new_id
from shared.messaging import parking, topology
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.running import Door, running
from tests.support.servers import World

EXAMPLES = Path("contracts/examples")
HUGE = (2**31, 2**63, 10**30)
DAYS = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "yesterday", "2021-07-22", 20210722)
NUL = "a\x00b"
ABSENT = object()

Json = dict[str, Any]
Event = tuple[str, Json, Json]  # type, body, changes of headers


def example(kind: str) -> Json:
    """A valid body about an aggregate of its own."""
    body: Json = json.loads((EXAMPLES / kind / "1.0-plain.json").read_text())
    return {**body, f"{kind.partition('.')[0]}_id": str(new_id())}


def changed(kind: str, path: str, value: object) -> Event:
    """A body with one value in the place of another (or with none): `path` is dotted, numbers are places in lists."""
    body = example(kind)
    inner: Any = body
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        inner = inner[part]
    if value is ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return f"{kind}.v1", body, {}


def hostile_purchases() -> Iterator[Event]:
    """Purchases that neither service may take."""
    recorded = "purchase.recorded"
    for value in (*HUGE, "2", 2.5, None, ABSENT):
        yield changed(recorded, "lines.0.quantity", value)
    for value in ([1], None, "x", ABSENT):
        yield changed(recorded, "lines", value)
    for value in (*DAYS, None, ABSENT):
        yield changed(recorded, "purchased_at", value)
    for value in (NUL, 7, {}):
        yield changed(recorded, "lines.0.sku", value)
    for value in ("not-a-uuid", 7, ABSENT):
        yield changed(recorded, "purchase_id", value)


def hostile_others() -> Iterator[Event]:
    """What only reporting reads."""
    for value in (*HUGE, ABSENT):
        yield changed("task.assigned", "lines.0.quantity", value)
        yield changed("lot.adjusted", "quantity", value)
    for value in (*DAYS, ABSENT):
        yield changed("task.assigned", "at", value)
    for value in (NUL, ABSENT):
        yield changed("household.changed", "kelurahan", value)
        yield changed("task.assigned", "kelurahan", value)
    yield changed("task.assigned", "lines", {"0": 1})
    yield changed("household.changed", "isolation_from", DAYS[1])


def hostile_headers() -> Iterator[Event]:
    """Good bodies in bad envelopes."""
    for version in ("-1", "0x1", "1.5", str(2**31), "9" * 5000, ""):
        yield "purchase.recorded.v1", example("purchase.recorded"), {"ce-version": version}
    for change in (
        {"ce-source": NUL},
        {"ce-id": "i" * 100_000},
        {"ce-aggregate": "a" * 3000},
        {"ce-source": ABSENT},
        {"ce-time": "soon"},
        {"ce-id": 7, "padding": "x" * 100_000},
        {"ce-source": "", "note": f"{NUL} \\u0000 \\\\u0000"},
        {"ce-source": "", "deep": nested(300)},
    ):
        yield "purchase.recorded.v1", example("purchase.recorded"), change
    yield "purchase.sung.v1", example("purchase.recorded"), {}


def nested(depth: int) -> Json:
    table: Json = {}
    for _ in range(depth):
        table = {"n": table}
    return table


class Raw(Basic.Properties):
    """Properties as bytes, for what a well-meaning client cannot say."""

    def __init__(self, flags: int, payload: bytes) -> None:
        super().__init__()
        self._bytes = struct.pack(">H", flags) + payload

    def marshal(self) -> bytes:
        return self._bytes


TIMESTAMP, HEADERS = 1 << 6, 1 << 13
MICROSECONDS = 1626912345678901
DEEP = 3000


def undecodable() -> Iterator[Basic.Properties]:
    """A time in microseconds, a name in Latin-1, a table as deep as a frame can hold."""
    yield Raw(TIMESTAMP, struct.pack(">Q", MICROSECONDS))
    yield Raw(TIMESTAMP, struct.pack(">Q", 2**64 - 1))
    yield Raw(HEADERS, table(b"\x01\xe9t\x01"))
    yield Raw(HEADERS, table(b"\x01tT" + struct.pack(">Q", 2**62)))
    deep = b"\x01at\x01"
    for _ in range(DEEP):
        deep = b"\x01nF" + table(deep)
    yield Raw(HEADERS, table(deep))


def table(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def properties(event: Event) -> Basic.Properties:
    """The properties of an event, with its changes."""
    kind, body, changes = event
    aggregate = str(next(iter(body.values()), ""))
    headers = {
        "ce-specversion": "1.0",
        "ce-id": str(new_id()),
        "ce-type": f"id.go.depok.peduli.{kind}",
        "ce-source": "/peduli/hostile",
        "ce-time": "2021-07-22T03:05:00+00:00",
        "ce-aggregate": aggregate,
        "ce-version": "1",
        **changes,
    }
    kept = {name: value for name, value in headers.items() if value is not ABSENT}
    return Basic.Properties(content_type="application/json", delivery_mode=2, headers=kept)


async def send(world: World, messages: list[tuple[bytes, str, Basic.Properties]]) -> None:
    """Publish (body, routing key, properties) where only relays do."""
    connection = await aiormq.connect(world.rabbitmq.url)
    channel = await connection.channel()
    for body, key, said in messages:
        await channel.basic_publish(body, exchange=topology.EVENTS, routing_key=key, properties=said)
    await connection.close()


def mixed(hostile: list[tuple[bytes, str, Basic.Properties]]) -> tuple[list[tuple[bytes, str, Basic.Properties]], int]:
    """A healthy purchase before each hostile event, and one behind; also how many healthy ones there are."""
    messages = []
    for item in [*hostile, None]:
        healthy: Event = "purchase.recorded.v1", example("purchase.recorded"), {}
        messages.append((json.dumps(healthy[1]).encode(), f"3276.{healthy[0]}", properties(healthy)))
        messages += [item] if item else []
    return messages, len(hostile) + 1


def spoken() -> list[tuple[bytes, str, Basic.Properties]]:
    """Every hostile message."""
    events = [*hostile_purchases(), *hostile_others(), *hostile_headers()]
    messages = [(json.dumps(event[1]).encode(), f"3276.{event[0]}", properties(event)) for event in events]
    good: Event = "purchase.recorded.v1", example("purchase.recorded"), {}
    for body in (b'{"a": "\\ud800"}', b"[" * 5000, b'"x"', b"", b"\xef\xbb\xbf{}"):
        messages.append((body, f"3276.{good[0]}", properties(good)))
    body = json.dumps(good[1]).encode()
    messages += [(body, "3276.purchase.recorded.v1", said) for said in undecodable()]
    return messages


@pytest.mark.parametrize("service", ["distribution", "reporting"])
async def test_a_hostile_event_is_set_aside_alone(world: World, service: str) -> None:
    module, found, schema = {
        "distribution": (distribution, "select count(*) as n from distribution.lots", "distribution"),
        "reporting": (reporting, "select count(*) as n from facts.fct_purchase", "facts"),
    }[service]
    messages, healthy = mixed(spoken())
    queue = f"{service}.events.0"
    async with running(module.service(world.settings())) as door:
        await send(world, messages)
        await eventually(lambda: query(world, found), lambda rows: rows[0]["n"] >= healthy)
        await eventually(lambda: topology.depths(world.rabbitmq.url, [queue]), lambda seen: seen[queue] == 0)
        assert await query(world, found) == [{"n": healthy}]
        assert (await status(door)) == 200
    parked = await query(world, f"select reason, event, attempts, state from {schema}.parked")
    assert {row["state"] for row in parked} == {"parked"}
    assert parking.KILLS not in {row["reason"] for row in parked}
    assert len(parked) > 30


async def status(door: Door) -> int:
    return (await door.get("/readyz")).status_code
