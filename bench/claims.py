"""`python -m bench.claims`: a million claims of pieces by eight workers at once, and nothing is assigned twice.

Half of the workers claim the city first, as an allocation does; the other half forget it, as a bug would, and reckon
with what they saw a moment ago: the ledger's constraints refuse what would take a piece twice.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from bench.report import write_part
from peduli.prepare import prepare_database
from peduli.servers import private
from services.distribution.domain.stock import Lot, Movement
from services.distribution.store import stock
from shared.clock import now
from shared.database.pool import Pool, open_pool
from tests.support.cities import KELURAHAN, goods

TENANT, WORKERS, LOTS, BATCH = "3276", 8, 2000, 500
DOUBLES = """select count(*) from lots l where available < 0 or reserved > bought or reserved <>
  (select coalesce(sum(quantity), 0) from stock_entries e where e.lot_id = l.lot_id and to_account = 'reserved')"""


@dataclass
class Counts:
    """Claims that were tried, and those that were refused because the pieces were gone or a worker was in the way."""

    tried: int = 0
    refused: int = 0


async def worker(pool: Pool, number: int, claims: int, counts: Counts) -> None:
    """Claim a piece of many lots at once until all workers have tried so many."""
    draw, turn = random.Random(number), 0
    while counts.tried < claims:
        turn += 1
        counts.tried += BATCH
        try:
            async with pool.acquire() as tx, tx.transaction():
                if number % 2:
                    await stock.queries.claim_city(tx, tenant=TENANT)
                rows = await tx.fetch("select lot_id from lots where available > 0")
                lots = sorted(draw.sample([row["lot_id"] for row in rows], min(BATCH, len(rows))))
                moves = [Movement(lot, "available", "reserved", 1, f"task:{number}:{turn}") for lot in lots]
                counts.refused += BATCH - len(moves)
                await stock.append_movements(tx, moves, now())
        except (asyncpg.CheckViolationError, asyncpg.DeadlockDetectedError):
            counts.refused += BATCH


async def measure(url: str, claims: int) -> str:
    """Play it, and the line for the page."""
    await prepare_database(url, TENANT)
    pool = await open_pool(url, "distribution", size=WORKERS)
    pieces = claims * 9 // 10 // LOTS  # fewer than will be tried: at the end all fight for the last ones
    lots: list[Lot] = [goods(pieces, number=number, place=KELURAHAN[0]) for number in range(1, LOTS + 1)]
    async with pool.acquire() as tx, tx.transaction():
        await stock.append_lots(tx, [(TENANT, lot) for lot in lots], {})
        bought = [Movement(UUID(int=n), "bought", "available", pieces, "bench") for n in range(1, LOTS + 1)]
        await stock.append_movements(tx, bought, now())
    counts, began = Counts(), time.monotonic()
    await asyncio.gather(*(worker(pool, number, claims, counts) for number in range(WORKERS)))
    took = time.monotonic() - began
    doubles, given = await pool.fetchval(DOUBLES), await pool.fetchval("select sum(reserved) from lots")
    await pool.close()
    assert counts.tried - counts.refused == given, "a claim was told as made, and is not in the ledger"
    return (
        f"{counts.tried:,} claims of pieces by {WORKERS} workers at once (half of them without the city's lock) in "
        f"{took:.0f} s: {given:,} given,\n{counts.refused:,} refused, **{doubles} lots with a piece assigned twice** "
        "(`python -m bench.claims`; goal 0)."
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        postgres = private.postgres(Path(folder) / "postgres", fsync=False)
        try:
            postgres.start()
            text = asyncio.run(measure(postgres.url, given.claims))
        finally:
            postgres.remove()
    write_part("claims", text)
    print(text)


if __name__ == "__main__":
    main()
