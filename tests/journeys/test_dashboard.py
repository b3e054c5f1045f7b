"""The Mayor, a unit's officer and an analyst look at the dashboard; every number is checked against SQL."""

from __future__ import annotations

import base64
import re
from typing import Any

from playwright.async_api import Browser, Page

import services.purchases.app as purchases
import services.reporting.app as reporting
from shared.web.formats import number, percent, rupiah
from tests.support.access import add
from tests.support.browser import DESKTOP, PHONE, broken_rules, fits, follow, window
from tests.support.dashboard import UNIT, carry, check_and_refuse, deliver, tell_a_week
from tests.support.journey import query
from tests.support.projecting import bought, facts_of, key, packet
from tests.support.running import running, serving
from tests.support.servers import World

PAGES = (
    "/",
    "/ringkas?putaran=2021-07-26",
    "/unit",
    f"/unit/{UNIT}",
    f"/unit/{UNIT}/nota?putaran=2021-07-26",
    "/janji?putaran=2021-07-26",
    "/kelurahan",
    "/kelurahan/32.76.01.1006",
    "/kelurahan/32.76.01.1007",
    "/umkm",
    "/waktu",
    "/mutu",
    "/telusur",
    "/telusur?cari=N-0",
    "/laporan",
)


async def one(world: World, sql: str) -> dict[str, Any]:
    return (await query(world, sql))[0]


async def text_of(page: Page, path: str) -> str:
    """What stands on a page, with every blank a plain one."""
    answer = await page.goto(path)
    assert answer
    assert answer.status == 200
    return re.sub(r"\s+", " ", await page.locator("main").inner_text())


async def test_every_number_is_the_one_that_sql_gives(world: World, chromium: Browser) -> None:
    settings = world.settings()
    async with (
        running(purchases.service(settings)),
        serving(reporting.service(settings)) as address,
        window(chromium, address) as page,
    ):
        await tell_a_week(world, 120)
        await deliver(world)
        city = await one(
            world,
            """select sum(spend_idr)::bigint as spend, sum(purchases)::int as purchases, sum(buyers)::int as buyers,
              sum(headcount)::int as headcount, count(*) filter (where purchases > 0)::int as taking_part,
              count(*)::int as units from reporting.v1_unit_tally where is_active""",
        )
        packets = await one(
            world,
            "select delivered, assigned from reporting.v1_distribution_total",
        )
        shown = await text_of(page, "/")
        assert f"{rupiah(city['spend'])} dibelanjakan di UMKM {number(city['purchases'])} nota" in shown
        assert f"{number(packets['delivered'])} paket sampai di pintu dari {number(packets['assigned'])}" in shown
        share = percent(city["buyers"], city["headcount"])
        assert f"{city['buyers']} ASN ikut belanja dari {number(city['headcount'])} ({share})" in shown
        assert f"{city['taking_part']} unit sudah ikut dari {city['units']} unit kerja" in shown
        assert f"{city['units'] - city['taking_part']} unit belum ikut" in shown
        for row in await query(
            world, "select channel, sum(spend_idr)::bigint as spend from reporting.v1_channel_tally group by 1"
        ):
            assert f"{rupiah(row['spend'])} {percent(row['spend'], city['spend'])}" in await text_of(page, "/umkm")
        unit = await one(world, f"select * from reporting.v1_unit_tally where unit_code = '{UNIT}'")
        shown = await text_of(page, f"/unit/{UNIT}")
        assert f"Peringkat {unit['rank_in_kind']}" in shown
        assert f"{unit['buyers']} dari {unit['headcount']} ASN ikut {rupiah(unit['spend_idr'])}" in shown
        assert f"{unit['headcount'] - unit['buyers']} ASN belum ikut belanja." in shown
        assert "Rp7.500.000" in shown
        await look_behind(page, world)
        await look_at_pledges(page)
        listed = await text_of(page, "/unit?jenis=kelurahan")
        for row in await query(world, "select unit_name from reporting.v1_unit_tally where kind = 'kelurahan'"):
            assert row["unit_name"] in listed
        shown = await text_of(page, "/kelurahan")
        for row in await query(
            world,
            "select kelurahan_name, assigned, delivered, failed from reporting.v1_distribution_place",
        ):
            assert f"{row['kelurahan_name']} {row['assigned']} {row['delivered']} {row['failed']}" in shown


