"""From doors of warga and aparatur to the report: sums of whole groups, and of no household."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import orjson

import services.distribution.app as distribution
import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import REPORTING_MIGRATIONS
from services.reporting.cli import differences_from_logs, remake
from services.reporting.documents.report import tables
from services.reporting.usecases.report import gather
from shared.clock import now
from shared.contracts.field import TaskAccept
from shared.contracts.recipients import RecipientsCounted
from shared.database.pool import connect
from shared.ids import derived_id
from shared.reference.load import load
from tests.support.eventually import eventually
from tests.support.goods import bought, delivery, home
from tests.support.journey import KELURAHAN, query, recent, register, report, tell
from tests.support.running import Door, running
from tests.support.servers import World
from tests.support.stored_city import StoredCity

DEPOK = load("3276")
DELIVERED = """select is_aparatur, sum(quantity)::int as pieces from distribution.tasks
  join distribution.households using (household_id) join distribution.task_lines using (task_id)
  where status = 'delivered' group by 1"""
LINES = [{"line_no": 1, "sku": "BERAS-5KG", "quantity": 60, "unit_price_idr": 65000}]


async def bring_packets(world: World, door: Door, *, warga: int, aparatur: int) -> None:
    """A packet to the door of so many households of each group."""
    await tell(world, recent(f"R-{warga}", lines=LINES, total_idr=60 * 65000))
    for n in range(warga + aparatur):
        people = {"name": f"Ibu {n}", "phone": f"08120000{n:04}", "address": f"Jl. Contoh {n}"}
        await register(door, reference=f"KK-{warga}-{n}", people=people, is_aparatur=n >= warga)

    async def open_tasks() -> list[dict[str, Any]]:
        return list((await door.get("/v1/tasks", params={"kelurahan": KELURAHAN})).json())

    for task in await eventually(open_tasks, lambda tasks: len(tasks) == warga + aparatur):
        await report(door, task["task_id"], "accept")
        told = {"proof_kind": "witness", "proof": "ketua RT"}
        answer = await report(door, task["task_id"], "deliver", **told)
        assert answer.json()["outcome"] == "delivered"


async def as_analyst(world: World) -> list[tuple[Any, ...]]:
    """What the published view has of each group."""
    connection = await asyncpg.connect(world.database_url)
    await connection.execute("set role dashboard_reader")
    rows = await connection.fetch(
        "select recipients, households, packets, pieces from reporting.v1_recipients order by 1"
    )
    await connection.close()
    return [tuple(row) for row in rows]


async def in_report(world: World, first: date, last: date) -> list[list[Any]]:
    """The rows of the report's table of recipients."""
    connection = await connect(world.database_url, "facts")
    content = await gather(connection, DEPOK, first, last)
    await connection.close()
    kept = orjson.loads(orjson.dumps(content))
    return [list(row) for table in tables(kept) if table.title.endswith("menurut penerima") for row in table.rows]


async def test_what_came_to_aparatur_is_in_the_report_as_a_sum_and_no_event_tells_of_a_door(world: World) -> None:
    settings, later = world.settings(), now() + timedelta(days=8)
    period = DEPOK.date_of(now()) - timedelta(days=7), DEPOK.date_of(later)
    async with running(purchases.service(settings)), running(reporting.service(settings)):
        async with running(distribution.service(settings)) as door:
            await bring_packets(world, door, warga=6, aparatur=5)
            came = "select sum(delivered)::int as n from facts.tally_region_day"
            await eventually(lambda: query(world, came), lambda rows: rows == [{"n": 11}])
            assert await as_analyst(world) == []
            assert await in_report(world, *period) == [["Belum dibedakan", 11, "–"]]
        one, two = (distribution.service(settings, clock=lambda: later) for _ in range(2))
        async with running(one), running(two):  # two replicas count, and it is told once
            of = {row["is_aparatur"]: row["pieces"] for row in await query(world, DELIVERED)}
            both = [("aparatur", 5, 5, of[True]), ("warga", 6, 6, of[False])]
            await eventually(lambda: as_analyst(world), lambda rows: rows == both)
        assert await in_report(world, *period) == [["Warga", 6, of[False]], ["Aparatur (ASN)", 5, of[True]]]
        made = await remake(world.database_url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
        assert "fct_recipients" not in made.differing
    assert await differences_from_logs(world.database_url, grace_seconds=0) == []
    bodies = "select convert_from(body, 'UTF8')::jsonb as body from distribution.event_log where {} like 'recipients.%'"
    (told,) = [orjson.loads(row["body"]) for row in await query(world, bodies.format("type"))]
    assert told.keys() == {"count_id", "programme", "first", "last", "warga", "aparatur"}
    others = bodies.format("convert_from(body, 'UTF8') ilike '%aparatur%' and type not")
    assert await query(world, others) == []


def carry(city: StoredCity, name: str, households: int, at: datetime, *, is_aparatur: bool) -> None:
    """A packet to each of so many doors at a moment."""
    city.take_in(bought(derived_id(name).int % 10**6, pieces=3 * households, until=at + timedelta(days=9)), at)
    told: dict[str, Any] = {"isolation_from": (at - timedelta(days=1)).isoformat(), "is_aparatur": is_aparatur}
    told["isolation_until"] = (at + timedelta(days=6)).isoformat()
    for n in range(households):
        city.register("rt", home(f"{name}-{n}", **told), at)
    city.allocate(at)
    for task in city.rows("select task_id from tasks where status = 'assigned'"):
        accept = TaskAccept(report_id=derived_id("accept", str(task["task_id"])), task_id=task["task_id"], team="tim-1")
        city.report(accept, at)
        city.report(delivery(task["task_id"]), at)


def test_few_aparatur_are_told_with_a_later_week(city: StoredCity) -> None:
    monday = datetime(2021, 7, 19, 3, tzinfo=UTC)
    carry(city, "warga", 6, monday, is_aparatur=False)
    carry(city, "asn", 2, monday, is_aparatur=True)
    assert city.count_recipients(monday + timedelta(days=7)) == 0
    carry(city, "asn lain", 3, monday + timedelta(days=7), is_aparatur=True)
    assert city.count_recipients(monday + timedelta(days=13)) == 0
    assert city.count_recipients(monday + timedelta(days=14)) == 1
    assert city.count_recipients(monday + timedelta(days=90)) == 0
    (told,) = city.rows(
        "select convert_from(body, 'UTF8')::jsonb as body from event_log where type like 'recipients.%'"
    )
    event = RecipientsCounted.model_validate_json(told["body"])
    assert (event.first, event.last) == (date(2021, 7, 19), date(2021, 8, 1))
    assert (event.warga.households, event.aparatur.households) == (6, 5)
