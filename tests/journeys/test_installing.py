"""The field page is installed on a phone: all is there that Chromium asks for, and with it the first load is small."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Browser, Page

from tests.support.browser import window
from tests.support.proxy import proxied
from tests.support.servers import World
from tests.support.volunteers import add_team, come_in, doors, kept_offline, take_all

MOST_BYTES = 60_000
SMALLEST = 144  # pixels of an icon; without one as PNG, a Chromium of 2016 offers nothing
DRAWN = """async address => {
  const answer = await fetch(address), picture = await createImageBitmap(await answer.blob())
  return [answer.headers.get("content-type"), `${picture.width}x${picture.height}`] }"""


async def manifest_of(page: Page) -> dict[str, Any]:
    """The manifest as Chromium has read it; it finds no fault with it."""
    devtools = await page.context.new_cdp_session(page)
    found = await devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    return {**json.loads(found["data"]), "within": found["parsed"]["scope"]}


async def test_a_phone_can_install_the_field_page_whose_first_load_is_small_and_the_second_nearly_nothing(
    world: World, chromium: Browser
) -> None:
    add_team(world)
    async with doors(world, 10) as server, proxied(server) as signal:
        async with window(chromium, signal.url, script=True) as page:
            await come_in(page, world, signal.url)
            await page.wait_for_function("navigator.serviceWorker.controller !== null")
            await page.wait_for_load_state("networkidle")
            manifest = await manifest_of(page)
            assert (manifest["name"], manifest["display"]) == ("Peduli Lapangan", "standalone")
            assert page.url.startswith(manifest["within"])
            assert page.url.endswith(manifest["start_url"])
            drawn = {icon["sizes"]: icon for icon in manifest["icons"] if icon["type"] == "image/png"}
            assert min(int(sizes.partition("x")[0]) for sizes in drawn) >= SMALLEST
            for sizes, icon in drawn.items():
                assert await page.evaluate(DRAWN, icon["src"]) == ["image/png", sizes]
            assert {"192x192", "512x512"} <= drawn.keys()
            first = signal.carried
            await take_all(page)
            await kept_offline(page)
            before = signal.carried
            await page.goto("/lapangan")
            await page.wait_for_load_state("networkidle")
            again = signal.carried - before
        print(f"first load {first} bytes with requests, sign-in and icons, again {again} bytes")
        assert first <= MOST_BYTES
        assert again <= 12_000
