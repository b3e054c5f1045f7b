"""`make bench`: how fast, in one run on this machine, servers and all; writes docs/performance.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiormq
import asyncpg
import orjson
import uvloop
from pamqp.commands import Basic

from bench.report import write_part
from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from peduli.story import household, purchase
from shared.clock import now
from shared.messaging import topology
from shared.reference.load import load
from tests.support.soak import KEYS, PASSWORDS, TENANT

KEY = "3276.purchase.submitted.v1"
HEADERS = {"ce-specversion": "1.0", "ce-type": "id.go.depok.peduli.purchase.submitted.v1", "ce-source": "/bench"}
BASELINE = 4000  # messages: one by one they take long enough


@dataclass
class Bench:
    """What is measured on."""

    amqp_url: str
    database_url: str
    services: dict[str, processes.Running]

    async def number(self, sql: str) -> int:
        """One number from the database."""
        connection = await asyncpg.connect(self.database_url)
        try:
            return int(await connection.fetchval(sql) or 0)
        finally:
            await connection.close()

    async def until(self, sql: str, wanted: int, seconds: float = 900) -> None:
        """Wait until the number is reached."""
        connection = await asyncpg.connect(self.database_url)
        deadline = time.monotonic() + seconds
        try:
            while (await connection.fetchval(sql) or 0) < wanted:
                if time.monotonic() > deadline:
                    raise TimeoutError(sql)
                await asyncio.sleep(0.05)
        finally:
            await connection.close()


async def publish(bench: Bench, count: int, prefix: str) -> None:
    """Fill the intake with `count` purchases, 500 in flight."""
    draw, reference = random.Random(1), load(TENANT)
    connection = await aiormq.connect(bench.amqp_url)
    channel = await connection.channel(publisher_confirms=True)
    template = [purchase(draw, reference, now(), number) for number in range(200)]
    for start in range(0, count, 500):
        sends = []
        for number in range(start, min(start + 500, count)):
            event_id = f"{prefix}-{number}"
            body = orjson.dumps({**template[number % 200], "reference": event_id})
            properties = Basic.Properties(
                content_type="application/json",
                delivery_mode=2,
                message_id=event_id,
                headers={**HEADERS, "ce-id": event_id},
            )
            sends.append(channel.basic_publish(body, exchange=topology.INTAKE, routing_key=KEY, properties=properties))
        await asyncio.gather(*sends)
    await connection.close()


async def timed(act: Callable[[], Awaitable[None]]) -> float:
    """Seconds that `act` took."""
    began = time.perf_counter()
    await act()
    return time.perf_counter() - began


APPLIED = "select sum(purchases) from facts.tally_unit_day"


async def end_to_end(bench: Bench, count: int) -> float:
    """Purchases a second from the intake to the tally, everything on this machine."""
    await publish(bench, count, "spine")
    for name in ("purchases", "reporting"):
        bench.services[name].start()
    for name in ("purchases", "reporting"):
        bench.services[name].wait_ready()
    first = await bench.number(APPLIED)
    seconds = await timed(lambda: bench.until(APPLIED, count))
    return (count - first) / seconds


async def consumer_alone(bench: Bench, count: int) -> float:
    """Events a second through the batch lane of reporting, its queue full at the begin."""
    await refill(bench, count)
    bench.services["reporting"].start()
    bench.services["reporting"].wait_ready()
    first = await bench.number(APPLIED)
    seconds = await timed(lambda: bench.until(APPLIED, count))
    bench.services["reporting"].stop()
    return (count - first) / seconds


async def one_by_one(bench: Bench) -> float:
    """The same work by a FastStream subscriber, one transaction a message."""
    await refill(bench, BASELINE)
    command = [sys.executable, "-m", "bench.baseline", bench.amqp_url, bench.database_url]
    baseline = subprocess.Popen(  # noqa: ASYNC220 - it starts in a moment, and nothing else runs meanwhile
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await bench.until(APPLIED, 200)
        first = await bench.number(APPLIED)
        seconds = await timed(lambda: bench.until(APPLIED, BASELINE))
        return (BASELINE - first) / seconds
    finally:
        baseline.terminate()
        baseline.wait()


async def refill(bench: Bench, count: int) -> None:
    """Forget what reporting knows, and let the relay tell `count` events anew while nobody consumes."""
    bench.services["reporting"].stop()
    connection = await asyncpg.connect(bench.database_url)
    tables = await connection.fetch(
        "select tablename from pg_tables where schemaname = 'facts' and tablename !~ '^(ref_|schema_)'"
    )
    await connection.execute(f"truncate {', '.join('facts.' + row['tablename'] for row in tables)}")
    await connection.execute(
        "insert into purchases.outbox (seq, aggregate)"
        " select seq, aggregate from purchases.event_log order by seq limit $1",
        count,
    )
    await connection.close()
    await bench.until("select case when exists (select from purchases.outbox) then 0 else 1 end", 1)


async def latency(bench: Bench, rate: int, seconds: int) -> tuple[float, float]:
    """p95 seconds from a publish to its tally and to a task in a field team's queue, at a light load."""
    for service in bench.services.values():
        service.stop()
        service.start()
    for service in bench.services.values():
        service.wait_ready()
    await bench.until("select case when exists (select from distribution.due) then 0 else 1 end", 1)
    connection = await aiormq.connect(bench.amqp_url)
    channel = await connection.channel()
    declared = await channel.queue_declare("", exclusive=True)
    await channel.queue_bind(str(declared.queue), topology.EVENTS, routing_key="3276.task.assigned.#")
    published: dict[str, float] = {}
    to_task: list[float] = []

    async def on_task(message: aiormq.abc.DeliveredMessage) -> None:
        at = time.time()  # noqa: TID251 - a measurement
        for line in orjson.loads(message.body)["lines"]:
            if line["purchase_id"] in published:
                to_task.append(at - published[line["purchase_id"]])

    await channel.basic_consume(str(declared.queue), on_task, no_ack=True)
    to_tally = await _trickle(bench, channel, published, rate * seconds, rate)
    await asyncio.sleep(2)
    await connection.close()
    return statistics.quantiles(to_tally, n=20)[-1], statistics.quantiles(to_task, n=20)[-1]


