"""A page that a phone kept in an alley without signal is of before: at its next contact it says what changed."""

from __future__ import annotations

import httpx
from playwright.async_api import Browser, Page, expect

from tests.support import coordinators
from tests.support.browser import broken_rules, fits, holds, low, window
from tests.support.coordinators import add_coordinator
from tests.support.journey import query, report
from tests.support.proxy import proxied
from tests.support.running import browser
from tests.support.servers import World
from tests.support.volunteers import add_team, doors, kept_offline, set_out

OTHER = "tim-sore"
GONE = """async () => { const page = await (await caches.open("peduli-lapangan")).match("/lapangan");
  return !(await page.text()).includes("Pintu 1 dari") }"""


async def another_team_brings(client: httpx.AsyncClient, world: World, task: str) -> None:
    """A coordinator gives a door to another team, which brings it."""
    key = await coordinators.enter(client, world)
    form = {"kunci": key, "alasan": "motor mogok", "versi": "2", "tim": OTHER}
    given = await client.post(f"/koordinator/paket/{task}/alihkan", data=form)
    assert given.headers["location"].endswith("kabar=reassign")
    await report(client, task, "accept", team=OTHER)
    done = await report(client, task, "deliver", team=OTHER, proof_kind="witness", proof="Kader")
    assert done.json()["outcome"] == "delivered"


async def releases(client: httpx.AsyncClient, world: World, task: str) -> None:
    """The household of a door recovers."""
    (row,) = await query(world, f"select household_id from distribution.tasks where task_id = '{task}'")
    told = await client.patch(f"/v1/households/{row['household_id']}", json={"released": "recovered"})
    assert told.status_code == 202


async def door(page: Page, number: int) -> str:
    """The id of the task behind a door of the page."""
    return str(await page.locator(".pintu", has_text=f"Pintu {number} dari").get_attribute("data-tugas"))


async def test_a_kept_page_is_told_at_its_next_contact_what_became_of_its_doors(
    world: World, chromium: Browser, axe: str
) -> None:
    add_team(world)
    add_team(world, OTHER)
    add_coordinator(world)
    async with doors(world, 2) as server, proxied(server) as signal, window(chromium, signal.url, script=True) as page:
        await set_out(page, world, signal.url)
        await kept_offline(page, doors=2)
        one, two = await door(page, 1), await door(page, 2)
        signal.go_away()
        await page.context.set_offline(True)
        async with browser(server) as client:
            await another_team_brings(client, world, one)
            await releases(client, world, two)
        await page.goto("/lapangan")  # it is the one of before
        await page.get_by_role("link", name="2. RW").click()
        signal.come_back()
        await page.context.set_offline(False)
        await expect(page.locator("#kabar")).to_contain_text("Pintu 1 dari 2: Sudah diantar tim lain.")
        await expect(page.locator(f"#p-{one} .note.warn")).to_contain_text("Bila paketnya masih pada Anda")
        back = page.locator(f"#p-{two}")
        await expect(back.locator(".note.warn")).to_contain_text("Kembalikan paket ini ke lumbung")
        await expect(page.get_by_text("Jl. Contoh")).to_have_count(0)  # these doors are not hers any more
        await expect(back.get_by_role("button", name="Sudah di depan pintu")).to_be_hidden()
        await expect(back.get_by_role("button", name="Kembalikan ke lumbung")).to_be_visible()
        assert (await broken_rules(page, axe) + await low(page), await fits(page)) == ([], True)
        await holds(page, GONE)  # and so does the page that the phone keeps
