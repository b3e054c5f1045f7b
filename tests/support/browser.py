"""A real browser on a real server: Debian's Chromium, 360 px wide, by default without JavaScript; and axe-core."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from tests.support.eventually import PATIENCE_SECONDS, eventually
from tests.support.tools import need

BROWSER = "chromium-headless-shell"  # Chromium without the windows that nobody sees: two thirds of its CPU
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # no script lives long enough to be worth optimizing, nor its garbage worth looking for early: a fifth of axe's CPU
    "--js-flags=--no-maglev --no-turbofan --min-semi-space-size=64 --max-semi-space-size=64",
]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]  # by night nothing else differs: see shared/web/static
SCHEMES: dict[Literal["light", "dark"], list[str]] = {"dark": OF_COLOURS, "light": RULES}
LOW = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
  .filter((one) => !one.matches(".skip") && one.getClientRects().length)
  .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect().height])
  .filter(([, height]) => height < 47.5)
  .map(([one, height]) => `${one.tagName} ${one.name ?? ""} ${one.textContent.trim()}: ${Math.round(height)} px`)"""
# alone what is wrong: to tell of all that is right takes longer than to look at it
VIOLATIONS = "async rules => (await axe.run({runOnly: rules, resultTypes: ['violations']})).violations"
AXE = "/axe-core-of-tests.js"
# once for a page, however often it is looked at; and whether it is by night that the page stands there
BRING = """async address => {
  if (!("axe" in window)) await new Promise((done, failed) => {
    const script = document.createElement("script");
    script.onload = () => { script.remove(); done() };
    script.onerror = () => failed(Error(address));
    script.src = address;
    document.head.append(script) });
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light" }"""


def launching() -> dict[str, Any]:
    """How each browser is started: Debian's, which must be here, with our flags and our patience."""
    need(BROWSER)
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    return {"executable_path": shutil.which(BROWSER), "args": FLAGS}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser per worker; each test opens windows of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launching())
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def axe(node_modules: Path) -> Iterator[str]:
    """The address of axe-core: its 650 kB cost half as much when a browser gets them as when Playwright tells them."""
    source = (node_modules / "axe-core" / "axe.min.js").read_bytes()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript; charset=utf-8")
            self.send_header("Content-Length", str(len(source)))
            self.send_header("Cache-Control", "max-age=86400")
            self.end_headers()
            self.wfile.write(source)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{AXE}"
        server.shutdown()


@contextlib.asynccontextmanager
async def window(
    browser: Browser, address: str, *, size: dict[str, int] = PHONE, script: bool = False, **more: Any
) -> AsyncIterator[Page]:
    """A fresh window; fails when its pages asked anybody but our own server for anything."""
    context: BrowserContext = await browser.new_context(
        base_url=address,
        viewport=size,  # type: ignore[arg-type]
        java_script_enabled=script,
        bypass_csp=script,
        locale="id-ID",
        **more,
    )
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    try:
        yield page
        strangers = [url for url in asked if not url.startswith((address, "data:")) and not url.endswith(AXE)]
        assert strangers == [], f"pages asked others: {strangers}"
    finally:
        await context.close()


async def follow(page: Page, way: Locator) -> None:
    """Click what leads to another page, and be there: a click alone may return while the old page is still shown."""
    async with page.expect_navigation():
        await way.click()


async def holds(page: Page, promise: str) -> None:
    """Wait until an asynchronous function promises something true; `wait_for_function` takes the promise for it."""
    await eventually(lambda: page.evaluate(promise), bool)


async def broken_rules(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong with the page as it stands, by night and by day: scheme, rule and place."""
    shown = await page.evaluate(BRING, axe)
    found = []
    for scheme in sorted(SCHEMES, key=lambda scheme: scheme != shown):  # first as it is: each change is painted
        await page.emulate_media(color_scheme=scheme)
        found += [
            f"{scheme}: {violation['id']}: {node['target']} {node.get('failureSummary', '')}"
            for violation in await page.evaluate(VIOLATIONS, SCHEMES[scheme])
            for node in violation["nodes"]
        ]
    return found


async def low(page: Page) -> list[str]:
    """What a thumb may miss: lower than 48 px. A label is hit for its box."""
    return list(await page.evaluate(LOW))


async def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
