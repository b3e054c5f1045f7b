"""Kits that an officer takes apart: loose goods are lots of their own, and follow what becomes of the purchase."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.distribution.domain.adjustment import Adjustment
from services.distribution.store.laws import breaches
from services.distribution.usecases.adjusting import adjust
from services.distribution.usecases.stock import take_in
from services.reporting.cli import differences
from shared.database.pool import connect
from shared.ids import derived_id
from shared.reference.kits import contents_of
from shared.reference.load import load
from shared.reference.store import Cities
from tests.support.eventually import eventually
from tests.support.goods import bought, delivery, home
from tests.support.journey import one_task, query, recent, register, report, services, tell
from tests.support.ledger_machine import BEGIN
from tests.support.servers import World
from tests.support.stored_city import StoredCity
from tests.support.terminal import type_

KIT = "KIT-SEMBAKO-ISOMAN"
DEPOK = load("3276")
CONTENTS = dict(contents_of(DEPOK.products[KIT]))
HOUR = timedelta(hours=1)


def opened(city: StoredCity, kits: int, number: int = 1) -> tuple[str, int]:
    """An officer opens kits of the only lot of kits; what became of it."""
    (lot,) = city.rows(f"select lot_id from lots where sku = '{KIT}'")
    name = derived_id("opening", str(number))
    city.adjust(Adjustment(name, lot["lot_id"], "opening", kits, "untuk keluarga kecil", "/lumbung/beji"), BEGIN)
    (said,) = city.rows(f"select outcome, moved from stock_adjustments where adjustment_id = '{name}'")
    return said["outcome"], said["moved"]


def kept(city: StoredCity, account: str) -> dict[str, int]:
    """Pieces on an account, by sku."""
    rows = city.rows(f"select sku, sum({account})::int as pieces from lots group by sku order by sku")
    return {row["sku"]: row["pieces"] for row in rows if row["pieces"]}


def loose(kits: int) -> dict[str, int]:
    """What is in so many kits."""
    return {sku: kits * pieces for sku, pieces in CONTENTS.items()} if kits else {}


def test_an_opened_kit_lies_there_as_what_was_in_it(city: StoredCity) -> None:
    city.take_in(bought(pieces=5, sku=KIT), BEGIN)
    assert opened(city, 2) == ("adjusted", 2)
    assert opened(city, 2) == ("adjusted", 2)  # a resend
    assert (kept(city, "opened"), kept(city, "available")) == ({KIT: 2}, {KIT: 3, **loose(2)})
    assert opened(city, 1, number=2) == ("adjusted", 1)
    assert kept(city, "available") == {KIT: 2, **loose(3)}
    assert opened(city, 3, number=3) == ("NOT_SO_MANY_FREE", 0)
    assert kept(city, "available") == {KIT: 2, **loose(3)}
    lost = "update lots set bought = bought - 1, available = available - 1 where line_no = 1001"
    assert any("of 3 opened kits" in breach for breach in city.breaches_after(lost))


def test_a_kit_that_a_packet_holds_stays_whole_and_so_does_what_is_no_kit(city: StoredCity) -> None:
    city.take_in(bought(pieces=1, sku=KIT), BEGIN)
    city.register("KK-1", home(), BEGIN)
    city.allocate(BEGIN)
    assert opened(city, 1) == ("NOT_SO_MANY_FREE", 0)
    city.take_in(bought(2, pieces=3), BEGIN)
    (rice,) = city.rows("select lot_id from lots where sku = 'BERAS-5KG'")
    city.adjust(Adjustment(derived_id("rice"), rice["lot_id"], "opening", 1, "buka", "/lumbung/beji"), BEGIN)
    said = city.rows("select outcome from stock_adjustments order by outcome")
    assert [row["outcome"] for row in said] == ["NOT_A_KIT", "NOT_SO_MANY_FREE"]


def test_who_must_not_have_the_kit_gets_what_suits_of_its_contents(city: StoredCity) -> None:
    city.take_in(bought(pieces=2, sku=KIT), BEGIN)
    city.register("KK-1", home(allergens=["egg"]), BEGIN)
    city.allocate(BEGIN)
    assert city.tasks() == []
    opened(city, 1)
    city.allocate(BEGIN)
    (task_id,) = city.tasks()
    city.report(delivery(task_id), BEGIN + HOUR)
    given = kept(city, "delivered")
    assert given
    assert not any("egg" in DEPOK.products[sku].allergens for sku in given)


@pytest.mark.parametrize(("left", "whole", "apart"), [(4, 2, 2), (1, 0, 1), (0, 0, 0)])
def test_a_correction_takes_whole_kits_first_and_then_what_was_in_the_opened_ones(
    city: StoredCity, left: int, whole: int, apart: int
) -> None:
    city.take_in(bought(pieces=5, sku=KIT), BEGIN)
    opened(city, 2)
    kind = "corrected" if left else "voided"
    city.take_in(bought(pieces=left, sku=KIT, kind=kind, version=2), BEGIN)
    assert (kept(city, "opened").get(KIT, 0), kept(city, "available")) == (
        apart,
        {**({KIT: whole} if whole else {}), **loose(apart)},
    )
    assert kept(city, "over_delivered") == {}


def test_what_was_in_a_kit_and_left_before_the_void_is_over_delivered(city: StoredCity) -> None:
    city.take_in(bought(pieces=1, sku=KIT), BEGIN)
    opened(city, 1)
    city.register("KK-1", home(), BEGIN)
    city.allocate(BEGIN)
    city.report(delivery(city.tasks()[0]), BEGIN + HOUR)
    sent = kept(city, "delivered")
    city.take_in(bought(sku=KIT, kind="voided", version=2), BEGIN)
    assert sent
    assert (kept(city, "over_delivered"), kept(city, "available"), kept(city, "opened")) == (sent, {}, {})


@pytest.mark.parametrize("then", ["opening", "void"])
async def test_who_waits_for_an_opening_sees_what_came_of_it(world: World, then: str) -> None:
    kits = bought(pieces=5, sku=KIT)
    first, second = [await connect(world.database_url, "distribution") for _ in range(2)]
    cities = Cities([DEPOK])
    try:
        await take_in(first, [kits], cities=cities, now=BEGIN)
        [lot] = await query(world, "select lot_id from distribution.lots")
        said = [Adjustment(derived_id(name), lot["lot_id"], "opening", 2, "buka", "/lumbung/1") for name in "ab"]
        async with first.transaction():
            await adjust(first, said[0], reference=DEPOK, now=BEGIN)

            async def other() -> None:
                async with second.transaction():
                    if then == "opening":
                        await adjust(second, said[1], reference=DEPOK, now=BEGIN)
                    else:
                        void = bought(sku=KIT, kind="voided", version=2)
                        await take_in(second, [void], cities=cities, now=BEGIN)

            waiting = asyncio.create_task(other())
            locked = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            await eventually(lambda: query(world, locked), bool)
        await waiting
        assert await breaches(first) == []
        rows = await query(world, "select sku, available::int from distribution.lots where available > 0 order by sku")
        left = {row["sku"]: row["available"] for row in rows}
        assert left == ({KIT: 1, **loose(4)} if then == "opening" else {})
    finally:
        await first.close()
        await second.close()


TRACE = """select line_no, sku, bought, over_delivered, on_the_way, delivered, opened, in_stock from reporting.v1_trace
  where bought + over_delivered > 0 order by line_no"""
LEDGER = """select line_no, sku, bought, over_delivered, reserved + in_transit as on_the_way, delivered, opened,
  available as in_stock from distribution.lots where bought + over_delivered > 0 order by line_no"""


async def agree(world: World, lots: int) -> list[dict[str, Any]]:
    """Wait until reporting tells of as many lots what the ledger does, and every tally is that of its facts."""
    ledger = await eventually(lambda: query(world, LEDGER), lambda rows: len(rows) == lots)
    await eventually(lambda: query(world, TRACE), lambda rows: rows == ledger)
    await eventually(lambda: differences(world.database_url), lambda found: found == [])
    return ledger


async def test_reports_follow_an_opened_kit_to_the_door_and_a_void_after_it(world: World) -> None:
    async with services(world) as (_shop, door, _tallies):
        lines = [{"sku": KIT, "quantity": 3, "unit_price_idr": 160000}]
        await tell(world, recent(lines=lines, total_idr=480000))
        [lot] = await eventually(lambda: query(world, "select lot_id::text from distribution.lots"), bool)
        body = {"adjustment_id": str(derived_id("open")), "lot_id": lot["lot_id"], "kind": "opening", "pieces": 2}
        lumbung = {"Peduli-Source": "/lumbung/1"}
        answer = await door.post("/v1/stock/adjustments", json={**body, "note": "keluarga kecil"}, headers=lumbung)
        assert (answer.status_code, answer.json()["moved"]) == (200, 2)
        await agree(world, 1 + len(CONTENTS))
        await register(door, allergens=["egg"])
        task = (await one_task(door))["task_id"]
        await report(door, task, "deliver", proof_kind="witness", proof="ketua RT")
        rows = await eventually(lambda: query(world, LEDGER), lambda rows: any(row["delivered"] for row in rows))
        assert await agree(world, 1 + len(CONTENTS)) == rows
        await tell(world, {"reference": "KOP-1", "reason": "salah_input"}, "purchase.void_submitted")
        await agree(world, sum(row["delivered"] > 0 for row in rows))
    assert type_(("ledger", "check", "--database-url", world.database_url), {}).out == "L1-L8 hold\n"
