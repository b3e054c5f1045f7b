"""Readiness tells of what a service does beside its lanes, and of what has ended that never should."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared import loops
from shared.contracts.envelope import Envelope
from shared.database.pool import Pool, Transaction
from shared.loops import Loop, each_city, every
from shared.messaging.applier import Lane
from shared.observability.health import Progress
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.service import Service
from tests.support.eventually import eventually
from tests.support.journey import tell
from tests.support.logged import logged
from tests.support.publish import purchase
from tests.support.running import readiness, running
from tests.support.servers import World

QUEUE = "purchases.intake"


class DiedError(BaseException):
    """What nobody catches."""


def service(world: World, *, lanes: Sequence[Lane] = (), loops: Sequence[Loop] = ()) -> Service:
    return Service(
        name="purchases",
        schema="purchases",
        settings=world.settings(stuck_seconds=1),
        cities=Cities(),
        lanes=lanes,
        routers=lambda _: (),
        loops=loops,
    )


async def test_a_loop_that_fails_for_a_city_is_named_until_it_succeeds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "RETRY_SECONDS", 0.1)
    broken, cities = asyncio.Event(), Cities()

    async def act(city: Reference) -> bool:
        if broken.is_set():
            raise ValueError(city.tenant)
        return False

    async def run(pool: Pool, stop: asyncio.Event, progress: Progress) -> None:
        async with pool.acquire() as tx, tx.transaction():
            await cities.refresh(tx)
        await every(stop, 0.1, lambda: each_city(cities, act, progress), progress)

    with logged() as lines:
        async with running(service(world, loops=[Loop("share_out", run)])) as door:
            await eventually(lambda: readiness(door), lambda seen: seen == (200, []))
            broken.set()
            await eventually(lambda: readiness(door), lambda seen: seen == (503, ["share_out"]))
            assert 'peduli_loop_failures{loop="share_out"} 0' not in (await door.get("/metrics")).text
            broken.clear()
            await eventually(lambda: readiness(door), lambda seen: seen == (200, []))
            assert 'peduli_loop_failures{loop="share_out"} 0' in (await door.get("/metrics")).text
    told = [line for line in lines if line["event"] == "loop_interrupted" and "tenant" in line]
    assert {(line["loop"], line["tenant"], line["error"]) for line in told} == {("share_out", "3276", "ValueError")}


async def test_what_ends_by_itself_is_stuck_and_told_of(world: World) -> None:
    async def handle(_: Transaction, __: Sequence[Envelope]) -> None:
        raise DiedError

    async def end(*_: Any) -> None:
        return None

    with logged() as lines:
        made = service(world, lanes=[Lane(QUEUE, handle, ordered=False)], loops=[Loop("ends", end)])
        async with running(made) as door:
            await eventually(lambda: readiness(door), lambda seen: seen == (503, ["ends"]))
            await tell(world, purchase())
            await eventually(lambda: readiness(door), lambda seen: seen == (503, [QUEUE, "ends"]))
    died = {line["runner"]: line["error"] for line in lines if line["event"] == "runner_died"}
    assert died == {QUEUE: "DiedError", "ends": "NoneType"}
