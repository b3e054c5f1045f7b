"""An RT chair registers the family of Ibu Yanti: on a 360 px phone, without JavaScript, with six fields."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from services.distribution.app import service
from services.distribution.documents.households import COLUMNS
from shared.clock import now
from shared.reference.load import load
from tests.support.access import add
from tests.support.browser import broken_rules, fits, follow, low, window
from tests.support.journey import KELURAHAN, query
from tests.support.running import serving
from tests.support.servers import World
from tests.support.sheets import xlsx

TODAY = load("3276").date_of(now())


async def come_in(page: Page, token: str) -> None:
    """By the token that the operator gave."""
    await page.goto("/keluarga")
    await page.get_by_label("Kode masuk").fill(token)
    await page.get_by_role("button", name="Masuk").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Keluarga isoman")


async def fill(page: Page) -> None:
    """The six fields; the kelurahan is known, because he tells of one only."""
    await page.get_by_role("link", name="Daftarkan keluarga").click()
    await page.get_by_label("Nama penerima").fill("Ibu Yanti")
    await page.get_by_label("Alamat").fill("Kampung Lio 5, RT 003")
    await page.get_by_label("Jumlah orang").fill("4")
    await page.get_by_label("Positif, bergejala").check()
    await page.get_by_label("Tanggal", exact=True).fill((TODAY - timedelta(days=3)).isoformat())


async def test_he_registers_a_family_with_six_fields_and_sees_its_name_only_when_he_asks(
    world: World, chromium: Browser
) -> None:
    made = await add(world, "rt-lio", "puskesmas", sources=("/rt/lio",), units=(KELURAHAN,))
    async with (
        serving(service(world.settings(open_doors=False))) as address,
        window(chromium, address) as page,
    ):
        await come_in(page, made.token)
        await fill(page)
        await page.get_by_role("button", name="Daftarkan").click()
        await expect(page.get_by_role("status")).to_contain_text("Keluarga tercatat")
        await page.get_by_role("link", name="Semua keluarga").click()
        await expect(page.get_by_text("Ibu Yanti")).to_have_count(0)
        await page.locator("a.title").click()
        await page.get_by_role("button", name="Tampilkan nama dan alamat").click()
        await expect(page.get_by_role("status")).to_contain_text("Ibu Yanti")
        await page.get_by_label("sembuh").check()
        await page.get_by_role("button", name="Akhiri isolasi").click()
        await expect(page.get_by_role("status")).to_contain_text("Perubahan tercatat")
    [home] = await query(world, "select kelurahan, size, released_reason from distribution.households")
    assert tuple(home.values()) == (KELURAHAN, 4, "recovered")


async def test_every_page_passes_axe_and_fits_a_phone(
    world: World, chromium: Browser, axe: str, tmp_path: Path
) -> None:
    made = await add(world, "rt-axe", "puskesmas", sources=("/rt/axe",), units=(KELURAHAN,))
    sheet = tmp_path / "keluarga.xlsx"
    sheet.write_bytes(xlsx([[column.heading for column in COLUMNS], ["KK-1", KELURAHAN, "", "Ibu Contoh"]]))
    found: dict[str, list[str]] = {}

    async def look(page: Page) -> None:
        name = await page.title()
        assert await fits(page), name
        if broken := await broken_rules(page, axe) + await low(page):
            found[name] = broken

    async with (
        serving(service(world.settings(open_doors=False))) as address,
        window(chromium, address, script=True) as page,
    ):
        await page.goto("/keluarga")
        await look(page)
        await come_in(page, made.token)
        await fill(page)
        await page.get_by_text("Isian lain").click()
        await look(page)
        await page.get_by_label("Jumlah orang").fill("")
        await page.get_by_role("button", name="Daftarkan").click()
        await expect(page.get_by_role("alert")).to_contain_text("Jumlah orang")
        await look(page)
        await page.get_by_label("Jumlah orang").fill("4")
        await follow(page, page.get_by_role("button", name="Daftarkan"))
        await look(page)
        await follow(page, page.get_by_role("button", name="Tampilkan nama dan alamat"))
        await look(page)
        await page.get_by_role("button", name="Buat alamat dan kode QR").click()
        await look(page)
        await page.goto("/keluarga")
        await look(page)
        await page.get_by_label("Lembar Excel atau CSV").set_input_files(sheet)
        await page.get_by_role("button", name="Periksa saja").click()
        await expect(page.get_by_text("Perlu diperbaiki")).to_be_visible()
        await look(page)
    assert found == {}
