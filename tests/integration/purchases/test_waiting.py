"""A correction that comes before its purchase waits a day for it, and then is answered."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from prometheus_client import REGISTRY

from services.purchases.app import service
from services.purchases.usecases.intake import WAIT, expire_waiting
from services.purchases.usecases.judging import Keys
from shared.clock import now
from shared.messaging import topology
from tests.support.eventually import eventually
from tests.support.journey import query, tell
from tests.support.publish import SOURCE, purchase
from tests.support.running import Door, running
from tests.support.servers import World

KEYS = Keys(b"hash-key-of-tests", b"seal-key-of-tests")
KIND = "purchase.correction_submitted"
LINE = {"sku": "BERAS-5KG", "quantity": 1, "unit_price_idr": 65000}


async def expire(door: Door, at: datetime) -> int:
    async with door.app.state.pool.acquire() as tx, tx.transaction():
        return await expire_waiting(tx, keys=KEYS, now=at)


async def outcomes(world: World) -> list[str]:
    return [row["outcome"] for row in await query(world, "select outcome from purchases.submissions order by 1")]


async def repeated() -> float:
    return REGISTRY.get_sample_value("peduli_events_repeated_total", {"queue": "purchases.intake"}) or 0


async def test_after_a_day_without_its_purchase_a_correction_is_rejected_and_may_be_sent_anew(world: World) -> None:
    correction = purchase(total_idr=65000, lines=[LINE])
    async with running(service(world.settings())) as door:
        await tell(world, correction, KIND, ce_id="early")
        await eventually(lambda: outcomes(world), lambda seen: seen == ["waiting"])
        assert await expire(door, now() + WAIT - timedelta(minutes=5)) == 0
        assert await expire(door, now() + WAIT) == 1
        assert await expire(door, now() + WAIT) == 0
        kept = (await door.get("/v1/submissions", params={"source": SOURCE, "reference": "KOP-1"})).json()
        assert [(item["outcome"], item["reasons"][0]["code"]) for item in kept] == [("rejected", "PURCHASE_NOT_FOUND")]
        depth = {"reporting.events.0": 1}
        await eventually(lambda: topology.depths(world.rabbitmq.url, list(depth)), lambda seen: seen == depth)
        before = await repeated()
        await tell(world, correction, KIND, ce_id="early")  # the same message has had its answer
        await eventually(repeated, lambda seen: seen == before + 1)
        assert await outcomes(world) == ["rejected"]
        await tell(world, purchase())
        await eventually(lambda: outcomes(world), lambda seen: seen == ["recorded", "rejected"])
        await tell(world, correction, KIND, ce_id="told anew")
        await eventually(lambda: outcomes(world), lambda seen: seen == ["corrected", "recorded", "rejected"])
    events = await query(world, "select type, version, body from purchases.event_log order by seq")
    assert [(event["type"], event["version"]) for event in events] == [
        ("purchase.rejected.v1", 1),
        ("purchase.recorded.v1", 1),
        ("purchase.corrected.v1", 2),
    ]
    told = json.loads(events[0]["body"])
    assert (told["reference"], [reason["code"] for reason in told["reasons"]]) == ("KOP-1", ["PURCHASE_NOT_FOUND"])