async def look_behind(page: Page, world: World) -> None:
    """From what a unit bought in a week to its receipts, and from one of these to its way."""
    bought = await one(
        world,
        f"""select sum(spend_idr)::bigint as idr, sum(purchases)::int as receipts from reporting.v1_unit_tally_daily
          where unit_code = '{UNIT}' and local_date between '2021-07-26' and '2021-08-01'""",
    )
    await follow(page, page.locator(f"a[href='/unit/{UNIT}/nota?putaran=2021-07-26']"))
    listed = re.sub(r"\s+", " ", await page.locator("main").inner_text())
    assert f"Jumlah {bought['receipts']} nota, tanpa yang dibatalkan {rupiah(bought['idr'])}" in listed
    (last,) = await query(
        world,
        f"""select purchase_id from facts.fct_purchase where unit_code = '{UNIT}' and local_date <= '2021-08-01'
          order by purchased_at desc, purchase_id limit 1""",
    )
    await follow(page, page.locator("tbody a").first)
    assert str(last["purchase_id"]) in await page.locator("main").inner_text()


async def look_at_pledges(page: Page) -> None:
    """The week of the one pledge, and a week that is far away: nobody is late for it yet."""
    shown = await text_of(page, "/janji?putaran=2021-07-28")
    assert "Janji minggu 26 Juli – 1 Agustus 2021" in shown
    assert "1 unit sudah menyampaikan" in shown
    assert "26 unit belum menyampaikan" in shown
    assert "Dinas Kesehatan Belum" in shown
    assert re.search(r"Usaha Mikro Rp7\.500\.000 40 paket Terlambat", shown)
    assert "Dinas Kesehatan" in await page.get_by_label("Teks untuk disalin").input_value()
    assert "Belum" not in (await text_of(page, "/janji?putaran=2999-01-07")).replace("“Belum”", "")


async def test_few_households_are_not_told_and_many_are(world: World, chromium: Browser) -> None:
    async with serving(reporting.service(world.settings())) as address, window(chromium, address) as page:
        await deliver(world)
        assert "Kurang dari 5 keluarga isoman" in await text_of(page, "/kelurahan/32.76.01.1006")
        assert "6 keluarga isoman" in await text_of(page, "/kelurahan/32.76.02.1009")
        assert "Belum ada paket" in await text_of(page, "/kelurahan/32.76.01.1007")
        few = "insert into facts.tally_region_day values ('32.76.01.1007', '2021-07-24', 9, 9, 3, 0, 0, 0, 3)"
        await query(world, few)
        shown = await text_of(page, "/kelurahan/32.76.01.1007")
        assert "disembunyikan paket sampai di pintu dari 9 yang ditugaskan" in shown
        (name,) = await query(world, "select name from facts.dim_region where region_code = '32.76.01.1007'")
        assert re.search(rf"{name['name']} 9 ·\s?disembunyikan 0", await text_of(page, "/kelurahan"))


async def test_speed_turnover_and_quality_are_what_the_facts_say(world: World, chromium: Browser) -> None:
    settings = world.settings()
    async with (
        running(purchases.service(settings)),
        serving(reporting.service(settings)) as address,
        window(chromium, address) as page,
    ):
        await tell_a_week(world, 40)
        await deliver(world)
        assert "Belum ada paket yang sampai" in await text_of(page, "/waktu")  # tallies without packets: no hours
        await carry(world)
        await check_and_refuse(world)
        shown = await text_of(page, "/waktu")
        for day in await query(
            world,
            """select count(*)::int as delivered, percentile_cont(0.5) within group (order by hours)::float as middle,
              percentile_cont(0.9) within group (order by hours)::float as most, avg(in_time) as in_time,
              min(hours_in_all_p50)::float as told_middle, min(hours_in_all_p90)::float as told_most
            from (select (delivered_at at time zone 'Asia/Jakarta')::date as day,
                extract(epoch from delivered_at - (select min(purchased_at) from facts.fct_purchase)) / 3600 as hours,
                (delivered_at <= isolation_until)::int * 100.0 as in_time
              from facts.fct_task join facts.fct_household using (household_id)) packets
            join reporting.v1_speed_city on local_date = day group by day""",
        ):
            assert abs(day["told_middle"] - day["middle"]) < 1.5  # half of a bucket between two days and a week
            assert abs(day["told_most"] - day["most"]) < 1.5
            told = (day["told_middle"], day["told_most"], day["in_time"])
            hours = [f"{value:.1f}".replace(".", ",") for value in told]
            assert re.search(rf"{number(day['delivered'])} .* {hours[0]} jam {hours[1]} jam {hours[2]} %", shown)
        shown = await text_of(page, "/umkm")
        for row in await query(
            world,
            """select s.name, sum(p.total_idr)::bigint as spend, count(*)::int as receipts from facts.fct_purchase p
            join facts.ref_sellers s using (tenant, seller_code) group by seller_code, 1""",
        ):
            assert re.search(rf"{re.escape(row['name'])}.*?{rupiah(row['spend'])} {row['receipts']} nota", shown)
        shown = await text_of(page, "/mutu")
        assert "2 beda tally_unit_day: 2 1.234 2,5 detik" in shown
        assert "Cocok 1.240 1,5 detik" in shown
        assert "/pos/koperasi-depok 40 3 7,0 %" in shown
        assert "UNKNOWN_UNIT 3" in shown


