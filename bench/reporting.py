"""Answers by tally against the same answers from facts, and how fast everything is made anew: docs/performance.md.

    python -m bench.reporting --purchases 10000000

Facts come from a generator in the database (`tests/support/filling.py`); both ways must give the same answer.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import asyncpg

from bench.report import write_part
from peduli.prepare import REPORTING_MIGRATIONS, prepare_database
from peduli.servers import private
from services.reporting.cli import remake
from services.reporting.store.rebuild import TABLES
from shared.contracts.envelope import Envelope
from shared.database.pool import connect
from shared.reference.load import load
from tests.support.filling import fill
from tests.support.projecting import bought, flat, isolating, log, packet, released
from tests.support.soak import TENANT

REBUILT, DAY = 50_000, 10_000  # purchases of a rebuild at most, each with five more events, and those of a day
RUNS, RUNS_OF_FACTS = 9, 3
SLOW_SECONDS = 60.0


class Question(NamedTuple):
    """What somebody asks: the published view, and the same answer from facts (empty: the view reads these itself).

    `is_exact`: both answer alike to the last digit; hours are read from buckets.
    """

    asked: str
    tally: str
    facts: str = ""
    is_exact: bool = True


QUESTIONS = (
    Question(
        "each unit: buyers, purchases, money",
        """select unit_code, buyers::int, purchases::int, spend_idr from reporting.v1_unit_tally
        where tenant = '3276' and purchases > 0 order by 1""",
        """select unit_code, count(distinct buyer_key)::int, count(*)::int, sum(total_idr)::bigint
        from fct_purchase, unnest(buyer_keys) as buyer_key where not is_voided group by 1 order by 1""",
    ),
    Question(
        "the city by day and channel",
        """select local_date, channel, purchases, spend_idr from reporting.v1_channel_tally
        where tenant = '3276' order by 1, 2""",
        """select local_date, channel, count(*)::int, sum(total_idr)::bigint from fct_purchase
        where tenant = '3276' and not is_voided group by 1, 2 order by 1, 2""",
    ),
    Question(
        "turnover of each UMKM",
        """select seller_code, sum(spend_idr)::bigint from reporting.v1_seller_tally
        where tenant = '3276' group by 1 order by 1""",
        """select seller_code, sum(total_idr)::bigint from fct_purchase
        where tenant = '3276' and not is_voided group by 1 order by 1""",
    ),
    Question(
        "one unit by day",
        """select local_date, purchases, spend_idr from reporting.v1_unit_tally_daily
        where unit_code = '32.76.DKUM' order by 1""",
        """select local_date, count(*)::int, sum(total_idr)::bigint from fct_purchase
        where unit_code = '32.76.DKUM' and not is_voided group by 1 order by 1""",
    ),
    Question(
        "packets that came to each kelurahan",
        """select kelurahan, delivered::int from reporting.v1_distribution_place
        where tenant = '3276' order by 1""",
        """select kelurahan, count(*)::int from fct_task
        where tenant = '3276' and status = 'delivered' group by 1 order by 1""",
    ),
    Question(
        "hours from purchase to door, the last 14 days",
        """select local_date, hours_in_all_p50 from reporting.v1_speed_city
        where tenant = '3276' and local_date > date '2022-06-16' order by 1""",
        """select (k.delivered_at at time zone 'Asia/Jakarta')::date as local_date,
          percentile_cont(0.5) within group (order by extract(epoch from k.delivered_at - p.first_at) / 3600)
        from fct_task k cross join lateral (select min(purchased_at) as first_at from fct_task_line
          join fct_purchase using (purchase_id) where task_id = k.task_id) p
        where tenant = '3276' and k.delivered_at >= timestamptz '2022-06-17 00:00+07' group by 1 order by 1""",
        is_exact=False,
    ),
    Question(
        "packets in time, each kelurahan, the last 14 days",
        """select kelurahan, sum(round(delivered * in_time_percent / 100))::int from reporting.v1_speed
        where tenant = '3276' and local_date > date '2022-06-16' and not is_suppressed group by 1 order by 1""",
        """select k.kelurahan, count(*) filter (where k.delivered_at <= least(h.isolation_until, h.released_at))::int
        from fct_task k join fct_household h using (household_id)
        where k.tenant = '3276' and k.delivered_at >= timestamptz '2022-06-17 00:00+07' group by 1 order by 1""",
        is_exact=False,  # days with fewer than five households are not told
    ),
    Question(
        "what lies in the lumbung",
        """select kelurahan, sku, on_hand, reserved, expired from reporting.v1_stock
        where tenant = '3276' order by 1, 2""",
        """select kelurahan, sku, sum(on_hand)::bigint, sum(reserved)::bigint, sum(expired)::bigint from stock_line_now
        where tenant = '3276' group by 1, 2 order by 1, 2""",
    ),
    Question(
        "what each source told, and what was refused",
        """select source, sum(accepted)::int, sum(rejected)::int from reporting.v1_submission_quality
        where tenant = '3276' group by 1 order by 1""",
        """select source, sum(accepted)::int, sum(rejected)::int
        from (select source, count(*) as accepted, 0 as rejected from fct_purchase where tenant = '3276' group by 1
          union all select source, 0, count(*) from refusal_now where tenant = '3276' group by 1) told
        group by 1 order by 1""",
    ),
    Question(
        "one purchase from rupiah to door",
        "select * from reporting.v1_trace where purchase_id = md5('purchase 7')::uuid",
    ),
)


@dataclass(frozen=True)
class Answer:
    """Milliseconds by view and, where there is such a way, from facts."""

    asked: str
    tally_ms: float
    facts_ms: float | None


@dataclass(frozen=True)
class Rebuilding:
    """Events, how many a second, our CPU for each in µs, and reads of the views meanwhile.

    `most` is the rate at which Postgres takes the rows alone. `is_fine`: all came out equal, and no reader failed or
    saw anything else.
    """

    events: int
    rate: float
    most: float
    cpu_us: float
    reads: int
    is_fine: bool


async def answered(connection: asyncpg.Connection[asyncpg.Record], sql: str, runs: int) -> tuple[float, list[object]]:
    """The median milliseconds of an answer, and the answer; of one that takes minutes the first time is enough."""
    began = time.perf_counter()
    rows: list[object] = [tuple(row) for row in await connection.fetch(sql, timeout=3600)]  # warms the cache
    first = time.perf_counter() - began
    if first > SLOW_SECONDS:
        return 1000 * first, rows
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        await connection.fetch(sql, timeout=3600)
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took), rows


async def ask(url: str, purchases: int) -> list[Answer]:
    """Fill the facts and ask every question both ways."""
    began = time.perf_counter()
    await fill(url, purchases)
    print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)
    connection = await connect(url, "facts", statement_seconds=3600)  # as the pages do
    try:
        answers = []
        for question in QUESTIONS:
            tally_ms, rows = await answered(connection, question.tally, RUNS)
            facts_ms = None
            if question.facts:
                facts_ms, same = await answered(connection, question.facts, RUNS_OF_FACTS)
                assert rows == same or not question.is_exact, question.asked
            answers.append(Answer(question.asked, tally_ms, facts_ms))
            print(answers[-1], flush=True)
        return answers
    finally:
        await connection.close()


def lived(n: int, unit: str) -> Sequence[Envelope]:
    """A purchase, the home that its packet comes to, and the packet's way."""
    name, home = f"B-{n}", f"H-{n}"
    steps = ((1, "assigned"), (2, "accepted"), (3, "delivered"))
    return (
        bought(name, unit_code=unit, buyer_key=f"{n % 6823:032x}"),
        isolating(home),
        *(packet(f"T-{n}", step, at, hours=at, household=home, purchase=name) for at, step in steps),
        released(home, 2, hours=9),
    )


