"""The officer's pages without a browser: who comes in, what she may see, and what the pages never give away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.purchases.app import service
from services.purchases.documents.columns import PURCHASES
from shared.clock import now
from shared.sheets.spreadsheet import read
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.officers import NIP, OTHER_UNIT, THURSDAY_MORNING, UNIT, browsing, key_of, peduli, sign_in
from tests.support.publish import purchase
from tests.support.running import running
from tests.support.servers import World
from tests.support.sheets import HEADINGS, xlsx
from tests.support.sheets import told as row

TEMPLATES = Path("services/purchases/api/templates")
SHARED = Path("shared/web")
POS = {"Peduli-Source": "/pos/koperasi-depok"}


def thursday() -> Any:
    return THURSDAY_MORNING


async def pin_of(client: httpx.AsyncClient, unit: str, pin: str) -> httpx.Response:
    """What signing in with a PIN answers."""
    page = await client.get("/masuk")
    return await client.post("/masuk", data={"kunci": key_of(page), "kota": "3276", "unit": unit, "pin": pin})


async def told(client: httpx.AsyncClient, key: str, **changes: str) -> httpx.Response:
    """Write and send a purchase of two bags of rice, step by step, as the forms do."""
    fields = {
        "nota": "KOP-1",
        "tanggal": "2021-07-29",
        "jam": "09:05",
        "tujuan": "donation",
        "pembayar": "buyer",
        "nip": NIP,
        "harga-0": "65.000",
        "tautan": "https://example.org/p/1",
        "tagar": "#ASNDepokPeduli #BeliProdukUMKMDepok",
        **changes,
    }
    begun = await client.post("/belanja/baru", data={"kunci": key, "penjual": "KOP-BEJI-01"})
    draft = begun.headers["location"].removesuffix("/barang")
    lines = {"baris": "1", "sku-0": "BERAS-5KG", "banyak-0": "2", "harga-0": fields["harga-0"]}
    for step, more in (("barang", {**lines, "aksi": "lanjut"}), ("nota", fields), ("unggahan", fields)):
        answer = await client.post(f"{draft}/{step}", data={"kunci": key, **more})
        if answer.status_code != 303:
            return answer
    return await client.post(f"{draft}/kirim", data={"kunci": key})


async def test_a_link_opens_once_and_only_looking_does_not_use_it_up(world: World) -> None:
    link = peduli(world, "officer", "link", UNIT, "--url", "http://test")
    async with running(service(world.settings())) as door, browsing(door.app) as hers, browsing(door.app) as another:
        for _ in range(3):  # a messenger looks at every link that it shows
            assert "Dinas Koperasi" in (await another.get(link)).text
        page = await hers.get(link)
        entered = await hers.post(link, data={"kunci": key_of(page)})
        assert (entered.status_code, entered.headers["location"]) == (303, "/beranda")
        assert re.search(r"peduli_sesi=.*HttpOnly.*SameSite=lax", entered.headers["set-cookie"])
        assert (await hers.get("/beranda")).status_code == 200
        again = await another.post(link, data={"kunci": key_of(await another.get("/masuk"))})
        assert again.status_code == 410
    kept = str(await query(world, "select * from purchases.seat_sessions left join purchases.seat_links on true"))
    assert link.rsplit("/", 1)[1] not in kept


async def test_links_and_sessions_end_by_time_and_by_revoking(world: World) -> None:
    moment = now()

    def clock() -> Any:
        return moment

    link = peduli(world, "officer", "link", UNIT, "--url", "http://test")
    async with running(service(world.settings(), clock=clock)) as door, browsing(door.app) as hers:
        await sign_in(hers, world)
        peduli(world, "officer", "revoke", UNIT)
        assert (await hers.get("/beranda")).headers["location"] == "/masuk"
        assert (await hers.get(link)).status_code == 410
        await sign_in(hers, world)
        moment += timedelta(hours=12)
        assert (await hers.get("/beranda")).headers["location"] == "/masuk"
        link = peduli(world, "officer", "link", UNIT, "--url", "http://test")
        moment += timedelta(hours=24)
        assert (await hers.get(link)).status_code == 410


async def test_a_pin_opens_its_unit_alone_and_guessing_is_stopped(world: World, quick_pins: None) -> None:
    moment = now()

    def clock() -> Any:
        return moment

    pin = peduli(world, "officer", "pin", UNIT)
    peduli(world, "officer", "pin", OTHER_UNIT, "--pin", "87654321")
    wrong = "000000" if pin != "000000" else "111111"
    async with running(service(world.settings(), clock=clock)) as door, browsing(door.app) as guesser:
        assert (await pin_of(guesser, UNIT, pin)).headers["location"] == "/beranda"
        assert "Dinas Koperasi" in (await guesser.get("/beranda")).text
        assert (await pin_of(guesser, OTHER_UNIT, pin)).status_code == 422
        for _ in range(5):
            refused = await pin_of(guesser, UNIT, wrong)
            assert refused.status_code == 422
            assert 'aria-describedby="pin-petunjuk pin-salah"' in refused.text
            assert wrong not in refused.text
        locked = await pin_of(guesser, UNIT, pin)
        assert locked.status_code == 429
        assert re.search(r"PIN dapat dicoba lagi \d+ \w+ \d{4} \d\d\.\d\d WIB", locked.text)
        assert (await pin_of(guesser, OTHER_UNIT, "87654321")).headers["location"] == "/beranda"
        moment += timedelta(minutes=15)
        assert (await pin_of(guesser, UNIT, pin)).headers["location"] == "/beranda"
    assert pin not in str(await query(world, "select * from purchases.seat_pins"))


PATHS = [
    "/unggah",
    "/unggah/templat.{kind}",
    "/unggah/{file}",
    "/unggah/{file}/ditolak.xlsx",
    "/beranda",
    "/janji",
    "/belanja",
    "/belanja/baru",
    "/belanja/{purchase}",
    "/belanja/{purchase}/batalkan",
    *(f"/belanja/draf/{{draft}}/{step}" for step in ("penjual", "barang", "nota", "unggahan", "periksa")),
]
ACTS = [
    "/unggah",
    "/unggah/{file}/terima",
    "/unggah/{file}/hapus",
    "/keluar",
    "/janji",
    "/belanja/baru",
    "/belanja/{purchase}/koreksi",
    "/belanja/{purchase}/batalkan",
    "/belanja/kiriman/{refused}/perbaiki",
    "/belanja/draf/{draft}/kirim",
    "/belanja/draf/{draft}/hapus",
    *(f"/belanja/draf/{{draft}}/{step}" for step in ("penjual", "barang", "nota", "unggahan")),
]
NAMES = r"\{\w+\}|(?<=\}/)(penjual|barang|nota|unggahan|periksa)$"
GUARDED = r"/(beranda|janji|belanja|keluar|unggah)"
OWN = ("{purchase}", "{draft}", "{refused}", "{file}")


def routes_of(routes: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Method and path of every route, however deep its router was included."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner.routes)
        else:
            yield from ((method, route.path) for method in route.methods if method != "HEAD")


async def test_no_page_opens_without_a_session_and_none_of_anothers_unit_with_one(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        sent = await told(hers, key)
        ids = {"purchase": sent.headers["location"].split("/")[2].split("?")[0]}
        await told(hers, key, **{"harga-0": "70.000"})  # the same number, other content: refused
        refused = await query(world, "select submission_id from purchases.submissions where outcome = 'rejected'")
        ids["refused"] = str(refused[0]["submission_id"])
        begun = await hers.post("/belanja/baru", data={"kunci": key, "penjual": "KOP-BEJI-01"})
        sheet = {"file": ("belanja.csv", b"Nomor Nota;Tanggal;Penjual\n1;22/07/2021;x\n")}
        uploaded = await hers.post("/unggah", data={"kunci": key}, files=sheet)
        ids["file"], ids["kind"] = uploaded.headers["location"].split("/")[2], "csv"
        ids["draft"] = begun.headers["location"].split("/")[3]
        served = {(method, path) for method, path in routes_of(door.app.routes) if re.match(GUARDED, path)}
        walked = {("GET", re.sub(NAMES, "*", path)) for path in PATHS} | {
            ("POST", re.sub(NAMES, "*", path)) for path in ACTS
        }
        assert {(method, re.sub(r"\{\w+\}", "*", path)) for method, path in served} == walked
        async with browsing(door.app) as nobody, browsing(door.app) as other:
            others_key = await sign_in(other, world, OTHER_UNIT)
            for path in PATHS:
                assert (await nobody.get(path.format(**ids))).headers.get("location") == "/masuk", path
                if any(name in path for name in OWN):
                    assert (await other.get(path.format(**ids))).status_code == 404, path
            for path in ACTS:
                answer = await nobody.post(path.format(**ids), data={"kunci": key})
                assert answer.headers.get("location") == "/masuk", path
                foreign = await other.post(path.format(**ids), data={"kunci": key})
                assert foreign.status_code == 403, path
                if any(name in path for name in OWN):
                    answer = await other.post(path.format(**ids), data={"kunci": others_key, "sebab": "salah_input"})
                    assert answer.status_code == 404, path
            assert "KOP-1" not in (await other.get("/belanja")).text
        await a_file_of_nothing_but_mistakes_is_mended_or_taken_back(hers, f"/unggah/{ids['file']}", key)
        assert (await hers.get(f"/belanja/draf/{ids['draft']}/barang")).status_code == 200


async def a_file_of_nothing_but_mistakes_is_mended_or_taken_back(hers: httpx.AsyncClient, where: str, key: str) -> None:
    """No button accepts it, and its rows come back; once taken back it is gone from list and address."""
    page = await eventually(lambda: hers.get(where), lambda seen: "Yang akan terjadi" in seen.text)
    assert "Tidak ada nota yang dapat dicatat." in page.text
    assert f'action="{where}/terima"' not in page.text
    assert f'href="{where}/ditolak.xlsx"' in page.text
    assert len(read((await hers.get(f"{where}/ditolak.xlsx")).content, PURCHASES).rows) == 1
    assert f'action="{where}/hapus"' in page.text
    assert (await hers.post(f"{where}/hapus", data={"kunci": key})).headers["location"] == "/unggah"
    assert (await hers.get(where)).status_code == 404
    assert where not in (await hers.get("/unggah")).text


async def test_pages_are_safe_light_and_ask_nobody_else(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        await sign_in(hers, world)
        for path in ("/beranda", "/belanja", "/belanja/baru", "/janji", "/masuk", "/tidak-ada"):
            page = await hers.get(path)
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert ("script-src 'self'" in policy) == (path != "/tidak-ada")  # a file's progress needs our own
            assert "unsafe" not in policy
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["x-content-type-options"] == "nosniff"
            assert not re.search(r"<script|<style|\son\w+=|style=", page.text)
            links = re.findall(r'(?:href|src|action)="([^"#]+)', page.text)
            assert [link for link in links if not link.startswith("/")] == []
            assert len(page.content) < 40_000
        sheet = re.search(r'href="(/static/peduli\.css[^"]+)"', page.text)
        assert sheet
        served = await hers.get(sheet[1])
        assert "immutable" in served.headers["cache-control"]
        assert len(served.content) < 20_000
        assert (await hers.get("/static/..%2Fpages.py")).status_code == 404
        assert (await door.get("/tidak-ada")).headers["content-type"] == "application/problem+json"


async def test_a_nip_is_kept_sealed_and_never_shown_whole_in_a_list_or_an_address(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        sent = await told(hers, key, pembayar="contributors", penyumbang=f"{NIP} 50.000\n198001012005012003 50.000")
        await hers.post("/belanja/baru", data={"kunci": key, "penjual": "KOP-BEJI-01"})
        shown = [await hers.get(path) for path in (sent.headers["location"], "/belanja", "/beranda")]
        assert all(NIP not in page.text and NIP not in str(page.url) for page in shown)
        assert "•••• 1001" in shown[0].text
    stored = str(await query(world, "select * from purchases.purchases, purchases.submissions, purchases.drafts"))
    assert NIP not in stored


async def test_a_refused_form_comes_back_filled_with_each_reason_beside_its_field(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        page = await told(hers, key, nota="", pembayar="contributors", penyumbang=f"{NIP} 50.000\n{NIP} x")
        assert page.status_code == 422
        assert '<a href="#nota">' in page.text
        assert re.search(r'id="nota"[^>]*aria-describedby="nota-petunjuk nota-salah" aria-invalid="true"', page.text)
        assert "Baris 2: Tulis rupiah bulat" in page.text
        assert f"{NIP} x</textarea>" in page.text


async def test_one_receipt_told_by_the_till_and_by_the_unit_counts_once(world: World) -> None:
    body = purchase(purchased_at="2021-07-29T09:00:00+07:00", posts=[], pickup=None)
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        assert (await door.post("/v1/purchases", json=body, headers=POS)).json()["outcome"] == "recorded"
        key = await sign_in(hers, world)
        home = (await hers.get("/beranda")).text
        assert "1 dari 45 ASN ikut belanja (2,2 %), 44 belum;" in home
        assert "1 nota di antaranya dilaporkan pihak lain" in home
        head = {"reference": "KOP-1", "date": "29/07/2021", "time": "09.05", "seller": "KOP-BEJI-01", "nip": NIP}
        sheet = {"file": ("b.xlsx", xlsx([HEADINGS, row(**head, sku="BERAS-5KG", quantity=2, price=65000)]))}
        where = (await hers.post("/unggah", data={"kunci": key}, files=sheet)).headers["location"]
        preview = await eventually(lambda: hers.get(where), lambda page: "Yang akan terjadi" in page.text)
        assert "<b>Nota KOP-1:</b> sudah tercatat dari <code>/pos/koperasi-depok</code>" in preview.text
        sent = await told(hers, key)
        shown = (await hers.get(sent.headers["location"])).text
        assert "Belum ada tautan unggahan." in shown
        assert "sudah tercatat sebelumnya; tidak dihitung dua kali" in shown
        assert "Sudah tercatat dari <code>/pos/koperasi-depok</code>" in shown
        assert "Sudah tercatat dari <code>/pos/koperasi-depok</code>" in (await hers.get("/belanja")).text
        assert NIP[-4:] not in shown  # what the till told of its buyer is not hers to read
        assert "1 nota, 0 paket" in (await hers.get("/beranda")).text
        assert await query(world, "select count(*)::int as n from purchases.purchases") == [{"n": 1}]
        await told(hers, key, nota="KOP-2")
        again = await door.post("/v1/purchases", json={**body, "reference": "KOP-2"}, headers=POS)
        assert again.json()["told_by"] == "/unit/32.76.DKUM"
        assert "Dilaporkan pula dari <code>/pos/koperasi-depok</code>" in (await hers.get("/belanja")).text


async def test_a_conflict_is_explained_and_what_was_refused_can_be_mended(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        await told(hers, key)
        refused = await told(hers, key, **{"harga-0": "70.000"})
        assert refused.status_code == 422
        assert "pilih Koreksi" in refused.text
        listed = (await hers.get("/belanja?status=rejected")).text
        assert "Yang tercatat sebelumnya tetap berlaku" in listed
        act = re.search(r'action="(/belanja/kiriman/[^"]+)"', listed)
        assert act
        draft = (await hers.post(act[1], data={"kunci": key})).headers["location"].removesuffix("/periksa")
        receipt = {"nota": "KOP-2", "tanggal": "2021-07-29", "jam": "09:05", "pembayar": "buyer", "nip": NIP}
        await hers.post(f"{draft}/nota", data={"kunci": key, **receipt})
        sent = await hers.post(f"{draft}/kirim", data={"kunci": key})
        assert sent.headers["location"].endswith("hasil=recorded")
        again = await hers.post(f"{draft}/kirim", data={"kunci": key})
        assert again.status_code == 404


async def test_a_correction_and_a_void_go_the_way_of_all_doors(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        path = (await told(hers, key)).headers["location"].partition("?")[0]
        draft = (await hers.post(f"{path}/koreksi", data={"kunci": key})).headers["location"].removesuffix("/periksa")
        unchanged = await hers.post(f"{draft}/kirim", data={"kunci": key})
        assert unchanged.headers["location"].endswith("hasil=known")
        draft = (await hers.post(f"{path}/koreksi", data={"kunci": key})).headers["location"].removesuffix("/periksa")
        assert NIP in (await hers.get(f"{draft}/nota")).text
        lines = {"baris": "1", "sku-0": "BERAS-5KG", "banyak-0": "1", "harga-0": "65.000", "aksi": "lanjut"}
        await hers.post(f"{draft}/barang", data={"kunci": key, **lines})
        await hers.post(f"{draft}/unggahan", data={"kunci": key, "tautan": "", "tagar": "", "oleh": "asn"})
        corrected = await hers.post(f"{draft}/kirim", data={"kunci": key})
        assert "Rp65.000" in (await hers.get(corrected.headers["location"])).text
        seen = (await door.get(path.replace("/belanja", "/v1/purchases"))).json()
        assert seen["content"]["posts"] == []  # a post that showed a household is withdrawn
        voided = await hers.post(f"{path}/batalkan", data={"kunci": key, "sebab": "nota_ganda"})
        assert "tidak dihitung lagi" in (await hers.get(voided.headers["location"])).text
        assert "0 nota" in (await hers.get("/beranda")).text
        seen = (await door.get(path.replace("/belanja", "/v1/purchases"))).json()
        assert (seen["source"], seen["version"], seen["status"]) == (f"/unit/{UNIT}", 3, "voided")
    told_types = await query(world, "select type from purchases.event_log order by seq")
    assert [row["type"].split(".")[1] for row in told_types] == ["recorded", "corrected", "voided"]


@pytest.mark.parametrize(("minute", "says"), [(29, "paling lambat"), (30, "Belum"), (60, "dicatat terlambat")])
async def test_the_pledge_of_a_week_says_belum_in_time(world: World, minute: int, says: str) -> None:
    moment = THURSDAY_MORNING.replace(hour=8) + timedelta(minutes=minute)  # 15.00 WIB and so much
    async with (
        running(service(world.settings(), clock=lambda: moment)) as door,
        browsing(door.app) as hers,
    ):
        key = await sign_in(hers, world)
        assert says in (await hers.get("/janji")).text
        pledged = {"kunci": key, "putaran": "2021-07-26", "jumlah": "Rp 7.500.000", "paket": "40"}
        kept = await hers.get((await hers.post("/janji", data=pledged)).headers["location"])
        assert "Rp7.500.000" in kept.text
        assert ("Terlambat" if minute == 60 else "Tepat waktu") in kept.text
        refused = await hers.post("/janji", data={**pledged, "jumlah": "tujuh juta"})
        assert refused.status_code == 422
        assert 'value="tujuh juta"' in refused.text


async def test_a_long_book_has_pages(world: World) -> None:
    async with running(service(world.settings(), clock=thursday)) as door, browsing(door.app) as hers:
        for number in range(3):
            body = [purchase(f"N-{number}-{n:02}", pickup=None) for n in range(20)]
            await door.post("/v1/purchases", json=body, headers={"Peduli-Source": f"/unit/{UNIT}"})
        await sign_in(hers, world)
        first = (await hers.get("/belanja")).text
        older = re.search(r'href="(/belanja\?status=&amp;sebelum=[^"]+)"', first)
        assert older
        second = (await hers.get(older[1].replace("&amp;", "&"))).text
        seen = re.findall(r"Nota (N-\d-\d\d)", first) + re.findall(r"Nota (N-\d-\d\d)", second)
        assert len(seen) >= 60
        assert len(set(seen)) == 60


async def test_old_drafts_links_and_tries_are_swept(world: World) -> None:
    week_ago = now() - timedelta(days=8)
    async with running(service(world.settings(), clock=lambda: week_ago)) as door, browsing(door.app) as hers:
        key = await sign_in(hers, world)
        await hers.post("/belanja/baru", data={"kunci": key, "penjual": "KOP-BEJI-01"})
    left = """select (select count(*)::int from purchases.drafts) as drafts,
                     (select count(*)::int from purchases.seat_sessions) as sessions"""
    assert await query(world, left) == [{"drafts": 1, "sessions": 1}]
    async with running(service(world.settings())):
        await eventually(lambda: query(world, left), lambda rows: rows == [{"drafts": 0, "sessions": 0}])


async def test_a_till_sees_the_hints_too(world: World) -> None:
    async with running(service(world.settings())) as door:
        near = purchase(posts=[{"url": "https://example.org/1", "hashtags": ["ASNDepokPeduli", "BeliProdukUMKM"]}])
        answer = (await door.post("/v1/purchases", json=[near, purchase("2"), {}], headers=POS)).json()
        assert [hint["code"] for hint in answer[0]["hints"]] == ["NEAR_HASHTAG"]
        assert answer[1]["hints"] == []
        assert "hints" not in answer[2]


def test_every_template_is_used_and_escaped() -> None:
    code = "".join(path.read_text() for path in Path("services/purchases/api").rglob("*.py"))
    text = "".join(path.read_text() for path in [*TEMPLATES.glob("*.html"), *(SHARED / "templates").glob("*.html")])
    assert [path.name for path in TEMPLATES.glob("*.html") if f'"{path.name}"' not in code + text] == []
    assert "|safe" not in text.replace(" ", "")
