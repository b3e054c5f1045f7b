"""A change is never missed by the allocation that runs beside it."""

from __future__ import annotations

from services.distribution.store.stock import queries
from shared.database.pool import connect
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