async def tell(url: str, purchases: int) -> None:
    """So many purchases and all that follows, in the logs of their owners: the steps of a packet lie far apart."""
    units = sorted(load(TENANT).units)
    connection = await asyncpg.connect(url)
    for first in range(0, purchases, DAY):
        told = [lived(n, units[n % len(units)]) for n in range(first, min(first + DAY, purchases))]
        await log(connection, flat(zip(*told, strict=True)))
    await connection.close()


async def least(url: str) -> float:
    """Seconds to copy what a rebuild writes into empty tables with the same indexes: the least that it could take."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "least"})
    await connection.execute("create schema least")
    took = 0.0
    for table in TABLES:
        await connection.execute(f"create unlogged table {table} (like facts.{table} including all)")
        rows = io.BytesIO()
        await connection.copy_from_query(f"select * from facts.{table}", output=rows, format="binary")
        rows.seek(0)
        began = time.perf_counter()
        await connection.copy_to_table(table, source=rows, format="binary")
        took += time.perf_counter() - began
    await connection.execute("drop schema least cascade")
    await connection.close()
    return took


async def rebuild(url: str, count: int) -> Rebuilding:
    """Make the facts of `count` purchases, then make them anew while somebody reads the views all the time."""
    await tell(url, count)
    await remake(url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
    reader = await asyncpg.connect(url)
    reads = 0

    async def read() -> None:
        nonlocal reads
        while True:
            seen = await reader.fetchval("select sum(purchases)::int from reporting.v1_unit_tally")
            assert seen == count, "a reader saw a rebuild half done"
            reads += 1
            await asyncio.sleep(0.1)

    reading = asyncio.create_task(read())
    began, cpu = time.perf_counter(), time.process_time()
    made = await remake(url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    reading.cancel()
    await asyncio.wait([reading])
    is_fine = reading.cancelled() and not made.differing
    await reader.close()
    rate, most = made.events / seconds, made.events / await least(url)
    return Rebuilding(made.events, rate, most, 1e6 * cpu / made.events, reads, is_fine)


def table(answers: Sequence[Answer], rebuilding: Rebuilding, purchases: int, busy: float) -> str:
    """The part of docs/performance.md."""
    lines = [
        f"Reporting by `python -m bench.reporting --purchases {purchases}`: a year of {purchases:,} purchases,",
        f"{os.cpu_count()} cores, medians of {RUNS} ({RUNS_OF_FACTS} from facts), one run. Others' load on the machine",
        f"when it began: {busy:.1f} (above 0.5 read the ratios alone). Goals: by view ≤ 50 ms and ≥ 100 × faster at",
        "10,000,000 purchases; rebuild ≥ 16,700 events/s, all equal, no reader disturbed.",
        "",
        "| question | by view | from facts | |",
        "|---|---|---|---|",
    ]
    for answer in answers:
        facts = f"{answer.facts_ms:,.1f} ms" if answer.facts_ms else "reads them itself"
        ratio = f"{answer.facts_ms / answer.tally_ms:,.0f} ×" if answer.facts_ms else ""
        lines.append(f"| {answer.asked} | {answer.tally_ms:,.1f} ms | {facts} | {ratio} |")
    told = f"{rebuilding.rate:,.0f} events/s, {rebuilding.cpu_us:.0f} µs CPU of ours each"
    fine = "all equal, none disturbed" if rebuilding.is_fine else "NOT EQUAL, or a reader was disturbed"
    lines.append(f"| rebuild of {rebuilding.events:,} events | {told} | {rebuilding.reads} reads: {fine} | |")
    lines.append(f"| its rows copied bare, with their indexes | {rebuilding.most:,.0f} events/s | | |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--purchases", type=int, default=300_000)
    given = parser.parse_args()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = private.postgres(Path(folder) / "postgres")
        try:
            postgres.start()
            asyncio.run(prepare_database(postgres.url, TENANT))
            rebuilding = asyncio.run(rebuild(postgres.url, min(given.purchases, REBUILT)))
            print(rebuilding, flush=True)
            asyncio.run(forget(postgres.url))
            answers = asyncio.run(ask(postgres.url, given.purchases))
        finally:
            postgres.remove()
    text = table(answers, rebuilding, given.purchases, busy)
    write_part("reporting", text)
    print(text)


async def forget(url: str) -> None:
    """Empty facts and log, so that what follows begins anew."""
    connection = await asyncpg.connect(url)
    tables = await connection.fetch(
        """select format('facts.%I', relname) as name from pg_class
        where relnamespace = 'facts'::regnamespace and relkind = 'r' and relname ~ '^(fct|tally|unit)_|^freshness$'"""
    )
    names = [*(row["name"] for row in tables), "purchases.event_log", "distribution.event_log"]
    await connection.execute(f"truncate {', '.join(names)} cascade")
    await connection.close()


if __name__ == "__main__":
    main()