async def of_the_week(world: World) -> list[str]:
    """What the Mayor must find of the week of 26 July, from the views that analysts read."""
    city = "from reporting.v1_distribution_city where local_date = '2021-07-26'"
    packets = await one(world, f"select delivered, assigned {city}")
    speed = "from reporting.v1_speed_city where local_date = '2021-07-26'"
    share = "round(delivered * in_time_percent / 100)::int as in_time"
    timely = await one(world, f"select delivered::int as delivered, {share} {speed}")
    places = "from reporting.v1_distribution_place where unmet_households is not null"
    sums = "sum(unmet_households)::int as unmet, sum(active_households)::int as households"
    need = await one(world, f"select {sums} {places}")
    in_time = percent(timely["in_time"], timely["delivered"])
    return [
        "Minggu 26 Juli – 1 Agustus 2021",
        "dari Rp7.500.000 yang dijanjikan",
        f"{number(packets['delivered'])} paket sampai di pintu dari {number(packets['assigned'])} yang ditugaskan",
        "40 paket dijanjikan",
        f"{in_time} sampai sebelum masa bantuan berakhir {timely['in_time']} dari {timely['delivered']} paket",
        f"{number(need['unmet'])} keluarga belum menerima paket dari {number(need['households'])} keluarga isoman",
        "100 dari 101 unit belum melapor",
    ]


async def test_the_mayor_sees_a_week_on_one_screen(world: World, chromium: Browser) -> None:
    settings = world.settings()
    async with (
        running(purchases.service(settings)),
        serving(reporting.service(settings)) as address,
        window(chromium, address, size=DESKTOP) as page,
    ):
        assert "Belum ada data yang diterima" in await text_of(page, "/ringkas")
        await tell_a_week(world, 60)
        await deliver(world)
        await carry(world)
        await query(world, "insert into facts.freshness select '3276', 'task', now(), now()")
        spent = await one(
            world,
            """select sum(donated_idr)::bigint as idr from reporting.v1_unit_tally_daily
              where local_date between '2021-07-19' and '2021-07-25'""",
        )
        before = await text_of(page, "/ringkas?putaran=2021-07-19")
        assert f"{rupiah(spent['idr'])} dibelanjakan untuk isoman dari Rp0 yang dijanjikan – dari janji" in before
        shown = await text_of(page, "/ringkas?putaran=2021-07-28")
        assert [told for told in await of_the_week(world) if told not in shown] == []
        text = await page.get_by_label("Teks untuk disalin").input_value()
        assert "Dinas Kesehatan;" in text
        assert "Usaha Mikro" not in text
        assert shown.count("Data per") == 6  # of the page, and of each card


async def test_need_is_seen_where_nothing_ever_came(world: World, chromium: Browser) -> None:
    async with serving(reporting.service(world.settings())) as address, window(chromium, address) as page:
        await query(
            world,
            """insert into facts.fct_household select gen_random_uuid(), '3276', 1, place, 4, now() - interval '1 day',
                now() + interval '9 days', false
              from (values ('32.76.01.1007', 900), ('32.76.01.1006', 4)) as homes (place, n), generate_series(1, n)""",
        )
        shown = await text_of(page, "/ringkas")
        (name,) = await query(world, "select name from facts.dim_region where region_code = '32.76.01.1007'")
        assert f"{name['name']}: 900 dari 900 keluarga" in shown
        assert "900 keluarga belum menerima paket dari 900 keluarga isoman" in shown
        assert "1 kelurahan lain tidak dihitung di sini" in shown


async def test_an_auditor_follows_a_receipt_to_the_door_and_a_packet_back(world: World, chromium: Browser) -> None:
    settings = world.settings()
    async with (
        running(purchases.service(settings)),
        serving(reporting.service(settings)) as address,
        window(chromium, address) as page,
    ):
        await tell_a_week(world, 5)
        (first,) = await query(
            world,
            """select p.*, s.name from facts.fct_purchase p join facts.ref_sellers s using (tenant, seller_code)
            where purpose = 'donation' order by items desc limit 1""",
        )
        (number,) = await query(
            world, f"select reference from purchases.purchases where purchase_id = '{first['purchase_id']}'"
        )
        pieces = first["items"]
        async with facts_of(world) as facts:
            line = {"lot_id": key("lot"), "purchase_id": str(first["purchase_id"]), "line_no": 1, "sku": "BERAS-5KG"}
            for version, status in enumerate(("assigned", "accepted", "delivered"), start=1):
                told = packet("t", status, version, hours=version, household="h", purchase="p")
                told.data["lines"] = [{**line, "quantity": pieces - 1}]
                await facts.apply([told])
        shown = await text_of(page, f"/telusur?cari={number['reference']}")
        assert f"{rupiah(first['total_idr'])} di {first['name']}" in shown
        assert f"Sampai di pintu {pieces - 1} {rupiah(65000 * (pieces - 1))}" in shown
        assert f"Di lumbung 1 {rupiah(65000)}" in shown
        assert f"Jumlah Cocok {pieces} {rupiah(first['total_idr'])}" in shown
        await follow(page, page.get_by_role("link", name="Semua nota di paket ini"))
        back = await page.locator("main").inner_text()
        assert str(first["purchase_id"]) in back
        assert "Tidak ada belanja" in await text_of(page, "/telusur?cari=KOP-TIDAK-ADA")


