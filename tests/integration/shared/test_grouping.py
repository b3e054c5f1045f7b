"""Requests share a transaction: each is answered after its commit, and none suffers from another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest

from shared.database.pool import Pool, Transaction, open_pool
from shared.database.transient import RacedError, StoppingError, is_transient
from shared.web.grouping import TRIES, Grouper
from tests.support.servers import World

Log = list[tuple[int, ...]]


@contextlib.asynccontextmanager
async def serving(
    world: World, grouper: Grouper[int, int], *, hands: int = 1
) -> AsyncIterator[tuple[Pool, asyncio.Event]]:
    pool = await open_pool(world.database_url, "purchases")
    await pool.execute("create table told (number int primary key)")
    stop = asyncio.Event()
    task = asyncio.gather(*(grouper.run(pool, stop) for _ in range(hands)))
    try:
        yield pool, stop
        stop.set()
        await asyncio.wait_for(task, 10)
    finally:
        task.cancel()
        await pool.close()


def grouper(log: Log, *, poison: int = -1, races: int = 0) -> Grouper[int, int]:
    left = [races]

    async def act(tx: Transaction, items: Sequence[int]) -> list[int]:
        log.append(tuple(items))
        if left[0]:
            left[0] -= 1
            raise RacedError
        await tx.executemany("insert into told values ($1)", [(item,) for item in items])
        if poison in items:
            raise ValueError
        return [item * 10 for item in items]

    return Grouper(act, lambda item: -item)


async def told(pool: Pool) -> list[int]:
    return [row["number"] for row in await pool.fetch("select number from told order by number")]


async def test_items_that_wait_share_a_transaction_in_their_order(world: World) -> None:
    log: Log = []
    asked = grouper(log)
    async with serving(world, asked) as (pool, _):
        answers = await asyncio.gather(*(asked.ask([n, n + 1]) for n in range(0, 100, 2)))
        assert answers == [[n * 10, n * 10 + 10] for n in range(0, 100, 2)]
        assert await told(pool) == list(range(100))
    assert log == [tuple(range(100))]


async def test_free_hands_share_those_who_wait_and_no_request_is_divided(world: World) -> None:
    log: Log = []
    asked = grouper(log)
    async with serving(world, asked, hands=2) as (pool, _):
        await asyncio.gather(*(asked.ask([n, n + 1, n + 2]) for n in range(0, 30, 3)))
        assert await told(pool) == list(range(30))
    assert sorted(log) == [tuple(range(15)), tuple(range(15, 30))]


async def test_an_item_that_fails_by_itself_is_refused_alone(world: World) -> None:
    asked = grouper([], poison=37)
    async with serving(world, asked) as (pool, _):
        answers = await asked.ask(range(100))
        assert answers == [-37 if n == 37 else n * 10 for n in range(100)]
        assert await told(pool) == [n for n in range(100) if n != 37]


async def test_a_race_is_run_again_and_one_without_end_is_told_to_all(world: World) -> None:
    log: Log = []
    asked = grouper(log, races=TRIES - 1)
    async with serving(world, asked):
        assert await asked.ask([1]) == [10]
    assert len(log) == TRIES


async def test_a_race_without_end_is_told_to_all(world: World) -> None:
    asked = grouper([], races=TRIES)
    async with serving(world, asked) as (pool, _):
        found = await asyncio.gather(asked.ask([1]), asked.ask([2]), return_exceptions=True)
        assert [type(each) for each in found] == [RacedError, RacedError]
        assert await told(pool) == []
        assert await asked.ask([3]) == [30]


async def test_without_the_database_all_are_told_and_the_next_are_served(world: World) -> None:
    asked = grouper([])
    async with serving(world, asked) as (pool, _):
        await asked.ask([1])
        world.postgres.stop()
        try:
            found = await asyncio.gather(asked.ask([2]), asked.ask([3]), return_exceptions=True)
            assert [is_transient(each) for each in found if isinstance(each, BaseException)] == [True, True], found
        finally:
            world.postgres.start()
        assert await asked.ask([4]) == [40]
        assert await told(pool) == [1, 4]


async def test_a_request_that_goes_away_loses_nothing_and_hinders_nobody(world: World) -> None:
    asked = grouper([])
    async with serving(world, asked) as (pool, _):
        gone, stays = asyncio.create_task(asked.ask([1, 2])), asyncio.create_task(asked.ask([3]))
        await asyncio.sleep(0)
        gone.cancel()
        assert await stays == [30]
        assert await told(pool) == [1, 2, 3]
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_stop_answers_those_who_wait_and_sends_away_who_comes_later(world: World) -> None:
    asked = grouper([])
    async with serving(world, asked) as (pool, stop):
        waiting = asyncio.create_task(asked.ask([1]))
        await asyncio.sleep(0)
        stop.set()
        assert await waiting == [10]
        assert await told(pool) == [1]
    with pytest.raises(StoppingError):
        await asked.ask([2])
