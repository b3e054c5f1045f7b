"""All that a unit sent stands on its pages: refusals without a number, pledges of past weeks, several programmes."""

from __future__ import annotations

import re

from peduli.prepare import load_city
from services.purchases.app import service
from tests.integration.purchases.test_pages import thursday, told
from tests.support.journey import query
from tests.support.officers import NIP, UNIT, browsing, sign_in, with_the_elderly
from tests.support.publish import purchase
from tests.support.running import running
from tests.support.servers import World

MINE = {"Peduli-Source": f"/unit/{UNIT}"}


async def test_each_refusal_without_a_number_is_a_row_of_its_own(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        await door.post("/v1/purchases", json=[purchase("", pickup=None)] * 60, headers=MINE)
        await sign_in(hers, world)
        first = (await hers.get("/belanja?status=rejected")).text
        assert "Ditolak 60" in first
        older = re.search(r'href="(/belanja\?status=rejected&amp;sebelum=[^"]+)"', first)
        assert older
        second = (await hers.get(older[1].replace("&amp;", "&"))).text
        rows = re.findall(r'action="(/belanja/kiriman/[^"]+)"', first + second)
        assert (len(rows), len(set(rows))) == (60, 60)


async def test_pledges_of_past_weeks_are_kept_in_sight(world: World) -> None:
    last_week = {"round": "2021-07-19", "unit_code": UNIT, "sum_idr": 7_500_000, "packets": 40}
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        assert (await door.post("/v1/pledges", json=last_week, headers=MINE)).status_code == 202
        await sign_in(hers, world)
        page = (await hers.get("/janji")).text
        past = page.partition("Janji yang lalu")[2]
        assert "19 – 25 Juli 2021" in past
        assert "Rp7.500.000, 40 paket" in past


async def test_each_programme_has_its_own_pledge_beside_its_own_purchases(world: World) -> None:
    await load_city(world.database_url, with_the_elderly())
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        assert 'href="/janji?putaran=2021-07-26&amp;program=lansia"' in (await hers.get("/janji")).text
        for programme, sum_idr in (("isoman", "1.000.000"), ("lansia", "2.000.000")):
            pledged = {"kunci": key, "putaran": "2021-07-26", "program": programme, "jumlah": sum_idr, "paket": "4"}
            kept = await hers.get((await hers.post("/janji", data=pledged)).headers["location"])
            assert f"Rp{sum_idr}" in kept.text
        assert (await told(hers, key)).status_code == 303
        sellers = (await hers.get("/belanja/baru?program=lansia")).text
        assert '<input type="hidden" name="program" value="lansia">' in sellers
        begun = await hers.post("/belanja/baru", data={"kunci": key, "penjual": "KOP-BEJI-01", "program": "lansia"})
        draft = begun.headers["location"].removesuffix("/barang")
        lines = {"baris": "1", "sku-0": "BERAS-5KG", "banyak-0": "1", "harga-0": "65.000", "aksi": "lanjut"}
        receipt = {"nota": "L-1", "tanggal": "2021-07-29", "jam": "09:05", "pembayar": "buyer", "nip": NIP}
        await hers.post(f"{draft}/barang", data={"kunci": key, **lines})
        assert "Untuk warga lansia" in (await hers.get(f"{draft}/nota")).text
        await hers.post(f"{draft}/nota", data={"kunci": key, **receipt})
        assert (await hers.post(f"{draft}/kirim", data={"kunci": key})).headers["location"].endswith("hasil=recorded")
        for programme, pledged_idr, bought in (("isoman", "1.000.000", "130.000"), ("lansia", "2.000.000", "65.000")):
            page = (await hers.get(f"/janji?program={programme}")).text
            state = page.partition("Keadaan")[2].partition("</section>")[0]
            assert re.findall(r'class="big">Rp([\d.]+)', state) == [pledged_idr, bought]
            assert f"Rp{bought}" in (await hers.get(f"/beranda?program={programme}")).text
    seen = await query(world, "select content ->> 'programme' as code from purchases.purchases order by 1")
    assert [row["code"] for row in seen] == ["isoman", "lansia"]
