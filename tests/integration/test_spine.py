"""From a published purchase to a door and a line in a tally: the three services on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY

import services.distribution.app as distribution
from services.reporting.cli import differences
from shared.messaging import topology
from shared.reference.load import load, shipped
from tests.support.eventually import eventually
from tests.support.journey import (
    code_for,
    household,
    one_task,
    query,
    recent,
    register,
    report,
    services,
    sums,
    tell,
)
from tests.support.logged import Lines, logged
from tests.support.publish import message, publish, purchase_in
from tests.support.running import running
from tests.support.servers import TENANT, World, bring, sharded

STEPS = {  # of one purchase, in the logs of the three services
    *(("purchase_judged", "recorded"), ("goods_told", "purchase.recorded.v1"), ("task_told", "assigned")),
    *(("task_told", "accepted"), ("task_told", "delivered"), ("event_tallied", "purchase.recorded.v1")),
    *(("event_tallied", f"task.{step}.v1") for step in ("assigned", "accepted", "delivered")),
}


@pytest.fixture
def log() -> Iterator[Lines]:
    with logged() as lines:
        yield lines


@pytest.mark.parametrize(("tenant", "shards"), [*((tenant, 1) for tenant in shipped()), (TENANT, 2)])
async def test_a_purchase_becomes_a_packet_at_a_door_and_a_line_in_a_tally(
    world: World, tenant: str, shards: int, log: Lines
) -> None:
    city = load(tenant)
    await bring(world, city)
    async with sharded(world, shards), services(world, shards=shards) as (_, door_of_distribution, _reporting):
        field, place = door_of_distribution.speaking_for(tenant), city.kelurahan[0]
        await register(field, kelurahan=place)
        await tell(world, purchase_in(city), tenant=tenant)
        task = (await one_task(field, place))["task_id"]
        queue = topology.tasks_queue(place)
        await eventually(lambda: topology.depths(world.rabbitmq.url, [queue]), lambda seen: seen[queue] == 1)
        assert (await field.get(f"/v1/tasks/{task}/door", headers={"Peduli-Team": "tim-1"})).status_code == 404
        assert (await report(field, task, "accept")).json()["status"] == "accepted"
        assert (await report(field, task, "accept", team="tim-2")).status_code == 409
        door = await field.get(f"/v1/tasks/{task}/door", headers={"Peduli-Team": "tim-1"})
        assert door.json()["name"] == "Ibu Contoh"
        assert (await sums(field))["in_transit"] > 0
        for _ in range(2):  # a resend is harmless
            delivered = await report(field, task, "deliver", proof_kind="code", proof=code_for(task))
            assert (delivered.status_code, delivered.json()["outcome"]) == (200, "delivered")
        total = await sums(field)
        assert total["bought"] == 2
        assert total["delivered"] >= 1
        trace = "select bought, delivered, on_the_way, in_stock from reporting.v1_trace"
        lines = await eventually(lambda: query(world, trace), lambda rows: bool(rows) and rows[0]["delivered"] >= 1)
        assert lines[0]["bought"] == lines[0]["delivered"] + lines[0]["on_the_way"] + lines[0]["in_stock"]
        tally = (
            "select tenant, buyers, spend_idr, posts, compliant_posts from reporting.v1_unit_tally where purchases > 0"
        )
        wanted = {"tenant": tenant, "buyers": 1, "spend_idr": 130000, "posts": 1, "compliant_posts": 1}
        assert await query(world, tally) == [wanted]
        assert await differences(world.database_url) == []
    [purchase] = await query(world, "select purchase_id::text from purchases.purchases")
    about = [line for line in log if purchase["purchase_id"] in line.get("correlation", ())]
    assert {(line["event"], line.get("kind") or line["step"]) for line in about} == STEPS
    everything = str(await query(world, "select * from purchases.event_log, distribution.event_log d"))
    for secret in ("Ibu Contoh", "081200000000", "Jl. Contoh", "198001012005011001"):
        assert secret not in everything


async def test_two_shards_part_the_purchases_between_them_and_miss_none(world: World) -> None:
    def applied(queue: str) -> float:
        return REGISTRY.get_sample_value("peduli_events_applied_total", {"queue": queue}) or 0

    queues = [f"{service}.events.{shard}" for service in ("distribution", "reporting") for shard in range(2)]
    before = {queue: applied(queue) for queue in queues}
    async with sharded(world, 2), services(world, shards=2):
        told = [(message(recent(f"KOP-{number}")), "3276.purchase.submitted.v1") for number in range(20)]
        await publish(world.rabbitmq.url, told)
        counts = """select (select count(*) from distribution.lots) as lots,
          (select count(*) from facts.fct_purchase) as purchases"""
        await eventually(lambda: query(world, counts), lambda rows: rows == [{"lots": 20, "purchases": 20}])
        assert await differences(world.database_url) == []
    assert [queue for queue in queues if applied(queue) == before[queue]] == []


async def test_a_void_takes_back_what_is_not_on_its_way(world: World) -> None:
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, recent())
        await one_task(field)
        await tell(world, {"reference": "KOP-1", "reason": "salah_input"}, "purchase.void_submitted")
        await eventually(lambda: sums(field), lambda seen: seen == {})
        status = "select status from facts.fct_task"
        await eventually(lambda: query(world, status), lambda rows: rows == [{"status": "recalled"}])
        assert await differences(world.database_url) == []


async def test_a_correction_and_a_void_after_delivery_change_every_number_and_nothing_that_was_delivered(
    world: World,
) -> None:
    line = {"sku": "BERAS-5KG", "unit_price_idr": 65000}
    forty, less = (recent(lines=[{**line, "quantity": pieces}], total_idr=pieces * 65000) for pieces in (40, 39))
    trace = "select bought, delivered, over_delivered, in_stock from reporting.v1_trace"
    tally = "select purchases, items, spend_idr from reporting.v1_unit_tally where items > 0"
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, forty)
        task = (await one_task(field))["task_id"]
        await report(field, task, "deliver", proof_kind="witness", proof="ketua RT")
        delivered = (await sums(field))["delivered"]
        await register(field, released="recovered")  # else a second packet would soon be on its way
        await tell(world, less, "purchase.correction_submitted")
        corrected = {"bought": 39, "delivered": delivered, "over_delivered": 0, "in_stock": 39 - delivered}
        await eventually(lambda: query(world, trace), lambda rows: rows == [corrected])
        wanted = {"purchases": 1, "items": 39, "spend_idr": 39 * 65000}
        await eventually(lambda: query(world, tally), lambda rows: rows == [wanted])
        await tell(world, {"reference": "KOP-1", "reason": "salah_input"}, "purchase.void_submitted")
        over = {"delivered": delivered, "over_delivered": delivered}
        await eventually(lambda: sums(field), lambda seen: seen == over)
        voided = {"bought": 0, "delivered": delivered, "over_delivered": delivered, "in_stock": 0}
        await eventually(lambda: query(world, trace), lambda rows: rows == [voided])
        assert await query(world, tally) == []
        assert await differences(world.database_url) == []


async def test_a_failed_packet_comes_back_to_stock_and_a_release_recalls(world: World) -> None:
    async with services(world) as (_, field, _reporting):
        await register(field)
        await tell(world, recent())
        task = (await one_task(field))["task_id"]
        await report(field, task, "accept")
        failed = await report(field, task, "fail", reason="moved")
        assert failed.json()["status"] == "failed"
        released = household(released="moved")
        await field.post("/v1/households", json=released, headers={"Peduli-Source": "/rt/1"})
        assert (await report(field, task, "return")).json()["outcome"] == "returned"
        await eventually(lambda: sums(field), lambda seen: seen == {"bought": 2, "available": 2})
        assert (await report(field, task, "deliver", proof_kind="code", proof="1")).json()[
            "outcome"
        ] == "TASK_IS_RETURNED"


async def test_two_distribution_instances_never_assign_the_same_goods(world: World) -> None:
    settings = world.settings()
    async with services(world) as (_, field, _reporting), running(distribution.service(settings)):
        for number in range(30):
            await register(field, reference=f"KK-{number}")
            await tell(world, recent(f"KOP-{number}"))
        count = "select count(*) as n from distribution.tasks"
        await eventually(lambda: query(world, count), lambda rows: rows == [{"n": 30}])
        over = """select lot_id from distribution.lots l where reserved <>
          (select coalesce(sum(quantity), 0) from distribution.task_lines t where t.lot_id = l.lot_id)"""
        assert await query(world, over) == []
