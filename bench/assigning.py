"""`python -m bench.assigning`: 1,000 purchases from their events to reserved packets, while 10,000 households wait.

The use cases of the service over a private Postgres, without the broker: goods are taken in as one batch of the lane,
then the city is allocated. Each run is rolled back; the fastest of several counts.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import structlog

from bench.allocation import PLACES, RULES, city
from bench.report import write_part
from peduli.prepare import prepare_database
from peduli.servers import private
from services.distribution.store import laws
from services.distribution.usecases.allocate import allocate_city
from services.distribution.usecases.stock import take_in
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction, connect
from shared.ids import derived_id
from shared.reference.load import load
from shared.reference.store import Cities

TENANT = "3276"
PURCHASES, HOUSEHOLDS, LINES, RUNS = 1000, 10_000, 3, 5
DEPOK = load(TENANT)


@dataclass(frozen=True)
class Cost:
    """Milliseconds: of our CPU, of the CPU of our session's Postgres process, and by the clock."""

    ours: float
    postgres: float
    clock: float


def purchases() -> list[Envelope]:
    """Recorded donations of some lines each, all over the city."""
    draw, at = random.Random(1), now()
    skus = sorted(sku for sku, product in DEPOK.products.items() if product.weight_g <= RULES.packet_grams)
    events = []
    for number in range(PURCHASES):
        identity = str(derived_id("bench", str(number)))
        lines = [
            {"line_no": line, "sku": draw.choice(skus), "quantity": draw.randint(1, 5), "expires_at": None}
            for line in range(1, LINES + 1)
        ]
        body = {
            "purchase_id": identity,
            "purpose": "donation",
            "programme": "isoman",
            "purchased_at": (at - timedelta(hours=draw.uniform(0, 3))).isoformat(),
            "lines": lines,
            "pickup_kelurahan": draw.choice(PLACES),
        }
        events.append(
            Envelope(f"{identity}:1", "purchase.recorded.v1", "/bench", TENANT, identity, 1, identity, at, body)
        )
    return events


async def fill(tx: Transaction) -> None:
    """Households that wait; some had a packet before, from goods that are not in this bench."""
    at = now()
    await tx.executemany(
        "insert into households (household_id, tenant, version, kelurahan, rw, size, groups, allergens, isolation_from,"
        " isolation_until) values ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)",
        [
            (
                home.household_id,
                TENANT,
                home.kelurahan,
                home.rw,
                home.size,
                sorted(home.groups),
                sorted(home.allergens),
                at - timedelta(days=2),
                at + timedelta(days=10 * (number + 1) / HOUSEHOLDS),
            )
            for number, home in enumerate(city(HOUSEHOLDS, 0, PLACES, seed=2).households)
        ],
    )
    await tx.execute("analyze")


async def cost(work: Awaitable[object], server: psutil.Process) -> Cost:
    """What a step takes."""
    began = time.process_time(), _cpu(server), time.perf_counter()
    await work
    ended = time.process_time(), _cpu(server), time.perf_counter()
    return Cost(*(1000 * (after - before) for before, after in zip(began, ended, strict=True)))


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


async def measure(url: str) -> tuple[list[Cost], list[Cost], int]:
    """The costs of taking in and of allocating, run by run, and the packets that are made."""
    tx = await connect(url, "distribution", statement_seconds=600)
    cities, events = Cities([DEPOK]), purchases()
    taken, allocated, packets = [], [], 0
    try:
        await fill(tx)
        server = psutil.Process(await tx.fetchval("select pg_backend_pid()"))
        for _ in range(RUNS):
            run = tx.transaction()
            await run.start()
            taken.append(await cost(take_in(tx, events, cities=cities, now=now()), server))
            allocated.append(await cost(allocate_city(tx, reference=DEPOK, rules=RULES, now=now()), server))
            packets = await tx.fetchval("select count(*) from tasks")
            assert await laws.breaches(tx) == []
            await run.rollback()
    finally:
        await tx.close()
    return taken, allocated, packets


def table(taken: list[Cost], allocated: list[Cost], packets: int, busy: float) -> str:
    """The figures as Markdown."""
    lines = [
        f"Assignment by `python -m bench.assigning`: {PURCHASES:,} purchases of {LINES} lines each while",
        f"{HOUSEHOLDS:,} households wait, on Postgres; the fastest of {RUNS} runs. Others' load on the machine when it",
        f"began: {busy:.1f} (above 0.5 all figures are larger than on a machine of one's own).\n",
        "| step | our CPU, ms | Postgres's CPU, ms | by the clock, ms |",
        "|---|---|---|---|",
    ]
    steps = (
        (f"taken in: {PURCHASES * LINES:,} lots and their entries", taken),
        (f"allocated: {packets:,} packets, their reservations, reasons and events, and who waits", allocated),
    )
    for name, costs in steps:
        best = min(costs, key=lambda one: one.ours + one.postgres)
        lines.append(f"| {name} | {best.ours:,.0f} | {best.postgres:,.0f} | {best.clock:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # a line a packet is not measured
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = private.postgres(Path(folder) / "postgres", fsync=False)
        try:
            postgres.start()
            busy = os.getloadavg()[0]
            asyncio.run(prepare_database(postgres.url, TENANT))
            text = table(*asyncio.run(measure(postgres.url)), busy)
        finally:
            postgres.remove()
    write_part("assigning", text)
    print(text)


if __name__ == "__main__":
    main()
