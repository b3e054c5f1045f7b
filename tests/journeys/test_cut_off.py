"""What is cut off loses nothing: a browser that the phone kills, and a photo whose signal ends on the way."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
from playwright.async_api import Browser, BrowserContext, Error, Request, async_playwright, expect

from tests.support.browser import PHONE, launching, window
from tests.support.eventually import eventually
from tests.support.journey import query
from tests.support.proxy import proxied
from tests.support.servers import World
from tests.support.volunteers import (
    add_team,
    at_door,
    come_in,
    deliver,
    doors,
    kept_offline,
    reports,
    send_photo,
    set_out,
    undo_ends,
)

PHOTO = "select received, is_whole from distribution.photos"


@contextlib.asynccontextmanager
async def phone(profile: Path, address: str) -> AsyncIterator[BrowserContext]:
    """A browser of its own, which keeps what it knows in a folder."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile,
            **launching(),
            base_url=address,
            viewport=PHONE,  # type: ignore[arg-type]
            bypass_csp=True,
        )
        try:
            yield context
        finally:
            with contextlib.suppress(Error):  # it may have been killed
                await context.close()


def kill(profile: Path) -> None:
    """SIGKILL to every process of the browser that has this folder: none can still write anything."""
    killed = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(profile) in " ".join(process.info["cmdline"] or [])
    ]
    assert killed
    for process in killed:
        with contextlib.suppress(psutil.NoSuchProcess):  # it went with its parent
            process.kill()
    psutil.wait_procs(killed)


async def test_a_browser_that_is_killed_right_after_a_report_keeps_it(world: World, tmp_path: Path) -> None:
    add_team(world)
    async with doors(world, 3) as server, proxied(server) as network:
        async with phone(tmp_path, network.url) as context:
            page = await context.new_page()
            await set_out(page, world, network.url)
            await kept_offline(page, doors=3)
            network.go_away()
            await context.set_offline(True)
            await at_door(page, 1)
            for number in (1, 2):
                await deliver(page, number)
            await expect(page.locator("#antre")).to_contain_text("Belum terkirim: 2")
            kill(tmp_path)
        async with phone(tmp_path, network.url) as context:
            page = await context.new_page()
            await page.clock.install()
            await context.set_offline(True)
            await page.goto("/lapangan")
            await expect(page.locator("#antre")).to_contain_text("Belum terkirim: 2")
            network.come_back()
            await context.set_offline(False)
            await come_in(page, world, network.url)  # a browser writes down only twice a minute who is signed in
            await undo_ends(page)
            await expect(page.locator("#antre")).to_be_empty()
        told = await eventually(lambda: reports(world), lambda rows: len(rows) == 2)
        assert len({row["task_id"] for row in told}) == 2


async def test_a_photo_that_was_cut_off_goes_on_where_it_stopped(world: World, chromium: Browser) -> None:
    brought: list[int] = []  # where each piece began
    add_team(world)
    async with (
        doors(world, 1) as server,
        proxied(server) as network,
        window(chromium, network.url, script=True) as page,
    ):

        def seen(request: Request) -> None:
            if request.method == "PATCH":
                brought.append(int(request.headers["upload-offset"]))
                if len(brought) == 3:
                    network.go_away()

        page.on("request", seen)
        await page.clock.install()
        await set_out(page, world, network.url)
        await at_door(page, 1)
        await send_photo(page, b"\xff\xd8\xff" + bytes(150_000))
        await undo_ends(page)
        await expect(page.locator("#antre")).to_contain_text("Belum terkirim: 1")
        await eventually(lambda: query(world, PHOTO), lambda rows: len(brought) == 3 and rows[0]["received"] > 0)
        (kept,) = await query(world, PHOTO)
        assert not kept["is_whole"]
        network.come_back()
        await page.clock.fast_forward(15_000)  # it tries again
        (row,) = await eventually(lambda: reports(world), lambda rows: len(rows) == 1)
        assert (row["outcome"], row["detail"]) == ("delivered", "photo")
        assert await query(world, PHOTO) == [{"received": 150_003, "is_whole": True}]
        assert brought.count(0) == 1
        assert brought[3] >= kept["received"]
        await expect(page.locator("#antre")).to_be_empty()
