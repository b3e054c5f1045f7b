"""Allocation on a real Postgres: workers that run at once, improvement, and a plan that changes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.domain.stock import Lot, Movement
from services.distribution.store import allocation as store
from services.distribution.store import stock as stock_store
from services.distribution.usecases.allocate import allocate_city, allocate_due, improve_city, what_if
from services.distribution.usecases.households import Keys, register
from services.distribution.usecases.tasks import report
from shared.contracts.field import HouseholdReport, TaskAccept, TaskDelivery
from shared.database.pool import Pool, Transaction, open_pool
from shared.ids import new_id
from shared.reference.store import Cities
from tests.support.cities import KELURAHAN, NOW, REFERENCE, goods
from tests.support.eventually import eventually
from tests.support.servers import TENANT, World

KEYS = Keys(b"hash", b"seal")
WORKERS = 8


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    """Connections of the service."""
    # workers wait for each other: on a busy machine longer than a statement of the service may
    opened = await open_pool(world.database_url, "distribution", size=WORKERS, statement_seconds=120)
    yield opened
    await opened.close()


async def take_in(pool: Pool, lots: Sequence[Lot]) -> None:
    """Goods in the lumbung."""
    async with pool.acquire() as tx, tx.transaction():
        await stock_store.append_lots(tx, [(TENANT, lot) for lot in lots], {})
        moves = [Movement(lot.lot_id, "bought", "available", lot.balances["available"], "test") for lot in lots]
        await stock_store.append_movements(tx, moves, NOW)
        await stock_store.queries.save_due(tx, tenants=[TENANT])


def said(number: int, size: int = 2, place: str = KELURAHAN[0], **more: str) -> HouseholdReport:
    """What is told of a household."""
    return HouseholdReport.model_validate(
        {
            "household_ref": f"KK-{number}",
            "kelurahan": place,
            "size": size,
            "isolation_from": NOW - timedelta(days=1),
            "isolation_until": NOW + timedelta(days=8),
            "people": {"name": "Keluarga contoh", "address": "Jalan Contoh"},
            **more,
        }
    )


async def people(pool: Pool, first: int, count: int, size: int = 2, place: str = KELURAHAN[0]) -> None:
    """Households in isolation."""
    reports = [said(number, size, place) for number in range(first, first + count)]
    async with pool.acquire() as tx, tx.transaction():
        await register(tx, [("/rt/1", one) for one in reports], reference=REFERENCE, keys=KEYS, now=NOW)


async def rows(pool: Pool, sql: str) -> list[dict[str, Any]]:
    """What the database says."""
    return [dict(row) for row in await pool.fetch(sql)]


async def release(tx: Transaction, number: int) -> None:
    """A household has recovered."""
    told = [("/rt/1", said(number, released="recovered"))]
    await register(tx, told, reference=REFERENCE, keys=KEYS, now=NOW)


WAITS = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
# pieces reserved on paper and in packets differ, a household has two open tasks, or a lot gave more than it had
DOUBLES = """select lot_id::text from lots l
  where reserved <> (select coalesce(sum(tl.quantity), 0) from task_lines tl join tasks t using (task_id)
    where tl.lot_id = l.lot_id and t.status = 'assigned')
