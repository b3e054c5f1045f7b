"""Pak Asep at his phone: teams, their doors, and how a volunteer comes in, for tests in a browser and without."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
from playwright.async_api import Page, expect

import services.distribution.app as distribution
import services.purchases.app as purchases
from shared.clock import Clock, now
from tests.support.browser import holds
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, query, recent, register, tell
from tests.support.officers import key_of, peduli
from tests.support.running import browser, caller, running, serving
from tests.support.servers import World

TEAM = "tim-beji"
TEN_SECONDS = 10_000  # that a wrong button can be taken back
PEOPLE = {"phone": "081200000001"}
PURCHASE: dict[str, Any] = {
    "lines": [{"sku": "BERAS-5KG", "quantity": 20, "unit_price_idr": 65000}],
    "total_idr": 1_300_000,
}


@contextlib.asynccontextmanager
async def doors(
    world: World, count: int, clock: Clock = now, told: Callable[[int], dict[str, Any]] | None = None
) -> AsyncIterator[str]:
    """Distribution and purchases at work, and `count` doors that wait for their packets; yields the pages' address.

    `told` says what is told otherwise of the household of a number.
    """
    settings = world.settings()
    async with (
        serving(distribution.service(settings, clock=clock)) as address,
        running(purchases.service(settings)),
        caller(address) as client,
    ):
        for number in range(1, count + 1):
            people = {**PEOPLE, "name": f"Ibu Contoh {number}", "address": f"Jl. Contoh No. {number}"}
            body = {"rw": number, "people": people} | (told(number) if told else {})
            await register(client, household_ref=f"KK-{number}", **body)
        await tell(world, recent(**PURCHASE))
        assigned = "select task_id from distribution.tasks"
        await eventually(lambda: query(world, assigned), lambda rows: len(rows) == count)
        yield address


def add_team(world: World, team: str = TEAM, place: str = KELURAHAN) -> None:
    """A team of a place, made as an operator makes it."""
    peduli(world, "team", "add", team, place)


def link_of(world: World, address: str, team: str = TEAM) -> str:
    """A one-time link for a device of the team."""
    return peduli(world, "team", "link", team, "--url", address)


async def come_in(page: Page, world: World, address: str, team: str = TEAM) -> None:
    """By the link that the coordinator sent."""
    await page.goto(link_of(world, address, team))
    await page.get_by_role("button", name="Masuk di perangkat ini").click()
    await page.wait_for_url("**/lapangan")


async def enter(client: httpx.AsyncClient, world: World, team: str = TEAM) -> str:
    """Come in without a browser; returns the key of the forms."""
    link = link_of(world, str(client.base_url), team)
    entered = await client.post(link, data={"kunci": key_of(await client.get(link))})
    assert entered.headers.get("location") == "/lapangan", entered.text
    return key_of(await client.get("/lapangan"))


async def set_out(page: Page, world: World, address: str, team: str = TEAM) -> None:
    """Be where `come_in` and `take_all` lead, by their forms but without a thumb, which other tests have."""
    async with browser(address) as client:
        key = await enter(client, world, team)
        seen = (await client.get("/lapangan")).text
        free = re.findall(r'type="checkbox" name="tugas" value="([^"]+)"', seen)
        form = {"kunci": key, "muat": now().isoformat(), "diambil": "ya", "tugas": free}
        taken = await client.post("/lapangan/ambil", data=form)
        assert (taken.status_code, bool(free)) == (303, True), taken.text
        cookies = [{"name": name, "value": value, "url": address} for name, value in client.cookies.items()]
    await page.context.add_cookies(cookies)  # type: ignore[arg-type]
    await page.goto("/lapangan")
    await expect(page.get_by_role("heading", name=f"Di tangan tim ({len(free)} dari")).to_be_visible()


async def take_all(page: Page) -> None:
    """Take every door that is free, fetch the packets, and set out."""
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await page.get_by_role("button", name="Ambil yang dipilih").click()
    await page.get_by_role("button", name="Sudah kami ambil dari lumbung").click()
    await page.get_by_text("Masih di lumbung").first.wait_for(state="detached")


async def at_door(page: Page, number: int) -> None:
    """Open the door with this number from the list."""
    if await page.locator(".pintu:target").count():
        await page.locator(".pintu:target").get_by_role("link", name="Semua pintu").click()
    await page.get_by_role("link", name=re.compile(rf"^{number}\. RW")).click()
    await expect(page.locator(".pintu:target h2")).to_contain_text(f"Pintu {number} dari")


async def deliver(page: Page, number: int = 1) -> None:
    """The packet of the door that is open stands before it, and a neighbour saw it."""
    door = page.locator(".pintu:target")
    await expect(door.locator("h2")).to_contain_text(f"Pintu {number} dari")
    await door.get_by_label("atau saksi").select_option("Tetangga")
    await door.get_by_role("button", name="Sudah di depan pintu").click()
    await expect(page.locator(".pintu:target h2", has_text=f"Pintu {number} dari")).to_have_count(0)


async def send_photo(page: Page, content: bytes) -> None:
    """Prove by a photo that the packet stands before the door that is open."""
    door = page.locator(".pintu:target")
    await door.get_by_label("atau foto").set_input_files(
        {"name": "pintu.jpg", "mimeType": "image/jpeg", "buffer": content}
    )
    await door.get_by_role("button", name="Kirim foto").click()


async def undo_ends(page: Page) -> None:
    """The time in which the last button could be taken back is over: its report is sent now."""
    await page.clock.fast_forward(TEN_SECONDS)


async def kept_offline(page: Page, doors: int = 10) -> None:
    """Until the phone has what it needs in an alley without signal, for so many doors."""
    kept = f"""async () => {{ const cache = await caches.open("peduli-lapangan");
      const page = await cache.match("/lapangan");
      return (await cache.keys()).length >= 3 && (await page.text()).includes("Pintu {doors} dari {doors}") }}"""
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    await holds(page, kept)


async def reports(world: World, kind: str = "deliver") -> list[dict[str, Any]]:
    """What came from the field, oldest first."""
    return await query(world, f"select * from distribution.field_reports where kind = '{kind}' order by received_at")
