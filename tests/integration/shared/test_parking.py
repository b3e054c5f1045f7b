"""What is parked can be retried and given up, by itself or by a person, and no event is lost over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from shared.database.pool import Pool, open_pool
from shared.messaging import parking
from shared.messaging.applier import Applier, Lane
from shared.messaging.retrier import Retrier
from tests.support.laning import QUEUE, Effect, arrived, parked
from tests.support.servers import World

SEAL_KEY = b"seal-key-of-tests"


@pytest.fixture
async def pool(world: World) -> AsyncIterator[Pool]:
    opened = await open_pool(world.database_url, "facts")
    yield opened
    await opened.close()


def applier(pool: Pool, effect: Effect, queue: str = QUEUE) -> Applier:
    return Applier(Lane(queue, effect, ordered=queue == QUEUE), pool, SEAL_KEY)


async def id_of(pool: Pool, event_id: str) -> UUID:
    found: UUID = await pool.fetchval("select parked_id from parked where event like '%|' || $1", event_id)
    return found


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
