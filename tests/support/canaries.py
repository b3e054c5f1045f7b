"""Personal data that was planted in a battle, searched where none may ever be."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import aio_pika
import aio_pika.abc
import asyncpg

from peduli import processes
from shared.messaging import topology
from tests.support.running import caller
from tests.support.truth import Truth

# digits within a hash or within what is sealed are nobody's phone
PHONE = re.compile(r"(?<![0-9a-fA-F])0811555\d{5}(?![0-9a-fA-F])")
LONG_NUMBER = re.compile(r"[0-9]{18,}")
MOST = 5000  # messages of the stream
SCHEMAS = ("purchases", "distribution", "facts", "reporting")
TABLES = """select table_schema || '.' || table_name from information_schema.tables
  where table_schema = any($1::text[]) and table_type = 'BASE TABLE'"""


async def leaks(
    folder: Path, database_url: str, amqp_url: str, services: Mapping[str, processes.Running], truth: Truth
) -> list[str]:
    """Every place with a planted name, phone, address, post or NIP: logs, metrics, rows of all tables, the stream.

    What rests sealed is not found, and must not be; bodies of events are read as the text they are.
    """
    nips = {body["buyer"]["nip"] for body in truth.purchases.values()}
    places = [*_logs(folder), *await _metrics(services), *await rows(database_url), await stream(amqp_url)]
    return [f"personal data in {place}" for place, text in places if has_planted(text) or _has_nip(text, nips)]


def has_planted(text: str) -> bool:
    """True when a planted name, address, post, proof or phone stands in a text, which may be large."""
    return "kenari" in text.lower() or ("0811555" in text and PHONE.search(text) is not None)


def _has_nip(text: str, nips: set[str]) -> bool:
    return any(found in nips for found in LONG_NUMBER.findall(text))


def _logs(folder: Path) -> Iterator[tuple[str, str]]:
    """Logs of our services, and those of Postgres and RabbitMQ."""
    for path in [*folder.glob("logs/*.log"), *folder.glob("*/log"), *folder.glob("*/log/*"), *folder.glob("*/out")]:
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_text(errors="replace")


async def _metrics(services: Mapping[str, processes.Running]) -> list[tuple[str, str]]:
    async with caller(timeout=10) as client:
        return [(f"{name}/metrics", (await client.get(f"{it.url}/metrics")).text) for name, it in services.items()]


async def rows(database_url: str) -> list[tuple[str, str]]:
    """Every row of every table as text, and the bodies of events."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = [row[0] for row in await connection.fetch(TABLES, SCHEMAS)]
        found = [
            (table, await connection.fetchval(f"select string_agg(t::text, ' ') from {table} t")) for table in tables
        ]
        for log in ("purchases.event_log", "distribution.event_log"):
            sql = f"select string_agg(headers::text || convert_from(body, 'UTF8'), ' ') from {log}"
            found.append((f"bodies of {log}", await connection.fetchval(sql)))
        return [(table, text or "") for table, text in found]
    finally:
        await connection.close()


async def stream(amqp_url: str, since: datetime | str = "first") -> tuple[str, str]:
    """The beginning (or a part) of the broker's own log of messages, which stays when they are consumed."""
    texts: list[str] = []
    came: asyncio.Queue[aio_pika.abc.AbstractIncomingMessage] = asyncio.Queue()
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=1000)
        stream = await channel.get_queue(topology.LOG, ensure=False)
        await stream.consume(came.put, arguments={"x-stream-offset": since})
        with contextlib.suppress(TimeoutError):
            while len(texts) < MOST:
                item = await asyncio.wait_for(came.get(), 1)
                texts.append(item.body.decode(errors="replace"))
                await item.ack()
    return topology.LOG, " ".join(texts)
