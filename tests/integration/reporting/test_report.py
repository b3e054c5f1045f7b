"""The report to the Mayor: its numbers are those of the views, and an issued one can be written again for ever."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import services.purchases.app as purchases
import services.reporting.app as reporting
from services.reporting.documents.report import Report, pdf, places, silent, tables
from services.reporting.store.dashboard import queries
from services.reporting.usecases.report import UnknownUnitError, draft, gather, issue
from shared.database.pool import connect
from shared.reference.load import load
from tests.support.dashboard import deliver, tell_a_week
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.officers import peduli
from tests.support.pdf_words import words_of
from tests.support.projecting import bought, facts_of, packet
from tests.support.running import running
from tests.support.servers import World

PLACE = {"lat": -6.4, "lon": 106.8}
DAYS = (date(2021, 7, 26), date(2021, 8, 1))
WEEK = ("--from", "2021-07-26", "--to", "2021-08-01")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def gathered(world: World, first: date, last: date, unit: str = "") -> dict[str, Any]:
    """What a report says of these days."""
    connection = await connect(world.database_url, "facts")
    content = await gather(connection, load("3276"), first, last, unit)
    await connection.close()
    return content


async def numbers(world: World, unit: str = "") -> dict[str, list[Any]]:
    """The tables of the week, by title."""
    content = await gathered(world, *DAYS, unit)
    return {table.title.split(" (")[0]: list(table.rows) for table in tables(content)}


async def test_an_issued_report_is_written_again_equal_and_its_numbers_are_those_of_the_views(
    world: World, tmp_path: Path
) -> None:
    settings = world.settings()
    async with running(purchases.service(settings)), running(reporting.service(settings)):
        await tell_a_week(world, 60)
    await deliver(world)
    found = await numbers(world)
    whole = """select sum(purchases)::int as purchases, sum(spend_idr)::bigint as spend, sum(items)::int as pieces
      from reporting.v1_unit_tally_daily where local_date between '2021-07-26' and '2021-08-01'"""
    week = (await query(world, whole))[0]
    assert found["Saluran belanja"][-1] == ["Jumlah", week["purchases"], week["pieces"], week["spend"]]
    assert found["Unit kerja yang ikut pada periode ini"][-1][2:] == [week["purchases"], week["pieces"], week["spend"]]
    assert found["Janji, belanja dan penyaluran"][0] == ["Dijanjikan unit kerja", 7_500_000, 40]
    delivered = "select delivered::int as n from reporting.v1_distribution_city where local_date = '2021-07-26'"
    assert found["Janji, belanja dan penyaluran"][3][2] == (await query(world, delivered))[0]["n"]

    for number, kind in enumerate(("pdf", "xlsx"), start=1):
        issued, again = tmp_path / f"1.{kind}", tmp_path / f"2.{kind}"
        told = peduli(world, "report", *WEEK, "--format", kind, "--out", str(issued))
        assert f"{number:03}/PEDULI/" in told
        await query(world, "update facts.tally_unit_day set spend_idr = spend_idr + 1")
        peduli(world, "report", "--number", str(number), "--format", kind, "--out", str(again))
        assert digest(issued) == digest(again)
    assert issued.read_bytes()[:2] == b"PK"


async def test_the_report_of_a_kecamatan_is_of_its_kelurahan_and_of_nobody_else(world: World, tmp_path: Path) -> None:
    told: dict[str, Any] = {"purchased_at": "2021-07-27T10:00:00+07:00"}
    both = [bought("a", unit_code="32.76.06.1001", **told), bought("b", unit_code="32.76.DKUM", **told)]
    async with facts_of(world) as facts:
        await facts.apply(both)
        for n in range(7):
            await facts.apply([packet(f"t{n}", "delivered", 1, hours=100, household=f"h{n}", purchase="a")])
    found = await numbers(world, "32.76.06")
    taking = found["Unit kerja yang ikut pada periode ini"]
    assert [row[0] for row in taking] == ["Kelurahan Beji", "Jumlah"]
    assert taking[-1][2:] == [1, 2, 130_000]
    assert found["Janji, belanja dan penyaluran"][3] == ["Sampai di pintu", "–", 7]
    assert "Saluran belanja" not in found
    assert len(await numbers(world, "32.76.DKUM")) == 4
    assert len((await numbers(world, "32.76.DKUM"))["Janji, belanja dan penyaluran"]) == 2
    out = tmp_path / "unit.pdf"
    peduli(world, "report", *WEEK, "--unit", "32.76.06", "--out", str(out))
    assert out.read_bytes()[:4] == b"%PDF"
    with pytest.raises(UnknownUnitError):
        await numbers(world, "32.76.NOBODY")


async def test_what_a_unit_bought_while_it_was_in_use_counts_in_every_total(world: World) -> None:
    told: dict[str, Any] = {"purchased_at": "2021-07-27T10:00:00+07:00"}
    units = {"32.76.DKUM": "2021-07-28", "32.76.06": "2021-11-01", "32.76.01": "2021-11-01", "32.76.02": None}
    for code, day in units.items():
        retired = f"'{day}'" if day else "null"
        await query(world, f"update facts.ref_units set retired_from = {retired} where unit_code = '{code}'")
    buyers = ("32.76.DKUM", "32.76.06", "32.76.02")
    async with facts_of(world) as facts:
        await facts.apply([bought(code, unit_code=code, buyer_key=code, **told) for code in buyers])
        page = dict(await queries.load_city(facts.connection, tenant="3276"))
        (tree,) = await facts.read("select * from reporting.v1_unit_tree where unit_code = '32.76.01'")
    found = await numbers(world)
    whole = [3, 6, 390_000]
    assert found["Saluran belanja"][-1][1:] == found["Unit kerja yang ikut pada periode ini"][-1][2:] == whole
    assert found["Janji, belanja dan penyaluran"][1][1] == sum(spent for _, spent in found["Peruntukan"]) == whole[2]
    content = await gathered(world, *DAYS)
    assert sum(spent for _, spent in content["days"]) == sum(unit["spend_idr"] for unit in content["units"]) == whole[2]
    assert [page["purchases"], page["spend_idr"], page["buyers"]] == [3, 390_000, 3]
    headcounts = "select sum(headcount)::int as n from reporting.v1_unit_tally where unit_code <> '32.76.01'"
    assert page["headcount"] == (await query(world, headcounts))[0]["n"]
    assert (page["units"], page["units_with_purchases"]) == (100, 3)
    below = "select sum(headcount)::int as n from reporting.v1_unit_tally where parent_code = '32.76.01'"
    assert tree["headcount"] == (await query(world, below))[0]["n"]  # it was retired without a purchase


async def test_a_report_has_the_asn_and_the_units_of_its_last_day(world: World) -> None:
    async with facts_of(world) as facts:
        await facts.apply([bought("a", purchased_at="2021-07-27T10:00:00+07:00"), bought("b", hours=2)])
    (before,) = await query(world, "select asn_count, name from facts.dim_unit where unit_code = '32.76.DKUM'")
    (gone,) = await query(world, "select name from facts.dim_unit where unit_code = '32.76.06'")
    await query(world, "insert into facts.ref_unit_headcounts values ('32.76.DKUM', '2021-10-01', 9999)")
    await query(world, "update facts.ref_units set retired_from = '2021-10-01' where unit_code = '32.76.06'")
    for first, last, headcount, is_in_use in (
        (date(2021, 7, 26), date(2021, 8, 1), before["asn_count"], True),
        (date(2021, 7, 26), date(2021, 9, 30), before["asn_count"], True),
        (date(2021, 7, 26), date(2021, 10, 1), 9999, False),
    ):
        content = await gathered(world, first, last)
        taking = next(table for table in tables(content) if table.title.startswith("Unit kerja yang ikut"))
        assert taking.rows[0][:2] == [before["name"], headcount]
        assert (gone["name"] in silent(content)) == is_in_use


async def test_two_who_issue_at_one_moment_get_two_numbers(world: World) -> None:
    city, when = load("3276"), datetime(2021, 8, 1, 3, tzinfo=UTC)
    one, two = await connect(world.database_url, "facts"), await connect(world.database_url, "facts")
    made = await draft(one, city, date(2021, 7, 26), date(2021, 8, 1))
    async with one.transaction():
        first = await issue(one, city, made, when)
        waiting = asyncio.create_task(issue(two, city, made, when))
        blocked = "select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted"
        await eventually(lambda: query(world, blocked), lambda rows: rows == [{"n": 1}])
    assert (first.number, (await waiting).number) == (1, 2)
    await one.close()
    await two.close()


async def test_a_report_that_was_issued_before_is_written_with_what_was_kept_then(world: World) -> None:
    content = await gathered(world, *DAYS)
    del content["recipients"]
    for part in (*content["units"], *content["kecamatan"]):
        part.pop("unit_code", None)
        part.pop("units", None)
        part.pop("posts_by_unit", None)
    before = Report("Kota Depok", 1, *DAYS, datetime(2021, 8, 1, 3, tzinfo=UTC), None, content)
    words = words_of(pdf(before))
    assert {"Kecamatan Beji", "Unit kerja di Kecamatan Beji"} & set(words) == {"Kecamatan Beji"}
    assert not {"Oleh unit kerja", "Paket yang sampai, menurut penerima"} & set(words)
    assert any("Warga dan aparatur dihitung bersama" in word for word in words)


def test_few_packets_are_hidden_in_a_place_of_the_report() -> None:
    rows = [{"name": name, "assigned": 9, "delivered": n, "failed": 0, "returned": 0, "pieces": 2 * n, **PLACE}
            for name, n in (("Beji", 8), ("Kukusan", 3), ("Kemiri", 6))]  # fmt: skip
    (table,) = places({"kecamatan": [{"name": "Beji", "rows": rows}]})
    assert [row[2] for row in table.rows] == [8, "·", "·", 17]
    assert [row[5] for row in table.rows] == [16, "·", "·", 34]
    assert table.note.startswith("·")
    (whole,) = places({"kecamatan": [{"name": "Beji", "rows": rows[::2]}]})
    assert whole.note == ""  # nothing is hidden there, and nothing has to be explained
