"""Many workers claim the same goods for the same households at once, and nothing is assigned twice.

    python -m tests.support.claims --claims 1000000 --workers 8

Each worker is a process that gives every household a packet, all in the same order, so that they meet at each door and
each lot. They read without a lock and without the one allocation of a city at a time: what is left to refuse a second
packet or a piece that is gone is the database itself. Then the laws L1-L8 are held against what came of it.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from peduli.prepare import prepare_database
from peduli.servers.private import postgres
from services.distribution.domain.allocation.snapshot import Packet
from services.distribution.domain.household import Household
from services.distribution.domain.stock import Lot, Movement
from services.distribution.store import laws, stock, tasks
from shared.clock import now
from shared.database.pool import Transaction, connect
from shared.ids import derived_id, new_id

TENANT, PLACE = "3276", "32.76.06.1001"
BATCH = 100  # claims that a worker makes in one transaction
PIECES = 40  # in a lot: so few that workers empty it before each other's eyes
ENOUGH_FOR = 0.9  # of the households: the last claims find nothing
REFUSED = (asyncpg.UniqueViolationError, asyncpg.CheckViolationError, asyncpg.DeadlockDetectedError)
SERVED = """select household_id from tasks where household_id = any($1::uuid[])
  and status in ('assigned', 'accepted', 'failed')"""
OPEN = "select * from lots where tenant = $1 and available > 0 order by expires_at, lot_id limit 12"
GATE = 1  # a lock that opens when all workers stand in front of it
AT_THE_GATE = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
DOUBLE = """select count(*) from (select household_id from tasks group by 1 having count(*) > 1
  union all select lot_id from lots where reserved > bought or available < 0) as twice"""


def home(number: int) -> UUID:
    """The household that comes as the `number`th."""
    return derived_id("claims", str(number))


async def fill(url: str, households: int, at: datetime) -> None:
    """A city with households in isolation, and rice for most of them."""
    connection = await connect(url, "distribution", statement_seconds=600)
    until = at + timedelta(days=8)
    await connection.executemany(
        "insert into households (household_id, tenant, version, kelurahan, size, groups, allergens, isolation_from,"
        " isolation_until) values ($1, $2, 1, $3, 4, '{}', '{}', $4, $5)",
        [(home(number), TENANT, PLACE, at, until) for number in range(households)],
    )
    wanted = int(households * ENOUGH_FOR)
    for start in range(0, wanted, PIECES * 500):
        count = -(-min(PIECES * 500, wanted - start) // PIECES)
        lots = [Lot(new_id(), new_id(), 1, "BERAS-5KG", PLACE, PIECES, at + timedelta(days=9)) for _ in range(count)]
        await stock.append_lots(connection, [(TENANT, lot) for lot in lots], {})
        bought = [Movement(lot.lot_id, "bought", "available", PIECES, f"purchase:{lot.lot_id}:1") for lot in lots]
        await stock.append_movements(connection, bought, at)
    await connection.close()


async def claim(tx: Transaction, numbers: Sequence[int], at: datetime) -> int:
    """A packet for each of these households that has none, as far as goods go; returns how many."""
    served = {row["household_id"] for row in await tx.fetch(SERVED, [home(number) for number in numbers])}
    lots = [stock.lot_of(row) for row in await tx.fetch(OPEN, TENANT)]
    pieces = [lot for lot in lots for _ in range(lot.has("available"))]
    waiting = [home(number) for number in numbers if home(number) not in served]
    planned, movements = [], []
    until = at + timedelta(days=8)
    for household_id, lot in zip(waiting, pieces, strict=False):
        household = Household(household_id, PLACE, None, 4, frozenset(), frozenset(), at, until)
        task_id = new_id()
        planned.append((task_id, new_id(), Packet(household, ((lot, 1),), until, ("CLAIM",), at)))
        movements.append(Movement(lot.lot_id, "available", "reserved", 1, f"task:{task_id}:1"))
    await tasks.append(tx, TENANT, planned, at)
    await stock.append_movements(tx, movements, at)
    return len(planned)


async def work(url: str, households: int, at: datetime) -> Counter[str]:
    """One worker: claims for every household once; what is refused is looked at again."""
    connection = await connect(url, "distribution", statement_seconds=600)
    seen: Counter[str] = Counter()
    await connection.execute("select pg_advisory_lock_shared($1)", GATE)
    for start in range(0, households, BATCH):
        numbers = range(start, min(start + BATCH, households))
        while True:
            try:
                async with connection.transaction():
                    seen["assigned"] += await claim(connection, numbers, at)
                break
            except REFUSED as error:
                seen[type(error).__name__] += 1
        seen["claims"] += len(numbers)
    await connection.close()
    return seen


def run_worker(url: str, households: int, at: datetime) -> Counter[str]:
    """`work` in a process of its own."""
    return asyncio.run(work(url, households, at))


async def contest(url: str, claims: int, workers: int) -> tuple[Counter[str], list[str]]:
    """Let them loose on an empty, migrated database; what they did, and everything that is wrong then."""
    households, at = claims // workers, now()
    await fill(url, households, at)
    loop, seen = asyncio.get_running_loop(), Counter[str]()
    connection = await connect(url, "distribution", statement_seconds=600)
    await connection.execute("select pg_advisory_lock($1)", GATE)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])  # imported once, not by each worker
    with ProcessPoolExecutor(workers, processes) as pool:
        at_work = [loop.run_in_executor(pool, run_worker, url, households, at) for _ in range(workers)]
        while await connection.fetchval(AT_THE_GATE) < workers:  # noqa: ASYNC110 - other processes come
            await asyncio.sleep(0.05)
        await connection.execute("select pg_advisory_unlock($1)", GATE)
        for done in asyncio.as_completed(at_work):
            seen += await done
    broken = [f"{breach.law} {breach.subject}: {breach.detail}" for breach in await laws.breaches(connection)]
    twice = await connection.fetchval(DOUBLE)
    reserved, left = await connection.fetchrow("select sum(reserved), sum(available) from lots")  # type: ignore[misc]
    await connection.close()
    if twice:
        broken.append(f"{twice} households or lots were assigned twice")
    if seen["assigned"] != reserved or (left and reserved < households):
        broken.append(f"{seen['assigned']} assigned, {reserved} reserved, {left} left")
    return seen, broken


async def main(claims: int, workers: int) -> int:
    """The contest on a private Postgres; 1 when anything was assigned twice."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = postgres(Path(folder) / "postgres", fsync=False)
        server.launch()
        server.wait()
        try:
            await prepare_database(server.url, TENANT)
            began = time.monotonic()
            seen, broken = await contest(server.url, claims, workers)
        finally:
            server.remove()
    refused = sum(seen[error.__name__] for error in REFUSED)
    seconds = time.monotonic() - began
    print(
        f"{seen['claims']} claims by {workers} workers in {seconds:.0f} s: {seen['assigned']} packets, "
        f"{refused} batches of {BATCH} refused and looked at again; {len(broken)} wrong"
    )
    print(*broken[:20], sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=8)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.claims, given.workers)))
