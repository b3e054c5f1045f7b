"""Old rows of the inbox and of settled parked messages go in small steps, and nothing else does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.clock import now
from shared.database.pool import open_pool
from shared.messaging import parking, pruning
from shared.messaging.parking import Message
from tests.support.servers import World


async def test_only_what_is_old_and_settled_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "STEP", 100)
    pool = await open_pool(world.database_url, "purchases")
    await pool.execute(
        "insert into inbox select 'old' || n, now() - interval '91 days' from generate_series(1, 250) n"
        " union all select 'young' || n, now() - interval '89 days' from generate_series(1, 10) n"
    )
    aside = [(Message("x", {}, None, b"{}"), parking.UNREADABLE)] * 4
    async with pool.acquire() as tx, tx.transaction():
        await parking.park(tx, "purchases.intake", aside, seal_key=b"key", now=now())
    waits, applied, given_up, lately = [row[0] for row in await pool.fetch("select parked_id from parked")]
    await parking.queries.save_applied(pool, parked_id=applied)
    for parked_id in (given_up, lately):
        async with pool.acquire() as tx, tx.transaction():
            await parking.discard(tx, parked_id, "a test")
    await pool.execute("update parked set parked_at = now() - interval '1 year'")
    await pool.execute(
        "update parked set settled_at = now() - interval '91 days' where parked_id = any($1)", [applied, given_up]
    )
    assert [await pruning.prune(pool, now()) for _ in range(3)] == [True, True, False]
    assert await pool.fetchval("select count(*) from inbox") == 10
    assert {row[0] for row in await pool.fetch("select parked_id from parked")} == {waits, lately}
    assert await pruning.prune(pool, now() + timedelta(days=2)) is False
    assert await pool.fetchval("select count(*) from inbox") == 0
    await pool.close()
