"""The night's check runs with the role that the service logs in with, and is whole."""

from __future__ import annotations

import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import prepare_database
from peduli.processes import role_url
from services.reporting.cli import differences, differences_from_logs
from tests.support.eventually import eventually
from tests.support.journey import query, tell
from tests.support.publish import purchase
from tests.support.running import running
from tests.support.servers import World


async def test_the_check_of_the_night_is_whole_with_the_role_of_the_service(world: World) -> None:
    await prepare_database(world.database_url, "3276", dict.fromkeys(("purchases", "distribution", "facts"), "secret"))
    of_service = role_url(world.database_url, "facts", "secret")
    async with running(purchases.service(world.settings())), running(reporting.service(world.settings())):
        await tell(world, purchase())
        await tell(world, purchase(unit_code="32.76.06"), "purchase.correction_submitted")
        await eventually(lambda: query(world, "select 1 from facts.fct_purchase where version = 2"), bool)
    assert await differences_from_logs(of_service, grace_seconds=0) == []
    assert await differences(of_service) == []
    await query(world, "delete from facts.quality_check")
    async with running(reporting.service(world.settings(database_url=of_service))) as door:
        found = await eventually(
            lambda: query(world, "select is_whole, events, is_right, late_changes from reporting.v1_data_quality"), bool
        )
        page = await door.get("/mutu")
    assert found == [{"is_whole": True, "events": 2, "is_right": True, "late_changes": '{"3276 2021-07-22": 1}'}]
    assert "22 Juli 2021: 1 koreksi sesudah harinya" in page.text
