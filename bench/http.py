"""`python -m bench.http`: the HTTP doors of purchases, beside the same door that only validates, in one run.

The load comes from this process over kept connections; the service, Postgres and RabbitMQ share the machine with it.
"""

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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import orjson
import psutil
import uvloop

from bench.report import write_part
from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from peduli.servers.server import free_port
from peduli.story import purchase
from shared.clock import now
from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.sheets import HEADINGS, purchases, xlsx
from tests.support.soak import KEYS, PASSWORDS
from tests.support.truth import TENANT, UNPUBLISHED

CLIENTS = 64  # kept connections
MANY = 500  # purchases of one request
ROUNDS = 5
FILE_ROWS = 10_000
FILES = 3
FILE_LOOK_SECONDS = 0.1  # a look counts all rows: more of them would be measured too


@dataclass
class Load:
    """Seconds that each request took, and how long all of them together."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.each) / self.seconds

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 requests were answered."""
        return statistics.quantiles(self.each, n=100)[-1]


class Client:
    """One kept connection; no HTTP library, because its cost would be measured as the service's."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)

    async def __aenter__(self) -> Client:
        self._reader, self._writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: bytes) -> bytes:
        """The answer's body; anything but 202 is an error of the measurement."""
        self._writer.write(
            b"POST %b HTTP/1.1\r\nHost: bench\r\nPeduli-Source: /bench\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (path.encode(), len(body), body)
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError((head + answer).decode())
        return answer


def bodies(prefix: str, count: int) -> Iterator[dict[str, object]]:
    """Purchases as a till sends them, each of its own number."""
    draw, reference = random.Random(1), load(TENANT)
    template = [purchase(draw, reference, now(), number) for number in range(200)]
    return ({**template[number % 200], "reference": f"{prefix}-{number}"} for number in range(count))


async def flood(url: str, requests: list[bytes]) -> Load:
    """All requests as fast as the clients get answers."""
    waiting = iter(requests)
    load_ = Load()

    async def client() -> None:
        async with Client(url) as connection:
            for body in waiting:
                began = time.perf_counter()
                await connection.post("/v1/purchases", body)
                load_.each.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    load_.seconds = time.perf_counter() - began
    return load_


async def trickle(url: str, requests: list[bytes], rate: int) -> Load:
    """Requests at an even rate, whatever the answers do: each is timed from the moment it was due."""
    load_ = Load()
    due = asyncio.Queue[tuple[float, bytes]]()

    async def client() -> None:
        async with Client(url) as connection:
            while True:
                moment, body = await due.get()
                await connection.post("/v1/purchases", body)
                load_.each.append(time.perf_counter() - moment)
                due.task_done()

    clients = [asyncio.create_task(client()) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for number, body in enumerate(requests):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        due.put_nowait((began + number / rate, body))
    await due.join()
    load_.seconds = time.perf_counter() - began
    for task in clients:
        task.cancel()
    return load_


async def bring_file(url: str, prefix: str) -> tuple[float, float]:
    """Rows a second of one file: from the upload to its preview, and from the word to the last one recorded."""
    content = xlsx([HEADINGS, *purchases(load(TENANT), FILE_ROWS, bad=FILE_ROWS * 3 // 100, prefix=prefix)])
    async with httpx.AsyncClient(base_url=url, headers={"Peduli-Source": "/bench"}, timeout=60) as client:

        async def until(status: str) -> None:
            while (await client.get(where, params={"limit": 0})).json()["status"] != status:  # noqa: ASYNC110 - another process
                await asyncio.sleep(FILE_LOOK_SECONDS)

        began = time.perf_counter()
        where = (await client.post("/v1/files", content=content)).headers["location"]
        await until("previewed")
        previewed = time.perf_counter()
        await client.post(f"{where}/accept")
        await until("accepted")
        return FILE_ROWS / (previewed - began), FILE_ROWS / (time.perf_counter() - previewed)


def cpu_seconds(process: subprocess.Popen[bytes] | None) -> float:
    """CPU time of a process until now."""
    assert process is not None
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


async def measure(folder: Path, count: int) -> dict[str, float]:
    """All figures of one run; the two doors take turns, so that both meet the same weather."""
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT, PASSWORDS)
        await prepare_broker(rabbitmq.url, TENANT)
        service = processes.plan(folder / "logs", rabbitmq.url, postgres.url, PASSWORDS, KEYS)["purchases"]
        port = free_port()
        validating = subprocess.Popen([sys.executable, "-m", "bench.validating", str(port)])  # noqa: ASYNC220 - once
        try:
            service.start()
            service.wait_ready()
            stored, validated = _Door(service.url, service.process), _Door(f"http://127.0.0.1:{port}", validating)
            figures = await _compare(stored, validated, count)
            figures["p99"] = (await trickle(service.url, _ones("even", 200 * 20), 200)).p99
            lists = [orjson.dumps(list(bodies(f"many-{number}", MANY))) for number in range(count // 1000)]
            before = cpu_seconds(service.process)
            many = await flood(service.url, lists)
            figures["many"] = many.rate * MANY
            figures["many_cpu"] = (cpu_seconds(service.process) - before) / (len(lists) * MANY)
            return figures | await _bring_files(postgres.url, _Door(service.url, service.process))
        finally:
            service.stop()
            validating.terminate()
            validating.wait()


@dataclass
class _Door:
    """One of the two that are compared."""

    url: str
    process: subprocess.Popen[bytes] | None
    rates: list[float] = field(default_factory=list)
    cpu: float = 0.0

    async def flood(self, requests: list[bytes]) -> None:
        """One round."""
        before = cpu_seconds(self.process)
        self.rates.append((await flood(self.url, requests)).rate)
        self.cpu += cpu_seconds(self.process) - before


async def _all_published(database_url: str) -> None:
    """Wait until the relay has nothing to do."""
    connection = await asyncpg.connect(database_url)
    await eventually(lambda: connection.fetchval(UNPUBLISHED.format(schema="purchases")), lambda left: left == 0)
    await connection.close()


async def _bring_files(database_url: str, door: _Door) -> dict[str, float]:
    """Some files one after the other, each once all that was told before is published: the first warms the tables."""
    rates = []
    for number in range(FILES):
        await _all_published(database_url)
        before = cpu_seconds(door.process)
        rates.append(await bring_file(door.url, f"F{number}"))
        door.cpu += cpu_seconds(door.process) - before
    preview, accept = (statistics.median(rate) for rate in zip(*rates, strict=True))
    return {"preview": preview, "accept": accept, "file_cpu": door.cpu / FILES / FILE_ROWS}


async def _compare(stored: _Door, validated: _Door, count: int) -> dict[str, float]:
    for door in (stored, validated):
        await flood(door.url, _ones("warm", 500))
    for number in range(ROUNDS):
        for door in (stored, validated):
            await door.flood(_ones(f"one-{number}", count // ROUNDS))
    one, validating = statistics.median(stored.rates), statistics.median(validated.rates)
    cpu = {"one_cpu": stored.cpu / count, "validating_cpu": validated.cpu / count}
    return {"one": one, "validating": validating, "ratio": one / validating, **cpu}


def _ones(prefix: str, count: int) -> list[bytes]:
    return [orjson.dumps(body) for body in bodies(prefix, count)]


TABLE = """Others' load on the machine when it began: {others:.1f} (above 0.5 only ratio and CPU times mean anything).

| HTTP, {clients} kept connections, {count} purchases | figure | goal |
|---|---|---|
| one purchase a request, answered after its commit | {one:.0f}/s, {one_us:.0f} µs CPU | |
| the same door that validates and stores nothing | {validating:.0f}/s, {validating_us:.0f} µs CPU | |
| stored ÷ validated only | {percent:.0f} % | ≥ 70 % |
| one a request at 200/s, p99 | {p99_ms:.0f} ms | ≤ 150 ms |
| 500 purchases a request | {many:.0f} purchases/s | ≥ 5,000 |
| … CPU of the service | {cpu_us:.0f} µs a purchase | |
| XLSX of 10,000 rows, 3 % bad, median of {files}: upload → preview | {preview:.0f} rows/s | |
| … accepted → recorded | {accept:.0f} rows/s | ≥ 5,000 |
| … CPU of the service, all of it | {file_us:.0f} µs a row | |
"""


def main() -> None:
    """Measure, print, and write into docs/performance.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, default=20_000)
    count = parser.parse_args().purchases
    uvloop.install()
    others = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        figures = asyncio.run(measure(Path(folder), count))
    text = TABLE.format(
        others=others,
        clients=CLIENTS,
        files=FILES,
        count=f"{count:,}",
        percent=figures["ratio"] * 100,
        p99_ms=figures["p99"] * 1000,
        one_us=figures["one_cpu"] * 1e6,
        validating_us=figures["validating_cpu"] * 1e6,
        cpu_us=figures["many_cpu"] * 1e6,
        file_us=figures["file_cpu"] * 1e6,
        **figures,
    )
    print(text)
    write_part("http", text)


if __name__ == "__main__":
    main()
