"""What each view answers, reckoned by hand from a few events."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.reporting.cli import differences
from shared.clock import now
from tests.support.projecting import (
    START,
    bought,
    facts_of,
    isolating,
    packet,
    refused,
    released,
    spoilt,
    voided,
)
from tests.support.servers import World

EGGS: dict[str, Any] = {
    "lines": [{"line_no": 1, "sku": "TELUR-1KG", "quantity": 3, "unit_price_idr": 10000}],
    "total_idr": 30000,
}


async def test_turnover_of_sellers_and_products_follows_corrections_and_voids(world: World) -> None:
    async with facts_of(world) as facts:
        sold = [bought("a"), bought("b", seller_code="KOP-GURU-01", **EGGS), bought("c"), bought("d")]
        await facts.apply(sold, [bought("c", 2, seller_code="KOP-GURU-01", **EGGS), voided("d", 2)])
        sellers = """select seller_code, purchases, items, spend_idr, running_spend_idr from reporting.v1_seller_tally
          order by 1"""
        beji = {"seller_code": "KOP-BEJI-01", "purchases": 1, "items": 2, "spend_idr": 130_000}
        guru = {"seller_code": "KOP-GURU-01", "purchases": 2, "items": 6, "spend_idr": 60_000}
        wanted = [beji | {"running_spend_idr": 130_000}, guru | {"running_spend_idr": 60_000}]
        assert await facts.read(sellers) == wanted
        products = "select sku, items, spend_idr from reporting.v1_product_tally order by 1"
        assert [tuple(row.values()) for row in await facts.read(products)] == [
            ("BERAS-5KG", 2, 130_000),
            ("TELUR-1KG", 6, 60_000),
        ]
        (spread,) = await facts.read("select * from reporting.v1_seller_concentration")
        count = spread["sellers"]
        gini = Decimal((count - 1) * 130_000 + (count - 3) * 60_000) / (count * 190_000)
        assert (spread["sellers_with_turnover"], spread["top10_percent"]) == (2, 100)
        assert spread["gini"] == round(gini, 4)
    assert await differences(world.database_url) == []


async def test_a_camat_sees_his_kelurahan_and_each_buyer_once(world: World) -> None:
    async with facts_of(world) as facts:
        below = bought("b", unit_code="32.76.06.1001", buyer_key="b2")
        await facts.apply([bought("a", unit_code="32.76.06"), below, bought("c", unit_code="32.76.06.1001")])
        tree = """select buyers, purchases::int, spend_idr, units_below > 0 as has_kelurahan from reporting.v1_unit_tree
          where unit_code = '32.76.06'"""
        assert await facts.read(tree) == [{"buyers": 2, "purchases": 3, "spend_idr": 390_000, "has_kelurahan": True}]
        gap = """select (select buyers from reporting.v1_participation_gap where unit_code = '32.76.DKUM') as buyers,
          bool_and(buyers_missing = greatest(0, ceil(headcount * target_percent / 100) - buyers)) as is_right,
          bool_or(buyers_missing > 0 and spend_missing_idr > 0) as costs from reporting.v1_participation_gap"""
        assert await facts.read(gap) == [{"buyers": 0, "is_right": True, "costs": True}]


async def test_speed_is_told_from_five_households_on(world: World) -> None:
    speed = """select delivered, hours_to_assign_p50::float, hours_to_deliver_p50::float, hours_in_all_p90::float,
      in_time_percent::float, is_suppressed from reporting.v1_speed"""
    async with facts_of(world) as facts:
        for n in range(5):
            home = [isolating(f"h{n}")] + ([released("h0", 2, hours=2.5)] if n == 0 else [])
            told: dict[str, Any] = {"household": f"h{n}", "purchase": "p"}
            steps = [packet(f"t{n}", "assigned", 1, hours=1, **told), packet(f"t{n}", "delivered", 2, hours=3, **told)]
            await facts.apply(
                [
                    bought("p", lines=[{"line_no": 1, "sku": "BERAS-5KG", "quantity": 9, "unit_price_idr": 1}]),
                    *home,
                    *steps,
                ]
            )
            (row,) = await facts.read(speed)
            assert row["is_suppressed"] == (n < 4)
            assert row["is_suppressed"] == (row["delivered"] is None)
        assert list(row.values()) == [5, 1.13, 2.13, 3.23, 80.0, False]  # from buckets of a quarter of an hour
        assert await facts.read(speed.replace("v1_speed", "v1_speed_city")) == [row]
        again: dict[str, Any] = {"household": "h1", "purchase": "p"}
        await facts.apply([packet("t9", "delivered", 1, hours=3, **again), isolating("h1", 2, days=0.1)])
        (row,) = await facts.read(speed)
        assert list(row.values())[0::4] == [6, 50.0]  # the isolation of one with two packets had ended
        early = bought("p", 2, purchased_at=(START - timedelta(hours=5)).isoformat())
        await facts.apply([early])
        assert (await facts.read(speed))[0]["hours_to_assign_p50"] == 6.5  # a bucket of an hour
        many = [packet(f"u{n}", "delivered", 1, hours=30, household=f"g{n % 4}", purchase="p") for n in range(5)]
        await facts.apply(many)
        assert (await facts.read(f"{speed} order by local_date"))[1]["is_suppressed"]  # five packets, four households
    assert await differences(world.database_url) == []


async def test_coverage_hides_what_tells_fewer_than_five_apart(world: World) -> None:
    days = (now() - START) / timedelta(days=1) + 5
    covered = """select active_households, covered_households, unmet_households, is_suppressed
      from reporting.v1_distribution_tally"""
    async with facts_of(world) as facts:
        await facts.apply([isolating(f"h{n}", days=days) for n in range(10)])
        for n, wanted in ((4, [10, None, None, True]), (5, [10, 5, 5, False]), (6, [10, None, None, True])):
            told = [packet(f"t{m}", "delivered", 1, hours=3, household=f"h{m}", purchase="p") for m in range(n)]
            await facts.apply(told)
            (row,) = await facts.read(covered)
            assert list(row.values()) == wanted


async def test_stock_tells_what_lies_in_the_lumbung_and_what_spoils(world: World) -> None:
    stock = "select sku, on_hand, reserved, expiring_24h, expired from reporting.v1_stock order by 1"
    soon = (now() + timedelta(hours=3)).isoformat()
    line = {"line_no": 1, "sku": "TELUR-1KG", "quantity": 3, "unit_price_idr": 10000, "expires_at": soon}
    rice = {"line_no": 1, "sku": "BERAS-5KG", "quantity": 9, "unit_price_idr": 1000}
    async with facts_of(world) as facts:
        home: dict[str, Any] = {"household": "h", "purchase": "rice"}
        await facts.apply(
            [bought("eggs", lines=[line]), bought("own", purpose="own_use")],
            [bought("rice", lines=[rice], purchased_at=now().isoformat()), spoilt("rice", 2)],
            [packet("t1", "assigned", 1, hours=1, pieces=3, **home)],
            [packet("t2", "assigned", 1, hours=1, **home), packet("t2", "accepted", 2, hours=2, **home)],
        )
        assert [tuple(row.values()) for row in await facts.read(stock)] == [
            ("BERAS-5KG", 6, 3, 0, 2),
            ("TELUR-1KG", 3, 0, 3, 0),
        ]


async def test_sources_are_told_apart_by_day_of_their_city(world: World) -> None:
    quality = """select tenant, local_date::text, accepted, rejected, duplicates, rejected_by_reason,
      mean_latency_hours::float from reporting.v1_submission_quality where source = '/pos' order by 1, 2"""
    async with facts_of(world) as facts:
        refusals = [
            refused("r1", "UNKNOWN_UNIT", "DUPLICATE_CONFLICT", hours=2),
            refused("r2", "UNKNOWN_UNIT", hours=3),
        ]
        late = bought("c", hours=14.5)  # 17.30 UTC is the next day in Depok
        await facts.apply([bought("a", hours=1), bought("b", hours=2), late, *refusals], [bought("a", 2, hours=9)])
        reasons = '{"UNKNOWN_UNIT": 2, "DUPLICATE_CONFLICT": 1}'
        assert [tuple(row.values()) for row in await facts.read(quality)] == [
            ("3276", "2021-07-22", 2, 2, 1, reasons, 1.5),
            ("3276", "2021-07-23", 1, 0, 0, "{}", 14.5),
        ]


async def test_the_check_finds_a_tally_of_packets_that_says_what_no_packet_did(world: World) -> None:
    async with facts_of(world) as facts:
        told: dict[str, Any] = {"household": "h", "purchase": "p"}
        for name, steps in (("t", ("assigned", "accepted", "delivered")), ("u", ("assigned", "recalled", "returned"))):
            await facts.apply([packet(name, step, n, hours=n, **told) for n, step in enumerate(steps, 1)])
        assert await differences(world.database_url) == []
        for column in ("accepted", "delivered", "returned", "recalled", "pieces_delivered"):
            for sign in ("-", "+"):
                await facts.connection.execute(f"update tally_region_day set {column} = {column} {sign} 1")
                found = {table for table, _ in await differences(world.database_url)}
                assert found == ({"tally_region_day"} if sign == "-" else set()), column
        await facts.connection.execute("update tally_region_day set local_date = local_date + 1")
        assert len(await differences(world.database_url)) == 2  # one day lacks them, the other has them
