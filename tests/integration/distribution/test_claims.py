"""Workers that claim the same goods for the same doors at once; `python -m tests.support.claims` is the long form."""

from __future__ import annotations

from tests.support.claims import contest
from tests.support.servers import World


async def test_nothing_is_assigned_twice_by_workers_that_do_not_wait_for_each_other(world: World) -> None:
    seen, broken = await contest(world.database_url, claims=4000, workers=4)
    assert broken == []
    assert (seen["claims"], seen["assigned"]) == (4000, 920)  # 23 lots of 40 pieces for 1,000 doors
    assert seen["UniqueViolationError"] + seen["CheckViolationError"] > 0  # they did meet
