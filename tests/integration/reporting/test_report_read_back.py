"""The issued files opened again: what a reader finds in the PDF and in the workbook are the figures of the views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from python_calamine import load_workbook

from shared.reference.load import load
from shared.web.formats import channel_name, number, rupiah
from tests.support.journey import query
from tests.support.officers import peduli
from tests.support.pdf_words import words_of
from tests.support.projecting import BOTH, bought, counted, facts_of, packet, pledged
from tests.support.servers import World

MONEY = {"Saluran": (3,), "yang ikut": (4,), "Peruntukan": (1,), "di Kecamatan Beji": (2, 4, 5)}
PERIOD = "local_date between '2021-07-26' and '2021-08-01'"
WEEK = ("--from", "2021-07-26", "--to", "2021-08-01")
CHANNELS = f"""select channel, sum(purchases)::int, sum(items)::int, sum(spend_idr)::bigint
  from reporting.v1_channel_tally where {PERIOD} group by channel"""
UNITS = f"""select unit_name, max(headcount)::int, sum(purchases)::int, sum(items)::int, sum(spend_idr)::bigint
  from reporting.v1_unit_tally_daily where {PERIOD} group by unit_name"""
SUMS = f"""select sum(donated_idr)::bigint as donated, sum(own_use_idr)::bigint as own_use, sum(posts)::int as posts,
  sum(compliant_posts)::int as compliant from reporting.v1_unit_tally_daily where {PERIOD}"""
CITY = f"""select sum(assigned)::int as assigned, sum(delivered)::int as delivered, sum(returned)::int as returned
  from reporting.v1_distribution_city where {PERIOD}"""
PLACES = f"""select kelurahan_name, sum(assigned)::int, sum(delivered)::int, sum(failed)::int, sum(returned)::int,
  sum(pieces_delivered)::int from reporting.v1_distribution_tally where {PERIOD} group by kelurahan_name"""
WORKING = f"""select u.unit_name, u.headcount,
    coalesce((select sum(pledged_idr) from reporting.v1_unit_round r
      where r.unit_code = u.unit_code and r.round = '2021-07-26'), 0)::bigint,
    sum(t.purchases)::int, sum(t.spend_idr)::bigint, sum(t.donated_idr)::bigint, sum(t.posts)::int
  from reporting.v1_unit_tally u join reporting.v1_unit_tally_daily t using (unit_code)
  where u.unit_code like '32.76.06%' and t.{PERIOD} group by u.unit_code, u.unit_name, u.headcount"""
POSTS = f"""select sum(posts) filter (where posted_by = 'asn')::int as asn,
  sum(posts) filter (where posted_by = 'unit')::int as unit from reporting.v1_post_tally where {PERIOD}"""
GROUPS = """select initcap(recipients) as name, sum(packets)::int, sum(pieces)::int from reporting.v1_recipients
  where first_date = '2021-07-26' group by recipients"""
SILENT = f"""select unit_name from reporting.v1_unit_tally where is_active and unit_code not in
  (select unit_code from reporting.v1_unit_tally_daily where {PERIOD} and purchases > 0)"""


async def a_week(world: World) -> None:
    """Purchases by every channel in the week and before it, of two purposes; packets, and who got them."""
    sellers = {seller.channel: seller.seller_code for seller in load("3276").sellers.values()}
    events = []
    for n, unit in enumerate(("32.76.DKUM", "32.76.06", "32.76.06.1001", "32.76.02") * 6):
        channel = sorted(sellers)[n % len(sellers)]
        lines = [{"line_no": 1, "sku": "BERAS-5KG", "quantity": n + 1, "unit_price_idr": 65000}]
        told: dict[str, Any] = {"unit_code": unit, "buyer_key": f"b{n}", "lines": lines, "total_idr": (n + 1) * 65000}
        told["posts"] = [
            {"url_hash": "h", "hashtags": BOTH[n % 2 :], "posted_at": None, "by": "unit" if n % 3 else "asn"}
        ]
        told |= {"channel": channel, "seller_code": sellers[channel], "purpose": "donation" if n % 5 else "own_use"}
        events.append(bought(f"p{n}", purchased_at=f"2021-07-{24 + n % 8:02}T10:00:00+07:00", **told))
    for n in range(20):
        at: dict[str, Any] = {"household": f"h{n}", "purchase": "p23"}
        events.append(packet(f"t{n}", "assigned", 1, hours=100, **at))
        events.append(packet(f"t{n}", "delivered" if n < 14 else "returned", 2, hours=101, **at))
    events += [
        pledged("w", 1, 7_500_000, unit="32.76.06"),
        counted("c", "2021-07-26", "2021-08-01", warga=9, aparatur=5),
    ]
    async with facts_of(world) as facts:
        await facts.apply(events)


async def figures(world: World) -> dict[str, list[list[Any]]]:
    """What the tables must say, by words of their title, read from the published views."""
    asked = {"Saluran": CHANNELS, "yang ikut": UNITS, "Kecamatan Beji": PLACES, "penerima": GROUPS}
    asked["di Kecamatan Beji"] = WORKING
    rows = {title: [list(record.values()) for record in await world.admin.fetch(sql)] for title, sql in asked.items()}
    (sums,), (city,), (posts,) = [await query(world, sql) for sql in (SUMS, CITY, POSTS)]
    rows["Saluran"] = [[channel_name(code), *numbers] for code, *numbers in rows["Saluran"]]
    rows["penerima"] = [[name.replace("Aparatur", "Aparatur (ASN)"), *numbers] for name, *numbers in rows["penerima"]]
    for name in ("Saluran", "yang ikut"):
        rows[name].append(["Jumlah", *(sum(column) for column in list(zip(*rows[name], strict=True))[1:])])
    rows["Peruntukan"] = [["Untuk warga dan aparatur isoman", sums["donated"]], ["Dipakai sendiri", sums["own_use"]]]
    rows["Unggahan"] = [["Dilaporkan", sums["posts"]], ["Dengan semua tagar", sums["compliant"]]]
    rows["Unggahan"] += [["Oleh ASN", posts["asn"]], ["Oleh unit kerja", posts["unit"]]]
    rows["Janji"] = [
        ["Ditugaskan kepada relawan", "–", city["assigned"]],
        ["Sampai di pintu", "–", city["delivered"]],
        ["Kembali ke lumbung", "–", city["returned"]],
    ]
    return rows


def written(table: str, row: list[Any]) -> list[str]:
    """A row as people read it."""
    money = MONEY.get(table, ())
    cells = enumerate(row)
    return [cell if isinstance(cell, str) else (rupiah if place in money else number)(cell) for place, cell in cells]


def is_in(words: list[str], row: list[str]) -> bool:
    """Whether a row stands in a text, its cells one after the other."""
    return any(words[place : place + len(row)] == row for place in range(len(words)))


async def test_pdf_and_workbook_say_what_the_views_say(world: World, tmp_path: Path) -> None:
    await a_week(world)
    wanted = await figures(world)
    assert len(wanted["Saluran"]) == 4
    assert [row[0] for row in wanted["penerima"]] == ["Aparatur (ASN)", "Warga"]
    files = {kind: tmp_path / f"report.{kind}" for kind in ("pdf", "xlsx")}
    for kind, file in files.items():
        peduli(world, "report", *WEEK, "--format", kind, "--out", str(file))
    words = words_of(files["pdf"].read_bytes())
    book = load_workbook(files["xlsx"])
    cells = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    for title, rows in wanted.items():
        page = words[next(place for place, word in enumerate(words) if title in word) :]
        sheet = cells[next(place for place, row in enumerate(cells) if title in str(row[0])) :]
        for row in rows:
            assert is_in(page, written(title, row)), (title, row)
            assert row in [line[: len(row)] for line in sheet], (title, row)
    silent = [row["unit_name"] for row in await query(world, SILENT)]
    text = " ".join(" ".join(words).split())  # a long name is broken into lines
    assert {name for name in silent if name not in text} == set()
    assert set(silent) <= {str(row[0]) for row in cells}
    assert f"Unit kerja yang belum ikut pada periode ini ({len(silent)})" in words
