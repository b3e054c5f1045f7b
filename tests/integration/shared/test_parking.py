"""What is parked can be retried and given up, by itself or by a person, and no event is lost over it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import UUID

import pytest

from shared.clock import now
from shared.database.pool import Pool, open_pool
from shared.database.transient import RacedError
from shared.messaging import parking
from shared.messaging.applier import Applier, Lane
from shared.messaging.retrier import Retrier
from tests.support.eventually import eventually
from tests.support.laning import QUEUE, Clock, Effect, arrived, parked
from tests.support.servers import World

SEAL_KEY = b"seal-key-of-tests"


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = await open_pool(world.database_url, "facts")
    yield opened
    await opened.close()


def applier(pool: Pool, effect: Effect, queue: str = QUEUE, clock: Callable[[], datetime] = now) -> Applier:
    return Applier(Lane(queue, effect, ordered=queue == QUEUE), pool, SEAL_KEY, clock=clock)


async def id_of(pool: Pool, event_id: str) -> UUID:
    found: UUID = await pool.fetchval(
        "select parked_id from parked where event like '%|' || $1 order by state = 'parked' desc limit 1", event_id
    )
    return found


async def tries(pool: Pool, event_id: str) -> int:
    return int(await pool.fetchval("select attempts from parked where event like '%|' || $1", event_id))


async def wait_of(pool: Pool, event_id: str, clock: Clock) -> float | None:
    """Seconds until a parked message is tried by itself; None: a person must look."""
    due = await pool.fetchval("select retry_at from parked where event like '%|' || $1", event_id)
    return (due - clock()).total_seconds() if due else None


async def retry(pool: Pool, event_id: str) -> None:
    async with pool.acquire() as tx, tx.transaction():
        await parking.retry(tx, await id_of(pool, event_id), "a test")


async def discard(pool: Pool, event_id: str) -> None:
    async with pool.acquire() as tx, tx.transaction():
        await parking.discard(tx, await id_of(pool, event_id), "a test")


async def test_what_waits_for_an_event_on_its_way_cannot_be_discarded(world: World, pool: Pool) -> None:
    effect = Effect()
    lane = applier(pool, effect)
    await lane.apply([arrived("a1", "a", 1), arrived("a3", "a", 3)])
    with pytest.raises(parking.EarlierMissingError) as refused:
        await discard(pool, "a3")
    assert "version 2 of a comes first" in refused.value.hint
    assert await parked(pool) == [("a3", parking.WAITING)]
    assert await Retrier(lane).run_once() == 0
    assert await tries(pool, "a3") == 0  # to wait is not to fail
    await lane.apply([arrived("a2", "a", 2)])
    assert await Retrier(lane).run_once() == 1
    assert effect.seen == ["a1", "a2", "a3"]


async def test_in_an_ordered_lane_a_discard_lets_the_aggregate_go_on_and_never_back(world: World, pool: Pool) -> None:
    effect = Effect(fails_on="a1")
    lane = applier(pool, effect)
    await lane.apply([arrived("a1", "a", 1)])
    await lane.apply([arrived("a2", "a", 2)])
    await discard(pool, "a1")
    assert await Retrier(lane).run_once() == 1
    await lane.apply([arrived("a1", "a", 1)])  # told again, after a person gave it up
    await lane.park(arrived("a1", "a", 1), parking.DEAD_LETTERED)
    await discard(pool, "a1")
    await lane.apply([arrived("a3", "a", 3)])
    assert effect.seen == ["a2", "a3"]
    assert await parked(pool) == []


async def test_in_an_unordered_lane_a_discard_moves_nobody(world: World, pool: Pool) -> None:
    """A sender may write any ce-aggregate and ce-version; that of another must not be skipped over."""
    effect = Effect(fails_on="hostile")
    await applier(pool, effect, "purchases.intake").apply([arrived("hostile", "a", 7)])
    await discard(pool, "hostile")
    await applier(pool, effect).apply([arrived("a1", "a", 1)])
    assert effect.seen == ["a1"]
    with pytest.raises(parking.ParkedError):
        await discard(pool, "hostile")


async def test_what_fails_is_tried_from_ten_seconds_to_twelve_hours_later_and_then_by_a_person(
    world: World, pool: Pool
) -> None:
    effect, clock = Effect(fails_on="p"), Clock()
    lane = applier(pool, effect, clock=clock)
    await lane.apply([arrived("p")])
    for attempts, seconds in enumerate((10, 60, 300, 1800, 7200, 43200)):
        assert await tries(pool, "p") == attempts
        wait = await wait_of(pool, "p", clock)
        assert wait is not None
        assert seconds <= wait <= seconds * 1.2
        clock.forward(wait - 1)
        assert (await Retrier(lane).run_once(), effect.tries) == (0, attempts + 1)
        clock.forward(1)
        assert (await Retrier(lane).run_once(), effect.tries) == (0, attempts + 2)
    assert (await tries(pool, "p"), await wait_of(pool, "p", clock)) == (6, None)
    assert await parked(pool) == [("p", "ValueError")]
    effect.fails_on = ""
    assert await Retrier(lane).run_once() == 0
    await retry(pool, "p")
    assert await Retrier(lane).run_once() == 1
    assert (effect.seen, await parked(pool)) == (["p"], [])


async def test_a_retry_that_ends_its_process_does_so_once(world: World, pool: Pool) -> None:
    effect, clock = Effect(hangs_on="killer"), Clock()
    lane = applier(pool, effect, clock=clock)
    await lane.park(arrived("killer"), parking.KILLS)
    await retry(pool, "killer")
    clock.forward(60)
    dying = asyncio.create_task(Retrier(lane).run_once())
    await eventually(effect.count_tries, lambda seen: seen == 1)
    dying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await dying
    clock.forward(10**6)
    assert await Retrier(lane).run_once() == 0
    assert (effect.tries, await tries(pool, "killer"), await wait_of(pool, "killer", clock)) == (1, 1, None)
    assert await parked(pool) == [("killer", parking.KILLS)]


async def test_a_message_that_never_gets_through_keeps_nobody_waiting(world: World, pool: Pool) -> None:
    effect, clock = Effect(fails_on="raced"), Clock()
    effect.error = RacedError()
    lane = applier(pool, effect, clock=clock)
    for name in ("raced", "good"):
        await lane.park(arrived(name), "OSError")
    clock.forward(12)
    assert await Retrier(lane).run_once() == 1
    assert effect.seen == ["good"]
    assert await parked(pool) == [("raced", "RacedError")]
    assert 60 <= (await wait_of(pool, "raced", clock) or 0) <= 72