async def test_an_open_page_shows_what_is_new_without_a_reload(world: World, chromium: Browser) -> None:
    async with serving(reporting.service(world.settings())) as address:
        context = await chromium.new_context(base_url=address)  # with its script, under the page's own policy
        page = await context.new_page()
        await page.goto("/")
        assert "Rp130.000" not in await page.locator("main").inner_text()
        async with facts_of(world) as facts:
            await facts.apply([bought("a")])
        await page.get_by_text("Rp130.000").first.wait_for(timeout=60_000)
        await context.close()


async def test_the_office_issues_a_report_and_takes_it_home(world: World, chromium: Browser) -> None:
    async with (
        serving(reporting.service(world.settings())) as address,
        window(chromium, address, size=DESKTOP) as page,
    ):
        await page.goto(f"/laporan?unit={UNIT}")
        await page.get_by_label("Dari").fill("2021-07-26")
        await page.get_by_label("Sampai").fill("2021-07-19")
        await follow(page, page.get_by_role("button", name="Terbitkan"))
        assert "Harus sama dengan atau sesudah hari pertama." in await page.locator("main").inner_text()
        await page.get_by_label("Dari").fill("2021-07-19")
        await page.get_by_role("button", name="Terbitkan").click()
        row = page.locator("#laporan-1")
        assert "19 Juli 2021" in await row.inner_text()
        for kind, begin in (("PDF", b"%PDF"), ("XLSX", b"PK")):
            name = f"Unduh laporan nomor 1 sebagai {kind}"
            href = await row.get_by_role("link", name=name).get_attribute("href")
            first, again = [await page.request.get(str(href)) for _ in range(2)]
            assert (await first.body()).startswith(begin)
            assert await first.body() == await again.body()
            assert f".{kind.lower()}" in first.headers["content-disposition"]
        assert (await page.request.get("/laporan/2/pdf")).status == 404
        foreign: dict[str, str | float | bool] = {
            "dari": "2021-07-19",
            "sampai": "2021-07-19",
            "unit": "",
            "kunci": "guessed",
        }
        assert (await page.request.post("/laporan", form=foreign)).status == 403


async def test_only_a_reader_comes_in(world: World, chromium: Browser) -> None:
    async with (
        serving(reporting.service(world.settings(open_doors=False))) as address,
        window(chromium, address) as page,
    ):
        reader, team = await add(world, "wali", "reader"), await add(world, "tim-dasbor", "team")
        for token, status in ((reader.token, 200), (team.token, 401), ("wrong", 401)):
            basic = base64.b64encode(f"wali:{token}".encode()).decode()
            answer = await page.request.get("/", headers={"Authorization": f"Basic {basic}"})
            assert answer.status == status
        assert (await page.request.get("/")).headers["www-authenticate"].startswith("Basic ")
        assert (await page.request.get("/unit/nowhere")).status == 401


async def test_every_page_passes_axe_on_phone_and_desktop(world: World, chromium: Browser, axe: str) -> None:
    wrong: dict[str, list[str]] = {}
    settings = world.settings()
    async with (
        running(purchases.service(settings)),
        serving(reporting.service(settings)) as address,
        window(chromium, address, script=True) as page,
    ):

        async def look(path: str, name: str) -> None:
            await text_of(page, path)
            for size in sorted((PHONE, DESKTOP), key=lambda size: size != page.viewport_size):  # first as it is
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                sticks_out = [] if await fits(page) else ["sticks out"]
                wrong[f"{name}, {size['width']} px"] = sticks_out + await broken_rules(page, axe)

        await look("/", "empty")  # an empty city has pages as well
        await tell_a_week(world, 40)
        await deliver(world)
        await carry(world)
        await check_and_refuse(world)
        for path in PAGES:
            await look(path, path)
    assert {name: found for name, found in wrong.items() if found} == {}