async def _trickle(
    bench: Bench, channel: aiormq.abc.AbstractChannel, published: dict[str, float], count: int, rate: int
) -> list[float]:
    from services.purchases.usecases.judging import purchase_id

    draw, reference = random.Random(2), load(TENANT)
    watching = asyncio.create_task(_seen(bench, published, count))
    for number in range(count):
        event_id = f"light-{number}-{uuid.uuid4()}"  # noqa: TID251 - a measurement
        body = orjson.dumps({**purchase(draw, reference, now(), number), "reference": event_id})
        properties = Basic.Properties(
            content_type="application/json",
            delivery_mode=2,
            message_id=event_id,
            headers={**HEADERS, "ce-id": event_id},
        )
        published[str(purchase_id(TENANT, "/bench", event_id))] = time.time()  # noqa: TID251
        await channel.basic_publish(body, exchange=topology.INTAKE, routing_key=KEY, properties=properties)
        await asyncio.sleep(1 / rate)
    return await watching


async def _seen(bench: Bench, published: dict[str, float], count: int) -> list[float]:
    """Seconds until a reader sees each purchase in the facts, looked for 50 times a second."""
    waits: dict[str, float] = {}
    connection = await asyncpg.connect(bench.database_url)
    found = "select purchase_id::text as purchase_id from facts.fct_purchase where purchase_id = any($1::uuid[])"
    while len(waits) < count:
        rows = await connection.fetch(found, list(published.keys() - waits.keys()))
        at = time.time()  # noqa: TID251 - a measurement
        waits |= {row["purchase_id"]: at - published[row["purchase_id"]] for row in rows}
        await asyncio.sleep(0.02)
    await connection.close()
    return list(waits.values())


async def register(bench: Bench, count: int) -> None:
    """Households for the goods of the light load."""
    import httpx

    draw = random.Random(3)
    kelurahan = load(TENANT).kelurahan
    bench.services["distribution"].start()
    bench.services["distribution"].wait_ready()
    async with httpx.AsyncClient() as client:
        for number in range(count):
            body = household(draw, now(), draw.choice(kelurahan), number)
            url = f"{bench.services['distribution'].url}/v1/households"
            (await client.post(url, json=body, headers={"Peduli-Source": "/bench"})).raise_for_status()


async def measure(folder: Path, purchases: int) -> dict[str, float]:
    """All figures of one run."""
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT, PASSWORDS)
        await prepare_broker(rabbitmq.url, TENANT)
        services = processes.plan(folder / "logs", rabbitmq.url, postgres.url, PASSWORDS, KEYS)
        bench = Bench(rabbitmq.url, postgres.url, services)
        try:
            figures = {"spine": await end_to_end(bench, purchases)}
            print(f"intake to tally: {figures['spine']:.0f} purchases/s", flush=True)
            figures["lane"] = await consumer_alone(bench, purchases)
            print(f"batch lane alone: {figures['lane']:.0f} events/s", flush=True)
            figures["one_by_one"] = await one_by_one(bench)
            print(f"message by message: {figures['one_by_one']:.0f} events/s", flush=True)
            connection = await asyncpg.connect(bench.database_url)
            await connection.execute(
                "truncate purchases.event_log, purchases.outbox, purchases.purchases, purchases.submissions cascade"
            )
            await connection.close()
            for queue in ("distribution.events.0", "reporting.events.0"):
                await _purge(bench, queue)
            await register(bench, 1000)
            figures["tally_p95"], figures["task_p95"] = await latency(bench, 50, 20)
            print(f"p95 to tally {figures['tally_p95']:.2f} s, to task {figures['task_p95']:.2f} s", flush=True)
            return figures
        finally:
            for service in services.values():
                service.stop()


async def _purge(bench: Bench, queue: str) -> None:
    connection = await aiormq.connect(bench.amqp_url)
    await (await connection.channel()).queue_purge(queue)
    await connection.close()


TABLE = """Measured by `make bench` ({purchases} purchases, {cores} cores, quorum queues and Postgres with fsync on the
same cores, one run). Run it again before you quote it: only ratios of one run travel from machine to machine.

| measure | figure | goal |
|---|---|---|
| intake → committed → relay → tally (intake full) | {spine:.0f} purchases/s | ≥ 3,000 |
| batch lane of reporting alone | {lane:.0f} events/s | ≥ 10,000 |
| the same work message by message (FastStream) | {one_by_one:.0f} events/s | |
| batch lane ÷ message by message | {ratio:.1f} × | ≥ 10 × |
| light load (50/s): published → tally, p95 | {tally_p95:.2f} s | ≤ 1 s |
| light load (50/s): published → task in the queue, p95 | {task_p95:.2f} s | ≤ 1 s |
"""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, default=100_000)
    given = parser.parse_args()
    uvloop.install()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        figures = asyncio.run(measure(Path(folder), given.purchases))
    text = TABLE.format(
        purchases=f"{given.purchases:,}", cores=os.cpu_count(), ratio=figures["lane"] / figures["one_by_one"], **figures
    )
    write_part("messages", text)
    print(text)


if __name__ == "__main__":
    main()
