"""Messages that decode or not, and cannot be true; each has a name, by which its outcome is found again."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiormq
from pamqp.commands import Basic

from services.purchases.usecases.judging import submission_id
from shared.contracts.envelope import identity_of
from shared.ids import derived_id
from tests.support.journey import query
from tests.support.servers import World

EXAMPLES = Path("contracts/examples")
SOURCE, TENANT = "/peduli/hostile", "3276"
ABSENT = object()
Json = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One message. Its name is its ce-id, and stands in its headers and (of events) its key besides."""

    name: str
    key: str
    body: bytes
    properties: Basic.Properties


def example(kind: str, name: str) -> Json:
    """A valid body about an aggregate, or with a reference, of its own."""
    body: Json = json.loads((EXAMPLES / kind / "1.0-plain.json").read_text())
    own = {"reference": name, "household_ref": name, f"{kind.partition('.')[0]}_id": str(derived_id("hostile", name))}
    return {**body, **{field: value for field, value in own.items() if field in body}}


def row(
    name: str, kind: str, body: Json | bytes | None = None, *, said: Basic.Properties | None = None, **more: Any
) -> Row:
    """A message of a kind with this body (else a valid one), headers changed by `more`, or with properties of its own.

    `key` is its routing key without the name of the row.
    """
    key = more.pop("key", f"{TENANT}.{kind}.v1")
    body = example(kind, name) if body is None else body
    headers = {
        "row": name,
        "ce-specversion": "1.0",
        "ce-id": name,
        "ce-type": f"id.go.depok.peduli.{kind}.v1",
        "ce-source": SOURCE,
        "ce-time": "2021-07-22T03:05:00+00:00",
        "ce-aggregate": str(derived_id("hostile", name)),
        "ce-version": "1",
        **{field.replace("_", "-"): value for field, value in more.pop("headers", {}).items()},
    }
    kept = {field: value for field, value in headers.items() if value is not ABSENT}
    properties = said or Basic.Properties(
        content_type=more.get("content_type", "application/json"), delivery_mode=2, headers=kept
    )
    return Row(name, key, body if isinstance(body, bytes) else json.dumps(body).encode(), properties)


def changed(kind: str, path: str, value: object) -> Row:
    """A body with one value in the place of another (or with none): `path` is dotted, numbers are places in lists."""
    name = f"{kind} {path} {'absent' if value is ABSENT else repr(value)[:20]}"
    body = example(kind, name)
    inner: Any = body
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in way:
        inner = inner[part]
    if value is ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return row(name, kind, body)


def nested(depth: int) -> Json:
    """A table in a table in a table."""
    found: Json = {}
    for _ in range(depth):
        found = {"n": found}
    return found


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


def undecodable() -> dict[str, Basic.Properties]:
    """A time in microseconds, a name in Latin-1, a table as deep as a frame can hold."""
    deep = b"\x01at\x01"
    for _ in range(DEEP):
        deep = b"\x01nF" + _table(deep)
    return {
        "microseconds": Raw(TIMESTAMP, struct.pack(">Q", MICROSECONDS)),
        "the last of all times": Raw(TIMESTAMP, struct.pack(">Q", 2**64 - 1)),
        "a name in Latin-1": Raw(HEADERS, _table(b"\x01\xe9t\x01")),
        "a time beyond years": Raw(HEADERS, _table(b"\x01tT" + struct.pack(">Q", 2**62))),
        "a deep table": Raw(HEADERS, _table(deep)),
    }


def _table(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


async def send(world: World, exchange: str, rows: Sequence[Row], *, name_keys: bool) -> None:
    """Publish rows in their order; with `name_keys` each key ends with the row's name."""
    connection = await aiormq.connect(world.rabbitmq.url)
    channel = await connection.channel()
    for item in rows:
        key = f"{item.key}.{item.name}" if name_keys else item.key
        await channel.basic_publish(item.body, exchange=exchange, routing_key=key, properties=item.properties)
    await connection.close()


async def outcomes(world: World, schema: str, rows: Sequence[Row]) -> dict[str, str]:
    """What became of each row so far: why it is parked, what the intake answered, or that it was `applied`."""
    told = {str(submission_id(identity_of(item.key[:4], SOURCE, item.name))): item.name for item in rows}
    claimed = {identity_of(item.key[:4], SOURCE, item.name): item.name for item in rows}
    claimed |= {str(derived_id("hostile", item.name)): item.name for item in rows}
    found: dict[str, str] = {}
    for record in await query(
        world, f"select event as name from {schema}.inbox union select aggregate from {schema}.aggregate_versions"
    ):
        if record["name"] in claimed:
            found[claimed[record["name"]]] = "applied"
    if schema == "purchases":
        for record in await query(world, "select submission_id, outcome, reasons from purchases.submissions"):
            codes = sorted({reason["code"] for reason in json.loads(record["reasons"])})
            found[told[str(record["submission_id"])]] = " ".join([record["outcome"], *codes])
    for record in await query(
        world,
        f"""select coalesce(nullif(split_part(routing_key, '.v1.', 2), ''), headers->>'row') as name, reason
        from {schema}.parked where state = 'parked'""",
    ):
        found[record["name"]] = record["reason"]
    return found
