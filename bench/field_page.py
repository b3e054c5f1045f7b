"""`python -m bench.field_page`: how soon a volunteer with a phone of 2016 and slow 3G can press a button.

Debian's Chromium at 360 px on a real server, its CPU slowed six times and its network that of slow 3G, both through the
DevTools protocol. The server runs beside the browser, unslowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench.report import write_part
from peduli.prepare import prepare_broker, prepare_database
from peduli.servers.private import private_servers
from tests.support.browser import BROWSER, FLAGS, window
from tests.support.servers import TENANT, World
from tests.support.volunteers import add_team, come_in, doors, take_all

DOORS, ROUNDS = 10, 5
CPU_SLOWED = 6
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # ms, bytes/s
QUIET_MS = 2_000  # without a long task: then nothing keeps a thumb from being heard
LONG_TASKS = """window.lastLongTask = 0;
new PerformanceObserver((list) => { for (const task of list.getEntries())
  window.lastLongTask = Math.max(window.lastLongTask, task.startTime + task.duration) }).observe({type: "longtask"})"""
READY = f"performance.now() - Math.max(window.lastLongTask, loaded()) > {QUIET_MS}"
LOADED = "window.loaded = () => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd || Infinity"

TABLE = """
Measured by `python -m bench.field_page`: {doors} doors, Chromium at 360 px, CPU slowed {cpu} times, slow 3G (400 ms,
400 kbit/s), nothing kept from before; the middle one of {rounds} loads. Others' load on the machine when it began:
{others:.1f} (above 0.5 the time is longer than on a phone of one's own).

| field page | figure | goal |
|---|---|---|
| a volunteer can press a button after | {interactive:.1f} s | ≤ 3 s |
| … the first paint | {painted:.1f} s | |
| bytes of the page, its style and its script, as sent | {kilobytes:.0f} kB | ≤ 60 kB |
"""


@dataclass(frozen=True)
class Look:
    """One load of the page: milliseconds until it was painted and could be used, bytes that came."""

    painted: float
    interactive: float
    size: float


async def slow(page: Page) -> CDPSession:
    """A phone of 2016 with one bar."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Network.enable")
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWED})
    await devtools.send("Network.emulateNetworkConditions", SLOW_3G)
    await devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return devtools


async def look(page: Page, devtools: CDPSession) -> Look:
    """Load the page once. It can be used when its script has run and no long task is left."""
    sizes: list[float] = []

    def came(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    devtools.on("Network.loadingFinished", came)
    await page.reload(wait_until="load")
    await page.wait_for_function(READY)
    interactive = float(await page.evaluate("Math.max(window.lastLongTask, loaded())"))
    painted = float(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    devtools.remove_listener("Network.loadingFinished", came)
    return Look(painted, interactive, sum(sizes))


async def measure(folder: Path, browser: Browser) -> list[Look]:
    """All loads of one run."""
    with private_servers(folder) as (postgres, rabbitmq):
        await prepare_database(postgres.url, TENANT)
        declared = await prepare_broker(rabbitmq.url, TENANT)
        first_time: dict[str, Any] = {"service_workers": "block"}
        async with contextlib.AsyncExitStack() as stack:
            admin = await stack.enter_async_context(asyncpg.create_pool(postgres.url, min_size=0))
            world = World(postgres, rabbitmq, postgres.url, declared, admin)
            add_team(world)
            server = await stack.enter_async_context(doors(world, DOORS))
            page = await stack.enter_async_context(window(browser, server, script=True, **first_time))
            await page.add_init_script(f"{LONG_TASKS}; {LOADED}")
            await come_in(page, world, server)
            await take_all(page)
            devtools = await slow(page)
            return [await look(page, devtools) for _ in range(ROUNDS)]


async def run() -> list[Look]:
    """Measure with Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which(BROWSER), args=FLAGS)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            return await measure(Path(folder), browser)


def main() -> None:
    """Measure, print, and write into docs/performance.md."""
    others = os.getloadavg()[0]
    looks = asyncio.run(run())
    text = TABLE.format(
        doors=DOORS,
        cpu=CPU_SLOWED,
        rounds=ROUNDS,
        others=others,
        interactive=statistics.median(one.interactive for one in looks) / 1000,
        painted=statistics.median(one.painted for one in looks) / 1000,
        kilobytes=statistics.median(one.size for one in looks) / 1000,
    )
    print(text)
    write_part("field page", text)


if __name__ == "__main__":
    main()
