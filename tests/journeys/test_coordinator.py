"""The coordinator of kelurahan Beji at a phone of 360 px without JavaScript, axe-core beside him."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from shared.clock import now
from shared.reference.load import load
from tests.support.browser import broken_rules, fits, follow, low, window
from tests.support.coordinators import NAME, add_coordinator, come_in
from tests.support.eventually import eventually
from tests.support.journey import query, recent, register, report, tell
from tests.support.officers import peduli
from tests.support.running import caller
from tests.support.servers import TENANT, World
from tests.support.volunteers import TEAM, add_team, doors

OTHER_TEAM = "tim-dua"
LARGE = {"size": 6}  # two sacks of rice a packet
COOKED = {"sku": "NASI-KOTAK-AYAM", "quantity": 3, "unit_price_idr": 22_000}


async def busy(world: World, address: str) -> list[str]:
    """A morning: one packet in hand and told by two, one failed, one that waits. Returns their tasks."""
    rows = await query(world, "select task_id from distribution.tasks order by task_id limit 3")
    first, second, third = (str(row["task_id"]) for row in rows)
    async with caller(address) as client:
        await report(client, first, "accept", team=TEAM)
        await report(client, first, "deliver", team=OTHER_TEAM, proof_kind="witness", proof="Ketua RT")
        await report(client, second, "accept", team=TEAM)
        await report(client, second, "fail", team=TEAM, reason="not_home")
    return [first, second, third]


async def in_need(world: World, address: str) -> None:
    """A household that nothing in stock fits, and cooked food that is spoilt tonight."""
    async with caller(address) as client:
        await register(client, household_ref="KK-9", rw=9, groups=["no_cook"], allergens=["soy"])
    await tell(world, recent("KOP-9", lines=[COOKED], total_idr=66_000))
    both = "select 1 from distribution.waiting, distribution.lots where sku = 'NASI-KOTAK-AYAM'"
    await eventually(lambda: query(world, both), bool)


async def type_in(page: Page, task: str) -> None:
    """A door of a printed list was delivered in part; its hour is forgotten at first."""
    await page.get_by_role("link", name="Ketik lembar kertas").first.click()
    line = page.locator(f"#p-{task}")
    await line.get_by_label("Hasil").select_option("saksi: ketua RT")
    await line.get_by_text("Hanya sebagian yang diserahkan").click()
    await line.get_by_label("Beras medium 5 kg, dari 2").fill("1")
    await page.get_by_role("button", name="Catat lembar ini").click()
    await expect(page.get_by_role("alert")).to_contain_text("Isi tanggal dan jam kejadiannya.")
    await expect(line.get_by_label("Beras medium 5 kg, dari 2")).to_have_value("1")  # nothing is typed twice
    await line.get_by_label("Jam").fill(f"{now().astimezone(load(TENANT).zone):%H:%M}")
    await page.get_by_role("button", name="Catat lembar ini").click()
    await expect(page.get_by_text("Tercatat dari kertas")).to_be_visible()


async def decide(page: Page, told_by_two: str, failed: str, waits: str) -> None:
    """Which report of the first counts; the second goes to another team, and the third is called back."""
    await page.get_by_role("link", name="Perlu diputuskan (1)").click()
    await page.get_by_role("link", name=f"paket {told_by_two[-6:].upper()}").first.click()
    await page.get_by_label("Alasan").first.fill("ketua RT melihatnya")
    await page.get_by_role("button", name="Pakai laporan ini").click()
    await expect(page.get_by_text("Tercatat: laporan kedua dipakai.")).to_be_visible()
    await expect(page.get_by_text(f"ketua RT melihatnya ({NAME}")).to_be_visible()

    await page.goto(f"/koordinator/paket/{failed}")
    await page.get_by_label("Tim").select_option(OTHER_TEAM)
    await page.locator("#alasan-alihkan").fill("tim pertama sudah pulang")
    await page.get_by_role("button", name="Alihkan").click()
    await expect(page.get_by_text("Paket dialihkan.")).to_be_visible()

    await page.goto(f"/koordinator/paket/{waits}")
    await page.locator("#alasan-tarik").fill("keluarganya dirawat")
    await page.get_by_role("button", name="Tarik paket ini").click()
    await expect(page.get_by_text("Paket ditarik kembali.")).to_be_visible()


async def test_he_sees_what_is_wrong_and_decides(world: World, chromium: Browser) -> None:
    add_team(world)
    add_team(world, OTHER_TEAM)
    add_coordinator(world)
    async with doors(world, 4, told=lambda _: LARGE) as server, window(chromium, server) as page:
        await in_need(world, server)
        first, second, third = await busy(world, server)
        (fourth,) = await query(world, f"select task_id from distribution.tasks where task_id > '{third}'")
        async with caller(server) as client:
            await report(client, str(fourth["task_id"]), "accept", team=TEAM)
        await come_in(page, world, server)
        await expect(page.get_by_role("region", name="Menunggu barang")).to_contain_text("RW 09")
        soon = page.get_by_role("region", name="Barang yang segera basi")
        await expect(soon).to_contain_text("Nasi kotak ayam bakar: 3 bebas, 0 untuk paket.")
        await decide(page, first, second, third)
        await page.goto("/koordinator")
        await expect(page.locator(".tiles g")).to_have_count(5)
        await type_in(page, str(fourth["task_id"]))

        await page.get_by_role("link", name="Semua paket").click()
        await page.get_by_text("Jeda tim ini").first.click()
        await page.locator("#alasan-tim-1").fill("dua relawan sakit")
        await page.get_by_role("button", name="Jeda", exact=True).click()
        await expect(page.get_by_text("Tim dijeda: tidak mendapat pintu baru.")).to_be_visible()
        await page.get_by_role("button", name="Keluar").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Masuk sebagai koordinator")
    rows = await query(world, "select task_id, status, asked from distribution.tasks")
    assert [row["status"] for row in rows].count("accepted") == 1  # what did not fit at the fourth door
    states = {str(row["task_id"]): (row["status"], row["asked"]) for row in rows}
    assert [states[task] for task in (first, str(fourth["task_id"]), second, third)] == [
        ("delivered", ""),
        ("delivered", ""),
        ("assigned", OTHER_TEAM),
        ("recalled", ""),
    ]
    assert peduli(world, "ledger", "check") == "L1-L8 hold"


async def test_every_page_passes_axe(world: World, chromium: Browser, axe: str) -> None:
    wrong: dict[str, list[str]] = {}

    async def look(page: Page, name: str) -> None:
        found = await broken_rules(page, axe) + await low(page)
        if found or not await fits(page):
            wrong[name] = found

    add_team(world)
    add_team(world, OTHER_TEAM)
    add_coordinator(world)
    add_coordinator(world, "koordinator-kecamatan", "32.76.06")
    async with doors(world, 3, told=lambda _: LARGE) as server, window(chromium, server, script=True) as page:
        await page.goto("/koordinator/masuk")
        await look(page, "masuk")
        await page.goto("/dukungan")
        await page.get_by_label("Pesan").fill("dari Budi")
        await follow(page, page.get_by_role("button", name="Kirim"))
        await look(page, "dukungan-ditolak")
        await page.get_by_label("Pesan").fill("Semoga lekas pulih")
        await follow(page, page.get_by_role("button", name="Kirim"))
        await look(page, "dukungan")
        await come_in(page, world, server)
        await page.get_by_text("Jeda tim ini").first.click()
        await look(page, "sepi")
        await in_need(world, server)
        first, second, _ = await busy(world, server)
        await page.goto("/koordinator")
        await look(page, "ramai")
        await page.goto("/koordinator/pesan")
        await look(page, "pesan")
        await page.goto(f"/koordinator/paket/{first}")
        await look(page, "paket-berbeda")
        await page.goto(f"/koordinator/paket/{second}?kabar=NO_REASON")
        await look(page, "paket-gagal")
        await page.goto(f"/koordinator/kertas?tim={TEAM}")
        await page.get_by_text("Hanya sebagian yang diserahkan").first.click()
        await look(page, "kertas")
        await page.get_by_label("Hasil").first.select_option("pindah")
        await follow(page, page.get_by_role("button", name="Catat lembar ini"))
        await look(page, "kertas-belum-lengkap")
        await come_in(page, world, server, "koordinator-kecamatan")
        await look(page, "kecamatan")
    assert wrong == {}