union all select household_id::text from tasks where status = 'assigned' group by household_id having count(*) > 1
union all select lot_id::text from lots where available < 0"""


async def test_workers_at_once_never_assign_twice(pool: Pool) -> None:
    draw, cities, bought = random.Random(5), Cities([REFERENCE]), 0

    async def worker() -> None:
        for _ in range(3):
            await allocate_due(pool, [TENANT], cities=cities, rules=Rules(), now=NOW)
            async with pool.acquire() as tx, tx.transaction():
                await improve_city(tx, reference=REFERENCE, rules=Rules(), now=NOW)

    async def bring(number: int) -> None:
        nonlocal bought
        for turn in range(6):
            pieces = draw.randint(1, 4)
            bought += pieces
            place = draw.choice(KELURAHAN)
            await take_in(pool, [goods(pieces, number=1000 + 10 * number + turn, place=place)])
            await people(pool, 100 * number + 10 * turn, 3, size=draw.randint(1, 6), place=place)

    await asyncio.gather(*(worker() for _ in range(WORKERS)), *(bring(number) for number in range(3)))
    async with pool.acquire() as tx, tx.transaction():
        await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW)
    assert await rows(pool, DOUBLES) == []
    sums = (await rows(pool, "select sum(available + reserved) as pieces, sum(reserved) as reserved from lots"))[0]
    assert sums["pieces"] == bought
    assert sums["reserved"] > 0


async def test_improvement_hands_on_at_most_a_tenth_and_nothing_that_is_accepted(pool: Pool) -> None:
    await people(pool, 0, 20, size=1)
    await take_in(pool, [goods(20)])
    async with pool.acquire() as tx, tx.transaction():
        assert await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW) == 20
    accepted = [row["task_id"] for row in await rows(pool, "select task_id from tasks order by task_id limit 10")]
    accepts = [TaskAccept(report_id=new_id(), task_id=task, team="tim-1") for task in accepted]
    async with pool.acquire() as tx, tx.transaction():
        await report(tx, accepts, reference=REFERENCE, keys=KEYS, now=NOW)
    await people(pool, 50, 9, size=6)
    async with pool.acquire() as tx, tx.transaction():
        assert await improve_city(tx, reference=REFERENCE, rules=Rules(), now=NOW) == 1
    counts = "select status, count(*) from tasks group by status order by status"
    assert [tuple(row.values()) for row in await rows(pool, counts)] == [
        ("accepted", 10),
        ("assigned", 10),
        ("recalled", 1),
    ]
    told = (
        "select convert_from(body, 'utf8')::json->>'reason' as reason from event_log where type like '%task.recalled%'"
    )
    assert await rows(pool, told) == [{"reason": "improved"}]
    moved = "select size from tasks join households using (household_id) where 'IMPROVED' = any(why)"
    assert await rows(pool, moved) == [{"size": 6}]


async def test_what_if_changes_nothing_and_sees_goods_that_are_not_there(pool: Pool) -> None:
    await people(pool, 0, 3)
    wished = [goods(2, number=77)]
    async with pool.acquire() as tx, tx.transaction():
        found = await what_if(tx, reference=REFERENCE, rules=Rules(), now=NOW, goods=wished)
    assert found is not None
    assert len(found[1].packets) == 2
    assert await rows(pool, "select 1 from tasks union all select 1 from lots union all select 1 from waiting") == []


async def test_who_waits_is_kept_with_the_reason_and_the_promise(pool: Pool) -> None:
    await people(pool, 0, 3)
    await take_in(pool, [goods(2)])
    async with pool.acquire() as tx, tx.transaction():
        await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW)
    waiting = await rows(pool, "select household_id, reason, promised_at from waiting")
    assert [(row["reason"], row["promised_at"]) for row in waiting] == [("NO_GOODS", None)]
    await take_in(pool, [goods(1, hours=2, number=2)])  # spoils before it arrives
    async with pool.acquire() as tx, tx.transaction():
        await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW + timedelta(minutes=1))
        found = await store.queries.find_waiting(tx, tenant=TENANT, household_id=waiting[0]["household_id"])
    assert found["reason"] == "NOT_IN_TIME"
    assert found["promised_at"] is not None  # two packets in the last week: the next in some days


async def test_what_was_learned_changes_what_is_in_time(pool: Pool) -> None:
    await people(pool, 0, 21)
    await take_in(pool, [goods(21)])
    async with pool.acquire() as tx, tx.transaction():
        await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW)
        doors = [
            TaskDelivery(
                report_id=new_id(), task_id=row["task_id"], team="tim-1", proof_kind="witness", proof="ketua RT"
            )
            for row in await tx.fetch("select task_id from tasks")
        ]
        await report(tx, doors, reference=REFERENCE, keys=KEYS, now=NOW + timedelta(hours=30))
        learned = await store.load_learned(tx, TENANT, NOW, NOW + timedelta(days=2))
    assert learned.door_hours == {KELURAHAN[0]: 30.0}
    assert learned.done_today == {KELURAHAN[0]: 21}
    assert learned.packets_a_day == 10.5  # in the two days since the first, not in a week


async def test_a_household_that_is_released_meanwhile_keeps_no_packet(pool: Pool) -> None:
    await take_in(pool, [goods(3)])
    await people(pool, 1, 2)
    async with pool.acquire() as tx, tx.transaction():
        await release(tx, 1)
        async with pool.acquire() as other, other.transaction():  # it has read of both, and waits for nobody
            assert await allocate_city(other, reference=REFERENCE, rules=Rules(), now=NOW) == 1
    await people(pool, 3, 1)

    async def release_third() -> None:
        async with pool.acquire() as tx, tx.transaction():
            await release(tx, 3)

    async with pool.acquire() as tx, tx.transaction():
        assert await allocate_city(tx, reference=REFERENCE, rules=Rules(), now=NOW) == 1
        releasing = asyncio.create_task(release_third())
        await eventually(lambda: rows(pool, WAITS), bool)
    await releasing  # it has waited for the packet, and called it back
    assert await rows(pool, "select code, why from unfit_packets") == []
    found = await rows(pool, "select status from tasks order by status")
    assert [row["status"] for row in found] == ["assigned", "recalled"]
