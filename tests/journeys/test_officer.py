"""Bu Rina, reporting officer of a perangkat daerah, on a 360 px phone without JavaScript, and axe-core beside her."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from services.purchases.app import service
from services.purchases.documents.columns import PURCHASES
from shared.reference.load import load
from shared.sheets.spreadsheet import read
from tests.support.browser import broken_rules, fits, follow, window
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.officers import (
    CONTENTS,
    HASHTAGS,
    NIP,
    POST,
    THURSDAY_MORNING,
    UNIT,
    add_product,
    choose_seller,
    go_on,
    peduli,
    write,
)
from tests.support.publish import purchase
from tests.support.running import serving
from tests.support.servers import World
from tests.support.sheets import HEADINGS, purchases, xlsx

SELLER = "Koperasi Beji"
HELD = "update purchases.files set status = '{status}', leased_until = 'infinity' returning file_id"


def thursday() -> datetime:
    return THURSDAY_MORNING


async def come_in(page: Page, world: World, address: str) -> None:
    """By the link that the operator sent her."""
    await page.goto(peduli(world, "officer", "link", UNIT, "--url", address))
    await page.get_by_role("button", name="Masuk").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Minggu 26 Juli – 1 Agustus 2021")


async def look_until_done(page: Page) -> None:
    """Without a script she presses the link until the work on her file is done."""
    again = page.get_by_role("link", name="Perbarui sekarang")

    async def still() -> int:
        if await again.count():
            await again.click()
        return await again.count()

    await eventually(still, lambda count: count == 0)


def contributors(count: int) -> str:
    """NIP and amount, as two columns of her sheet are pasted."""
    return "\n".join(f"19800101 200501 1 {number:03}\tRp 50.000" for number in range(1, count + 1))


async def write_pooled(page: Page, reference: str, count: int) -> None:
    """40 kits bought at a koperasi with the money of `count` colleagues, up to the check page."""
    await choose_seller(page, "beji koperasi", SELLER)
    await page.get_by_role("button", name="Paket (kit)").click()
    await page.get_by_label("Nama").fill("Paket Sembako")
    await page.get_by_label("Kategori").select_option("sembako")
    await page.get_by_label("Tahan berapa hari").fill("30")
    await page.get_by_label("Isi satu paket").fill(CONTENTS)
    await page.get_by_label("Banyaknya").fill("40")
    await page.get_by_label("Harga satuan").fill("78.750")
    await go_on(page)
    await page.get_by_label("Nomor nota").fill(reference)
    await page.get_by_label("Jam").fill("09:05")
    await page.get_by_label("Patungan").check()
    await page.get_by_label("Daftar penyumbang").fill(contributors(count))
    await go_on(page)
    await page.get_by_label("Tautan unggahan").fill(POST)
    await page.get_by_label("Tagar di unggahan").fill(HASHTAGS)
    await go_on(page)


async def test_the_colleagues_one_receipt_40_kits(world: World, chromium: Browser) -> None:
    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address) as page,
    ):
        await come_in(page, world, address)
        await write_pooled(page, "KOP-77", 45)
        await expect(page.get_by_text("#BeliProdukUMKM hampir sama dengan #BeliProdukUMKMDepok.")).to_be_visible()
        await expect(page.get_by_text("45 penyumbang, Rp2.250.000")).to_be_visible()
        await page.get_by_role("button", name="Kirim laporan").click()
        await expect(page.get_by_role("status")).to_contain_text("Laporan diterima dan tercatat.")
        await page.get_by_role("link", name="Beranda").click()
        await expect(page.get_by_text("1 nota, 40 paket")).to_be_visible()
        await expect(page.get_by_text("dari 45 ASN (100,0 %)")).to_be_visible()
        assert not re.search(r"\d{18}", await page.content())
    kept = await query(world, "select content -> 'total_idr' as total from purchases.purchases")
    assert [row["total"] for row in kept] == ["3150000"]


async def test_40_becomes_39_and_a_receipt_typed_twice_is_voided(world: World, chromium: Browser) -> None:
    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address) as page,
    ):
        await come_in(page, world, address)
        for reference in ("KOP-77", "KOP-78"):
            await page.goto(f"{await write(page, reference, contributors(3))}/periksa")
            await follow(page, page.get_by_role("button", name="Kirim laporan"))
        await page.goto("/belanja")
        await page.get_by_role("link", name="Nota KOP-77").click()
        await page.get_by_role("button", name="Koreksi").click()
        await page.get_by_role("link", name="Ubah barang").click()
        await page.get_by_label("Banyaknya").fill("39")
        for _ in range(3):
            await go_on(page)
        await page.get_by_role("button", name="Kirim koreksi").click()
        await expect(page.get_by_role("status")).to_contain_text("Koreksi diterima")
        await page.goto("/belanja")
        await page.get_by_role("link", name="Nota KOP-78").click()
        await page.get_by_role("link", name="Batalkan").click()
        await page.get_by_label("Nota tercatat dua kali").check()
        await page.get_by_role("button", name="Batalkan belanja").click()
        await expect(page.get_by_text("Dibatalkan", exact=True)).to_be_visible()
        await page.get_by_role("link", name="Beranda").click()
        await expect(page.get_by_text("1 nota, 39 paket")).to_be_visible()
    told = await query(world, "select type from purchases.event_log order by seq")
    assert [row["type"].split(".")[1] for row in told] == ["recorded", "recorded", "corrected", "voided"]


async def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    world: World, chromium: Browser
) -> None:
    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address) as page,
    ):
        await come_in(page, world, address)
        await choose_seller(page, "beji koperasi", SELLER)
        await add_product(page, "beras medium 5", "Beras medium 5 kg", quantity="dua", price="65.000,5")
        await go_on(page)
        await expect(page.get_by_role("alert")).to_contain_text("Barang 1, banyaknya: Tulis angka bulat")
        await expect(page.get_by_label("Harga satuan")).to_have_value("65.000,5")
        await page.get_by_role("alert").get_by_role("link").first.click()
        assert page.url.endswith("#banyak-0")
        await expect(page.get_by_label("Banyaknya")).to_have_accessible_description(re.compile("angka bulat"))
        await page.get_by_label("Banyaknya").fill("2")
        await page.get_by_label("Harga satuan").fill("Rp 65.000,00")
        await go_on(page)
        await page.get_by_label("Nomor nota").fill("N-1")
        await page.get_by_label("NIP pembeli").fill("123")
        await go_on(page)
        await expect(page.get_by_label("NIP pembeli")).to_have_accessible_description(re.compile("18 angka yang sah"))
        await page.get_by_role("link", name="Beranda").click()
        await page.get_by_role("link", name="Nota N-1").click()
        await expect(page.get_by_text("NIP pembeli: NIP harus 18 angka yang sah.")).to_be_visible()
        await expect(page.get_by_role("button", name="Kirim laporan")).to_have_count(0)


async def test_the_till_told_it_first(world: World, chromium: Browser) -> None:
    body = purchase(purchased_at="2021-07-29T08:00:00+07:00", pickup=None)
    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address) as page,
    ):
        told = await page.request.post("/v1/purchases", data=body, headers={"Peduli-Source": "/pos/koperasi-depok"})
        assert told.status == 202
        await come_in(page, world, address)
        await choose_seller(page, "KOP-BEJI", SELLER)
        await add_product(page, "beras medium 5", "Beras medium 5 kg", quantity="2", price="65000")
        await go_on(page)
        await page.get_by_label("Nomor nota").fill("KOP-1")
        await page.get_by_label("Jam").fill("09:05")
        await page.get_by_label("NIP pembeli").fill(NIP)
        await go_on(page)
        await go_on(page)
        await expect(page.get_by_text("Belum ada tautan unggahan.")).to_be_visible()
        await page.get_by_role("button", name="Kirim laporan").click()
        await expect(page.get_by_text("Sudah tercatat dari /pos/koperasi-depok").first).to_be_visible()


async def test_63_rows_of_her_own_sheet_61_good_and_two_come_back(
    world: World, chromium: Browser, tmp_path: Path
) -> None:
    rows = purchases(load("3276"), 63, bad=2, unit="")  # a row that names no unit is hers
    sheet = tmp_path / "belanja juli.xlsx"
    sheet.write_bytes(xlsx([HEADINGS, *rows]))
    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address) as page,
    ):
        await come_in(page, world, address)
        await page.get_by_role("link", name="Unggah").click()
        await page.get_by_label("Berkas Excel atau CSV").set_input_files(sheet)
        await page.get_by_role("button", name="Unggah dan periksa").click()
        await look_until_done(page)
        await expect(page.get_by_role("heading", name="2 baris ditolak")).to_be_visible()
        assert await fits(page)
        await page.get_by_role("button", name="Catat 61 nota").click()
        await look_until_done(page)
        await expect(page.get_by_role("status")).to_contain_text("61 baris tercatat")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Unduh baris yang ditolak").click()
        mended = tmp_path / "ditolak.xlsx"
        await (await downloading.value).save_as(mended)
        assert len(read(mended.read_bytes(), PURCHASES).rows) == 2
        await page.get_by_role("link", name="Belanja").click()
        await expect(page.get_by_role("link", name="Tercatat 61")).to_be_visible()


async def follow_a_file(page: Page, world: World, look: Callable[[Page, str], Awaitable[None]]) -> None:
    """Upload a sheet, and look at its page in every state; a script brings the last one by itself."""
    await page.goto("/unggah")
    rows = xlsx([HEADINGS, *purchases(load("3276"), 3, bad=1)])
    file = {"name": "belanja.xlsx", "mimeType": "application/octet-stream", "buffer": rows}
    await page.get_by_label("Berkas Excel atau CSV").set_input_files(file)  # type: ignore[arg-type]
    await page.get_by_role("button", name="Unggah dan periksa").click()
    await expect(page.get_by_role("heading", name=re.compile("baris ditolak"))).to_be_visible()
    await look(page, "berkas")
    for status, title in (("received", "Sedang memeriksa"), ("accepting", "Sedang mencatat")):
        await query(world, HELD.format(status=status))
        await page.reload()
        await expect(page.get_by_role("status")).to_contain_text(title)
        await expect(page.get_by_role("progressbar", name="Kemajuan")).to_be_visible()
        await look(page, f"berkas, {status}")
    await query(world, HELD.format(status="accepted"))
    await expect(page.get_by_role("status")).to_contain_text("Selesai")


async def come_in_with_every_mistake(page: Page, link: str, look: Callable[[Page, str], Awaitable[None]]) -> None:
    """Without a PIN, by the link, and by the link once more."""
    await page.goto("/masuk")
    await follow(page, page.get_by_role("button", name="Masuk"))
    await look(page, "masuk, ditolak")
    await page.goto(link)
    await look(page, "tautan")
    await follow(page, page.get_by_role("button", name="Masuk"))
    await page.goto(link)
    await look(page, "tautan, sudah dipakai")


async def test_every_page_passes_axe(world: World, chromium: Browser, axe: str) -> None:
    wrong: dict[str, list[str]] = {}

    async def look(page: Page, name: str) -> None:
        found = await broken_rules(page, axe)
        if found or not await fits(page):
            wrong[name] = found

    async with (
        serving(service(world.settings(), clock=thursday)) as address,
        window(chromium, address, script=True) as page,
    ):
        await come_in_with_every_mistake(page, peduli(world, "officer", "link", UNIT, "--url", address), look)
        await page.goto("/belanja/baru")
        await look(page, "penjual")
        await choose_seller(page, "beji koperasi", SELLER)
        await page.get_by_label("Cari barang").fill("beras")
        await page.get_by_role("button", name="Cari", exact=True).click()
        await page.get_by_role("button", name="Paket (kit)").click()
        await go_on(page)
        await look(page, "barang, ditolak")
        draft = page.url.partition("/barang")[0]
        await page.goto(f"{draft}/nota")
        await go_on(page)
        await look(page, "nota, ditolak")
        await page.goto(f"{draft}/unggahan")
        await page.get_by_label("Tautan").fill("bukan tautan")
        await go_on(page)
        await look(page, "unggahan, ditolak")
        await page.goto(f"{draft}/periksa")
        await look(page, "periksa, belum lengkap")
        await page.goto(f"{await write(page, 'KOP-77', contributors(3))}/periksa")
        await look(page, "periksa")
        await follow(page, page.get_by_role("button", name="Kirim laporan"))
        await look(page, "diterima")
        told = page.url
        await follow(page, page.get_by_role("button", name="Koreksi"))
        await look(page, "koreksi")
        await page.goto(told)
        await page.get_by_role("link", name="Batalkan").click()
        await follow(page, page.get_by_role("button", name="Batalkan belanja"))
        await look(page, "batalkan, ditolak")
        await page.goto("/janji")
        await follow(page, page.get_by_role("button", name="Simpan janji"))
        await look(page, "janji, ditolak")
        await follow_a_file(page, world, look)
        for path in ("/beranda", "/belanja", "/belanja?status=rejected", "/janji", "/unggah", "/tidak-ada"):
            await page.goto(path)
            await look(page, path)
    assert wrong == {}
