"""A change is never missed by the allocation that runs beside it."""

from __future__ import annotations

import pytest

from services.distribution.app import service
from services.distribution.store.stock import queries
from shared import loops
from shared.database.pool import connect
from tests.support.eventually import eventually
from tests.support.journey import query, register
from tests.support.running import readiness, running
from tests.support.servers import TENANT, World


async def test_a_mark_waits_for_the_change_that_relies_on_it(world: World) -> None:
    change, allocation = [await connect(world.database_url, "distribution") for _ in range(2)]
    try:
        await queries.save_due(change, tenants=[TENANT])
        async with change.transaction():
            await queries.save_due(change, tenants=[TENANT])  # marked already: this change relies on that mark
            assert await queries.claim_due(allocation, tenants=[TENANT]) is None
        assert await queries.claim_due(allocation, tenants=[TENANT]) == TENANT
        assert await queries.claim_due(allocation, tenants=[TENANT]) is None
    finally:
        await change.close()
        await allocation.close()


async def test_an_allocation_that_fails_is_tried_again_and_makes_the_service_not_ready_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "RETRY_SECONDS", 0.1)
    async with running(service(world.settings(stuck_seconds=1))) as field:
        await query(world, "alter table distribution.waiting rename to mislaid")
        await register(field)
        await eventually(lambda: readiness(field), lambda seen: seen == (503, ["allocate"]))
        await query(world, "alter table distribution.mislaid rename to waiting")
        await eventually(lambda: readiness(field), lambda seen: seen == (200, []))
        assert len(await query(world, "select from distribution.waiting")) == 1
