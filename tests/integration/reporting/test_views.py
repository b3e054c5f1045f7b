"""What analysts see, and that it can be thrown away and made anew."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

import services.purchases.app as purchases
import services.reporting.app as reporting
from peduli.prepare import REPORTING_MIGRATIONS
from services.reporting.cli import differences, differences_from_logs, remake
from shared.clock import now
from tests.support.eventually import eventually
from tests.support.projecting import BOTH, bought, facts_of, voided
from tests.support.publish import SOURCE, message, publish, purchase
from tests.support.running import running
from tests.support.servers import World
from tests.support.terminal import type_

POOLED = orjson.loads(Path("contracts/examples/purchase.submitted/1.0-pooled-kit.json").read_bytes())


async def fetch(world: World, sql: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(world.database_url)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def told(world: World, count: int) -> None:
    """Purchases, of which the second is corrected to another unit and day, and the third voided."""
    sent = [(message(purchase(f"R{n}")), "3276.purchase.submitted.v1") for n in range(count)]
    changed = purchase("R1", unit_code="32.76.06", purchased_at="2021-07-31T23:30:00+07:00")
    sent.append((message(changed, "purchase.correction_submitted"), "3276.purchase.correction_submitted.v1"))
    void = {"reference": "R2", "reason": "salah_input"}
    sent.append((message(void, "purchase.void_submitted"), "3276.purchase.void_submitted.v1"))
    await publish(world.rabbitmq.url, sent[::-1])
    count_of = "select sum(purchases)::int as n from reporting.v1_unit_tally"
    await eventually(lambda: fetch(world, count_of), lambda rows: rows == [{"n": count - 1}])


async def test_a_correction_moves_unit_and_day_and_a_rebuild_comes_out_equal(world: World) -> None:
    settings = world.settings()
    async with running(purchases.service(settings)), running(reporting.service(settings)):
        await told(world, 20)
        days = """select unit_code, local_date::text, purchases from reporting.v1_unit_tally_daily
          where purchases > 0 order by 1"""
        before = await fetch(world, days)
        assert before == [
            {"unit_code": "32.76.06", "local_date": "2021-07-31", "purchases": 1},
            {"unit_code": "32.76.DKUM", "local_date": "2021-07-22", "purchases": 18},
        ]
        read: list[int] = []
        made = await remake(world.database_url, REPORTING_MIGRATIONS, shards=1, on_progress=read.append)
        assert (made.events, made.differing) == (22, ())
        assert sum(read) == 22
        assert await fetch(world, days) == before
        look_at_changes(world)
        await publish(world.rabbitmq.url, [(message(purchase("later")), "3276.purchase.submitted.v1")])
        total = "select sum(purchases)::int as n from reporting.v1_unit_tally"
        await eventually(lambda: fetch(world, total), lambda rows: rows == [{"n": 20}])
    assert await differences(world.database_url) == []


def look_at_changes(world: World) -> None:
    """What `told` corrected and voided, as an auditor sees it: it was told today, of days long ago."""
    days = [f"{now() + timedelta(days=n):%Y-%m-%d}" for n in (-1, 1)]
    words = ("audit", "changes", "--from", days[0], "--to", days[1], "--json")
    rows = json.loads(type_(words, {"PEDULI_DATABASE_URL": world.database_url}).out)
    found = {row["field"]: (row["version"], row["told_by"], row["why"], row["before"], row["after"]) for row in rows}
    assert found == {
        "unit_code": (2, SOURCE, "", "32.76.DKUM", "32.76.06"),
        "purchased_at": (2, SOURCE, "", found["purchased_at"][3], "2021-07-31T16:30:00Z"),
        "status": (2, SOURCE, "salah_input", "recorded", "voided"),
    }


async def test_a_pooled_purchase_counts_each_contributor_once_and_its_money_once(world: World) -> None:
    pledge = {"round": "2021-07-26", "unit_code": "32.76.DKUM", "sum_idr": 7_500_000, "packets": 40}
    settings = world.settings()
    async with running(purchases.service(settings)), running(reporting.service(settings)):
        single = purchase("KOP-9", purchased_at="2021-07-30T10:00:00+07:00")  # its buyer is one of the contributors
        await publish(
            world.rabbitmq.url,
            [
                (message(POOLED), "3276.purchase.submitted.v1"),
                (message(single), "3276.purchase.submitted.v1"),
                (message(pledge, "pledge.submitted"), "3276.pledge.submitted.v1"),
            ],
        )
        tally = "select buyers, purchases, spend_idr from reporting.v1_unit_tally where unit_code = '32.76.DKUM'"
        wanted = [{"buyers": 2, "purchases": 2, "spend_idr": 430_000}]
        await eventually(lambda: fetch(world, tally), lambda rows: rows == wanted)
        beside = """select round::text, pledged_idr, pledged_packets, is_late, purchases, donated_idr
          from reporting.v1_unit_round"""
        row = {"round": "2021-07-26", "pledged_idr": 7_500_000, "pledged_packets": 40, "is_late": True}
        both = [row | {"purchases": 2, "donated_idr": 430_000}]
        await eventually(lambda: fetch(world, beside), lambda rows: rows == both)
        void = {"reference": "KOP-2021-000131", "reason": "salah_input"}
        await publish(
            world.rabbitmq.url, [(message(void, "purchase.void_submitted"), "3276.purchase.void_submitted.v1")]
        )
        await eventually(lambda: fetch(world, tally), lambda rows: rows[0]["buyers"] == 1)
    assert await differences(world.database_url) == []


async def test_reconcile_finds_what_was_tampered_with_and_rebuild_mends_it(world: World) -> None:
    settings = world.settings()
    async with running(purchases.service(settings)), running(reporting.service(settings)):
        await told(world, 5)
        await fetch(world, "update facts.tally_unit_day set spend_idr = spend_idr + 1 where unit_code = '32.76.06'")
        assert await differences(world.database_url) == [("tally_unit_day", "32.76.06 2021-07-31")]
        made = await remake(world.database_url, REPORTING_MIGRATIONS, shards=1, on_progress=lambda _: None)
        assert made.differing == ("tally_unit_day",)
        await fetch(world, "update facts.fct_purchase set total_idr = total_idr + 1 where is_voided = false")
        found = await differences_from_logs(world.database_url, grace_seconds=0)
        assert {table for table, _ in found or []} == {"fct_purchase"}
        await fetch(world, "update facts.fct_purchase set total_idr = total_idr - 1 where is_voided = false")
        assert await differences_from_logs(world.database_url, grace_seconds=0) == []
        checked = "select is_whole, events > 0 as some, is_right, by_tally from reporting.v1_data_quality"
        first = [{"is_whole": True, "some": False, "is_right": True, "by_tally": "{}"}]
        await eventually(lambda: fetch(world, checked), lambda rows: rows == first)
    assert await differences(world.database_url) == []


async def test_every_view_and_column_has_a_comment(world: World) -> None:
    missing = """select c.relname, a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0
      where n.nspname = 'reporting' and col_description(c.oid, a.attnum) is null
      union select c.relname, '' from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'reporting' and obj_description(c.oid) is null"""
    assert await fetch(world, missing) == []
    views = "select count(*)::int as n from pg_views where schemaname = 'reporting'"
    assert await fetch(world, views) == [{"n": 22}]


async def test_posts_by_asn_and_by_their_unit_are_told_apart_and_sum_to_the_units_own(world: World) -> None:
    def posts(*by: str) -> list[dict[str, Any]]:
        """Every second one without a hashtag."""
        return [
            {"url_hash": f"{n}", "hashtags": [] if n % 2 else BOTH, "posted_at": None, "by": who}
            for n, who in enumerate(by)
        ]

    async with facts_of(world) as facts:
        await facts.apply(
            [bought("a", posts=posts("asn", "unit", "unit")), bought("b", posts=posts("unit", "asn"))],
            [bought("c", posts=posts("unit")), bought("b", 2, posts=posts("asn"), hours=2), voided("c", 2)],
        )
        tally = """select posted_by, posts, compliant_posts, hashtag_compliance_percent::int as percent
          from reporting.v1_post_tally order by 1"""
        found = [tuple(row.values()) for row in await facts.read(tally)]
        assert found == [("asn", 2, 2, 100), ("unit", 2, 1, 50)]
        assert await differences(world.database_url) == []
        await fetch(world, "update facts.tally_unit_day set posts_by_unit = posts_by_unit - 1")
        assert [tally for tally, _ in await differences(world.database_url)] == ["tally_unit_day"]


async def test_a_dashboard_reads_views_and_nothing_else(world: World) -> None:
    connection = await asyncpg.connect(world.database_url)
    await connection.execute("set role dashboard_reader")
    assert len(await connection.fetch("select * from reporting.v1_unit_tally")) == 101
    await connection.fetch("select * from reporting.v1_freshness")
    for forbidden in (
        "select * from facts.fct_purchase",
        "select * from purchases.purchases",
        "select * from distribution.people",
        "create table reporting.mine ()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
    await connection.close()
